/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells a container from the host by its own cgroup v2 or its own pid namespace. Everything about a
 * process is read through one descriptor of its /proc directory, which stays with that process even
 * when its pid is used again.
 */
#ifndef ROOTFENCE_GUARD_CONTAINER_H
#define ROOTFENCE_GUARD_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"
#include "base/err.h"

struct identity {
	struct abi_key key; /* kind 0: it has only a pid namespace that another container made */
	uint32_t pidns;	    /* inode */
	uint32_t own_ns[ABI_HOST_NS_COUNT]; /* inodes of init's; 0: no such namespaces */
	uint32_t host_mntns[ABI_HOST_MNTNS];
	uint32_t userns;		     /* inode of the container's user namespace */
	uint64_t init_start;		     /* start time, clock ticks since boot */
	uint64_t init_exe;		     /* inode of the program that init runs; 0: none */
	uint32_t filters;		     /* seccomp filters that init has already */
	uint32_t host_ns[ABI_HOST_NS_COUNT]; /* of the host's init; 0: no such namespaces */
};

/* identity_check_host: EXIT_GUARD unless this process is root in the host's own pid, user and
 * time namespaces: only there are pids and times what the programs see. */
int identity_check_host(struct err *err);

/* identity_open: a descriptor of /proc/PID. -ESRCH: no such process. */
int identity_open(pid_t pid, int *ret_proc_fd, struct err *err);

/* identity_start: the start time of a process; -ESRCH if it is dead, even as a zombie. */
int identity_start(int proc_fd, uint64_t *ret_start, struct err *err);

/* identity_namespace: the inode of /proc/PID/ns/NAME. */
int identity_namespace(int proc_fd, const char *name, uint32_t *ret_inode, struct err *err);

/* identity_hosts: the mount namespaces in which a task is the runtime's or the host's, and the
 * host's namespaces. */
int identity_hosts(struct identity *identity, struct err *err);

/* identity_read: everything about the container whose init is pid. EXIT_GUARD if nothing tells
 * it from the host. */
int identity_read(int proc_fd, pid_t pid, struct identity *ret_identity, struct err *err);

#endif
