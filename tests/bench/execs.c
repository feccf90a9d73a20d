/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execs loop N    for each byte on its standard input, executes this program N times, one after the
 *                 other, and prints the median of the nanoseconds that each took; the median
 *                 ignores those that were interrupted
 * execs crowd N   makes N pid namespaces, prints the pids of their inits, and keeps them until its
 *                 standard input ends
 * execs           does nothing
 */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quantile.h"

#define LOOP_WARM_UP 5 /* after other programs were attached */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int spawn(char *program)
{
	char *argv[] = { program, NULL };
	char *envp[] = { NULL };
	pid_t child;

	return posix_spawn(&child, program, NULL, NULL, argv, envp) != 0 ||
	       waitpid(child, NULL, 0) != child;
}

static int loop(char *program, long n)
{
	double *took = calloc((size_t)n, sizeof(*took));
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1) {
		for (long i = -LOOP_WARM_UP; i < n; i++) {
			double start = now();

			if (!took || spawn(program) != 0)
				return 1;
			if (i >= 0)
				took[i] = now() - start;
		}
		printf("%.0f\n", quantile(took, n, 50));
		fflush(stdout);
	}
	free(took);
	return 0;
}

static int crowd(long n)
{
	char byte;

	for (long i = 0; i < n; i++) {
		pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

		if (child < 0)
			return 1;
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
			for (;;)
				pause();
		}
		printf("%d\n", (int)child);
	}
	fflush(stdout);
	return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	long n = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (argc == 1)
		return 0;
	if (argc == 3 && strcmp(argv[1], "loop") == 0)
		return loop(argv[0], n);
	if (argc == 3 && strcmp(argv[1], "crowd") == 0)
		return crowd(n);
	return 2;
}
