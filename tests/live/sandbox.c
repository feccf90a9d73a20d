/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a browser does for its sandbox: clone(2) into user, pid and network namespaces of its own,
 * map its own ids in there, call execve twice, then chroot(2) and give up all capabilities.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int failed = fd < 0 || write(fd, text, strlen(text)) < 0;

	if (fd >= 0)
		close(fd);
	return failed ? fail(path) : 0;
}

/* inside: the uid that the process has in its namespace; 0 keeps capabilities across execve. */
static int map_ids(unsigned int inside)
{
	unsigned int uid = getuid(), gid = getgid();
	char text[64];

	if (syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET) < 0)
		return fail("unshare");
	snprintf(text, sizeof(text), "%u %u 1", inside, uid);
	if (put("/proc/self/uid_map", text) || put("/proc/self/setgroups", "deny"))
		return 1;
	snprintf(text, sizeof(text), "%u %u 1", inside, gid);
	return put("/proc/self/gid_map", text);
}

int main(int argc, char **argv)
{
	pid_t child;
	int status;

	if (argc > 1 && strcmp(argv[1], "zygote") == 0) {
		execl("/bin/probe", "probe", (char *)NULL);
		return fail("execve of probe");
	}
	if (map_ids(argc > 1 ? (unsigned int)atoi(argv[1]) : getuid()))
		return 1;
	child = fork();
	if (child == 0) {
		execl("/proc/self/exe", argv[0], "zygote", (char *)NULL);
		_exit(fail("execve of the zygote"));
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return fail("fork");
	if (WIFSIGNALED(status)) {
		printf("killed by signal %d\n", WTERMSIG(status));
		return 1;
	}
	return WEXITSTATUS(status);
}
