/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not a part of rootfence: it runs when rootfence is built, makes the filters of base/restrain.h
 * with libseccomp, and prints them as C. A process then pays for one system call, but not for
 * libseccomp.
 *
 * A call that is not listed ends the process. Files are opened for reading. openat2(2) hides its
 * flags from filters, so opened files must not be written to either. Only descriptors up to
 * RESTRAIN_LAST_FD can be written to: those that were open before. They cannot be closed to make
 * room for others.
 */
#include <asm/termbits.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/restrain.h"

#define FILES (1U << RESTRAIN_FILES)
#define HOST (1U << RESTRAIN_HOST)
#define PRECREATE (1U << RESTRAIN_PRECREATE)
#define REGISTER (1U << RESTRAIN_CREATE_RUNTIME)
#define POSTSTOP (1U << RESTRAIN_POSTSTOP)
#define JUDGE (PRECREATE | REGISTER)
#define HOOKS (JUDGE | POSTSTOP)
#define ALL (FILES | HOST | HOOKS)

#define WRITES (O_ACCMODE | O_TRUNC)
#define FORK_FLAGS (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)

/* A call and the conditions that allow it. If a name is listed twice, either entry allows it. */
static const struct call {
	const char *name;
	unsigned int roles;
	unsigned int n_args;
	struct scmp_arg_cmp args[2];
} calls[] = {
	/* Reading. Some calls have other names on other architectures, or for other C libraries. */
	{ "read", ALL },
	{ "lseek", ALL },
	{ "openat", ALL, 1, { SCMP_A2(SCMP_CMP_MASKED_EQ, WRITES | O_CREAT, 0) } },
	{ "openat2", ALL },
	{ "fstat", ALL },
	{ "newfstatat", ALL },
	{ "statx", ALL },
	{ "fstatfs", ALL },
	{ "getxattr", FILES | HOST | JUDGE },
	{ "access", HOST | HOOKS },
	{ "faccessat", ALL },
	{ "faccessat2", ALL },
	{ "readlink", ALL },
	{ "readlinkat", ALL },
	{ "getcwd", ALL },
	{ "getdents64", FILES | HOST },
	{ "ioctl", FILES | HOST, 1, { SCMP_A1(SCMP_CMP_EQ, TCGETS) } },

	/* Private memory that is never executable. */
	{ "brk", ALL },
	{ "mmap",
	  ALL,
	  2,
	  { SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_TYPE, MAP_PRIVATE) } },
	{ "munmap", ALL },
	{ "mremap", ALL },
	{ "madvise", ALL },

	/* This process itself. qsort(3) calls sysinfo; libseccomp asks with seccomp what the kernel
	 * supports. */
	{ "getpid", HOST | HOOKS },
	{ "getppid", HOST | JUDGE },
	{ "geteuid", HOST | HOOKS },
	{ "clock_gettime", ALL },
	{ "time", ALL },
	{ "sysinfo", ALL },
	{ "seccomp", FILES | HOST | JUDGE },
	{ "exit_group", ALL },

	/* syslog, on the socket that is already connected. */
	{ "sendto", HOOKS, 1, { SCMP_A4(SCMP_CMP_EQ, 0) } },

	/* A child that joins a user namespace, reports it and is killed: host/userns_member.c. */
	{ "clone",
	  HOST | JUDGE,
	  1,
	  { SCMP_A0(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)FORK_FLAGS, SIGCHLD) } },
	{ "set_robust_list", HOST | JUDGE },
	{ "rt_sigprocmask", HOST | JUDGE },
	{ "setns", HOST | JUDGE, 1, { SCMP_A1(SCMP_CMP_EQ, CLONE_NEWUSER) } },
	{ "prctl", HOST | JUDGE },
	{ "socketpair", HOST | JUDGE },
	{ "kill", HOST | JUDGE, 1, { SCMP_A1(SCMP_CMP_EQ, SIGKILL) } },
	{ "wait4", HOST | JUDGE },

	/* The loaded guard's maps, and the identity of a container. Of the guard's links and programs
	 * it asks what they are. */
	{ "bpf", REGISTER | POSTSTOP, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_OBJ_GET) } },
	{ "bpf", REGISTER | POSTSTOP, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_OBJ_GET_INFO_BY_FD) } },
	{ "bpf", REGISTER | POSTSTOP, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_MAP_LOOKUP_ELEM) } },
	{ "bpf", REGISTER | POSTSTOP, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_MAP_LOOKUP_BATCH) } },
	{ "bpf", REGISTER | POSTSTOP, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_MAP_DELETE_ELEM) } },
	{ "bpf", REGISTER, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_MAP_UPDATE_ELEM) } },
	{ "bpf", REGISTER, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_MAP_GET_NEXT_KEY) } },
	{ "bpf", REGISTER, 1, { SCMP_A0(SCMP_CMP_EQ, BPF_PROG_GET_FD_BY_ID) } },
	{ "name_to_handle_at", REGISTER },
	{ "open_by_handle_at", POSTSTOP, 1, { SCMP_A2(SCMP_CMP_MASKED_EQ, WRITES, 0) } },

	/* The lock of the exec rules, which is an empty file, and the wrapper's record. */
	{ "openat", REGISTER, 1, { SCMP_A2(SCMP_CMP_MASKED_EQ, WRITES, 0) } },
	{ "mkdir", REGISTER },
	{ "mkdirat", REGISTER | POSTSTOP },
	{ "flock", REGISTER },
	{ "unlinkat", POSTSTOP },
};

