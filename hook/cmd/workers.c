/* SPDX-License-Identifier: Apache-2.0 */
/* Processes for parts of the work: see workers.h. */
#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Of the parent's descriptors a worker keeps none that would hide from another that its reader went. */
static void close_readers(const struct workers *workers)
{
	for (unsigned int i = 0; i < workers->n; i++)
		close(workers->list[i].fd);
}

/* A pipe whose reader does not have the lowest free number. Error: -errno. */
static int open_pipe(int *ret_reader, int *ret_writer)
{
	int ends[2], reader, error;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = fcntl(ends[0], F_DUPFD_CLOEXEC, ends[0] + 1);
	error = errno;
	close(ends[0]);
	if (reader < 0) {
		close(ends[1]);
		return -error;
	}
	*ret_reader = reader;
	*ret_writer = ends[1];
	return 0;
}

static int start_one(struct workers *workers, int (*work)(unsigned int nth, int out, void *data),
		     void *data)
{
	int reader, writer, error = open_pipe(&reader, &writer);
	pid_t pid;

	if (error < 0)
		return error;
	pid = fork();
	if (pid == 0) {
		close(reader);
		close_readers(workers);
		_exit(work(workers->n, writer, data) == 0 ? EXIT_ALLOWED : EXIT_SYSTEM);
	}
	error = errno;
	close(writer);
	if (pid < 0) {
		close(reader);
		return -error;
	}
	workers->list[workers->n++] = (struct worker){ pid, reader };
	return 0;
}

int workers_start(struct workers *workers, unsigned int n,
		  int (*work)(unsigned int nth, int out, void *data), void *data, struct err *err)
{
	struct err ignored;
	int error = 0;

	workers->n = 0;
	while (error == 0 && workers->n < n)
		error = start_one(workers, work, data);
	if (error == 0)
		return 0;
	workers_end(workers, &ignored);
	return err_set_system(err, -error, "cannot start a process; --jobs 1 needs none");
}

int workers_read(const struct workers *workers, unsigned int nth, void *data, size_t len,
		 struct err *err)
{
	char *to = data;

	while (len > 0) {
		ssize_t got = read(workers->list[nth].fd, to, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set_system(err, errno, "cannot read from a process of this one");
		if (got == 0)
			return err_set(err, EPIPE, EXIT_SYSTEM,
				       "a process of this one ended before its work was done");
		to += got;
		len -= (size_t)got;
	}
	return 0;
}

int workers_end(struct workers *workers, struct err *err)
{
	int result = 0;

	close_readers(workers);
	for (unsigned int i = 0; i < workers->n; i++) {
		int status = 0;
		pid_t pid;

		while ((pid = waitpid(workers->list[i].pid, &status, 0)) < 0 && errno == EINTR)
			;
		if (result < 0 || (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0))
			continue;
		if (pid > 0 && WIFSIGNALED(status))
			result = err_set(err, EPIPE, EXIT_SYSTEM,
					 "a process of this one was ended by signal %d: %s",
					 WTERMSIG(status), strsignal(WTERMSIG(status)));
		else
			result = err_set(err, EPIPE, EXIT_SYSTEM, "a process of this one failed");
	}
	workers->n = 0;
	return result;
}
