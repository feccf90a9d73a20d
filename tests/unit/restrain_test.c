/* SPDX-License-Identifier: Apache-2.0 */
/* Tries what a restrained process can no longer do, and what it still can. */
#include "support.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/restrain.h"
#include "host/seccomp_reach.h"
#include "host/userns_member.h"

#define ROLES (RESTRAIN_POSTSTOP + 1)
#define UNRESTRAINED ROLES
#define CHILD (ROLES + 1) /* restrain_child() */

#ifndef ROOTFENCE_SANITIZED

#define FILES (1U << RESTRAIN_FILES)
#define HOST (1U << RESTRAIN_HOST)
#define PRECREATE (1U << RESTRAIN_PRECREATE)
#define REGISTER (1U << RESTRAIN_CREATE_RUNTIME)
#define POSTSTOP (1U << RESTRAIN_POSTSTOP)
#define JUDGE (PRECREATE | REGISTER)
#define GUARD (REGISTER | POSTSTOP)
#define HOOKS (JUDGE | POSTSTOP)
#define ALL (FILES | HOST | HOOKS)

static const char *const role_names[] = { "files",	   "host",     "precreate",
					  "createRuntime", "poststop", "unrestrained" };

/*
 * System calls whose arguments do no harm if the call is allowed, and the roles that may make it.
 */
static const struct attempt {
	const char *name;
	long number;
	long args[5];
	unsigned int roles;
} attempts[] = {
	{ "execve", SYS_execve, { 0 }, 0 },
	{ "execveat", SYS_execveat, { -1 }, 0 },
	{ "clone a user namespace", SYS_clone, { CLONE_NEWUSER | CLONE_FS }, 0 },
	{ "clone3", SYS_clone3, { 0 }, 0 },
	{ "unshare", SYS_unshare, { 0 }, 0 },
	{ "ptrace", SYS_ptrace, { 16, -1 }, 0 },
	{ "process_vm_writev", SYS_process_vm_writev, { -1 }, 0 },
	{ "pidfd_getfd", SYS_pidfd_getfd, { -1 }, 0 },
	{ "mount", SYS_mount, { 0 }, 0 },
	{ "umount2", SYS_umount2, { 0 }, 0 },
	{ "fsopen", SYS_fsopen, { 0 }, 0 },
	{ "pivot_root", SYS_pivot_root, { 0 }, 0 },
	{ "chroot", SYS_chroot, { 0 }, 0 },
	{ "setuid", SYS_setuid, { -1 }, 0 },
	{ "setresgid", SYS_setresgid, { -1, -1, -1 }, 0 },
	{ "capset", SYS_capset, { 0 }, 0 },
	{ "init_module", SYS_init_module, { 0 }, 0 },
	{ "kexec_load", SYS_kexec_load, { -1, 17 }, 0 },
	{ "keyctl", SYS_keyctl, { -1 }, 0 },
	{ "io_uring_setup", SYS_io_uring_setup, { 0 }, 0 },
	{ "perf_event_open", SYS_perf_event_open, { 0 }, 0 },
	{ "userfaultfd", SYS_userfaultfd, { -1 }, 0 },
	{ "prlimit64", SYS_prlimit64, { 0, RLIMIT_CPU }, 0 },
	{ "connect", SYS_connect, { -1 }, 0 },
	{ "bind", SYS_bind, { -1 }, 0 },
	{ "sendmsg", SYS_sendmsg, { -1 }, 0 },
	{ "sendfile", SYS_sendfile, { -1 }, 0 },
	{ "dup", SYS_dup, { 1 }, 0 },
	{ "dup3", SYS_dup3, { 1, 1 }, 0 },
	{ "fcntl", SYS_fcntl, { 1, F_DUPFD, 0 }, 0 },
	{ "memfd_create", SYS_memfd_create, { 0 }, 0 },
	{ "truncate", SYS_truncate, { 0 }, 0 },
	{ "ftruncate", SYS_ftruncate, { -1 }, 0 },
	{ "fchmodat", SYS_fchmodat, { -1 }, 0 },
	{ "fchownat", SYS_fchownat, { -1 }, 0 },
	{ "linkat", SYS_linkat, { -1 }, 0 },
	{ "symlinkat", SYS_symlinkat, { 0, -1 }, 0 },
	{ "renameat2", SYS_renameat2, { -1, 0, -1 }, 0 },
	{ "pwrite64", SYS_pwrite64, { -1 }, 0 },
	{ "mprotect", SYS_mprotect, { 0, 0, PROT_EXEC }, 0 },
	{ "mmap code", SYS_mmap, { 0, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE }, 0 },
	{ "mmap shared", SYS_mmap, { 0, 0, PROT_READ | PROT_WRITE, MAP_SHARED }, 0 },
	{ "mmap", SYS_mmap, { 0, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE }, ALL },
	{ "open to write", SYS_openat, { AT_FDCWD, 0, O_WRONLY }, 0 },
	{ "open to read and write", SYS_openat, { AT_FDCWD, 0, O_RDWR }, 0 },
	{ "open and truncate", SYS_openat, { AT_FDCWD, 0, O_RDONLY | O_TRUNC }, 0 },
	{ "open a file of its own", SYS_openat, { AT_FDCWD, 0, O_RDWR | O_TMPFILE }, 0 },
	{ "open a new file", SYS_openat, { AT_FDCWD, 0, O_RDONLY | O_CREAT }, REGISTER },
	{ "open to read", SYS_openat, { AT_FDCWD, 0, O_RDONLY | O_CLOEXEC }, ALL },
	{ "close what was open", SYS_close, { 1 }, 0 },
	{ "the same with more bits", SYS_close, { (long)(1UL << 32 | 1) }, 0 },
	{ "write to a new descriptor", SYS_write, { 1000 }, 0 },
	{ "write", SYS_write, { 1 }, ALL },
	{ "unlinkat", SYS_unlinkat, { -1 }, POSTSTOP },
	{ "mkdirat", SYS_mkdirat, { -1 }, GUARD },
	{ "flock", SYS_flock, { -1 }, REGISTER },
	{ "open_by_handle_at", SYS_open_by_handle_at, { -1 }, POSTSTOP },
	{ "sendto", SYS_sendto, { -1 }, HOOKS },
	{ "sendto with an address", SYS_sendto, { -1, 0, 0, 0, 1 }, 0 },
	{ "setns: a user namespace", SYS_setns, { -1, CLONE_NEWUSER }, HOST | JUDGE },
	{ "setns: a mount namespace", SYS_setns, { -1, CLONE_NEWNS }, 0 },
	{ "setns: any namespace", SYS_setns, { -1, 0 }, 0 },
	{ "kill", SYS_kill, { 0x7ffffffe, SIGKILL }, HOST | JUDGE },
	{ "kill with another signal", SYS_kill, { 0x7ffffffe, SIGTERM }, 0 },
	{ "bpf: load a program", SYS_bpf, { BPF_PROG_LOAD }, 0 },
	{ "bpf: create a map", SYS_bpf, { BPF_MAP_CREATE }, 0 },
	{ "bpf: detach a link", SYS_bpf, { BPF_LINK_DETACH }, 0 },
	{ "bpf: pin", SYS_bpf, { BPF_OBJ_PIN }, 0 },
	{ "bpf: open a pinned map", SYS_bpf, { BPF_OBJ_GET }, GUARD },
	{ "bpf: put an element", SYS_bpf, { BPF_MAP_UPDATE_ELEM }, REGISTER },
	{ "no call, as a tracer makes it of one", -1, { 0 }, ALL },
#ifdef __x86_64__
	{ "a call of x32", 0x40000000 + SYS_getpid, { 0 }, 0 },
#endif
};

