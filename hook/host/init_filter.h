/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the seccomp filter of a process: ptrace(2), PTRACE_SECCOMP_GET_FILTER. */
#ifndef ROOTFENCE_HOST_INIT_FILTER_H
#define ROOTFENCE_HOST_INIT_FILTER_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Returns the oldest filter of a process, as the struct sock_filter that seccomp(2) takes, or no
 * bytes if it has none. The process is stopped for a moment. Needs what CRIU needs: CAP_SYS_ADMIN, a
 * kernel with CONFIG_CHECKPOINT_RESTORE, and no filter on the caller. Error: EXIT_SYSTEM.
 */
int init_filter_read(struct arena *arena, pid_t pid, struct str *ret_filter, struct err *err);

#endif
