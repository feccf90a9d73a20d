/* SPDX-License-Identifier: Apache-2.0 */
/* Small files of /proc and cgroup directories, read whole. */
#ifndef ROOTFENCE_GUARD_PROCFS_H
#define ROOTFENCE_GUARD_PROCFS_H

#include <stddef.h>

#include "base/err.h"

/*
 * procfs_read: the file `name` below dir_fd as a string. More than size - 1 bytes are an error
 * (-E2BIG). -ESRCH when the process that dir_fd stands for is gone.
 */
int procfs_read(int dir_fd, const char *name, char *text, size_t size, struct err *err);

#endif
