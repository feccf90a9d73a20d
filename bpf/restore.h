/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Restored containers. CRIU makes the tasks of a container itself: none of them calls execve, and
 * their credentials are those of the images. While it does that it runs its own code in them and
 * starts helpers (ip, iptables-restore, tar) in the container's namespaces, with all privileges. So
 * the container is registered when CRIU is done: it traces every thread, stops all of them with
 * their final credentials, and only then lets one after the other go.
 */
#ifndef ROOTFENCE_BPF_RESTORE_H
#define ROOTFENCE_BPF_RESTORE_H

#include "maps.h"
#include "membership.h"

#include <bpf/bpf_core_read.h>

#define RESTORE_PARENTS 8	      /* generations from CRIU up to the wrapper */
#define CONDEMNED_UNHELD (1ULL << 63) /* beside the start time: no entry is about the thread */
#define PT_TRACESYSGOOD (1 << 3)      /* PTRACE_O_TRACESYSGOOD in task_struct.ptrace */

/* The restore that this tracer carries out, or NULL: CRIU is the child of a runtime. */
static __always_inline struct abi_restore *restore_of(struct task_struct *task)
{
	for (int i = 0; i < RESTORE_PARENTS; i++) {
		__u32 tgid = (__u32)BPF_CORE_READ(task, tgid);
		struct abi_restore *restore;

		if (tgid <= 1)
			return NULL;
		restore = bpf_map_lookup_elem(&restores, &tgid);
		if (restore && task_is_process(task, tgid, restore->start))
			return restore;
		task = BPF_CORE_READ(task, real_parent);
	}
	return NULL;
}

/*
 * CRIU may trace a task for a moment earlier, while it runs CRIU's code, to set up its shadow
 * stack. At the end it traces system calls, and the task has the program of its image.
 */
static __always_inline int release_is_final(struct task_struct *task, struct task_struct *tracer)
{
	struct inode *own = BPF_CORE_READ(tracer, mm, exe_file, f_inode);
	struct inode *program = BPF_CORE_READ(task, mm, exe_file, f_inode);

	if (BPF_CORE_READ(task, ptrace) & PT_TRACESYSGOOD)
		return 1;
	/* What exits has no program any more: a tracer that fails, a child that CRIU tries ptrace on. */
	return own && program && program != own;
}

/*
 * The narrowest entry by cgroup above a restored task. The task is not the current one, whose cgroups
 * entry_by_cgroup() reads.
 */
static __always_inline struct abi_entry *restore_outer(struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	struct abi_key key = { .kind = ABI_KIND_CGROUP };

	for (int i = 0; i < ABI_CGROUP_LEVELS && node; i++) {
		struct abi_entry *entry;

		key.id = BPF_CORE_READ(node, id);
		entry = bpf_map_lookup_elem(&containers, &key);
		if (entry)
			return entry;
		node = kernfs_above(node);
	}
	return NULL;
}

static __always_inline void action_raise(__u32 *action, __u32 outer, __u32 least)
{
	if (*action < outer)
		*action = outer;
	if (*action < least)
		*action = least;
}

/*
 * As hook/guard/nesting.c does it for a container that is created. No new rule set can be made here:
 * where the container has exec rules, they do not hold, and what one may have refused is refused.
 */
static __always_inline void restore_narrow(struct abi_entry *entry, const struct abi_limits *outer)
{
	__u32 least = entry->rules_id ? ABI_ERRNO : ABI_ALLOW;
	struct abi_limits *own = &entry->limits;

	own->ceiling &= outer->ceiling;
	own->bounding &= outer->bounding;
	action_raise(&own->exec_action, outer->exec_action, least);
	action_raise(&own->ceiling_action, outer->ceiling_action, least);
	action_raise(&own->root_action, outer->root_action, least);
	action_raise(&own->set_ids_action, outer->set_ids_action, least);
	action_raise(&own->userns_action, outer->userns_action, ABI_ALLOW);
	entry->rules_id = 0;
}

