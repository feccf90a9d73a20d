/* SPDX-License-Identifier: Apache-2.0 */
/* Reads linux.seccomp: config-linux.md#seccomp. host/seccomp_reach.c tells what a profile does. */
#include "seccomp.h"

#include <stddef.h>

#include "base/cleanup.h"

bool oci_seccomp_lets_through(struct str action)
{
	return str_is(action, "SCMP_ACT_ALLOW") || str_is(action, "SCMP_ACT_LOG") ||
	       str_is(action, "SCMP_ACT_TRACE") || str_is(action, "SCMP_ACT_NOTIFY");
}

/* On some architectures these calls are also made through one call: socketcall(2), ipc(2). */
static const char *const multiplexed[][24] = {
	{ "socketcall",	 "accept",     "accept4",    "bind",	"connect",  "getpeername",
	  "getsockname", "getsockopt", "listen",     "recv",	"recvfrom", "recvmmsg",
	  "recvmsg",	 "send",       "sendmmsg",   "sendmsg", "sendto",   "setsockopt",
	  "shutdown",	 "socket",     "socketpair", NULL },
	{ "ipc", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop",
	  "shmat", "shmctl", "shmdt", "shmget", NULL },
};

const char *oci_seccomp_multiplexer(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++)
		for (size_t k = 1; multiplexed[i][k] != NULL; k++)
			if (str_is(name, multiplexed[i][k]))
				return multiplexed[i][0];
	return NULL;
}

/*
 * The words of config-linux.md#seccomp. Runtimes differ in what they make of others: runc applies no
 * filter at all if defaultAction is empty and there are no syscalls, crun takes architectures in any
 * case and without their prefix.
 */
static const char *const action_words[] = {
	"SCMP_ACT_KILL",	"SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
	"SCMP_ACT_ERRNO",	"SCMP_ACT_TRACE",
	"SCMP_ACT_ALLOW",	"SCMP_ACT_LOG",
	"SCMP_ACT_NOTIFY",	NULL,
};
static const char *const operator_words[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",	    "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL,
};
static const char *const architecture_words[] = {
	"SCMP_ARCH_X86",	 "SCMP_ARCH_X86_64",	  "SCMP_ARCH_X32",     "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64",	 "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",    "SCMP_ARCH_MIPS",
	"SCMP_ARCH_MIPS64",	 "SCMP_ARCH_MIPS64N32",	  "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64",
	"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",	  "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",
	"SCMP_ARCH_S390",	 "SCMP_ARCH_S390X",	  "SCMP_ARCH_SH",      "SCMP_ARCH_SHEB",
	"SCMP_ARCH_PARISC",	 "SCMP_ARCH_PARISC64",	  "SCMP_ARCH_RISCV64", NULL,
};
static const char *const flag_words[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};
static const struct field_words actions = { "seccomp action", action_words };
static const struct field_words operators = { "seccomp operator", operator_words };
static const struct field_words architectures = { "seccomp architecture", architecture_words };
static const struct field_words flags = { "seccomp flag", flag_words };

static int read_syscall_arg(const struct fields_reader *reader, struct json_node *value,
			    void *target)
{
	static const struct field fields[] = {
		ROW(oci_syscall_arg, "index", index, FIELD_NUMBER),
		ROW(oci_syscall_arg, "value", value, FIELD_NUMBER),
		ROW(oci_syscall_arg, "valueTwo", value_two, FIELD_NUMBER),
		ROW(oci_syscall_arg, "op", op, FIELD_STRING_OF(&operators)),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	((struct oci_syscall_arg *)target)->node = value;
	return error < 0 ? error : fields_need(reader, value, "op", "seccomp condition");
}

static int read_syscall_args(const struct fields_reader *reader, struct json_node *value,
			     void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_syscall_arg), read_syscall_arg);
}

static int read_syscall(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_syscall, "names", names, FIELD_STRINGS),
		ROW(oci_syscall, "action", action, FIELD_STRING_OF(&actions)),
		ROW(oci_syscall, "args", args, JSON_ARRAY, read_syscall_args),
		ROW(oci_syscall, "errnoRet", errno_ret, FIELD_NUMBER),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	((struct oci_syscall *)target)->node = value;
	return error < 0 ? error : fields_need(reader, value, "action", "seccomp entry");
}

static int read_syscalls(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_syscall), read_syscall);
}

int oci_seccomp_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_seccomp, "defaultAction", default_action, FIELD_STRING_OF(&actions)),
		ROW(oci_seccomp, "syscalls", syscalls, JSON_ARRAY, read_syscalls),
		ROW(oci_seccomp, "defaultErrnoRet", default_errno_ret, FIELD_NUMBER),
		ROW(oci_seccomp, "architectures", architectures, FIELD_STRINGS_OF(&architectures)),
		KNOWN_WORDS("flags", &flags),
		KNOWN("listenerPath"),
		KNOWN("listenerMetadata"),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	((struct oci_seccomp *)target)->node = value;
	return error < 0 ? error : fields_need(reader, value, "defaultAction", "seccomp profile");
}
