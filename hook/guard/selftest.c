/* SPDX-License-Identifier: Apache-2.0 */
/* The child on which the attached programs are tried: see selftest.h. */
#include "guard/selftest.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The programs refuse the child with ECANCELED, which neither system call returns otherwise. */
#define CHILD_EXEC_REFUSED 1
#define CHILD_USERNS_REFUSED 2
#define CHILD_FAILED 4 /* it could not try */

/*
 * The smallest program: exit(0). It runs only if the guard is not called; otherwise it is refused
 * or killed before. With code 0 the child dies of a signal instead. With EM_NONE the kernel refuses
 * the file, and the child executes this binary.
 */
#if defined(__x86_64__)
#define TINY_MACHINE EM_X86_64
static const unsigned char tiny_code[] = {
	0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05,
};
#elif defined(__aarch64__)
#define TINY_MACHINE EM_AARCH64
static const unsigned char tiny_code[] = {
	0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4,
};
#elif defined(__riscv)
#define TINY_MACHINE EM_RISCV
static const unsigned char tiny_code[] = { 0 };
#elif defined(__powerpc64__)
#define TINY_MACHINE EM_PPC64
static const unsigned char tiny_code[] = { 0 };
#elif defined(__s390x__)
#define TINY_MACHINE EM_S390
static const unsigned char tiny_code[] = { 0 };
#else
#define TINY_MACHINE EM_NONE
static const unsigned char tiny_code[] = { 0 };
#endif

struct tiny {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	unsigned char code[sizeof(tiny_code)];
};

#define TINY_ADDRESS 0x400000

static int tiny_open(void)
{
	struct tiny tiny = {
		.header = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				     __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB :
										 ELFDATA2MSB,
				     EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = TINY_MACHINE,
			.e_version = EV_CURRENT,
			.e_entry = TINY_ADDRESS + offsetof(struct tiny, code),
			.e_phoff = offsetof(struct tiny, segment),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = TINY_ADDRESS,
			.p_paddr = TINY_ADDRESS,
			.p_filesz = sizeof(struct tiny),
			.p_memsz = sizeof(struct tiny),
			.p_align = 0x10000,
		},
	};
	auto_close int fd = -1;

	memcpy(tiny.code, tiny_code, sizeof(tiny_code));
	fd = memfd_create("rootfence-selftest", MFD_CLOEXEC);
	if (fd < 0 || write(fd, &tiny, sizeof(tiny)) != sizeof(tiny))
		return -1;
	return TAKE_FD(fd);
}

/* Makes only system calls: the child shares nothing but the memory of the programs. */
static void child_run(volatile __u32 *tgid, int fd)
{
	char name[] = "rootfence";
	char option[] = "--version";
	char *argv[] = { name, option, NULL };
	char *envp[] = { NULL };
	struct rlimit no_core = { 0, 0 };
	int status = 0;
	int null;

	setrlimit(RLIMIT_CORE, &no_core);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0 && (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0))
		_exit(CHILD_FAILED);

	*tgid = (__u32)getpid();
	if (unshare(CLONE_NEWUSER) < 0 && errno == ECANCELED)
		status |= CHILD_USERNS_REFUSED;
	/* A host can forbid executing memory files; then try this binary. */
	syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
	if (errno != ECANCELED)
		execve("/proc/self/exe", argv, envp);
	status |= errno == ECANCELED ? CHILD_EXEC_REFUSED : CHILD_FAILED;
	_exit(status);
}

int selftest_run(volatile __u32 *tgid, struct selftest_result *ret_result, struct err *err)
{
	struct selftest_result result = { 0 };
	auto_close int fd = tiny_open();
	int status = 0;
	pid_t child;

	child = fork();
	if (child < 0)
		return err_set_system(err, errno, "cannot fork to try the kernel guard");
	if (child == 0)
		child_run(tgid, fd);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return err_set_system(
				err, errno,
				"cannot wait for the child that tries the kernel guard");
	*tgid = 0;
	if (WIFEXITED(status) && (WEXITSTATUS(status) & CHILD_FAILED) != 0)
		return err_set_system(err, ENOEXEC,
				      "cannot execute a program to try the kernel guard");

	result.exec_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (WIFEXITED(status)) {
		result.exec_refused = (WEXITSTATUS(status) & CHILD_EXEC_REFUSED) != 0;
		result.userns_refused = (WEXITSTATUS(status) & CHILD_USERNS_REFUSED) != 0;
	}
	*ret_result = result;
	return 0;
}