/* Fills in what did not exist when user space wrote the record. No task of it is the runtime's. */
static __always_inline void restore_fill(struct abi_restore *restore, struct task_struct *task,
					 const struct abi_key *key)
{
	struct abi_entry *entry = &restore->entry;
	struct task_struct *init = BPF_CORE_READ(task_pidns(task), child_reaper);
	struct abi_entry *outer = restore_outer(task);

	if (outer)
		restore_narrow(entry, &outer->limits);
	entry->init_pid = (__u32)(key->id >> 32);
	entry->init_start = BPF_CORE_READ(init, group_leader, start_boottime) / TICK_NS;
	entry->flags |= ABI_ENTRY_STARTED;
	entry->armed = 1;
	entry->own_ns[ABI_HOST_NS_MNT] = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	if (!(entry->promise.flags & ABI_PROMISED_USERNS) ||
	    BPF_CORE_READ(task, cred, user_ns, level) > 0)
		entry->userns = BPF_CORE_READ(task, cred, user_ns, ns.inum);
	entry->pidns = abi_pidns_inode(key->id);
	if (entry->own_ns[ABI_HOST_NS_MNT] == entry->host_mntns[0] ||
	    entry->own_ns[ABI_HOST_NS_MNT] == entry->host_mntns[1])
		entry->host_mntns[0] = entry->host_mntns[1] = 0;
	restore->init_pid = entry->init_pid;
}

/* The entry of the container that this task was restored into; NULL if it could not be made. */
static __always_inline struct abi_entry *restore_register(struct abi_restore *restore,
							  struct task_struct *task)
{
	struct abi_entry *entry;
	struct abi_key key;

	if (BPF_CORE_READ(task, thread_pid, level) == 0)
		return NULL; /* the host's pid namespace */
	pidns_key(task_pidns(task), &key);
	if (restore->init_pid == 0) {
		restore_fill(restore, task, &key);
		/* In this order, the roster never has an entry that `containers` lacks. */
		if (bpf_map_update_elem(&containers, &key, &restore->entry, BPF_NOEXIST) == 0 &&
		    bpf_map_update_elem(&roster, &key, &restore->entry, BPF_ANY) < 0)
			restore->error = 1;
	}
	entry = bpf_map_lookup_elem(&containers, &key);
	if (entry) { /* whoever registered it: restored tasks call no first execve */
		entry->flags |= ABI_ENTRY_STARTED;
		entry->armed = 1;
	}
	return entry;
}

/*
 * Remembers a stopped thread until it takes its first step. If there is no room, the wrapper kills
 * the container; where no wrapper waits, `status` says so.
 */
static __always_inline void condemn(struct abi_restore *restore, struct task_struct *task,
				    __u64 flag)
{
	__u32 tid = (__u32)BPF_CORE_READ(task, pid), zero = 0;
	__u64 start = BPF_CORE_READ(task, start_boottime) | flag;
	struct abi_stats *counters;

	__sync_fetch_and_add(&n_condemned, 1);
	if (bpf_map_update_elem(&condemned, &tid, &start, BPF_ANY) == 0)
		return;
	restore->error = 1;
	counters = bpf_map_lookup_elem(&stats, &zero);
	if (counters)
		__sync_fetch_and_add(&counters->unheld, 1);
}

/* Returns the start time, and the flag, if the current thread is condemned. It can be asked once. */
static __always_inline __u64 condemned_take(struct task_struct *task)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 *found = bpf_map_lookup_elem(&condemned, &tid);
	__u64 start;

	if (!found)
		return 0;
	start = *found;
	bpf_map_delete_elem(&condemned, &tid);
	__sync_fetch_and_add(&n_condemned, -1);
	return (start & ~CONDEMNED_UNHELD) == BPF_CORE_READ(task, start_boottime) ? start : 0;
}

#endif