/* Ways around the filter; each returns if it got through. */
static void write_what_openat2_opened(void)
{
	const struct open_how how = { .flags = O_WRONLY };
	long fd = syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how));

	if (fd >= 0 && write((int)fd, "x", 1) == 1)
		return;
	_exit(2);
}

static void put_a_file_in_the_place_of_another(void)
{
	const struct open_how how = { .flags = O_WRONLY };

	close(STDERR_FILENO);
	if (syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how)) != STDERR_FILENO ||
	    write(STDERR_FILENO, "x", 1) != 1)
		_exit(2);
}

static void (*const ways[])(void) = {
	write_what_openat2_opened,
	put_a_file_in_the_place_of_another,
};

static int restrain_as(unsigned int role)
{
	struct err err;

	if (role == CHILD)
		return restrain_child(getppid(), &err);
	return role == UNRESTRAINED || restrain(role, &err) == 0 ? 0 : -1;
}

static int status_of(pid_t child)
{
	int status = 0;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool got_through(const char *name, unsigned int role, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("%s, %s: ended with %#x", role_names[role], name, (unsigned int)status);
	return false;
}

static void forbidden_calls(void **state)
{
	for (unsigned int role = 0; role <= UNRESTRAINED; role++) {
		for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
			const struct attempt *a = &attempts[i];
			bool may = role == UNRESTRAINED || (a->roles & 1U << role) != 0;
			pid_t child = fork();

			if (child == 0) {
				if (restrain_as(role) < 0)
					_exit(1);
				syscall(a->number, a->args[0], a->args[1], a->args[2], a->args[3],
					a->args[4], 0L);
				_exit(0);
			}
			if (got_through(a->name, role, status_of(child)) != may)
				fail_msg("%s, %s: %s", role_names[role], a->name,
					 may ? "was stopped" : "got through");
		}
	}
	(void)state;
}

