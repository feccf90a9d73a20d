/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what a seccomp filter can return, without running it: seccomp(2), linux/filter.h. */
#ifndef ROOTFENCE_HOST_BPF_REACH_H
#define ROOTFENCE_HOST_BPF_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;

#define BPF_REACH_MAX 65536U /* instructions; the kernel accepts 4096 in one filter */

/*
 * Sets *ret_reaches if the filter, for this architecture (AUDIT_ARCH_...), system call number and
 * some arguments, can return an action that carries the call out, or lets another process do so
 * (ALLOW, LOG, TRACE, USER_NOTIF). Every comparison of an argument may go either way, even if two
 * comparisons of the same argument contradict each other. So the answer is never no if the kernel
 * could say yes. Returns -EINVAL for an instruction that no seccomp filter has.
 */
int bpf_reach(const struct sock_filter *filter, size_t n, uint32_t arch, uint32_t number,
	      bool *ret_reaches);

#endif
