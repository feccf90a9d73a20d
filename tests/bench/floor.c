/* SPDX-License-Identifier: Apache-2.0 */
/*
 * floor POLICY PATH...: only makes the system calls of a hook that judges a spec. It restrains
 * itself, reads POLICY, takes memory, reads the spec on standard input, looks up each PATH as
 * facts_collect() does, and writes the spec to standard output. precreate needs more time than this
 * only for its start and its own work.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMORY (232 * 1024) /* of the arena, for a spec of 10 kB */
#define STEP (16 * 1024)
#define FILTER_LEN 93 /* of precreate */

static void limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		exit(1);
	now.rlim_cur = most;
	if (setrlimit(resource, &now) < 0)
		exit(1);
}

/*
 * As long as precreate's filter. Like that, it loads an argument, so that the kernel does not try
 * it on every system call number in advance.
 */
static void restrain(void)
{
	struct sock_filter filter[FILTER_LEN];
	const struct sock_fprog program = { FILTER_LEN, filter };

	filter[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16);
	for (int i = 1; i < FILTER_LEN - 1; i++)
		filter[i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffff, 0, 0);
	filter[FILTER_LEN - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, 256);
	limit(RLIMIT_AS, 2048UL * 1024 * 1024);
	limit(RLIMIT_CPU, 60);
	if (memfd_create("floor", MFD_CLOEXEC) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		exit(1);
}

static void look_up(char *path)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || close(fd) < 0)
		exit(1);
}

int main(int argc, char **argv)
{
	char *memory =
		mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t len;
	int fd;

	restrain();
	if (memory == MAP_FAILED || argc < 2)
		return 1;
	for (size_t at = 0; at < MEMORY; at += STEP)
		madvise(memory + at, STEP, MADV_POPULATE_WRITE);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, memory, STEP) < 0 || close(fd) < 0)
		return 1;
	len = read(STDIN_FILENO, memory, MEMORY);
	for (int i = 2; i < argc; i++)
		look_up(argv[i]);
	return len < 0 || write(STDOUT_FILENO, memory, (size_t)len) != len;
}