static void ways_around(void **state)
{
	for (unsigned int role = 0; role <= UNRESTRAINED; role++) {
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			pid_t child = fork();

			if (child == 0) {
				if (restrain_as(role) < 0)
					_exit(1);
				ways[i]();
				_exit(0);
			}
			if (got_through("way around", role, status_of(child)) !=
			    (role == UNRESTRAINED))
				fail_msg("%s: way %zu", role_names[role], i);
		}
	}
	(void)state;
}

/* syslog(3) opens a socket if the log daemon is gone. That must not end a hook. */
static void sockets(void **state)
{
	for (unsigned int role = 0; role < ROLES; role++) {
		pid_t child = fork();

		if (child == 0) {
			if (restrain_as(role) < 0)
				_exit(1);
			if (socket(AF_UNIX, SOCK_STREAM, 0) != -1 || errno != EACCES)
				_exit(2);
			_exit(0);
		}
		if (got_through("socket", role, status_of(child)) ==
		    (role == RESTRAIN_FILES || role == RESTRAIN_HOST))
			fail_msg("%s", role_names[role]);
	}
	(void)state;
}

/* Runs work in a restrained child. Returns its exit code, and its standard error in *said. */
static int exit_of(unsigned int role, void (*work)(void), char *said, size_t size)
{
	int ends[2], status;
	pid_t child;
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (restrain_as(role) < 0)
			_exit(99);
		work();
		_exit(0);
	}
	close(ends[1]);
	len = read(ends[0], said, size - 1);
	close(ends[0]);
	said[len > 0 ? len : 0] = '\0';
	status = status_of(child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void take_memory(void)
{
	for (size_t taken = 0; taken < RESTRAIN_MEMORY_MAX; taken += RESTRAIN_MEMORY_MAX / 16)
		mem_realloc(NULL, RESTRAIN_MEMORY_MAX / 16);
}

static void take_half_of_it(void)
{
	mem_realloc(NULL, RESTRAIN_MEMORY_MAX / 2);
}

static void take_time(void)
{
	for (volatile unsigned int n = 0;; n++)
		;
}

static void take_descriptors(void)
{
	int fd = 0;

	while (fd < RESTRAIN_FDS_MAX && fd >= 0)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || errno != EMFILE)
		_exit(1);
}

static void signal_itself(void)
{
	raise(SIGALRM);
}

static void show_limits(void)
{
	struct itimerval left;
	struct rlimit core;

	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur != 0)
		_exit(1);
	if (getitimer(ITIMER_REAL, &left) < 0 || left.it_value.tv_sec == 0 ||
	    left.it_value.tv_sec > RESTRAIN_CHILD_SECONDS)
		_exit(2);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0)
		_exit(3);
	if (open("/dev/null", O_WRONLY | O_CLOEXEC) < 0)
		_exit(4);
}

/* The signals of the limits work whatever the engine has set for them. */
static void child(void **state)
{
	struct rlimit cpu, soon;
	sigset_t all, before;
	struct err err;
	char said[256];
	pid_t pid;

	sigfillset(&all);
	assert_int_equal(sigprocmask(SIG_SETMASK, &all, &before), 0);
	assert_true(signal(SIGXCPU, SIG_IGN) != SIG_ERR && signal(SIGALRM, SIG_IGN) != SIG_ERR);
	assert_int_equal(exit_of(CHILD, show_limits, said, sizeof(said)), 0);
	assert_int_equal(exit_of(CHILD, take_memory, said, sizeof(said)), EXIT_SYSTEM);
	assert_string_equal(said, "rootfence: out of memory; nothing was started\n");
	assert_int_equal(getrlimit(RLIMIT_CPU, &cpu), 0);
	soon = cpu;
	soon.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_CPU, &soon), 0);
	assert_int_equal(exit_of(CHILD, take_time, said, sizeof(said)), EXIT_SYSTEM);
	assert_int_equal(setrlimit(RLIMIT_CPU, &cpu), 0);
	assert_string_equal(said, "rootfence: out of processor time; nothing was started\n");
	pid = fork();
	if (pid == 0) {
		if (restrain_as(CHILD) == 0)
			signal_itself();
		_exit(0);
	}
	assert_int_equal(WTERMSIG(status_of(pid)), SIGALRM);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	/* Its parent has ended before it began. */
	pid = fork();
	if (pid == 0)
		_exit(restrain_child(getppid() + 1, &err) < 0 ? 0 : 1);
	assert_int_equal(status_of(pid), 0);
	(void)state;
}

