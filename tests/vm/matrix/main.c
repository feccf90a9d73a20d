/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matrix files DIR               makes the files
 * matrix run DIR [PID]           tries all, in the pid and mount namespaces of PID; one line each:
 *                                start, file, result, credentials before and after
 * matrix compare PLAIN GUARDED gain|ceiling errno:1|signal:9
 * matrix table PLAIN             which attempts gain
 *
 * With MATRIX_FD in its environment it is the program that execve started: it reports its
 * credentials.
 */
#include "matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind {
	MESSAGE_BEFORE = 1,
	MESSAGE_AFTER,
	MESSAGE_ERRNO,	/* execve failed */
	MESSAGE_SIGNAL, /* it was killed */
	MESSAGE_SETUP,	/* the credentials could not be set: errno */
};

struct message {
	uint32_t kind;
	int32_t number;
	struct creds creds;
};

struct outcome {
	int error, signal, setup, ran, started;
	struct creds before, after;
};

struct attempt {
	const char *dir;
	const struct start *start;
	unsigned int file;
	int report;  /* write end */
	int fd;	     /* of the file, or -1 */
	int sync[2]; /* the child asks for its namespace's maps, and gets an answer */
};

static void message_send(int fd, enum kind kind, int number)
{
	struct message message = { .kind = kind, .number = number };

	if ((kind == MESSAGE_BEFORE || kind == MESSAGE_AFTER) &&
	    creds_read_self(&message.creds) < 0)
		message.kind = MESSAGE_SETUP;
	if (write(fd, &message, sizeof(message)) != (ssize_t)sizeof(message))
		_exit(3);
}

static void attempt_exec(const struct attempt *attempt)
{
	char path[256], name[] = "matrix", report[32];
	char *argv[] = { name, NULL }, *envp[] = { report, NULL };

	snprintf(report, sizeof(report), "MATRIX_FD=%d", attempt->report);
	message_send(attempt->report, MESSAGE_BEFORE, 0);
	file_path(attempt->dir, attempt->file, path, sizeof(path));
	if (attempt->fd >= 0)
		syscall(SYS_execveat, attempt->fd, "", argv, envp, AT_EMPTY_PATH);
	else
		execve(path, argv, envp);
	message_send(attempt->report, MESSAGE_ERRNO, errno);
	_exit(0);
}

/* The parent traces, or shares its fs with, the process that calls execve. */
static void attempt_nested(const struct attempt *attempt)
{
	int traced = (attempt->start->flags & START_PTRACED) != 0;
	unsigned long flags = SIGCHLD | (traced ? 0 : CLONE_FS);
	pid_t child = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
	int status = 0;

	if (child < 0)
		message_send(attempt->report, MESSAGE_SETUP, errno);
	if (child == 0) {
		if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			message_send(attempt->report, MESSAGE_SETUP, errno);
		attempt_exec(attempt);
	}
	while (child > 0 && waitpid(child, &status, 0) == child && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, child, NULL, NULL);
	if (WIFSIGNALED(status))
		message_send(attempt->report, MESSAGE_SIGNAL, WTERMSIG(status));
	_exit(0);
}

static void attempt_child(const struct attempt *attempt)
{
	char byte = 0;

	if ((attempt->start->flags & START_USERNS) != 0 &&
	    (unshare(CLONE_NEWUSER) < 0 || write(attempt->sync[1], &byte, 1) != 1 ||
	     read(attempt->sync[1], &byte, 1) != 1)) {
		message_send(attempt->report, MESSAGE_SETUP, errno);
		_exit(0);
	}
	if (start_take(attempt->start) < 0) {
		message_send(attempt->report, MESSAGE_SETUP, errno);
		_exit(0);
	}
	if ((attempt->start->flags & (START_PTRACED | START_SHARED_FS)) != 0)
		attempt_nested(attempt);
	attempt_exec(attempt);
}

static int map_write(pid_t pid, const char *name)
{
	static const char map[] = "0 100000 65536";
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, map, sizeof(map) - 1) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static void maps_write(const struct attempt *attempt, pid_t child)
{
	char byte = 0;

	if (read(attempt->sync[0], &byte, 1) != 1)
		return; /* it has reported why */
	if (map_write(child, "uid_map") < 0 || map_write(child, "gid_map") < 0)
		perror("matrix: cannot map the user namespace");
	if (write(attempt->sync[0], &byte, 1) != 1)
		perror("matrix: sync");
}

static void outcome_read(int fd, struct outcome *outcome)
{
	struct message message;

	while (read(fd, &message, sizeof(message)) == (ssize_t)sizeof(message)) {
		switch ((enum kind)message.kind) {
		case MESSAGE_BEFORE:
			outcome->before = message.creds;
			outcome->started = 1;
			break;
		case MESSAGE_AFTER:
			outcome->after = message.creds;
			outcome->ran = 1;
			break;
		case MESSAGE_ERRNO:
			outcome->error = message.number;
			break;
		case MESSAGE_SIGNAL:
			outcome->signal = message.number;
			break;
		case MESSAGE_SETUP:
			outcome->setup = message.number != 0 ? message.number : EPROTO;
			break;
		}
	}
}