/* Indexed by enum restrain_role. */
static const char *const names[] = {
	[RESTRAIN_FILES] = "files",	    [RESTRAIN_HOST] = "host",
	[RESTRAIN_PRECREATE] = "precreate", [RESTRAIN_CREATE_RUNTIME] = "create_runtime",
	[RESTRAIN_POSTSTOP] = "poststop",
};

#define FIRST_ARG \
	(offsetof(struct seccomp_data, args) + (__BYTE_ORDER == __BIG_ENDIAN ? sizeof(__u32) : 0))

/*
 * Instructions for what libseccomp cannot express, in front of its own.
 *
 * The first one only keeps the kernel from trying the filter on every call number to remember which
 * always pass. That takes longer than this process would save.
 *
 * Call number -1 is not a call: a tracer sets it for a call that it answers itself (strace
 * --inject). The kernel looks at 32 bits of a descriptor, libseccomp at 64.
 */
static void print_prologue(void)
{
	const struct sock_filter prologue[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARG),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 0, 9),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)-1, 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)SCMP_SYS(write), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (__u32)SCMP_SYS(close), 0, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARG), /* of close */
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, RESTRAIN_LAST_FD, 2, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIRST_ARG), /* of write */
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, RESTRAIN_LAST_FD, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};

	for (size_t i = 0; i < ARRAY_SIZE(prologue); i++)
		printf("\t{ %#x, %u, %u, %#x },\n", prologue[i].code, prologue[i].jt,
		       prologue[i].jf, prologue[i].k);
}

static int add_calls(scmp_filter_ctx filter, unsigned int role)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		int number = seccomp_syscall_resolve_name(calls[i].name), error;

		if ((calls[i].roles & 1U << role) == 0)
			continue;
		if (number == __NR_SCMP_ERROR)
			return -EINVAL;
		/* A call that this architecture does not have is left out. */
		error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, calls[i].n_args,
					       calls[i].args);
		if (error < 0) {
			fprintf(stderr, "%s: %s\n", calls[i].name, strerror(-error));
			return error;
		}
	}
	/* If there was no log daemon, a message tries to connect again. It must fail, not end the
	 * process. */
	return (HOOKS & 1U << role) != 0
		       ? seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0)
		       : 0;
}

static int print_program(scmp_filter_ctx filter)
{
	auto_close int fd = memfd_create("filter", MFD_CLOEXEC);
	struct sock_filter insn;
	int error = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);

	if (error < 0)
		return error;
	for (off_t at = 0; pread(fd, &insn, sizeof(insn), at) == sizeof(insn); at += sizeof(insn))
		printf("\t{ %#x, %u, %u, %#x },\n", insn.code, insn.jt, insn.jf, insn.k);
	return 0;
}

static int print_filter(unsigned int role)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error = filter == NULL ? -EINVAL : 0;

	printf("static const struct sock_filter filter_%s[] = {\n", names[role]);
	print_prologue();
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (error == 0)
		error = add_calls(filter, role);
	if (error == 0)
		error = print_program(filter);
	printf("};\n\n");
	seccomp_release(filter);
	return error;
}

int main(void)
{
	printf("/* Made by hook/base/restrain_filters.c. */\n#include <linux/filter.h>\n\n");
	for (unsigned int role = 0; role < ARRAY_SIZE(names); role++) {
		int error = print_filter(role);

		if (error < 0) {
			fprintf(stderr, "no filter for %s: %s\n", names[role], strerror(-error));
			return 1;
		}
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
