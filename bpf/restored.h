/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Judges what CRIU brings back, when it lets go, and kills what may not live: see restore.h. */
#ifndef ROOTFENCE_BPF_RESTORED_H
#define ROOTFENCE_BPF_RESTORED_H

#include "process.h"
#include "restore.h"
#include "trial.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/*
 * Judges a restored thread by what it is now. No rule counts: which program brought it here is only
 * what the images say. Returns 1 if something is to be done.
 */
static __always_inline int judge_restored(const struct abi_entry *entry, struct task_struct *task,
					  struct trial *trial)
{
	int in_userns = userns_place((__u64)task, entry->userns);

	creds_read(BPF_CORE_READ(task, cred), &trial->new_creds);
	trial->old_creds = trial->new_creds;
	decide_exec(&trial->old_creds, &trial->new_creds, &entry->limits, NULL, 0, &trial->verdict);
	trial->difference =
		differences(entry, task, task_is_init(entry, task), in_userns != USERNS_FOREIGN);
	if (trial->difference)
		decide_raise(&trial->verdict, entry->promise.action, ABI_REASON_PROMISE);
	trial->action = trial->verdict.action >= ABI_ERRNO ? ABI_KILL : trial->verdict.action;
	return trial->action != ABI_ALLOW;
}

/* No entry is about the thread: the images have it in another pid namespace, or there is no room. */
static __always_inline int judge_unheld(struct task_struct *task, struct trial *trial)
{
	creds_read(BPF_CORE_READ(task, cred), &trial->new_creds);
	trial->verdict.reason = ABI_REASON_PROMISE;
	trial->difference = ABI_PROMISED_PIDNS;
	trial->action = ABI_KILL;
	return 1;
}

/*
 * CRIU lets a restored thread go. The thread is stopped, and this is CRIU's context, so a thread
 * that may not live is killed when it takes its first step. The kernel calls this with interrupts
 * off: no task can preempt the program and make it skip another.
 */
static __always_inline int release_judge(struct task_struct *task)
{
	struct trial trial = { .hook = ABI_HOOK_RESTORE };
	struct task_struct *tracer = current_task();
	struct abi_restore *restore;
	struct abi_entry *entry;

	if (nothing_is_guarded() || !release_is_final(task, tracer))
		return 0;
	restore = restore_of(tracer);
	if (!restore)
		return 0; /* a debugger */
	restore->released++;
	entry = restore_register(restore, task);
	if (!entry)
		restore->error = 1;
	if (entry ? !judge_restored(entry, task, &trial) : !judge_unheld(task, &trial))
		return 0;
	if (trial.action == ABI_KILL && restore->pid == 0) {
		restore->creds = trial.new_creds;
		restore->reason = trial.verdict.reason;
		restore->difference = trial.difference;
		restore->pid = (__u32)BPF_CORE_READ(task, pid);
	}
	condemn(restore, task, entry ? 0 : CONDEMNED_UNHELD);
	return 0;
}

/*
 * A thread that its tracer let go looks for signals before it returns to user mode: the kernel wakes
 * it as if it had one. SIGKILL is then there before its first instruction.
 */
static __always_inline int first_step(void)
{
	struct trial trial = { .hook = ABI_HOOK_RESTORE };
	struct task_struct *task = current_task();
	__u64 sentence = n_condemned == 0 ? 0 : condemned_take(task);
	struct abi_entry *entry;

	if (sentence == 0)
		return 0;
	entry = entry_of(task);
	if (!entry || (sentence & CONDEMNED_UNHELD)) {
		bpf_send_signal(SIGKILL);
		return 0;
	}
	if (!judge_restored(entry, task, &trial))
		return 0;
	report(entry, &trial, room_take(), NULL);
	room_return();
	if (trial.action == ABI_KILL)
		bpf_send_signal(SIGKILL);
	return 0;
}

#endif
