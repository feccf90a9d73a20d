/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cost loop N    executes this program N times, one after the other; prints the nanoseconds of
 *                processor time for each, in which what else goes on at the host hardly shows
 * cost crowd N   makes N pid namespaces, prints the pids of their inits, and lets them live until
 *                its standard input ends
 * cost           does nothing
 */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static double processor_time(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static double now(void)
{
	return processor_time(RUSAGE_SELF) + processor_time(RUSAGE_CHILDREN);
}

static int loop(char *program, long n)
{
	char *argv[] = { program, NULL };
	char *envp[] = { NULL };
	double start = now();

	for (long i = 0; i < n; i++) {
		pid_t child;

		if (posix_spawn(&child, program, NULL, NULL, argv, envp) != 0 ||
		    waitpid(child, NULL, 0) != child)
			return 1;
	}
	printf("%.0f\n", (now() - start) / (double)n);
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
