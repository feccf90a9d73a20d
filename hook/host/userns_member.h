/* SPDX-License-Identifier: Apache-2.0 */
/* A process in a user namespace, through which /proc shows the namespace's id maps. */
#ifndef ROOTFENCE_HOST_USERNS_MEMBER_H
#define ROOTFENCE_HOST_USERNS_MEMBER_H

#include <sys/types.h>

/*
 * Starts a process that joins the user namespace of path, and does nothing else. CRI-O, and
 * containerd for its pause container, keep the namespace as a file, and no process needs to be in
 * it. Returns -1 if the file is not a user namespace, or if it may not be joined.
 */
pid_t userns_member_start(const char *path);

/* Ends the process. */
void userns_member_end(pid_t pid);

#endif
