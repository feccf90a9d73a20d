/* SPDX-License-Identifier: Apache-2.0 */
/* A process in a user namespace, for /proc to tell the namespace's id maps by. */
#ifndef ROOTFENCE_HOST_USERNS_MEMBER_H
#define ROOTFENCE_HOST_USERNS_MEMBER_H

#include <sys/types.h>

/*
 * userns_member_start: starts a process that has joined the user namespace which path names, and
 * does nothing. CRI-O, and containerd for its pause container, keep the namespace as a file that
 * no process needs to be in. -1: the file is no user namespace, or may not be joined.
 */
pid_t userns_member_start(const char *path);

/* userns_member_end: ends it. */
void userns_member_end(pid_t pid);

#endif
