/* SPDX-License-Identifier: Apache-2.0 */
/* The namespaces of this process, which are those of the engine that runs it. */
#ifndef ROOTFENCE_BASE_OWN_NAMESPACES_H
#define ROOTFENCE_BASE_OWN_NAMESPACES_H

#include <stdbool.h>

#include "base/err.h"

/* The inodes of the host's namespaces, the same on every kernel: include/linux/proc_ns.h. */
#define HOST_CGROUP_NAMESPACE 0xEFFFFFFBU
#define HOST_PID_NAMESPACE 0xEFFFFFFCU
#define HOST_TIME_NAMESPACE 0xEFFFFFFAU
#define HOST_USER_NAMESPACE 0xEFFFFFFDU

enum own_namespace {
	OWN_CGROUP,
	OWN_PID,
	OWN_TIME,
	OWN_USER,
};

/*
 * Sets *ret_is to true if this process is in the host's own namespace of that type. It is looked up
 * until it is known, since this process never changes its namespaces. Error: EXIT_SYSTEM if it cannot
 * be told, without /proc for example; -ENOENT also if the kernel has no such namespaces.
 */
int own_namespace_is_hosts(enum own_namespace type, bool *ret_is, struct err *err);

/*
 * Sets *ret_is to true if this process is root of the host, and not of a user namespace. Error:
 * EXIT_SYSTEM if it cannot be told, never -ENOENT. Callers fail then: one guess would trust files of
 * others, the other would look for the host's files in a wrong place.
 */
int is_host_root(bool *ret_is, struct err *err);

#endif
