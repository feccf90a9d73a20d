/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restricts a process before it reads what others wrote: it gives up system calls, memory,
 * processor time, and privileges through execve. restrain_filters.c lists the calls that each role
 * keeps.
 */
#ifndef ROOTFENCE_BASE_RESTRAIN_H
#define ROOTFENCE_BASE_RESTRAIN_H

#include <sys/types.h>

#include "base/err.h"

/* Each role may do what it needs, and nothing else. */
enum restrain_role {
	RESTRAIN_FILES,		 /* check, rewrite, explain, test, policy: reads files, prints */
	RESTRAIN_HOST,		 /* the same with --host, and joins user namespaces */
	RESTRAIN_PRECREATE,	 /* reads, prints, joins user namespaces, and talks to syslog */
	RESTRAIN_CREATE_RUNTIME, /* the same, and registers a container with the loaded guard */
	RESTRAIN_POSTSTOP,	 /* reads a state, removes the container from guard and records */
};

/* Stands in a filter for the last descriptor that may be written to, known only at run time. */
#define RESTRAIN_LAST_FD 0x7ffffff0

#define RESTRAIN_MEMORY_MAX (2048UL * 1024 * 1024) /* bytes of address space */
#define RESTRAIN_FDS_MAX 256
#define RESTRAIN_HOOK_SECONDS 60    /* of processor time */
#define RESTRAIN_CHILD_SECONDS 120  /* in all, for a child; engines bound the time of hooks */
#define RESTRAIN_FILES_SECONDS 3600 /* for millions of specs */

/*
 * Restricts this process for good. Call it once, after opening everything to write to, with no free
 * descriptor number below. Child processes inherit the limits. A forbidden call ends the process
 * (SIGSYS). Too much processor time or memory also ends it, with EXIT_SYSTEM and a sentence. Error:
 * EXIT_SYSTEM; nothing may be read then.
 */
int restrain(enum restrain_role role, struct err *err);

/*
 * Bounds memory, processor time and time of a child process that judges, and also writes, for a
 * parent that becomes another program: nothing of this reaches the parent. Too much time ends the
 * child by SIGALRM; it ends with its parent. Error: EXIT_SYSTEM.
 */
int restrain_child(pid_t parent, struct err *err);

/*
 * Returns a file in memory that a restrained process may still write to, from its start; -1 if this
 * process is not restrained and can make its own.
 */
int restrain_scratch(void);

#endif
