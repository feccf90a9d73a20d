/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup v2 of a process: its id, and whether it is the container's rather than the host's. */
#ifndef ROOTFENCE_GUARD_CGROUP_H
#define ROOTFENCE_GUARD_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "base/err.h"

/*
 * cgroup_of: *ret_own tells whether the process is in a cgroup v2 that is not the root and has
 * neither this process nor the host's init in it; *ret_id is then its id. Fails only if the process
 * is gone or its list of cgroups cannot be read.
 */
int cgroup_of(int proc_fd, pid_t pid, uint64_t *ret_id, bool *ret_own, struct err *err);

/* cgroup_mount_open: a descriptor of the cgroup v2 file system; -ENOENT: not mounted. */
int cgroup_mount_open(void);

/* cgroup_is_populated: does a cgroup of that id exist, with live processes in it or below it?
 * True if this cannot be found out. */
bool cgroup_is_populated(int mount_fd, uint64_t id);

/*
 * cgroup_line: the ids of the process's cgroup and of those above it, innermost first: those of the
 * levels on which something can be registered. None without cgroup v2. -EXDEV, without a text, if
 * there may be others, which cannot be seen from here.
 */
int cgroup_line(int proc_fd, pid_t pid, uint64_t ret_ids[ABI_CGROUP_LEVELS], size_t *ret_n,
		struct err *err);

#endif
