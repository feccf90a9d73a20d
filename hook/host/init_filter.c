/* SPDX-License-Identifier: Apache-2.0 */
/* See init_filter.h. */
#include "init_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLDEST NULL /* filters are numbered from the oldest */

/* Waits until the process stops. Returns the signal that it was about to get, which is not ours. */
static int stop(pid_t pid, int *ret_signal, struct err *err)
{
	pid_t ended;
	int status = 0;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return err_set_system(err, errno, "cannot trace process %d", (int)pid);
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return err_set_system(err, errno, "cannot stop process %d", (int)pid);
	do
		ended = waitpid(pid, &status, __WALL);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return err_set_system(err, errno, "cannot wait for process %d", (int)pid);
	if (!WIFSTOPPED(status))
		return err_set(err, ESRCH, EXIT_SYSTEM, "process %d has ended", (int)pid);
	*ret_signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	return 0;
}

static int read_stopped(struct arena *arena, pid_t pid, struct str *ret_filter, struct err *err)
{
	long n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, OLDEST, NULL);
	struct sock_filter *filter;

	if (n < 0 && errno != EINVAL && errno != ENOENT)
		return err_set_system(err, errno, "cannot read the seccomp filter of process %d",
				      (int)pid);
	*ret_filter = (struct str){ 0 };
	if (n <= 0)
		return 0;
	filter = arena_array(arena, (size_t)n, sizeof(*filter));
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, OLDEST, filter) != n)
		return err_set_system(err, errno, "cannot read the seccomp filter of process %d",
				      (int)pid);
	*ret_filter = (struct str){ (const char *)filter, (size_t)n * sizeof(*filter) };
	return 0;
}

int init_filter_read(struct arena *arena, pid_t pid, struct str *ret_filter, struct err *err)
{
	int signal = 0, error = stop(pid, &signal, err);

	if (error < 0)
		return error; /* the kernel lets the process go when this one ends */
	error = read_stopped(arena, pid, ret_filter, err);
	syscall(SYS_ptrace, (long)PTRACE_DETACH, (long)pid, 0L, (long)signal);
	return error;
}