static int attempt_run(struct attempt *attempt, struct outcome *outcome)
{
	int report[2], status = 0;
	pid_t child;

	memset(outcome, 0, sizeof(*outcome));
	if (pipe(report) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, attempt->sync) < 0)
		return -1;
	attempt->report = report[1];
	attempt->fd = file_open(attempt->dir, attempt->file);
	child = fork();
	if (child < 0)
		return -1;
	if (child == 0) {
		close(report[0]);
		close(attempt->sync[0]);
		attempt_child(attempt);
		_exit(0);
	}
	close(report[1]);
	close(attempt->sync[1]);
	if ((attempt->start->flags & START_USERNS) != 0)
		maps_write(attempt, child);
	outcome_read(report[0], outcome);
	if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
		outcome->signal = WTERMSIG(status);
	close(report[0]);
	close(attempt->sync[0]);
	if (attempt->fd >= 0)
		close(attempt->fd);
	return 0;
}

static void creds_print(const struct creds *creds)
{
	printf("\t%u,%u,%u,%u,%u,%llx,%llx,%llx,%llx,%llx", creds->uid, creds->euid, creds->suid,
	       creds->gid, creds->egid, (unsigned long long)creds->inheritable,
	       (unsigned long long)creds->permitted, (unsigned long long)creds->effective,
	       (unsigned long long)creds->bounding, (unsigned long long)creds->ambient);
}

static void outcome_print(const struct attempt *attempt, const struct outcome *outcome)
{
	printf("%s\t%s\t", attempt->start->name, files[attempt->file].name);
	if (outcome->setup != 0 || !outcome->started)
		printf("setup:%d", outcome->setup);
	else if (outcome->ran)
		printf("ran");
	else if (outcome->signal != 0)
		printf("signal:%d", outcome->signal);
	else
		printf("errno:%d", outcome->error);
	creds_print(&outcome->before);
	creds_print(&outcome->after);
	putchar('\n');
}

static int run_all(const char *dir)
{
	struct attempt attempt = { .dir = dir };
	struct outcome outcome;

	for (unsigned int i = 0; i < n_starts; i++) {
		attempt.start = &starts[i];
		for (attempt.file = 0; attempt.file < n_files; attempt.file++) {
			fflush(stdout);
			if (attempt_run(&attempt, &outcome) < 0) {
				perror("matrix");
				return 1;
			}
			outcome_print(&attempt, &outcome);
		}
	}
	return 0;
}

/* Like a runtime's exec session: enters the namespaces, then forks a child that is in them. */
static int join(const char *pid)
{
	static const char *const names[] = { "pid", "mnt" };
	int fds[2];

	for (int i = 0; i < 2; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%s/ns/%s", pid, names[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			return -1;
	}
	return setns(fds[0], 0) < 0 || setns(fds[1], 0) < 0 ? -1 : 0;
}

static int run_in(const char *dir, const char *pid)
{
	int status = 0;
	pid_t child;

	if (join(pid) < 0) {
		perror("matrix: cannot join the namespaces");
		return 1;
	}
	child = fork();
	if (child == 0)
		return run_all(dir);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int compare(char **argv)
{
	FILE *plain = fopen(argv[2], "re"), *guarded = fopen(argv[3], "re");

	if (plain == NULL || guarded == NULL) {
		perror("matrix: cannot read a run");
		return 1;
	}
	return matrix_compare(plain, guarded, strcmp(argv[4], "ceiling") == 0, argv[5]);
}

static int table(const char *path)
{
	FILE *plain = fopen(path, "re");

	if (plain == NULL) {
		perror("matrix: cannot read a run");
		return 1;
	}
	return matrix_table(plain);
}

int main(int argc, char **argv)
{
	const char *report = getenv("MATRIX_FD");

	if (report != NULL) {
		message_send((int)strtol(report, NULL, 10), MESSAGE_AFTER, 0);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "files") == 0) {
		if (files_make(argv[2]) == 0)
			return 0;
		perror("matrix: cannot make the files");
		return 1;
	}
	if (argc == 3 && strcmp(argv[1], "run") == 0)
		return run_all(argv[2]);
	if (argc == 4 && strcmp(argv[1], "run") == 0)
		return run_in(argv[2], argv[3]);
	if (argc == 6 && strcmp(argv[1], "compare") == 0)
		return compare(argv);
	if (argc == 3 && strcmp(argv[1], "table") == 0)
		return table(argv[2]);
	fputs("usage: matrix files DIR | run DIR [PID] | compare ... | table PLAIN\n", stderr);
	return 2;
}
