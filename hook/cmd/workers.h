/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that each do a part of the work and write what comes of it to a pipe of their own. */
#ifndef ROOTFENCE_CMD_WORKERS_H
#define ROOTFENCE_CMD_WORKERS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define WORKERS_MAX 64U

struct workers {
	unsigned int n;
	struct worker {
		pid_t pid;
		int fd; /* what it writes is read here */
	} list[WORKERS_MAX];
};

/*
 * workers_start: n processes, at most WORKERS_MAX; each calls work with its number, from 0, and the
 * descriptor that it writes to, and ends: well where work returns 0. Nothing else may be written.
 * What is read from has not the lowest free number, so that restrain() leaves it to be closed. Error:
 * EXIT_SYSTEM, and none is left.
 */
int workers_start(struct workers *workers, unsigned int n,
		  int (*work)(unsigned int nth, int out, void *data), void *data, struct err *err);

/* workers_read: exactly len bytes of what that one writes. Error: EXIT_SYSTEM when it has ended before. */
int workers_read(const struct workers *workers, unsigned int nth, void *data, size_t len,
		 struct err *err);

/*
 * workers_end: waits for all of them; who still writes is stopped by that nobody reads. Error:
 * EXIT_SYSTEM, of the first that did not end well.
 */
int workers_end(struct workers *workers, struct err *err);

#endif
