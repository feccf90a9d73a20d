/* SPDX-License-Identifier: Apache-2.0 */
/* See own_namespaces.h. */
#include "own_namespaces.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static const struct {
	const char *path;
	uint32_t inode;
} namespaces[] = {
	[OWN_CGROUP] = { "/proc/self/ns/cgroup", HOST_CGROUP_NAMESPACE },
	[OWN_PID] = { "/proc/self/ns/pid", HOST_PID_NAMESPACE },
	[OWN_TIME] = { "/proc/self/ns/time", HOST_TIME_NAMESPACE },
	[OWN_USER] = { "/proc/self/ns/user", HOST_USER_NAMESPACE },
};

int own_namespace_is_hosts(enum own_namespace type, bool *ret_is, struct err *err)
{
	static struct {
		bool known, is;
	} answers[ARRAY_SIZE(namespaces)];
	struct stat st;

	if (!answers[type].known) {
		if (stat(namespaces[type].path, &st) < 0)
			return err_set_system(err, errno, "cannot read %s", namespaces[type].path);
		answers[type].is = (uint32_t)st.st_ino == namespaces[type].inode;
		answers[type].known = true;
	}
	*ret_is = answers[type].is;
	return 0;
}

int is_host_root(bool *ret_is, struct err *err)
{
	int error = 0;

	*ret_is = false;
	if (geteuid() == 0)
		error = own_namespace_is_hosts(OWN_USER, ret_is, err);
	/* To callers -ENOENT means that a file of theirs does not exist, which is no error. */
	return error == -ENOENT ? -EPROTO : error;
}