static void limits(void **state)
{
	struct rlimit cpu, soon;
	char said[256];

	assert_int_equal(exit_of(RESTRAIN_FILES, take_memory, said, sizeof(said)), EXIT_SYSTEM);
	assert_string_equal(said, "rootfence: out of memory; nothing was started\n");
	assert_int_equal(exit_of(RESTRAIN_FILES, take_half_of_it, said, sizeof(said)), 0);
	assert_int_equal(exit_of(RESTRAIN_PRECREATE, take_descriptors, said, sizeof(said)), 0);

	/* A lower limit stays. */
	assert_int_equal(getrlimit(RLIMIT_CPU, &cpu), 0);
	soon = cpu;
	soon.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_CPU, &soon), 0);
	assert_int_equal(exit_of(RESTRAIN_PRECREATE, take_time, said, sizeof(said)), EXIT_SYSTEM);
	assert_int_equal(setrlimit(RLIMIT_CPU, &cpu), 0);
	assert_string_equal(said, "rootfence: out of processor time; nothing was started\n");
	(void)state;
}

/* A restrained process as the kernel shows it in /proc. */
static void status_in_proc(void **state)
{
	static const struct {
		const char *file, *line;
	} wanted[] = {
		{ "status", "\nNoNewPrivs:\t1\n" },
		{ "status", "\nSeccomp:\t2\n" },
		{ "limits", "\nMax core file size        0 " },
		{ "limits", "\nMax address space         2147483648 " },
		{ "limits", "\nMax open files            256 " },
		{ "limits", "\nMax cpu time              3600 " },
	};
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ready), 0);
	child = fork();
	if (child == 0) {
		if (restrain_as(RESTRAIN_FILES) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(ready[1], &byte, 1) == 1 ? 2 : 3); /* waits */
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const char *path = arena_printf(*state, "/proc/%d/%s", (int)child, wanted[i].file);
		struct str text;
		struct err err;

		assert_int_equal(io_read_file(*state, AT_FDCWD, path, 65536, &text, &err), 0);
		if (strstr(text.data, wanted[i].line) == NULL)
			fail_msg("no '%s' in %s", wanted[i].line + 1, text.data);
	}
	kill(child, SIGKILL);
	status_of(child);
}

static const char conditions[] = "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":{"
				 "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
				 "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
				 "[{\"index\":0,\"value\":65536,\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
				 "{\"names\":[\"setns\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
				 "[{\"index\":1,\"value\":0,\"op\":\"SCMP_CMP_GT\"}]}]}}}";

/* libseccomp makes filters, and writes them to the scratch file, one after the other. */
static void profiles(void **state)
{
	const struct str names[] = { STR("clone"), STR("setns"), STR("clone"), STR("mount") };
	static const enum seccomp_reach reach[] = { SECCOMP_OPEN, SECCOMP_OPEN, SECCOMP_OPEN,
						    SECCOMP_BLOCKED };
	struct oci_config config;
	pid_t child;

	read_config(*state, conditions, &config);
	child = fork();
	if (child == 0) {
		const enum seccomp_reach *got;

		if (restrain_as(RESTRAIN_FILES) < 0)
			_exit(1);
		got = seccomp_reach(*state, &config.linux_.seccomp, names, ARRAY_SIZE(names));
		_exit(memcmp(got, reach, sizeof(reach)) == 0 ? 0 : 2);
	}
	assert_int_equal(status_of(child), 0);
}

/* The id maps of a user namespace that is only a file here, through a member of it. */
static void user_namespaces(void **state)
{
	const char *path;
	int ready[2];
	char byte = 0;
	pid_t owner, child;

	assert_int_equal(pipe(ready), 0);
	owner = fork();
	if (owner == 0) {
		byte = unshare(CLONE_NEWUSER) == 0;
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	path = arena_printf(*state, "/proc/./%d/ns/user", (int)owner);
	child = fork();
	if (child == 0) {
		pid_t member;

		if (restrain_as(RESTRAIN_PRECREATE) < 0)
			_exit(1);
		member = userns_member_start(path);
		if (member <= 0)
			_exit(2);
		userns_member_end(member);
		_exit(0);
	}
	if (byte == 1)
		assert_int_equal(status_of(child), 0);
	kill(owner, SIGKILL);
	status_of(owner);
	if (byte != 1) {
		status_of(child);
		skip_because("this machine makes no user namespaces");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_calls),
		cmocka_unit_test(ways_around),
		cmocka_unit_test(sockets),
		cmocka_unit_test(limits),
		cmocka_unit_test(child),
		WITH_ARENA(status_in_proc),
		WITH_ARENA(profiles),
		WITH_ARENA(user_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* Sanitizers need more calls and memory than the program, so nothing is restrained with them. */
static void no_filter(void **state)
{
	struct err err;

	for (unsigned int role = 0; role < ROLES; role++)
		assert_int_equal(restrain(role, &err), 0);
	assert_int_equal(prctl(PR_GET_SECCOMP), 0);
	assert_true(restrain_scratch() > STDERR_FILENO);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_filter) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
