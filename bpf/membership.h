/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the container of a task, and tells whether the task is the container yet. A task is in the
 * innermost registered cgroup around it, else in the innermost registered pid namespace. A
 * container is registered by its cgroup only if it shares its pid namespace. Both walks cover every
 * level on which a container can have been registered, so going deeper escapes neither. Only root
 * on the host registers: an entry inside another one is a separate container, while what an engine
 * inside a container starts has no entry and inherits that of the container.
 */
#ifndef ROOTFENCE_BPF_MEMBERSHIP_H
#define ROOTFENCE_BPF_MEMBERSHIP_H

#include "maps.h"

#include <bpf/bpf_core_read.h>

#define PARENTS_MAX 16	 /* generations from a helper of a runtime's hook up to init */
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

static __always_inline struct abi_entry *entry_by_pidns(struct task_struct *task)
{
	struct pid_namespace *ns = task_pidns(task);

	for (int i = 0; i < ABI_PIDNS_LEVELS; i++) {
		struct abi_entry *entry;
		struct abi_key key;

		if (BPF_CORE_READ(ns, level) == 0)
			break; /* the host's, or unreadable */
		pidns_key(ns, &key);
		entry = bpf_map_lookup_elem(&containers, &key);
		if (entry)
			return entry;
		ns = BPF_CORE_READ(ns, parent);
	}
	return NULL;
}

/* A host without guarded containers pays only for this test. Unreadable counts as in use. */
static __always_inline int nothing_is_guarded(void)
{
	__u32 zero = 0;
	const struct abi_meta *own = bpf_map_lookup_elem(&meta, &zero);

	return own && own->in_use == 0;
}

/* Most host processes end here, after one look at the cgroup level and one at the pid level. */
static __noinline struct abi_entry *entry_of(struct task_struct *task)
{
	struct abi_entry *entry = entry_by_cgroup(task);

	return entry ? entry : entry_by_pidns(task);
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
 * Until init calls execve for the first time, it runs no code of the container. Its descendants are
 * createContainer hooks of others, which the runtime starts in the container's mount namespace with
 * its own privileges. An exec session into such a container does not descend from init, so it is
 * judged like any other task.
 */
static __always_inline int task_is_runtime(const struct abi_entry *entry, struct task_struct *task)
{
	if (entry->armed)
		return 0;
	for (int i = 0; i < PARENTS_MAX; i++) {
		__u32 tgid;

		task = BPF_CORE_READ(task, real_parent);
		tgid = (__u32)BPF_CORE_READ(task, tgid);
		if (tgid == entry->init_pid)
			return 1;
		if (tgid <= 1)
			return 0;
	}
	return 0;
}

/*
 * Was the task's user namespace made inside the container's? A namespace cannot be left for one
 * above it. At execve the old and the new credentials are of the same namespace.
 */
static __always_inline int task_in_inner_userns(const struct abi_entry *entry,
						struct task_struct *task)
{
	struct user_namespace *ns = BPF_CORE_READ(task, cred, user_ns);

	if (entry->userns == 0 || BPF_CORE_READ(ns, ns.inum) == entry->userns)
		return 0;
	for (int i = 0; i < USERNS_LEVELS; i++) {
		ns = BPF_CORE_READ(ns, parent);
		if (!ns)
			return 0; /* not below the container's */
		if (BPF_CORE_READ(ns, ns.inum) == entry->userns)
			return 1;
	}
	return 0;
}

#endif
