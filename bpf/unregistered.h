/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Containers that nobody registered: an execve in a pid namespace that is not the host's, or in a
 * user namespace with a mount namespace of its own, that no entry covers. Reported once for each
 * namespace, and stopped if the host's policy says so. What is in the host's own mount namespace
 * is no container: it has the host's files, and a runtime's child is there until it enters the
 * container. Between its clone and its registration a runtime calls execve nowhere else.
 */
#ifndef ROOTFENCE_BPF_UNREGISTERED_H
#define ROOTFENCE_BPF_UNREGISTERED_H

#include "creds.h"
#include "events.h"
#include "membership.h"
#include "restore.h"

/* The name of the cgroup, as many levels above the task's. */
static __always_inline void cgroup_name(struct cgroup *cgroup, int above, char *ret_name)
{
	struct kernfs_node *node = BPF_CORE_READ(cgroup, kn);

	for (int i = 0; i < ABI_EXEMPT_LEVELS * 2; i++) {
		if (i >= above)
			break;
		node = kernfs_above(node);
	}
	bpf_probe_read_kernel_str(ret_name, ABI_CGROUP_NAME_MAX, BPF_CORE_READ(node, name));
}

/* Functions that are not static take numbers only: the verifier checks them once, by themselves. */
int cgroup_is_exempt(__u64 task_address);

__noinline int cgroup_is_exempt(__u64 task_address)
{
	struct task_struct *task = (void *)task_address;
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	int level = BPF_CORE_READ(cgroup, level);
	__u32 node = 0;

	for (int i = 1; i <= ABI_EXEMPT_LEVELS; i++) {
		struct abi_exempt_key key = { .node = node };
		const struct abi_exempt *found;

		if (i > level)
			return 0;
		cgroup_name(cgroup, level - i, key.name);
		found = bpf_map_lookup_elem(&exempt, &key);
		if (!found) {
			__builtin_memset(key.name, 0, sizeof(key.name));
			key.name[0] = '*';
			found = bpf_map_lookup_elem(&exempt, &key);
		}
		if (!found)
			return 0;
		if (found->end)
			return 1;
		node = found->node;
	}
	return 0;
}

static __always_inline __u64 mntns_number(struct mnt_namespace *ns)
{
	struct mnt_namespace___seq *numbered = (void *)ns;
	struct ns_common___id *common = (void *)&ns->ns;

	if (bpf_core_field_exists(numbered->seq))
		return BPF_CORE_READ(numbered, seq);
	if (bpf_core_field_exists(common->ns_id))
		return BPF_CORE_READ(common, ns_id);
	return BPF_CORE_READ(ns, ns.inum);
}

/* A service to which systemd gave a pid namespace (PrivatePIDs=): it has the host's root directory. */
static __always_inline int is_service(struct task_struct *task, struct task_struct *starter)
{
	return BPF_CORE_READ(starter, tgid) == 1 &&
	       BPF_CORE_READ(starter, fs, root.dentry) == BPF_CORE_READ(task, fs, root.dentry);
}

/*
 * Finds the namespace that makes the task one of a container, and fills in what identifies it.
 * Returns what started it: the parent of the pid namespace's init, or of the task; NULL if it is in
 * no container.
 */
static __always_inline struct task_struct *namespace_find(struct task_struct *task,
							  const struct abi_host *own,
							  struct abi_key *ret_key,
							  struct abi_unregistered *ret_seen)
{
	struct mnt_namespace *mntns = BPF_CORE_READ(task, nsproxy, mnt_ns);
	__u32 inode = BPF_CORE_READ(mntns, ns.inum);
	int owner = BPF_CORE_READ(mntns, user_ns, level);

	if (inode == own->mntns && owner == 0)
		return NULL; /* the host's mounts */
	if (BPF_CORE_READ(task, thread_pid, level) > 0) {
		struct pid_namespace *pidns = task_pidns(task);
		struct task_struct *init = BPF_CORE_READ(pidns, child_reaper);
		struct task_struct *starter = BPF_CORE_READ(init, real_parent);

		if (owner == 0 && is_service(task, starter))
			return NULL;
		pidns_key(pidns, ret_key);
		ret_seen->namespace = abi_pidns_inode(ret_key->id);
		ret_seen->start = BPF_CORE_READ(init, group_leader, start_boottime) / TICK_NS;
		return starter;
	}
	if (owner == 0)
		return NULL; /* its mounts are those that root on the host gave it */
	ret_key->id = mntns_number(mntns);
	ret_key->kind = ABI_KIND_MNTNS;
	ret_key->zero = 0;
	ret_seen->namespace = inode;
	return BPF_CORE_READ(task, real_parent);
}

