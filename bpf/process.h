/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads what a process is, besides its credentials, for attest.h. Decides nothing. */
#ifndef ROOTFENCE_BPF_PROCESS_H
#define ROOTFENCE_BPF_PROCESS_H

#include "abi.h"
#include "attest.h"
#include "membership.h"
#include "path.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* Before Linux 5.9 filters are not counted: one if the process is in filter mode. */
static __always_inline __u32 process_filters(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->seccomp.filter_count))
		return BPF_CORE_READ(task, seccomp.mode) == SECCOMP_MODE_FILTER;
	return (__u32)BPF_CORE_READ(task, seccomp.filter_count.counter);
}

static __always_inline void process_read_map(struct task_struct *task, __u32 *ret_map)
{
	struct user_namespace *ns = BPF_CORE_READ(task, cred, user_ns);
	struct uid_gid_extent *sorted = BPF_CORE_READ(ns, uid_map.forward);
	struct uid_gid_extent extent = { 0 };

	if (BPF_CORE_READ(ns, uid_map.nr_extents) > MAP_EXTENTS_INLINE)
		bpf_core_read(&extent, sizeof(extent), sorted);
	else
		bpf_core_read(&extent, sizeof(extent), &ns->uid_map.extent[0]);
	ret_map[0] = extent.first;
	ret_map[1] = extent.lower_first;
	ret_map[2] = extent.count;
}

static __always_inline void process_read_namespaces(struct task_struct *task, __u32 *ret_ns)
{
	struct nsproxy *proxy = BPF_CORE_READ(task, nsproxy);

	ret_ns[ABI_HOST_NS_MNT] = BPF_CORE_READ(proxy, mnt_ns, ns.inum);
	ret_ns[ABI_HOST_NS_IPC] = BPF_CORE_READ(proxy, ipc_ns, ns.inum);
	ret_ns[ABI_HOST_NS_UTS] = BPF_CORE_READ(proxy, uts_ns, ns.inum);
	ret_ns[ABI_HOST_NS_NET] = BPF_CORE_READ(proxy, net_ns, ns.inum);
	ret_ns[ABI_HOST_NS_CGROUP] = BPF_CORE_READ(proxy, cgroup_ns, ns.inum);
}

/*
 * What of the promises of the entry the task breaks, as enum abi_promised. is_first: it is init as the
 * runtime made it.
 */
static __always_inline __u32 differences(const struct abi_entry *entry, struct task_struct *task,
					 __u32 is_first, __u32 in_userns)
{
	struct attest_seen seen = { .is_first = is_first, .in_userns = in_userns };
	struct mount *cwd = mount_of(BPF_CORE_READ(task, fs, pwd.mnt));

	if (!(is_first ? entry->promise.flags : entry->promise.others))
		return 0;
	seen.no_new_privs = BPF_CORE_READ(task, atomic_flags) >> PFA_NO_NEW_PRIVS & 1;
	seen.filters = process_filters(task);
	seen.pidns_level = BPF_CORE_READ(task, thread_pid, level);
	seen.cwd_ns = BPF_CORE_READ(cwd, mnt_ns, ns.inum);
	process_read_namespaces(task, seen.ns);
	if (is_first)
		process_read_map(task, seen.uid_map);
	return attest_differences(&entry->promise, &seen, entry->host_mntns[0]);
}

#endif
