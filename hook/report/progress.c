/* SPDX-License-Identifier: Apache-2.0 */
/* Progress of long work: see progress.h. */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_MS 1000
#define NEXT_MS 200

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress)
{
	/* Results that scroll over the same terminal show the progress themselves. */
	*progress = (struct progress){
		.wanted = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0,
		.due = now_ms() + FIRST_MS,
	};
}

void progress_step(struct progress *progress, unsigned int n)
{
	uint64_t now;

	if (!progress->wanted)
		return;
	now = now_ms();
	if (now < progress->due)
		return;
	progress->width = dprintf(STDERR_FILENO, "\rrootfence: %u specs judged", n) - 1;
	progress->due = now + NEXT_MS;
}

void progress_end(struct progress *progress)
{
	if (progress->width > 0)
		dprintf(STDERR_FILENO, "\r%*s\r", progress->width, "");
	progress->width = 0;
}
