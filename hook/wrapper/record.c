/* SPDX-License-Identifier: Apache-2.0 */
/* What a container was created under: see record.h. */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/own_namespaces.h"

#define HOST_BASE "/run/rootfence/containers"
#define ROOT_KEY_MAX 200
#define SWEEP_AFTER (10 * 60) /* s; a create takes a fraction of one */
#define RECORD_NEW "%new"
#define RECORD_OLD "%old"
#define RECORD_POLICY "policy.json"
#define RECORD_BUNDLE "bundle"
#define RECORD_CAPABILITIES "capabilities" /* a number: a link is written and read whole */

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
		return err_set(
			err, ENOENT, EXIT_SYSTEM,
			"no XDG_RUNTIME_DIR, where the policy of a rootless container is kept; log in, or set it");
	*ret_base = arena_printf(arena, "%s/rootfence/containers", runtime_dir);
	return 0;
}

/* runc up to now: XDG_RUNTIME_DIR counts for all but root of the host, and for root by that name. */
static int runc_looks_at_xdg(bool *ret_looks, struct err *err)
{
	const char *user = getenv("USER");
	bool host_root = false;
	int error = is_host_root(&host_root, err);

	*ret_looks = geteuid() != 0 || (!host_root && (user == NULL || strcmp(user, "root") != 0));
	return error;
}

/* Where the runtime keeps its containers: crun looks at XDG_RUNTIME_DIR whoever runs it. */
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
 * The path in its only spelling: absolute, with no links, doubled slashes and dots. Its end need not
 * be there yet: the runtime makes it.
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
		/* "..", of what is not there, is nowhere. */
		if (errno != ENOENT || slash == NULL || strcmp(slash, "/..") == 0)
			return err_set_system(err, errno, "cannot tell where --root %s is", root);
		if (slash[1] != '\0' && strcmp(slash, "/.") != 0)
			missing = arena_printf(arena, "%s%s", slash, missing);
		slash[slash == path ? 1 : 0] = '\0';
	}
}

/* One file name for a path: each slash a '-', all else that is special %XX. */
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
	*ret_path = arena_printf(arena, "%s/%s/%s", base, key, args->id);
	return 0;
}

const char *record_policy(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s/" RECORD_POLICY, path);
}

int record_state_dir(struct arena *arena, const struct runtime_args *args, enum runtime_kind kind,
		     const char **ret_dir, struct err *err)
{
	const char *root;
	int error = state_root(arena, args, kind, &root, err);

	*ret_dir = arena_printf(arena, "%s/%s", root, args->id);
	return error;
}