static __always_inline void unregistered_report(struct task_struct *task, const char *filename,
						const struct abi_unregistered *seen, __u32 action,
						__u32 hook, __u32 errno_ret)
{
	struct scratch *room = room_take();
	struct abi_stats *counters = stats_get();
	struct abi_event *event;

	if (counters)
		__sync_fetch_and_add(&counters->unregistered, 1);
	if (!room) {
		if (counters)
			__sync_fetch_and_add(&counters->unwritten, 1);
		return;
	}
	event = &room->event;
	event_begin(event, task);
	creds_read(BPF_CORE_READ(task, cred), &event->old_creds);
	event->new_creds = event->old_creds;
	event->action = action;
	event->reason = ABI_REASON_UNREGISTERED;
	event->hook = hook;
	event->errno_ret = errno_ret;
	event->namespace = seen->namespace;
	event->cgroup = seen->cgroup;
	event->starter = seen->starter;
	__builtin_memcpy(event->starter_comm, seen->starter_comm, sizeof(event->starter_comm));
	bpf_probe_read_kernel_str(event->path, sizeof(event->path), filename);
	event_send(event);
	room_return();
}

/* Fills in what else is noted about the namespace. */
static __always_inline void seen_fill(struct abi_unregistered *seen, struct task_struct *task,
				      struct task_struct *starter)
{
	seen->time = bpf_ktime_get_boot_ns();
	seen->exempt = cgroup_is_exempt((__u64)task) ? ABI_EXEMPT_CGROUP : 0;
	seen->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	seen->pid = bpf_get_current_pid_tgid() >> 32;
	seen->starter = (__u32)BPF_CORE_READ(starter, tgid);
	bpf_get_current_comm(seen->comm, sizeof(seen->comm));
	bpf_probe_read_kernel_str(seen->starter_comm, sizeof(seen->starter_comm),
				  (const char *)starter +
					  bpf_core_field_offset(struct task_struct, comm));
}

/* Returns the error to stop the execve with, or 0. */
__u32 unregistered_judge(__u64 task_address, __u64 filename, __u32 hook);

__noinline __u32 unregistered_judge(__u64 task_address, __u64 filename, __u32 hook)
{
	struct task_struct *task = (void *)task_address;
	struct abi_unregistered seen = { 0 };
	const struct abi_unregistered *noted;
	struct task_struct *starter;
	const struct abi_host *own;
	struct abi_stats *counters;
	struct abi_key key = { 0 };
	__u32 zero = 0;
	__u32 action;

	own = bpf_map_lookup_elem(&host, &zero);
	if (!own || own->unregistered == ABI_ALLOW)
		return 0; /* before the first `load` is complete, or the policy allows them */
	starter = namespace_find(task, own, &key, &seen);
	if (!starter)
		return 0;
	action = own->unregistered;
	if (action >= ABI_ERRNO)
		action = hook == ABI_HOOK_LSM ? ABI_ERRNO : ABI_KILL;
	noted = bpf_map_lookup_elem(&unregistered, &key);
	if (noted && noted->start == seen.start) {
		seen.exempt = noted->exempt;
	} else if (restore_of(task)) {
		return 0; /* a helper of CRIU, in a container that is registered when it is restored */
	} else {
		/* What is noted of an earlier one with the same numbers says nothing about this one. */
		seen_fill(&seen, task, starter);
		if (bpf_map_update_elem(&unregistered, &key, &seen,
					noted ? BPF_ANY : BPF_NOEXIST) == 0 &&
		    !seen.exempt)
			unregistered_report(task, (const char *)filename, &seen, action, hook,
					    action == ABI_ERRNO ? own->errno_ret : 0);
	}
	if (seen.exempt || action < ABI_ERRNO)
		return 0;
	counters = stats_get();
	if (counters)
		__sync_fetch_and_add(&counters->stopped, 1);
	return own->errno_ret ? own->errno_ret : EPERM;
}

/* Nearly every process ends here: it is in the host's pid and user namespace. */
static __always_inline int task_is_ordinary(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level) == 0 &&
	       BPF_CORE_READ(task, cred, user_ns, level) == 0;
}

#endif
