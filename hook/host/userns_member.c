/* SPDX-License-Identifier: Apache-2.0 */
/* See userns_member.h. */
#include "userns_member.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * Opens only the file of a namespace for reading: a FIFO would block, and a device may have
 * effects.
 */
static int open_namespace(const char *path)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	char link[64];
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return open(link, O_RDONLY | O_CLOEXEC);
}

/*
 * Not dumpable before it joins: a process with every capability in that namespace must not read or
 * control a copy of this program. Other credentials may reset both settings (prctl(2)), so both are
 * made twice.
 */
static int seal(void)
{
	return prctl(PR_SET_DUMPABLE, 0) == 0 ? prctl(PR_SET_PDEATHSIG, SIGKILL) : -1;
}

/* Ends with its parent, even if the parent ended before the kernel knew of PR_SET_PDEATHSIG. */
static _Noreturn void live_as_member(pid_t parent, int namespace, int ready)
{
	char byte;

	if (seal() == 0 && setns(namespace, CLONE_NEWUSER) == 0 && seal() == 0 &&
	    getppid() == parent && send(ready, "", 1, MSG_NOSIGNAL) == 1)
		while (read(ready, &byte, 1) < 0)
			;
	_exit(1);
}

/* A socket, not a pipe: a restrained process cannot write to descriptors that it opens itself. */
pid_t userns_member_start(const char *path)
{
	auto_close int namespace = open_namespace(path);
	auto_close int reader = -1;
	pid_t parent, pid;
	int ends[2];
	char byte;

	if (namespace < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	reader = ends[0];
	parent = getpid();
	pid = fork();
	if (pid == 0)
		live_as_member(parent, namespace, ends[1]);
	close(ends[1]);
	if (pid > 0 && read(reader, &byte, 1) != 1) {
		userns_member_end(pid);
		return -1;
	}
	return pid;
}

void userns_member_end(pid_t pid)
{
	/* If it cannot be killed, do not wait for it: it ends with this process. */
	if (kill(pid, SIGKILL) == 0)
		waitpid(pid, NULL, 0);
}
