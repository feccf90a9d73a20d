/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a container's record, and where the real runtime keeps the container: see record.h. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/own_namespaces.h"

#define HOST_BASE "/run/rootfence/containers"
#define ROOT_KEY_MAX 200
#define UID_MAP_MAX (64 * 1024) /* bytes; the kernel takes 340 lines */

/* Returns this user's id outside of its user namespace, which is what directories are named after. */
static unsigned int outer_uid(struct arena *arena)
{
	auto_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	unsigned int inside, outside, size, uid = geteuid();
	const char *line;
	struct err ignored;
	struct str text;

	if (fd < 0 || io_read(arena, fd, "uid_map", UID_MAP_MAX, &text, &ignored) < 0)
		return uid;
	line = arena_copy(arena, text.data, text.len);
	for (; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%u %u %u", &inside, &outside, &size) == 3 && uid >= inside &&
		    uid - inside < size)
			return outside + (uid - inside);
	}
	return uid;
}

static bool is_own_directory(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0;
}

/*
 * Without XDG_RUNTIME_DIR: what it is on most systems; /run, for root of a whole system in a user
 * namespace; or a directory in /tmp, which nobody else can replace while it is there.
 */
static int find_base(struct arena *arena, const char **ret_base, struct err *err)
{
	const char *dir = arena_printf(arena, "/run/user/%u", outer_uid(arena));

	if (!is_own_directory(dir) && geteuid() == 0 && is_own_directory("/run")) {
		*ret_base = HOST_BASE;
		return 0;
	}
	if (!is_own_directory(dir)) {
		dir = arena_printf(arena, "/tmp/rootfence-run-%u", outer_uid(arena));
		mkdir(dir, 0700);
	}
	if (!is_own_directory(dir))
		return err_set(
			err, EPERM, EXIT_SYSTEM,
			"no XDG_RUNTIME_DIR, and %s, where the policy of a rootless container would be kept, is not this user's alone; log in, or set it",
			dir);
	*ret_base = arena_printf(arena, "%s/rootfence/containers", dir);
	return 0;
}

int record_base(struct arena *arena, const char **ret_base, struct err *err)
{
	const char *runtime_dir = secure_getenv("XDG_RUNTIME_DIR");
	bool host_root = false;
	int error = is_host_root(&host_root, err);

	if (error < 0)
		return error;
	if (host_root) {
		*ret_base = HOST_BASE;
		return 0;
	}
	if (runtime_dir == NULL || runtime_dir[0] != '/')
		return find_base(arena, ret_base, err);
	*ret_base = arena_printf(arena, "%s/rootfence/containers", runtime_dir);
	return 0;
}

int record_known_base(const char **ret_base, struct err *err)
{
	bool host_root = false;
	int error = is_host_root(&host_root, err);

	*ret_base = host_root ? HOST_BASE : NULL;
	return error;
}

const char *record_parent(struct arena *arena, const char *path)
{
	size_t len = strlen(path), slashes = 0;

	while (len > 0 && slashes < 2)
		slashes += path[--len] == '/';
	return arena_copy(arena, path, len);
}

/*
 * runc (all versions so far) ignores XDG_RUNTIME_DIR as root of the host, and as root of another
 * user namespace if USER is "root".
 */
static int runc_looks_at_xdg(bool *ret_looks, struct err *err)
{
	const char *user = getenv("USER");
	bool host_root = false;
	int error = is_host_root(&host_root, err);

	*ret_looks = geteuid() != 0 || (!host_root && (user == NULL || strcmp(user, "root") != 0));
	return error;
}

/* Returns where the runtime keeps its containers. crun uses XDG_RUNTIME_DIR for every user. */
static int state_root(struct arena *arena, const struct runtime_args *args, enum runtime_kind kind,
		      const char **ret_root, struct err *err)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	bool looks = xdg != NULL && xdg[0] != '\0';
	int error = 0;

	*ret_root = args->root;
	if (args->root != NULL)
		return 0;
	if (looks && kind == RUNTIME_RUNC)
		error = runc_looks_at_xdg(&looks, err);
	*ret_root = arena_printf(arena, "%s/%s", looks ? xdg : "/run", runtime_kind_name(kind));
	return error;
}

/*
 * Returns the only spelling of a path: absolute, without links, doubled slashes and dots. The end
 * of the path need not exist yet, because the runtime makes it.
 */
static int plain_root(struct arena *arena, const char *root, const char **ret_root, struct err *err)
{
	const char *missing = "";
	char *path;

	if (str_path_climbs(str_from(root)))
		return err_set(
			err, EINVAL, EXIT_USAGE,
			"runtimes differ in where \"..\" leads behind a link; write --root %s without",
			root);
	path = arena_printf(arena, root[0] == '/' ? "%s" : "./%s", root);

	for (;;) {
		auto_free char *real = realpath(path, NULL);
		char *slash;

		if (real != NULL) {
			*ret_root = arena_printf(arena, "%s%s", strcmp(real, "/") != 0 ? real : "",
						 missing);
			return 0;
		}
		slash = strrchr(path, '/');
		/* ".." after a missing directory leads nowhere. */
		if (errno != ENOENT || slash == NULL || strcmp(slash, "/..") == 0)
			return err_set_system(err, errno, "cannot tell where --root %s is", root);
		if (slash[1] != '\0' && strcmp(slash, "/.") != 0)
			missing = arena_printf(arena, "%s%s", slash, missing);
		slash[slash == path ? 1 : 0] = '\0';
	}
}

/* Turns a path into one file name: each slash becomes '-', any other special character %XX. */
static int root_key(struct arena *arena, const char *root, const char **ret_key, struct err *err)
{
	auto_buf struct buf key = { 0 };

	for (const char *p = root; *p != '\0'; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			     (*p >= '0' && *p <= '9') || *p == '_' || *p == '.';

		if (*p == '/')
			buf_add(&key, "-", 1);
		else if (plain)
			buf_add(&key, p, 1);
		else
			buf_printf(&key, "%%%02X", (unsigned char)*p);
	}
	if (key.len == 0)
		buf_add(&key, "-", 1); /* the root directory */
	if (key.len > ROOT_KEY_MAX)
		return err_set(err, ENAMETOOLONG, EXIT_USAGE,
			       "--root is longer than rootfence can keep a record for: '%.64s...'",
			       root);
	*ret_key = arena_copy(arena, key.data, key.len);
	return 0;
}

int record_path(struct arena *arena, const char *base, const struct runtime_args *args,
		enum runtime_kind kind, const char **ret_path, struct err *err)
{
	const char *root = "", *key = "";
	int error = state_root(arena, args, kind, &root, err);

	if (error == 0)
		error = plain_root(arena, root, &root, err);
	if (error == 0)
		error = root_key(arena, root, &key, err);
	if (error < 0)
		return error;
	*ret_path = arena_printf(arena, "%s/%s/%s" RECORD_END, base, key, args->id);
	return 0;
}

int record_state_dir(struct arena *arena, const struct runtime_args *args, enum runtime_kind kind,
		     const char **ret_dir, struct err *err)
{
	const char *root;
	int error = state_root(arena, args, kind, &root, err);

	*ret_dir = arena_printf(arena, "%s/%s", root, args->id);
	return error;
}
