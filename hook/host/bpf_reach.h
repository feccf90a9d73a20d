/* SPDX-License-Identifier: Apache-2.0 */
/* What a seccomp filter can answer, without running it: seccomp(2), linux/filter.h. */
#ifndef ROOTFENCE_HOST_BPF_REACH_H
#define ROOTFENCE_HOST_BPF_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;

#define BPF_REACH_MAX 65536U /* instructions; the kernel takes 4096 of one filter */

/*
 * bpf_reach: can the filter, for this architecture (AUDIT_ARCH_...) and system call number and some
 * arguments, return an action under which the call is carried out, or somebody else may have it
 * carried out (ALLOW, LOG, TRACE, USER_NOTIF)? Every comparison of an argument may go either way,
 * also where two comparisons of the same argument contradict each other: so it never says no where
 * the kernel could say yes. Returns -EINVAL for an instruction that no seccomp filter has.
 */
int bpf_reach(const struct sock_filter *filter, size_t n, uint32_t arch, uint32_t number,
	      bool *ret_reaches);

#endif
