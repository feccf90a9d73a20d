/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load at-once N EXECS PROBE BUNDLE ROOTFENCE    N containers: runs all hooks of a stage at once
 * load in-a-row N EXECS PROBE BUNDLE ROOTFENCE   N containers, one after the other
 *
 * A container is a process in namespaces of its own, except for the network, that starts as root,
 * like a runtime's init. When it is told to, it becomes user 3267 without capabilities and with a
 * seccomp filter, and executes PROBE EXECS times. Its hooks are ROOTFENCE createRuntime before that and poststop at its end, with a state on
 * standard input that names BUNDLE.
 *
 * at-once prints "registered", "executed" and "ended", each with the number of hooks that exited
 * with 0 or of containers that answered, and after each waits for a byte on standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER 3267
#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)

static char *execs, *probe, *bundle, *rootfence;

struct container {
	long number;
	pid_t pid;
	int control; /* a byte: execute; shut down: end */
};

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* In the container, as the user: after each byte that it reads it does the execves and answers. */
static int be_init(long n)
{
	char *argv[] = { probe, NULL }, *envp[] = { NULL };
	posix_spawn_file_actions_t files;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	do {
		for (long i = 0; i < n; i++) {
			pid_t child;

			if (posix_spawn(&child, probe, &files, NULL, argv, envp) != 0 ||
			    waitpid(child, NULL, 0) != child)
				die(probe);
		}
		if (write(STDIN_FILENO, "", 1) != 1)
			return 1;
	} while (read(STDIN_FILENO, &byte, 1) == 1);
	return 0;
}

static void become_init(int control)
{
	char *argv[] = { "load", "init", execs, probe, NULL }, *envp[] = { NULL };
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog filter = { 1, &allow };
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* The caller's working directory may be that of another mount namespace. */
	if (dup2(control, STDIN_FILENO) < 0 || close_range(3, ~0U, 0) < 0 || chdir("/") < 0)
		_exit(1);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		_exit(0);
	for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;)
		capability++;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0 || setgid(USER) < 0 ||
	    setuid(USER) < 0)
		_exit(1);
	execve("/proc/self/exe", argv, envp);
	_exit(1);
}

static struct container container_start(long number)
{
	struct container container = { .number = number };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		die("socketpair");
	container.pid = (pid_t)syscall(SYS_clone, NAMESPACES | SIGCHLD, 0, 0, 0, 0);
	if (container.pid < 0)
		die("clone");
	if (container.pid == 0)
		become_init(ends[1]);
	close(ends[1]);
	container.control = ends[0];
	return container;
}

static void container_go(const struct container *container)
{
	if (send(container->control, "", 1, MSG_NOSIGNAL) != 1)
		die("container");
}

static int container_is_done(const struct container *container)
{
	char byte;

	return read(container->control, &byte, 1) == 1;
}

static void container_end(const struct container *container)
{
	shutdown(container->control, SHUT_RDWR); /* others may have inherited the descriptor */
	close(container->control);
	if (waitpid(container->pid, NULL, 0) != container->pid)
		die("waitpid");
}

/* A descriptor to read the state from. */
static int state_open(const struct container *container, const char *status)
{
	int fd = memfd_create("state", MFD_CLOEXEC);

	if (fd < 0 ||
	    dprintf(fd,
		    "{ \"ociVersion\": \"1.0.2\", \"id\": \"load-%ld\", \"status\": \"%s\", "
		    "\"pid\": %d, \"bundle\": \"%s\" }",
		    container->number, status, (int)container->pid, bundle) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		die("state");
	return fd;
}

/* Runs the hook. With a gate, a pipe, it starts once no process has the writing end open. */
static pid_t hook_start(const struct container *container, char *stage, const int *gate)
{
	int state = state_open(container, strcmp(stage, "poststop") == 0 ? "stopped" : "creating");
	char *argv[] = { rootfence, stage, NULL }, *envp[] = { NULL };
	pid_t child = fork();
	char byte;

	if (child < 0)
		die("fork");
	if (child == 0) {
		if (dup2(state, STDIN_FILENO) < 0 ||
		    (gate != NULL && (close(gate[1]) < 0 || read(gate[0], &byte, 1) != 0)))
			_exit(1);
		execve(rootfence, argv, envp);
		_exit(1);
	}
	close(state);
	return child;
}

static int hook_succeeds(pid_t hook)
{
	int status;

	if (waitpid(hook, &status, 0) != hook)
		die("waitpid");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Returns how many of the hooks exit with 0. */
static long hooks_at_once(const struct container *containers, long n, char *stage)
{
	pid_t *hooks = calloc((size_t)n, sizeof(*hooks));
	long succeeded = 0;
	int gate[2];

	if (hooks == NULL || pipe2(gate, O_CLOEXEC) < 0)
		die("pipe");
	for (long i = 0; i < n; i++)
		hooks[i] = hook_start(&containers[i], stage, gate);
	close(gate[1]);
	for (long i = 0; i < n; i++)
		succeeded += hook_succeeds(hooks[i]);
	close(gate[0]);
	free(hooks);
	return succeeded;
}

static void say(const char *what, long n)
{
	printf("%s %ld\n", what, n);
	fflush(stdout);
}

static void wait_for_byte(void)
{
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		exit(0); /* the caller is gone, and the containers with it */
}

static int at_once(long n)
{
	struct container *containers = calloc((size_t)n, sizeof(*containers));
	long done = 0;

	if (containers == NULL)
		die("calloc");
	for (long i = 0; i < n; i++)
		containers[i] = container_start(i);
	say("registered", hooks_at_once(containers, n, "createRuntime"));
	wait_for_byte();
	for (long i = 0; i < n; i++)
		container_go(&containers[i]);
	for (long i = 0; i < n; i++)
		done += container_is_done(&containers[i]);
	say("executed", done);
	wait_for_byte();
	for (long i = 0; i < n; i++)
		container_end(&containers[i]);
	say("ended", hooks_at_once(containers, n, "poststop"));
	wait_for_byte();
	free(containers);
	return 0;
}

static int in_a_row(long n)
{
	for (long i = 0; i < n; i++) {
		struct container container = container_start(i);

		if (!hook_succeeds(hook_start(&container, "createRuntime", NULL)))
			return 1;
		container_go(&container);
		if (!container_is_done(&container))
			return 1;
		container_end(&container);
		if (!hook_succeeds(hook_start(&container, "poststop", NULL)))
			return 1;
	}
	say("ended", n);
	return 0;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	if (argc == 4 && strcmp(argv[1], "init") == 0) {
		probe = argv[3];
		return be_init(n);
	}
	if (argc != 7 || n <= 0) {
		fputs("usage: load at-once|in-a-row N EXECS PROBE BUNDLE ROOTFENCE\n", stderr);
		return 2;
	}
	execs = argv[3];
	probe = argv[4];
	bundle = argv[5];
	rootfence = argv[6];
	return strcmp(argv[1], "at-once") == 0 ? at_once(n) : in_a_row(n);
}
