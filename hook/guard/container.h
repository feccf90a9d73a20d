/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tells a container from the host: a cgroup v2 or a pid namespace of its own. All that is
 * read about a process goes through one descriptor of its /proc directory, which keeps meaning
 * that process when its pid is used again.
 */
#ifndef ROOTFENCE_GUARD_CONTAINER_H
#define ROOTFENCE_GUARD_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "base/err.h"

struct identity {
	struct abi_key key; /* kind 0: only a pid namespace that another container made */
	uint32_t pidns;	    /* inode */
	uint32_t mntns;	    /* inode of the container's mount namespace */
	uint32_t host_mntns[ABI_HOST_MNTNS];
	uint64_t init_start; /* start time, clock ticks since boot */
};

/* identity_check_host: EXIT_GUARD unless this process is in the host's own pid, user and time
 * namespaces: only there are pids and times the ones that the programs see. */
int identity_check_host(struct err *err);

/* identity_open: descriptor of /proc/PID. -ESRCH when there is no such process. */
int identity_open(pid_t pid, int *ret_proc_fd, struct err *err);

/* identity_start: the start time of a process that is not dead yet; else -ESRCH. */
int identity_start(int proc_fd, uint64_t *ret_start, struct err *err);

/* identity_namespace: inode of /proc/PID/ns/NAME. */
int identity_namespace(int proc_fd, const char *name, uint32_t *ret_inode, struct err *err);

/* identity_read: everything about the container whose init is pid. EXIT_GUARD when nothing tells
 * it from the host. */
int identity_read(int proc_fd, pid_t pid, struct identity *ret_identity, struct err *err);

#endif
