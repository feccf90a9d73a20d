/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far long work is: a line on standard error, after a second, where that is a terminal that
 * nothing else is written to meanwhile. No colour and no escape sequences.
 */
#ifndef ROOTFENCE_REPORT_PROGRESS_H
#define ROOTFENCE_REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool wanted;
	int width;    /* of the line that is shown; 0: none is */
	uint64_t due; /* milliseconds, when it is written next */
};

void progress_begin(struct progress *progress);

/* progress_step: n specs are judged. */
void progress_step(struct progress *progress, unsigned int n);

/* progress_end: takes the line away. */
void progress_end(struct progress *progress);

#endif
