/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compares what a process is with what the approved spec promised of the container. Pure, like
 * decide.h: compiled into the BPF programs, the binary and the unit tests. The caller reads the
 * process; registration decides what is promised of whom (see struct abi_promise).
 */
#ifndef ROOTFENCE_BPF_ATTEST_H
#define ROOTFENCE_BPF_ATTEST_H

#include "abi.h"
#include "decide.h"

/* What a process is when it calls execve. */
struct attest_seen {
	__u32 is_first;		     /* it is the container's init, at its first execve */
	__u32 no_new_privs;	     /* 0 or 1 */
	__u32 filters;		     /* seccomp filters */
	__u32 in_userns;	     /* its user namespace is the registered one, or below it */
	__u32 uid_map[3];	     /* of that namespace; read at the first execve only */
	__u32 pidns_level;	     /* 0: the host's */
	__u32 ns[ABI_HOST_NS_COUNT]; /* inodes of its namespaces */
	__u32 cwd_ns;		     /* of the mount that its working directory is on; 0: none */
};

/*
 * Comparisons without branches, as 0 or 1. The verifier would follow every branch through all the
 * others. The compiler must not see what a value can be, or it makes branches again.
 */
DECIDE_INLINE __u32 attest_is_not(__u32 a, __u32 b)
{
	__u64 bits = a ^ b;

	__asm__ volatile("" : "+r"(bits));
	return (bits + 0xffffffff) >> 32;
}

DECIDE_INLINE __u32 attest_is(__u32 a, __u32 b)
{
	return attest_is_not(a, b) ^ 1;
}

DECIDE_INLINE __u32 attest_is_less(__u32 a, __u32 b)
{
	__u64 difference = (__u64)a - b;

	__asm__ volatile("" : "+r"(difference));
	return difference >> 63;
}

/* Is the namespace the host's? A kernel without that kind of namespace has none to compare. */
DECIDE_INLINE __u32 attest_is_hosts(const struct abi_promise *promise,
				    const struct attest_seen *seen, enum abi_host_ns type)
{
	return attest_is_not(seen->ns[type], 0) & attest_is(seen->ns[type], promise->host_ns[type]);
}

DECIDE_INLINE __u32 attest_map_differs(const struct abi_promise *promise,
				       const struct attest_seen *seen)
{
	return attest_is_not(seen->uid_map[0], promise->uid_map[0]) |
	       attest_is_not(seen->uid_map[1], promise->uid_map[1]) |
	       attest_is_not(seen->uid_map[2], promise->uid_map[2]);
}

/*
 * The runtime chose the first directory of init, and that of an exec session. Processes of the
 * container may go anywhere in it: to a mount that was unmounted since, or to one of another
 * namespace that they made. No way leads them to a mount of the host.
 */
DECIDE_INLINE __u32 attest_cwd_differs(const struct abi_promise *promise,
				       const struct attest_seen *seen, __u32 runtime_mntns)
{
	__u32 is_hosts = attest_is(seen->cwd_ns, promise->host_ns[ABI_HOST_NS_MNT]) |
			 attest_is(seen->cwd_ns, runtime_mntns);

	return attest_is_not(seen->cwd_ns, seen->ns[ABI_HOST_NS_MNT]) &
	       (seen->is_first | (attest_is_not(seen->cwd_ns, 0) & is_hosts));
}

/* attest_differences: what differs, as enum abi_promised. runtime_mntns: 0, or the runtime's. */
DECIDE_INLINE __u32 attest_differences(const struct abi_promise *promise,
				       const struct attest_seen *seen, __u32 runtime_mntns)
{
	__u32 least = seen->is_first ? promise->filters : 1;
	__u32 differs = 0;

	differs |= attest_is(seen->no_new_privs, 0) * ABI_PROMISED_NNP;
	differs |= attest_is_less(seen->filters, least) * ABI_PROMISED_SECCOMP;
	differs |= attest_is(seen->in_userns, 0) * ABI_PROMISED_USERNS;
	differs |= attest_map_differs(promise, seen) * ABI_PROMISED_UID_MAP;
	differs |= attest_is(seen->pidns_level, 0) * ABI_PROMISED_PIDNS;
	differs |= attest_is_hosts(promise, seen, ABI_HOST_NS_MNT) * ABI_PROMISED_MNTNS;
	differs |= attest_is_hosts(promise, seen, ABI_HOST_NS_IPC) * ABI_PROMISED_IPCNS;
	differs |= attest_is_hosts(promise, seen, ABI_HOST_NS_UTS) * ABI_PROMISED_UTSNS;
	differs |= attest_is_hosts(promise, seen, ABI_HOST_NS_NET) * ABI_PROMISED_NETNS;
	differs |= attest_is_hosts(promise, seen, ABI_HOST_NS_CGROUP) * ABI_PROMISED_CGROUPNS;
	differs |= attest_cwd_differs(promise, seen, runtime_mntns) * ABI_PROMISED_CWD;
	return differs & (seen->is_first ? promise->flags : promise->others);
}

/* attest_raise: adds the action on a difference to a decision. No exec rule excuses one. */
DECIDE_INLINE void attest_raise(const struct abi_promise *promise, __u32 differences,
				struct decide_verdict *verdict)
{
	if (differences)
		decide_raise(verdict, promise->action, ABI_REASON_PROMISE);
}

#endif
