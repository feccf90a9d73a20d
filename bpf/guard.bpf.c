// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The guard in the kernel: it finds the container of an execve, reads old and new credentials, asks
 * decide.h, carries the answer out and reports it. One program is attached to one of four hooks,
 * depending on the kernel (see enum abi_hook). Another runs after it and catches what the kernel
 * can skip there. One guards new user namespaces. Three hold restored containers. Three remove the
 * entries of containers that are gone.
 *
 * Host processes cost one test until the first container is registered; then a few reads, and a
 * lookup for each cgroup level above them.
 */
#include "kernel_types.h"
#include "abi.h"
#include "decide.h"
#include "attest.h"
#include "maps.h"
#include "membership.h"
#include "creds.h"
#include "events.h"
#include "path.h"
#include "process.h"
#include "restored.h"
#include "trial.h"
#include "unregistered.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline int selftest_is_running(void)
{
	__u32 tgid = selftest_tgid;

	return tgid != 0 && tgid == current_tgid();
}

/*
 * Finds the rule for the file that the credentials came from. There is none if the code of another
 * file will run (binfmt_misc with flag C), and none outside the mount namespace that the container
 * was registered with: in another one, its owner chose what is mounted at the path.
 */
static __always_inline const struct abi_rule *
rule_of(const struct abi_entry *entry, struct linux_binprm *bprm, struct scratch *room)
{
	if (entry->rules_id == 0 || BPF_CORE_READ_BITFIELD_PROBED(bprm, execfd_creds))
		return NULL;
	if (BPF_CORE_READ(current_task(), nsproxy, mnt_ns, ns.inum) !=
	    entry->own_ns[ABI_HOST_NS_MNT])
		return NULL;
	room->key.rules_id = entry->rules_id;
	return bpf_map_lookup_elem(&rules, &room->key);
}

/*
 * An execve that the first hook only logged has its event. If the kernel skipped that hook, the
 * event is missing, and nothing else.
 */
static __always_inline int is_reported(const struct trial *trial)
{
	return trial->action >= (trial->hook == ABI_HOOK_CATCH ? ABI_ERRNO : ABI_LOG);
}

/* Second look, with the path: only for an execve that a predicate caught. */
static __always_inline void judge_path(struct abi_entry *entry, struct linux_binprm *bprm,
				       __u32 decide_flags, struct trial *trial)
{
	const struct abi_rule *rule = NULL;
	struct scratch *room = room_take();

	if (room && path_build((__u64)BPF_CORE_READ(bprm, file)) == 0) {
		trial->flags |= ABI_EVENT_PATH;
		rule = rule_of(entry, bprm, room);
	}
	if (rule) {
		trial->flags |= ABI_EVENT_RULE;
		trial->rule_capabilities = rule->capabilities;
		decide_exec(&trial->old_creds, &trial->new_creds, &entry->limits, rule,
			    decide_flags, &trial->verdict);
	}
	attest_raise(&entry->promise, trial->difference, &trial->verdict);

	trial->action = trial->verdict.action;
	if (trial->action >= ABI_ERRNO && trial->hook != ABI_HOOK_LSM)
		trial->action = ABI_KILL; /* too late for an error */
	if (trial->action >= ABI_ERRNO && trial->hook == ABI_HOOK_LSM)
		trial->errno_ret = entry->limits.errno_ret;
	if (is_reported(trial))
		report(entry, trial, room, BPF_CORE_READ(bprm, filename));
	if (room)
		room_return();
}

/* An LSM hook returns 0 or -errno; the verifier has to see the bounds. */
static __always_inline int errno_bounded(__u32 errno_ret)
{
	long ret = -(long)errno_ret;

	barrier_var(ret);
	if (ret < -ABI_ERRNO_MAX || ret >= 0)
		return -EPERM;
	return ret;
}

static __always_inline void trial_read(struct linux_binprm *bprm, struct trial *trial)
{
	const struct cred *cred = BPF_CORE_READ(current_task(), cred);

	if (trial->hook != ABI_HOOK_EXEC) {
		creds_read(cred, &trial->old_creds);
		creds_read(BPF_CORE_READ(bprm, cred), &trial->new_creds);
		return;
	}
	/* The new credentials are already in force; the old ones are gone. */
	creds_read(cred, &trial->new_creds);
	decide_imply_old(&trial->new_creds, BPF_CORE_READ_BITFIELD_PROBED(bprm, secureexec),
			 &trial->old_creds);
	trial->flags |= ABI_EVENT_OLD_IMPLIED;
}

