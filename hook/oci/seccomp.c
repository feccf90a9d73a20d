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

static int read_syscall_arg(const struct fields_reader *reader, struct json_node *value,
			    void *target)
{
	static const struct field fields[] = {
		ROW(oci_syscall_arg, "index", index, FIELD_NUMBER),
		ROW(oci_syscall_arg, "value", value, FIELD_NUMBER),
		ROW(oci_syscall_arg, "valueTwo", value_two, FIELD_NUMBER),
		ROW(oci_syscall_arg, "op", op, FIELD_STRING),
	};

	((struct oci_syscall_arg *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
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
		ROW(oci_syscall, "action", action, FIELD_STRING),
		ROW(oci_syscall, "args", args, JSON_ARRAY, read_syscall_args),
		ROW(oci_syscall, "errnoRet", errno_ret, FIELD_NUMBER),
	};

	((struct oci_syscall *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_syscalls(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_syscall), read_syscall);
}

int oci_seccomp_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_seccomp, "defaultAction", default_action, FIELD_STRING),
		ROW(oci_seccomp, "syscalls", syscalls, JSON_ARRAY, read_syscalls),
		ROW(oci_seccomp, "defaultErrnoRet", default_errno_ret, FIELD_NUMBER),
		ROW(oci_seccomp, "architectures", architectures, FIELD_STRINGS),
		KNOWN("flags"),
		KNOWN("listenerPath"),
		KNOWN("listenerMetadata"),
	};

	((struct oci_seccomp *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}
