/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress of long work: a line on standard error, after one second, if that is a terminal to which
 * nothing else is written meanwhile. No colour and no escape sequences.
 */
#ifndef ROOTFENCE_REPORT_PROGRESS_H
#define ROOTFENCE_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool wanted;
	int width;    /* of the line on the terminal; 0: none */
	uint64_t due; /* milliseconds; when to write it next */
};

void progress_begin(struct progress *progress);

/* progress_step: n specs have been judged. */
void progress_step(struct progress *progress, unsigned int n);

/* progress_end: removes the line. */
void progress_end(struct progress *progress);

#endif