/* The same for an execve that no entry is about. */
static __always_inline int judge_unregistered(struct task_struct *task, struct linux_binprm *bprm,
					      __u32 hook)
{
	__u32 errno_ret;

	if (task_is_ordinary(task))
		return 0;
	errno_ret = unregistered_judge((__u64)task, (__u64)BPF_CORE_READ(bprm, filename), hook);
	if (errno_ret == 0)
		return 0; /* in no container, exempt, or only reported */
	if (hook != ABI_HOOK_LSM)
		bpf_send_signal(SIGKILL);
	return errno_bounded(errno_ret);
}

/* From its second execve on, init is a process like others: it may go where they may. */
static __always_inline int let_pass(struct abi_entry *entry, __u32 is_first)
{
	if (is_first)
		entry->flags |= ABI_ENTRY_STARTED;
	return 0;
}

/*
 * The same for one in a container. A function of its own, because the kernel adds up the stacks of
 * functions that call each other, and allows 512 bytes: the trial must not lie below
 * unregistered_judge(). tests/bpf_stack.py counts.
 */
static __noinline int judge_guarded(struct abi_entry *entry, struct linux_binprm *bprm, __u32 hook)
{
	struct task_struct *task = current_task();
	struct trial trial = { .hook = hook };
	__u32 decide_flags = 0, is_init, is_first;
	int in_userns;

	is_init = task_is_init(entry, task);
	is_first = is_init && !(entry->flags & ABI_ENTRY_STARTED);
	if (is_init)
		entry->armed = 1;
	else if (task_on_host(entry, task))
		return 0; /* the runtime on its way in */
	else if (task_is_runtime(entry, task))
		decide_flags |= DECIDE_RUNTIME;
	in_userns = userns_place((__u64)task, entry->userns);
	if (entry->limits.userns_action <= ABI_LOG && in_userns == USERNS_INNER)
		decide_flags |= DECIDE_INNER_USERNS;

	trial_read(bprm, &trial);
	decide_exec(&trial.old_creds, &trial.new_creds, &entry->limits, NULL, decide_flags,
		    &trial.verdict);
	if (!(decide_flags & DECIDE_RUNTIME))
		trial.difference = differences(entry, task, is_first, in_userns != USERNS_FOREIGN);
	if (trial.verdict.reason == ABI_REASON_NONE && !trial.difference)
		return let_pass(entry, is_first); /* it gains nothing, and is what was promised */
	if (trial.verdict.action == ABI_ALLOW && entry->rules_id == 0 && !trial.difference)
		return let_pass(entry,
				is_first); /* the policy allows it, and no rule can deny it */

	judge_path(entry, bprm, decide_flags, &trial);
	if (trial.action == ABI_KILL)
		bpf_send_signal(SIGKILL);
	if (trial.action >= ABI_ERRNO)
		return errno_bounded(trial.errno_ret);
	return let_pass(entry, is_first); /* allowed by a rule, or only logged */
}

/* Returns 0 or -errno, and sends the SIGKILL itself. Only the LSM hook uses the result. */
static __always_inline int judge_exec(struct linux_binprm *bprm, __u32 hook)
{
	struct task_struct *task = current_task();
	struct abi_entry *entry = nothing_is_guarded() ? NULL : entry_of(task);

	return entry ? judge_guarded(entry, bprm, hook) : judge_unregistered(task, bprm, hook);
}

SEC("lsm/bprm_creds_from_file")
int BPF_PROG(guard_lsm, struct linux_binprm *bprm, const struct file *file, int ret)
{
	(void)file;
	if (ret)
		return ret;
	if (selftest_is_running()) {
		__sync_fetch_and_add(&selftest_exec_hits, 1);
		return -ECANCELED;
	}
	return judge_exec(bprm, ABI_HOOK_LSM);
}

/* The three hooks that cannot refuse. SIGKILL arrives before the new image runs. */
static __always_inline int judge_or_kill(struct linux_binprm *bprm, __u32 hook)
{
	if (selftest_is_running()) {
		__sync_fetch_and_add(&selftest_exec_hits, 1);
		bpf_send_signal(SIGKILL);
		return 0;
	}
	judge_exec(bprm, hook);
	return 0;
}

SEC("tp_btf/sched_prepare_exec")
int BPF_PROG(guard_prepare, struct task_struct *task, struct linux_binprm *bprm)
{
	(void)task;
	return judge_or_kill(bprm, ABI_HOOK_PREPARE);
}

