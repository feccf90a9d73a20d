/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what others than root can change: see writable_by_others.h. */
#include "writable_by_others.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own_namespaces.h"
#include "host/engine_paths.h"

/* In a sticky directory others can neither rename nor remove what is root's. */
static bool is_roots(const struct stat *st)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	return st->st_uid == 0 && ((st->st_mode & 022) == 0 || sticky);
}

int others_can_write(const struct stat *st, bool *ret_can, struct err *err)
{
	*ret_can = false;
	if (is_roots(st))
		return 0;
	return is_host_root(ret_can, err);
}

/* Group root does not count as others, because engines give it their directories. */
static bool is_closed(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & 01) == 0 &&
	       ((st->st_mode & 010) == 0 || st->st_gid == 0);
}

bool others_can_enter(int dir)
{
	char link[64], path[4096];
	bool is_engines, root_only = true;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return true;
	is_engines = engine_bundle_by_name((struct str){ path, (size_t)len });
	for (path[len] = '\0'; path[0] == '/' && path[1] != '\0';) {
		char *slash = strrchr(path, '/');
		struct stat st;

		slash[slash == path ? 1 : 0] = '\0';
		if (lstat(path, &st) < 0)
			return true;
		if (is_closed(&st))
			return false;
		root_only = root_only && is_roots(&st);
	}
	/* podman 4 gives the bundle to root of the container's user namespace. This is safe if only
	 * root can have made the bundle. */
	return !(is_engines && root_only);
}