/* Makes one directory, or finds it: ours alone. What others can write to, they can put a policy in. */
static int enter(int parent, const char *name, const char *path, int *ret_fd, struct err *err)
{
	auto_close int fd = -1;
	struct stat st;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return err_set_system(err, errno, "cannot make %s in %s", name, path);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s in %s", name, path);
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat %s in %s", name, path);
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return err_set(
			err, EPERM, EXIT_SYSTEM,
			"%s in %s can be written by others than its owner: remove it and try again",
			name, path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* The directory that holds the records of one --root. Its last three parts are ours. */
static int open_parent(struct arena *arena, const char *path, int *ret_fd, const char **ret_id,
		       struct err *err)
{
	char *names = arena_copy(arena, path, strlen(path)), *parts[4];
	auto_close int fd = -1;

	for (int i = 3; i >= 0; i--) {
		char *slash = strrchr(names, '/');

		*slash = '\0';
		parts[i] = slash + 1;
	}
	*ret_id = parts[3];
	fd = open(names[0] != '\0' ? names : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", names);
	for (int i = 0; i < 3; i++) {
		int next, error = enter(fd, parts[i], path, &next, err);

		if (error < 0)
			return error;
		close(fd);
		fd = next;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int remove_at(int parent, const char *name, struct err *err)
{
	static const char *const files[] = { RECORD_POLICY, RECORD_BUNDLE, RECORD_CAPABILITIES };
	char path[NAME_MAX * 2];

	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	/* By name: this must also work where no descriptor is left. The directory is ours alone. */
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", name, files[i]);
		unlinkat(parent, path, 0);
	}
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_set_system(err, errno, "cannot remove the record %s", name);
	return 0;
}

/*
 * Records that no poststop removed, and whose containers are gone: crun runs no hook after a create
 * that fails. When it was last looked for them, the directory's time of access says.
 */
static void sweep(struct arena *arena, int parent, const char *state_dir)
{
	const struct timespec times[] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT } };
	const time_t before = time(NULL) - SWEEP_AFTER;
	const int root_len = (int)(strrchr(state_dir, '/') - state_dir);
	const struct dirent *entry;
	struct stat st;
	DIR *all;
	int fd;

	if (fstat(parent, &st) < 0 || st.st_atime > before || futimens(parent, times) < 0)
		return;
	fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	all = fd >= 0 ? fdopendir(fd) : NULL;
	while (all != NULL && (entry = readdir(all)) != NULL) {
		struct err ignored;

		if (entry->d_name[0] == '.' || entry->d_name[0] == RECORD_NEW[0] ||
		    fstatat(parent, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_mtime > before)
			continue;
		if (lstat(arena_printf(arena, "%.*s/%s", root_len, state_dir, entry->d_name), &st) <
			    0 &&
		    errno == ENOENT)
			remove_at(parent, entry->d_name, &ignored);
	}
	if (all != NULL)
		closedir(all);
	else if (fd >= 0)
		close(fd);
}

static int fill(struct arena *arena, int dir, const struct record *record, struct str policy,
		struct err *err)
{
	const char *capabilities =
		arena_printf(arena, "%llu", (unsigned long long)record->capabilities);
	auto_close int fd =
		openat(dir, RECORD_POLICY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set_system(err, errno, "cannot make " RECORD_POLICY);
	if (symlinkat(record->bundle, dir, RECORD_BUNDLE) < 0)
		return err_set_system(err, errno, "cannot make the link " RECORD_BUNDLE);
	if (symlinkat(capabilities, dir, RECORD_CAPABILITIES) < 0)
		return err_set_system(err, errno, "cannot make the link " RECORD_CAPABILITIES);
	return io_write(fd, RECORD_POLICY, policy, err);
}

/* A record has its name only while it is whole: the old one is renamed before it is removed. */
static int replace(int parent, const char *id, struct err *err)
{
	int error = remove_at(parent, RECORD_OLD, err);

	if (error < 0)
		return error;
	if (renameat(parent, id, parent, RECORD_OLD) < 0 && errno != ENOENT)
		return err_set_system(err, errno, "cannot put the old record %s aside", id);
	if (renameat(parent, RECORD_NEW, parent, id) < 0)
		return err_set_system(err, errno, "cannot name the record %s", id);
	return remove_at(parent, RECORD_OLD, err);
}

/*
 * Filled under a name that no id has, then renamed. One writer at a time, so that what a killed one
 * left is known by that name; the directory is ours alone, so nobody else holds its lock for long.
 */
static int put(struct arena *arena, int parent, const char *id, const char *state_dir,
	       const struct record *record, struct str policy, struct err *err)
{
	auto_close int dir = -1;
	int error;

	while (flock(parent, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set_system(err, errno, "cannot lock the records");
	sweep(arena, parent, state_dir);
	error = remove_at(parent, RECORD_NEW, err);
	if (error == 0)
		error = enter(parent, RECORD_NEW, "the records", &dir, err);
	if (error == 0)
		error = fill(arena, dir, record, policy, err);
	if (error == 0)
		error = replace(parent, id, err);
	if (error < 0) {
		struct err ignored;

		remove_at(parent, RECORD_NEW, &ignored);
	}
	return error;
}

/* see record.h: a create of what exists is about to fail */
static int container_exists(const char *state_dir, bool *ret_exists, struct err *err)
{
	struct stat st;

	*ret_exists = lstat(state_dir, &st) == 0;
	if (!*ret_exists && errno != ENOENT && errno != ENOTDIR)
		return err_set_system(err, errno, "cannot look up %s", state_dir);
	return 0;
}

int record_write(struct arena *arena, const char *path, const char *state_dir,
		 const struct record *record, struct str policy, bool *ret_made, struct err *err)
{
	bool exists = false;
	auto_close int parent = -1;
	const char *id;
	int error = open_parent(arena, path, &parent, &id, err);

	if (error == 0)
		error = container_exists(state_dir, &exists, err);
	if (error == 0 && !exists)
		error = put(arena, parent, id, state_dir, record, policy, err);
	*ret_made = error == 0 && !exists;
	if (error < 0)
		err_prefix(err, "cannot keep the policy of container %s in %s", id, path);
	return error;
}

static int read_link(struct arena *arena, int dir, const char *name, const char **ret_target,
		     struct err *err)
{
	char target[4096];
	ssize_t len = readlinkat(dir, name, target, sizeof(target));

	if (len < 0 || (size_t)len >= sizeof(target)) {
		err_set_system(err, len < 0 ? errno : ENAMETOOLONG, "cannot read %s", name);
		return -EIO; /* never -ENOENT */
	}
	*ret_target = arena_copy(arena, target, (size_t)len);
	return 0;
}

int record_read(struct arena *arena, const char *path, struct record *ret_record, struct err *err)
{
	auto_close int parent = -1, dir = -1;
	const char *id, *capabilities;
	struct record record;
	struct stat st;
	int error;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		return err_set_system(err, ENOENT, "no record %s", path);
	error = open_parent(arena, path, &parent, &id, err);
	if (error == 0)
		error = enter(parent, id, path, &dir, err);
	if (error == 0)
		error = read_link(arena, dir, RECORD_BUNDLE, &record.bundle, err);
	if (error == 0)
		error = read_link(arena, dir, RECORD_CAPABILITIES, &capabilities, err);
	if (error == 0 && !str_to_uint(str_from(capabilities), UINT64_MAX, &record.capabilities))
		error = err_set(err, EINVAL, EXIT_SYSTEM, RECORD_CAPABILITIES " is no number");
	if (error < 0) {
		err_prefix(err, "record %s", path);
		return error;
	}
	*ret_record = record;
	return 0;
}

int record_remove(struct arena *arena, const char *path, const char *id, struct err *err)
{
	const char *ours = strstr(path, "/rootfence/containers/");
	const char *key = ours != NULL ? ours + strlen("/rootfence/containers/") : "";
	const char *slash = strchr(key, '/'), *name;
	auto_close int parent = -1;
	struct stat st;
	int error;

	if (slash == NULL || strcmp(slash + 1, id) != 0 || strstr(path, "/../") != NULL)
		return err_set(err, EINVAL, EXIT_USAGE, "%s is no record of container %s", path,
			       id);
	if (lstat(path, &st) < 0 && errno == ENOENT)
		return 0; /* nor are its directories made for that */
	error = open_parent(arena, path, &parent, &name, err);
	return error < 0 ? error : remove_at(parent, name, err);
}
