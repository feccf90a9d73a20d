/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns ROUNDS GUARD GUARD WORKER...: lets WORKER measure without any guard, with the first and
 * with the second, in turn and in an order that changes with each round. It prints a line per
 * round: what WORKER printed in the three.
 *
 * GUARD is a directory in which `rootfence load` has pinned a guard. Its pinned links are removed,
 * and this program attaches the programs. That takes no time, so that turns can be short compared
 * to the changes of load on a busy machine.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAMS_MAX 8

struct guard {
	int programs[PROGRAMS_MAX];
	int links[PROGRAMS_MAX];
	int n;
};

static FILE *to_worker, *from_worker;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int program_of_link(const char *path)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	int link = bpf_obj_get(path);
	int program;

	if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &size) < 0)
		die(path);
	program = bpf_prog_get_fd_by_id(info.prog_id);
	if (program < 0 || unlink(path) < 0)
		die(path);
	close(link);
	return program;
}

static void take(struct guard *guard, const char *dir_path)
{
	struct dirent *entry;
	DIR *dir = opendir(dir_path);

	if (!dir)
		die(dir_path);
	while ((entry = readdir(dir)) != NULL) {
		char path[512];

		if (strncmp(entry->d_name, "link_", 5) != 0 || guard->n == PROGRAMS_MAX)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);
		guard->programs[guard->n++] = program_of_link(path);
	}
	closedir(dir);
}

static void attach(struct guard *guard)
{
	for (int i = 0; i < guard->n; i++) {
		guard->links[i] = bpf_raw_tracepoint_open(NULL, guard->programs[i]);
		if (guard->links[i] < 0)
			die("attach");
	}
}

static void detach(const struct guard *guard)
{
	for (int i = 0; i < guard->n; i++)
		close(guard->links[i]);
}

static void start_worker(char **argv)
{
	int requests[2], answers[2];

	if (pipe(requests) < 0 || pipe(answers) < 0)
		die("pipe");
	if (fork() == 0) {
		dup2(requests[0], STDIN_FILENO);
		dup2(answers[1], STDOUT_FILENO);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	close(requests[0]);
	close(answers[1]);
	to_worker = fdopen(requests[1], "w");
	from_worker = fdopen(answers[0], "r");
}

static double ask(void)
{
	double answer;

	fputc('\n', to_worker);
	fflush(to_worker);
	if (fscanf(from_worker, "%lf", &answer) != 1)
		die("worker");
	return answer;
}

int main(int argc, char **argv)
{
	static const int orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 },
					 { 0, 2, 1 }, { 2, 0, 1 }, { 1, 0, 2 } };
	struct guard guards[3] = { { .n = 0 } }; /* the first one stands for no guard */

	if (argc < 5)
		return 2;
	take(&guards[1], argv[2]);
	take(&guards[2], argv[3]);
	start_worker(argv + 4);
	for (long round = 0; round < atol(argv[1]); round++) {
		double took[3];

		for (int i = 0; i < 3; i++) {
			int turn = orders[round % 6][i];

			attach(&guards[turn]);
			took[turn] = ask();
			detach(&guards[turn]);
		}
		printf("%.0f %.0f %.0f\n", took[0], took[1], took[2]);
	}
	fclose(to_worker);
	return wait(NULL) < 0;
}
