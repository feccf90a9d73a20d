/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process gives up before it reads what others wrote: system calls, memory, processor time,
 * privileges through execve. restrain_filters.c says which calls are left to whom.
 */
#ifndef ROOTFENCE_BASE_RESTRAIN_H
#define ROOTFENCE_BASE_RESTRAIN_H

#include "base/err.h"

/* Who restrains itself: each may do what it needs, and nothing else. */
enum restrain_role {
	RESTRAIN_FILES,		 /* check, rewrite, explain, test, policy: reads files, prints */
	RESTRAIN_PRECREATE,	 /* the same, joins user namespaces, and talks to syslog */
	RESTRAIN_CREATE_RUNTIME, /* the same, and registers a container with the loaded guard */
	RESTRAIN_POSTSTOP,	 /* reads a state, takes the container out of guard and records */
};

/* In a filter: the last descriptor that may be written to, which is known at run time only. */
#define RESTRAIN_LAST_FD 0x7ffffff0

#define RESTRAIN_MEMORY_MAX (2048UL * 1024 * 1024) /* bytes of address space */
#define RESTRAIN_FDS_MAX 256
#define RESTRAIN_HOOK_SECONDS 60    /* of processor time */
#define RESTRAIN_FILES_SECONDS 3600 /* for millions of specs */

/*
 * restrain: restrains this process for good; once, after it has opened what it writes to, with no
 * free number below. Children inherit it. A forbidden call ends the process (SIGSYS), and so does
 * too much processor time or memory, with EXIT_SYSTEM and a sentence. Error: EXIT_SYSTEM, and
 * nothing may be read then.
 */
int restrain(enum restrain_role role, struct err *err);

/*
 * restrain_scratch: a file in memory that a restrained process may still write to, from its start;
 * -1 in one that is not restrained, and can make its own.
 */
int restrain_scratch(void);

#endif
