/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pairs [-p] [-i FILE] [-r FILE COPY] ROUNDS NAME COMMAND... [-- NAME COMMAND...]...
 *
 * Runs the commands in turn, ROUNDS times, and prints a line for each: the median of its wall time,
 * the median of its ratios to the first command of the same round and where the middle half of them
 * lies, the same of its processor time, page faults and peak memory. Other load of the machine
 * affects all commands alike, and processor time only a little.
 *   -i  standard input of every command     -r  copies FILE to COPY before each, not timed
 *   -p  ratios to the previous command, of memory too: for sizes that double
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quantile.h"

#define COMMANDS_MAX 16

struct command {
	const char *name;
	char **argv;
	double *took, *ratio;
	double *worked, *work_ratio; /* processor time, of user and system */
	long faults;
	long peak; /* KiB */
};

static const char *input = "/dev/null", *original, *copy;
static bool to_previous;

static void die(const char *what)
{
	fprintf(stderr, "pairs: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double microseconds(const struct timeval *time)
{
	return (double)time->tv_sec * 1e6 + (double)time->tv_usec;
}

/* Processor time of all processes that were waited for, with their waited-for children. */
static double processor_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
}

static void restore_copy(void)
{
	struct stat st;
	int from, to;

	if (!original)
		return;
	from = open(original, O_RDONLY | O_CLOEXEC);
	to = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (from < 0 || to < 0 || fstat(from, &st) < 0 ||
	    sendfile(to, from, NULL, (size_t)st.st_size) != st.st_size)
		die(copy);
	close(from);
	close(to);
}

static void run(struct command *command, double *ret_took, double *ret_worked)
{
	static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t files;
	struct rusage usage;
	double start, used = processor_now();
	pid_t child;
	int status;

	restore_copy();
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	start = now();
	errno = posix_spawn(&child, command->argv[0], &files, NULL, command->argv, environment);
	if (errno != 0 || wait4(child, &status, 0, &usage) != child)
		die(command->argv[0]);
	*ret_took = now() - start;
	while (wait(NULL) > 0)
		; /* waits for children that the command left, so that none runs during the next command */
	*ret_worked = processor_now() - used;
	posix_spawn_file_actions_destroy(&files);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "pairs: %s: ended with status %#x\n", command->name, status);
		exit(2);
	}
	command->faults = usage.ru_minflt;
	if (usage.ru_maxrss > command->peak)
		command->peak = usage.ru_maxrss;
}

static int parse_commands(char **argv, struct command *commands)
{
	int n = 0;

	while (*argv != NULL && n < COMMANDS_MAX) {
		struct command *command = &commands[n++];

		command->name = *argv++;
		command->argv = argv;
		while (*argv != NULL && strcmp(*argv, "--") != 0)
			argv++;
		if (command->argv == argv)
			return 0;
		if (*argv != NULL)
			*argv++ = NULL;
	}
	return *argv == NULL ? n : 0;
}

/* Returns the command to which commands[i] is compared. */
static const struct command *base_of(const struct command *commands, int i)
{
	return &commands[to_previous && i > 0 ? i - 1 : 0];
}

static void print(struct command *commands, int i, long rounds)
{
	struct command *command = &commands[i];

	printf("%-34s %8.0f us  %5.2f (%.2f to %.2f)  processor %5.2f (%.2f to %.2f)  %4ld faults  %5ld KiB",
	       command->name, quantile(command->took, rounds, 50),
	       quantile(command->ratio, rounds, 50), quantile(command->ratio, rounds, 25),
	       quantile(command->ratio, rounds, 75), quantile(command->work_ratio, rounds, 50),
	       quantile(command->work_ratio, rounds, 25), quantile(command->work_ratio, rounds, 75),
	       command->faults, command->peak);
	if (to_previous)
		printf("  %5.2f", (double)command->peak / (double)base_of(commands, i)->peak);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX] = { { .name = NULL } };
	long rounds;
	int option, n;

	while ((option = getopt(argc, argv, "+pi:r:")) != -1) {
		if (option == 'i') {
			input = optarg;
		} else if (option == 'p') {
			to_previous = true;
		} else if (option == 'r' && optind < argc) {
			original = optarg;
			copy = argv[optind++];
		} else {
			return 2;
		}
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	rounds = optind < argc ? atol(argv[optind]) : 0;
	n = rounds > 0 ? parse_commands(argv + optind + 1, commands) : 0;
	if (n == 0) {
		fprintf(stderr,
			"usage: pairs [-p] [-i FILE] [-r FILE COPY] ROUNDS NAME COMMAND... [-- ...]\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		double *values = calloc((size_t)rounds * 4, sizeof(*values));

		if (!values)
			die("calloc");
		commands[i].took = values;
		commands[i].ratio = values + rounds;
		commands[i].worked = values + rounds * 2;
		commands[i].work_ratio = values + rounds * 3;
		run(&commands[i], &values[0], &values[0]); /* into the page cache */
	}
	for (long round = 0; round < rounds; round++) {
		for (int i = 0; i < n; i++)
			run(&commands[i], &commands[i].took[round], &commands[i].worked[round]);
		for (int i = 0; i < n; i++) {
			commands[i].ratio[round] =
				commands[i].took[round] / base_of(commands, i)->took[round];
			commands[i].work_ratio[round] =
				commands[i].worked[round] / base_of(commands, i)->worked[round];
		}
	}
	for (int i = 0; i < n; i++)
		print(commands, i, rounds);
	return 0;
}
