/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials to start with: the table, and how a privileged process takes them on. */
#include "matrix.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALL UINT64_MAX
#define RAW CAP_BIT_NET_RAW
#define SOME (CAP_BIT_CHOWN | CAP_BIT_NET_RAW)
#define NOBODY USER, USER, USER

/* name, ids, permitted, effective, inheritable, ambient, bounding, flags */
const struct start starts[] = {
	{ "root", 0, 0, 0, ALL, ALL, 0, 0, ALL, 0 },
	{ "root, some capabilities", 0, 0, 0, SOME, SOME, 0, 0, ALL, 0 },
	{ "root, some, bounded", 0, 0, 0, SOME, SOME, 0, 0, SOME, 0 },
	{ "root, permitted not effective", 0, 0, 0, SOME, 0, 0, 0, SOME, 0 },
	{ "root, none", 0, 0, 0, 0, 0, 0, 0, ALL, 0 },
	{ "root, none, bounded", 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ "root, none, noNewPrivileges", 0, 0, 0, 0, 0, 0, 0, ALL, START_NNP },
	{ "root, none, NOROOT", 0, 0, 0, 0, 0, 0, 0, ALL, START_NOROOT },
	{ "user", NOBODY, 0, 0, 0, 0, ALL, 0 },
	{ "user, bounded", NOBODY, 0, 0, 0, 0, 0, 0 },
	{ "user, bounded to net_raw", NOBODY, 0, 0, 0, 0, RAW, 0 },
	{ "user, inheritable", NOBODY, 0, 0, RAW, 0, ALL, 0 },
	{ "user, inheritable, bounded", NOBODY, 0, 0, RAW, 0, 0, 0 },
	{ "user, permitted", NOBODY, RAW, RAW, 0, 0, ALL, 0 },
	{ "user, ambient", NOBODY, RAW, RAW, RAW, RAW, ALL, 0 },
	{ "user, ambient not effective", NOBODY, RAW, 0, RAW, RAW, ALL, 0 },
	{ "user, all capabilities", NOBODY, ALL, ALL, 0, 0, ALL, 0 },
	{ "user, noNewPrivileges", NOBODY, 0, 0, 0, 0, ALL, START_NNP },
	{ "user, ambient, noNewPrivileges", NOBODY, RAW, RAW, RAW, RAW, ALL, START_NNP },
	{ "user, NOROOT", NOBODY, 0, 0, 0, 0, ALL, START_NOROOT },
	{ "user, ptraced", NOBODY, 0, 0, 0, 0, ALL, START_PTRACED },
	{ "user, shared fs", NOBODY, 0, 0, 0, 0, ALL, START_SHARED_FS },
	{ "user, effective root", USER, 0, 0, ALL, ALL, 0, 0, ALL, 0 },
	{ "user, effective root, none", USER, 0, 0, 0, 0, 0, 0, ALL, 0 },
	{ "user, saved root", USER, USER, 0, 0, 0, 0, 0, ALL, 0 },
	{ "root, effective user", 0, USER, 0, 0, 0, 0, 0, ALL, 0 },
	{ "userns root", 0, 0, 0, ALL, ALL, 0, 0, ALL, START_USERNS },
	{ "userns root, none", 0, 0, 0, 0, 0, 0, 0, ALL, START_USERNS },
	{ "userns user", NOBODY, 0, 0, 0, 0, ALL, START_USERNS },
	{ "userns user, inheritable", NOBODY, 0, 0, RAW, 0, ALL, START_USERNS },
	{ "userns user, ptraced", NOBODY, 0, 0, 0, 0, ALL, START_USERNS | START_PTRACED },
};
const unsigned int n_starts = sizeof(starts) / sizeof(starts[0]);

static int last_capability(void)
{
	int cap = 0;

	while (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0)
		cap++;
	return cap - 1;
}

static int caps_set(uint64_t permitted, uint64_t effective, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
		data[i].effective = (uint32_t)(effective >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	return (int)syscall(SYS_capset, &header, data);
}

/* The order matters: privileged steps come first, and ids under KEEPCAPS and NO_SETUID_FIXUP. */
int start_take(const struct start *start)
{
	struct creds creds = { 0 };
	int last = last_capability();
	long securebits = SECBIT_NO_SETUID_FIXUP;
	uint64_t all; /* capabilities of this machine's root */

	if (creds_read_self(&creds) < 0)
		return -1;
	all = creds.permitted;
	if (prctl(PR_SET_SECUREBITS, securebits, 0, 0, 0) < 0)
		return -1;
	if (setgroups(0, NULL) < 0 || setresgid(start->uid, start->euid, start->suid) < 0 ||
	    setresuid(start->uid, start->euid, start->suid) < 0)
		return -1;
	if (caps_set(all, all, start->inheritable & all) < 0)
		return -1;
	for (int cap = 0; cap <= last; cap++) {
		if ((start->ambient >> cap & 1) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -1;
		if ((start->bounding >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -1;
	}
	securebits = (start->flags & START_NOROOT) != 0 ? SECBIT_NOROOT : 0;
	if (prctl(PR_SET_SECUREBITS, securebits, 0, 0, 0) < 0)
		return -1;
	if ((start->flags & START_NNP) != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return caps_set(start->permitted & all, start->effective & all, start->inheritable & all);
}

/* The sets of one line, or the ids: real, effective, saved. */
static int line_read(const char *line, struct creds *creds)
{
	const struct {
		const char *key;
		uint64_t *set;
	} sets[] = {
		{ "CapInh:", &creds->inheritable }, { "CapPrm:", &creds->permitted },
		{ "CapEff:", &creds->effective },   { "CapBnd:", &creds->bounding },
		{ "CapAmb:", &creds->ambient },
	};
	unsigned int saved;

	if (strncmp(line, "Uid:", 4) == 0)
		return sscanf(line + 4, "%u %u %u", &creds->uid, &creds->euid, &creds->suid) == 3;
	if (strncmp(line, "Gid:", 4) == 0)
		return sscanf(line + 4, "%u %u %u", &creds->gid, &creds->egid, &saved) == 3;
	for (unsigned int i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (strncmp(line, sets[i].key, 7) != 0)
			continue;
		*sets[i].set = strtoull(line + 7, NULL, 16);
		return 1;
	}
	return 0;
}

int creds_read_self(struct creds *creds)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	int found = 0;

	if (status == NULL)
		return -1;
	while (fgets(line, sizeof(line), status) != NULL)
		found += line_read(line, creds);
	fclose(status);
	return found == 7 ? 0 : -1;
}