SEC("fentry/security_bprm_committing_creds")
int BPF_PROG(guard_commit, struct linux_binprm *bprm)
{
	return judge_or_kill(bprm, ABI_HOOK_COMMIT);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(guard_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	(void)task;
	(void)old_pid;
	return judge_or_kill(bprm, ABI_HOOK_EXEC);
}

/*
 * The kernel can skip the programs of the three hooks above, and before Linux 6.2 the LSM program
 * too: where it preempts BPF programs (trampolines of any preemptible kernel, tracepoints since
 * Linux 7.0), it does not start one for a second task while the same one runs on that CPU for a
 * first task. A kprobe's program runs with preemption off, so no task can stop in it and let others
 * slip by.
 */
SEC("kprobe/security_bprm_committing_creds")
int guard_catch(struct pt_regs *regs)
{
	struct linux_binprm *bprm = FIRST_ARGUMENT(regs);

	if (!bprm || selftest_is_running())
		return 0; /* the self-test is about the other hooks */
	if (BPF_CORE_READ(current_task(), signal, flags) & SIGNAL_GROUP_EXIT)
		return 0; /* the first hook was not skipped */
	judge_exec(bprm, ABI_HOOK_CATCH);
	return 0;
}

/* A new user namespace gives every capability in it, without any execve. */
SEC("lsm/userns_create")
int BPF_PROG(guard_userns, const struct cred *cred, int ret)
{
	struct trial trial = { .hook = ABI_HOOK_USERNS };
	struct task_struct *task = current_task();
	struct abi_entry *entry;

	if (ret)
		return ret;
	if (selftest_is_running()) {
		__sync_fetch_and_add(&selftest_userns_hits, 1);
		return -ECANCELED;
	}
	entry = entry_of(task);
	if (!entry || entry->limits.userns_action == ABI_ALLOW)
		return 0; /* not in a guarded container, or allowed */
	if (!task_is_init(entry, task) && task_on_host(entry, task))
		return 0; /* the runtime on its way in */
	if (task_is_runtime(entry, task))
		return 0;

	creds_read(BPF_CORE_READ(task, cred), &trial.old_creds);
	creds_read(cred, &trial.new_creds);
	trial.verdict.reason = ABI_REASON_USERNS;
	trial.action = entry->limits.userns_action;
	if (trial.action >= ABI_ERRNO)
		trial.errno_ret = entry->limits.errno_ret;
	report(entry, &trial, room_take(), NULL);
	room_return();
	if (trial.action == ABI_KILL)
		bpf_send_signal(SIGKILL);
	if (trial.action >= ABI_ERRNO)
		return errno_bounded(trial.errno_ret);
	return 0; /* only logged */
}

/* Three programs hold restored containers. */
SEC("fentry/__ptrace_unlink")
int BPF_PROG(guard_release)
{
	struct task_struct *task = NULL;

	/* The argument as a plain number, as functions that are not static take it. */
	bpf_probe_read_kernel(&task, sizeof(task), ctx);
	return release_judge(task);
}

SEC("fentry/dequeue_signal")
int BPF_PROG(guard_first_step)
{
	return first_step();
}

/* The images can hold a signal of the kind that the kernel takes without dequeue_signal(). */
SEC("tp_btf/signal_deliver")
int BPF_PROG(guard_first_signal)
{
	return first_step();
}

/* In this order, the roster never has an entry that `containers` lacks. */
static __always_inline void entry_remove(const struct abi_key *key)
{
	bpf_map_delete_elem(&roster, key);
	bpf_map_delete_elem(&containers, key);
}

/* A cgroup can be removed only when no process is in it or below it. Its id is never reused. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(guard_cgroup_rmdir, struct cgroup *cgroup)
{
	struct abi_key key = { .kind = ABI_KIND_CGROUP };

	key.id = BPF_CORE_READ(cgroup, kn, id);
	entry_remove(&key);
	return 0;
}

/*
 * A pid namespace ends with its init, but not at once: when init enters exit, the others still run,
 * and run on until init's files are closed, which can take any time. So exit only notes the
 * namespace, because a reaped task cannot tell it any more. The entry is removed when init's task
 * is freed: before init is reaped, the kernel has waited until all others are gone.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(guard_process_exit, struct task_struct *task)
{
	struct abi_key key;
	__u32 pid;

	if (nothing_is_guarded() || task->thread_pid->level == 0)
		return 0; /* no container's; no helper is called, since every process ends here */
	pid = (__u32)task->pid;
	pidns_key(task_pidns(task), &key);
	if (key.id >> 32 != pid)
		return 0; /* not the init, or not its last thread to be freed */
	if (bpf_map_lookup_elem(&containers, &key) || bpf_map_lookup_elem(&roster, &key))
		bpf_map_update_elem(&exiting, &pid, &key, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(guard_process_free, struct task_struct *task)
{
	__u32 pid = (__u32)task->pid;
	struct abi_key *noted;
	struct abi_key key;

	if (nothing_is_guarded())
		return 0;
	noted = bpf_map_lookup_elem(&exiting, &pid);
	if (!noted)
		return 0;
	key = *noted;
	entry_remove(&key);
	bpf_map_delete_elem(&exiting, &pid);
	return 0;
}
