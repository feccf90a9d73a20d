/* SPDX-License-Identifier: Apache-2.0 */
/* Reads small files of /proc and of cgroup directories as a whole. */
#ifndef ROOTFENCE_GUARD_PROCFS_H
#define ROOTFENCE_GUARD_PROCFS_H

#include <stddef.h>

#include "base/err.h"

/*
 * procfs_read: reads the file `name` below dir_fd as a string. -E2BIG: more than size - 1 bytes.
 * -ESRCH: the process of dir_fd is gone.
 */
int procfs_read(int dir_fd, const char *name, char *text, size_t size, struct err *err);

#endif
