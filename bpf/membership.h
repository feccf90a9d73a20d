/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the container of a task, and tells whether the task is the container yet. A container is
 * registered by its pid namespace or, if it shares that with others, by its cgroup. The narrowest
 * entry holds: see entry_of(). Both walks cover every level on which a container can have been
 * registered, so going deeper escapes neither. Only root on the host registers: what an engine
 * inside a container starts has no entry and inherits that of the container.
 */
#ifndef ROOTFENCE_BPF_MEMBERSHIP_H
#define ROOTFENCE_BPF_MEMBERSHIP_H

#include "creds.h"
#include "maps.h"

#include <bpf/bpf_core_read.h>

/* Functions that are not static take numbers only: the verifier checks them once, by themselves. */

#define PARENTS_MAX 16	 /* generations from a helper of a runtime's hook up to init */
#define TICK_NS 10000000 /* of /proc/PID/stat: USER_HZ is 100 everywhere */
#define USERNS_LEVELS 33 /* the kernel allows user namespaces 32 levels below the initial one */

static __always_inline __u64 cgroup_ancestor_id(struct cgroup *cgroup, int level)
{
	const char *ids;
	__u64 id = 0;

	if (!bpf_core_field_exists(struct cgroup___ids, ancestor_ids))
		return bpf_get_current_ancestor_cgroup_id(level);
	ids = (const char *)cgroup + bpf_core_field_offset(struct cgroup___ids, ancestor_ids);
	bpf_probe_read_kernel(&id, sizeof(id), ids + level * sizeof(id));
	return id;
}

static __always_inline struct kernfs_node *kernfs_above(struct kernfs_node *node)
{
	struct kernfs_node___rcu *newer = (void *)node;

	if (bpf_core_field_exists(newer->__parent))
		return BPF_CORE_READ(newer, __parent);
	return BPF_CORE_READ(node, parent);
}

/*
 * Level 0 is the root, which has the whole host in it and is never registered. No container is
 * registered deeper than ABI_CGROUP_LEVELS, but the ancestors of a task there still count, so the
 * walk starts at that level.
 */
static __always_inline struct abi_entry *entry_by_cgroup(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	struct abi_key key = { .kind = ABI_KIND_CGROUP };
	int level = BPF_CORE_READ(cgroup, level);

	if (level > ABI_CGROUP_LEVELS)
		level = ABI_CGROUP_LEVELS;
	for (int i = 0; i < ABI_CGROUP_LEVELS; i++) {
		struct abi_entry *entry;

		if (level - i < 1)
			break;
		key.id = cgroup_ancestor_id(cgroup, level - i);
		entry = bpf_map_lookup_elem(&containers, &key);
		if (entry)
			return entry;
	}
	return NULL;
}

/* The pid namespace that numbers the task. It is not always the one for its children. */
static __always_inline struct pid_namespace *task_pidns(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	struct pid_namespace *ns = NULL;
	const char *upid = (const char *)pid + bpf_core_field_offset(struct pid, numbers);

	if (level > ABI_PIDNS_LEVELS)
		return NULL; /* the kernel has no such level: pid is not a struct pid */
	upid += level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&ns, sizeof(ns), upid + bpf_core_field_offset(struct upid, ns));
	return ns;
}

static __always_inline void pidns_key(struct pid_namespace *ns, struct abi_key *ret_key)
{
	__u32 init_pid = (__u32)BPF_CORE_READ(ns, child_reaper, tgid);

	ret_key->id = abi_pidns_id(BPF_CORE_READ(ns, ns.inum), init_pid);
	ret_key->kind = ABI_KIND_PIDNS;
	ret_key->zero = 0;
}

/*
 * Returns the key's id of the innermost pid namespace that is registered; 0 if there is none, or if
 * the namespace with the inode shared (0: no such) comes first.
 */
__u64 pidns_registered(__u64 task, __u32 shared);

__noinline __u64 pidns_registered(__u64 task, __u32 shared)
{
	struct pid_namespace *ns = task_pidns((struct task_struct *)task);

	for (int i = 0; i < ABI_PIDNS_LEVELS; i++) {
		struct abi_key key;

		if (BPF_CORE_READ(ns, level) == 0)
			return 0; /* the host's, or unreadable */
		pidns_key(ns, &key);
		if (shared == abi_pidns_inode(key.id))
			return 0;
		if (bpf_map_lookup_elem(&containers, &key))
			return key.id;
		ns = BPF_CORE_READ(ns, parent);
	}
	return 0;
}

/* A host without guarded containers pays only for this test. Unreadable counts as in use. */
static __always_inline int nothing_is_guarded(void)
{
	__u32 zero = 0;
	const struct abi_meta *own = bpf_map_lookup_elem(&meta, &zero);

	return own && own->in_use == 0;
}

/*
 * The narrowest entry holds: that of the innermost pid namespace that some entry is about. An entry
 * by cgroup is about the pid namespace that its container shares with others, and is narrower than
 * the entry of that namespace. So neither a cgroup above a container's own pid namespace counts, nor
 * one that a runtime chose for an exec session. Most host processes end here, after one look at the
 * cgroup level and one at the pid level.
 */
