/* SPDX-License-Identifier: Apache-2.0 */
/* Names of Linux capabilities. The table has the order of linux/capability.h. */
#include "capability.h"

#include <string.h>

static const char *const names[CAP_LAST + 2] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
	NULL,
};

int cap_from_name(struct str name)
{
	/* All names start with CAP_, so the fifth character rules out most of them. */
	for (int i = 0; i <= CAP_LAST && name.len > 4; i++)
		if (names[i][4] == name.data[4] && str_is(name, names[i]))
			return i;
	return -1;
}

#define NAME_MAX_LEN 64 /* bytes of a newer name; the longest that is known has 22 */

bool cap_is_newer(struct str name)
{
	size_t letters = 0;

	if (!str_starts_with(name, "CAP_") || name.len < 5 || name.len > NAME_MAX_LEN)
		return false;
	for (size_t i = 4; i < name.len; i++) {
		char c = name.data[i];

		if (c != '_' && (c < 'A' || c > 'Z') && (c < '0' || c > '9'))
			return false;
	}
	while (letters < name.len && (name.data[letters] < '0' || name.data[letters] > '9'))
		letters++;
	return cap_from_name((struct str){ name.data, letters }) < 0;
}

const char *cap_name(unsigned int capability)
{
	return names[capability];
}

#define NAMES_MAX 14 /* the engines' default set has 14, and is still listed by name */

char *cap_set_text(struct arena *arena, uint64_t set)
{
	auto_buf struct buf buf = { 0 };
	int n = __builtin_popcountll(set);

	if (n > NAMES_MAX && cap_set_has(set, CAPABILITY_SYS_ADMIN))
		return arena_printf(arena, "%d capabilities, CAP_SYS_ADMIN among them", n);
	if (n > NAMES_MAX)
		return arena_printf(arena, "%d capabilities", n);
	for (unsigned int i = 0; i < 64; i++) {
		if (!cap_set_has(set, i))
			continue;
		if (buf.len > 0)
			buf_add(&buf, ", ", 2);
		if (i <= CAP_LAST)
			buf_add(&buf, names[i], strlen(names[i]));
		else if (i == CAPABILITY_NEWER)
			buf_printf(&buf, "capabilities that rootfence does not know");
		else
			buf_printf(&buf, "%u", i);
	}
	if (buf.len == 0)
		buf_printf(&buf, "none");
	return arena_copy(arena, buf.data, buf.len);
}

char *cap_set_json(struct arena *arena, uint64_t set)
{
	auto_buf struct buf buf = { 0 };

	buf_add(&buf, "[", 1);
	for (unsigned int i = 0; i <= CAP_LAST; i++)
		if (cap_set_has(set, i)) {
			if (buf.len > 1)
				buf_add(&buf, ",", 1);
			buf_add(&buf, "\"", 1);
			buf_add(&buf, names[i], strlen(names[i]));
			buf_add(&buf, "\"", 1);
		}
	buf_add(&buf, "]", 1);
	return arena_copy(arena, buf.data, buf.len);
}

const char *const *cap_names(void)
{
	return names;
}
