/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup v2 of a process: its id, and whether it is its own rather than a part of the host. */
#ifndef ROOTFENCE_GUARD_CGROUP_H
#define ROOTFENCE_GUARD_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * cgroup_of: *ret_own says whether the process is in a cgroup v2 which is not the root and holds
 * neither this process nor the host's init; *ret_id is then its id. Fails only when the process is
 * gone or its list of cgroups cannot be read.
 */
int cgroup_of(int proc_fd, pid_t pid, uint64_t *ret_id, bool *ret_own, struct err *err);

/* cgroup_mount_open: descriptor of the cgroup v2 file system, or -ENOENT without one. */
int cgroup_mount_open(void);

/* cgroup_is_populated: a cgroup of that id exists and has live processes in it or below it. What
 * cannot be found out counts as yes. */
bool cgroup_is_populated(int mount_fd, uint64_t id);

#endif