static __noinline struct abi_entry *entry_of(struct task_struct *task)
{
	struct abi_entry *by_cgroup = entry_by_cgroup(task);
	struct abi_key key = { .kind = ABI_KIND_PIDNS };
	struct abi_entry *by_pidns;

	if (BPF_CORE_READ(task, thread_pid, level) == 0)
		return by_cgroup; /* in the host's pid namespace */
	key.id = pidns_registered((__u64)task, by_cgroup ? by_cgroup->pidns : 0);
	if (key.id == 0)
		return by_cgroup;
	by_pidns = bpf_map_lookup_elem(&containers, &key);
	return by_pidns ? by_pidns : by_cgroup;
}

/*
 * Is the task of the process that createRuntime saw? The kernel uses a pid again, in a container
 * too, so the start time is compared as well.
 */
static __always_inline int task_is_process(struct task_struct *task, __u32 pid, __u64 start)
{
	if ((__u32)BPF_CORE_READ(task, tgid) != pid)
		return 0;
	return BPF_CORE_READ(task, group_leader, start_boottime) / TICK_NS == start;
}

static __always_inline int task_is_init(const struct abi_entry *entry, struct task_struct *task)
{
	return task_is_process(task, entry->init_pid, entry->init_start);
}

/*
 * A runtime puts its child into the container's cgroup, and calls execve in it, before the child
 * enters the container's mount namespace. Such a task is not the container yet. The container
 * cannot go back: setns() into the host's mount namespace needs a descriptor of it and
 * CAP_SYS_ADMIN over it. The owner is compared as well, because inode numbers are reused, and a
 * mount namespace owned by a user namespace other than the initial one is never the host's.
 */
static __always_inline int task_on_host(const struct abi_entry *entry, struct task_struct *task)
{
	struct mnt_namespace *ns = BPF_CORE_READ(task, nsproxy, mnt_ns);
	__u32 inode = BPF_CORE_READ(ns, ns.inum);

	if (inode == 0)
		return 0; /* nothing to compare: judged like any other task */
	if (inode != entry->host_mntns[0] && inode != entry->host_mntns[1])
		return 0;
	return BPF_CORE_READ(ns, user_ns, level) == 0;
}

/*
 * Is the task a createContainer hook, or a helper of one? The runtime starts those in the
 * container's namespaces with its own privileges, before it gives them up. Told by what it is, not
 * by descent: orphans of an exec session, and what CRIU restored, have init for an ancestor too.
 *
 * - The spec has such hooks, and init has not called execve.
 * - Init still runs the program that createRuntime saw. In a restored container it does not.
 * - Init still has the runtime's privileges. It gives them up before the container is created. Root
 *   tells the runtime only where the policy refuses it: elsewhere init can be root all its life.
 * - The task that init started shares its struct nsproxy. fork shares it, and setns makes a new one,
 *   even for the same namespaces: so an exec session never has it, and neither do its children. Only
 *   the topmost task is asked: a helper may be in namespaces of its own.
 *
 * runtime_started: the privileges of init (CREDS_*) if the task is one that it started; or 0.
 */
int runtime_started(__u64 task_address, __u32 init_pid, __u64 init_start, __u64 init_exe,
		    __u64 ceiling);

__noinline int runtime_started(__u64 task_address, __u32 init_pid, __u64 init_start, __u64 init_exe,
			       __u64 ceiling)
{
	struct task_struct *task = (void *)task_address;

	for (int i = 0; i < PARENTS_MAX; i++) {
		struct task_struct *parent = BPF_CORE_READ(task, real_parent);

		if (task_is_process(parent, init_pid, init_start))
			return BPF_CORE_READ(task, nsproxy) == BPF_CORE_READ(parent, nsproxy) &&
					       BPF_CORE_READ(parent, mm, exe_file, f_inode,
							     i_ino) == init_exe
				       ? creds_of_runtime(BPF_CORE_READ(parent, cred), ceiling)
				       : 0;
		if (BPF_CORE_READ(parent, tgid) <= 1)
			return 0;
		task = parent;
	}
	return 0;
}

static __always_inline int task_is_runtime(const struct abi_entry *entry, struct task_struct *task)
{
	int privileges;

	if (entry->armed || !(entry->flags & ABI_ENTRY_HOOKS) || entry->init_exe == 0)
		return 0;
	privileges = runtime_started((__u64)task, entry->init_pid, entry->init_start,
				     entry->init_exe, entry->limits.ceiling);
	if (entry->limits.root_action < ABI_ERRNO)
		privileges &= ~CREDS_HOST_ROOT;
	return privileges != 0;
}

enum userns_place {
	USERNS_FOREIGN, /* neither the container's nor made inside it */
	USERNS_OWN,	/* the container's */
	USERNS_INNER,	/* made inside the container's */
};

/*
 * Where is the task's user namespace? One cannot be left for one above it. At execve the old and
 * the new credentials are of the same one.
 */
int userns_place(__u64 task_address, __u32 userns);

__noinline int userns_place(__u64 task_address, __u32 userns)
{
	struct task_struct *task = (void *)task_address;
	struct user_namespace *ns = BPF_CORE_READ(task, cred, user_ns);

	if (BPF_CORE_READ(ns, ns.inum) == userns)
		return USERNS_OWN;
	for (int i = 0; i < USERNS_LEVELS; i++) {
		ns = BPF_CORE_READ(ns, parent);
		if (!ns)
			return USERNS_FOREIGN;
		if (BPF_CORE_READ(ns, ns.inum) == userns)
			return USERNS_INNER;
	}
	return USERNS_FOREIGN;
}

#endif
