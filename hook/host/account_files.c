/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the passwd and group of a container; see account_files.h. */
#include "account_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/lookup.h"

static int open_how(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	const struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/*
 * Did this program write the file, run by the same user, without a link? True if it is not there
 * yet. Offline another user may have been the one.
 */
static bool is_own_file(const char *bundle, enum account_file_kind kind, enum facts_scope scope)
{
	auto_close int dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[64];
	struct stat st;
	auto_close int fd = -1;

	snprintf(path, sizeof(path), "rootfence/%s", account_file_name(kind));
	if (dir < 0)
		return false;
	fd = open_how(dir, path, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
	if (fd < 0)
		return errno == ENOENT;
	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	       (scope == FACTS_OFFLINE || st.st_uid == geteuid());
}

int account_mount_find(const struct oci_mount *mount, const char *bundle, enum facts_scope scope)
{
	for (int kind = 0; bundle != NULL && kind < ACCOUNTS_COUNT; kind++)
		if (account_mount_is(mount, bundle, kind) && is_own_file(bundle, kind, scope))
			return kind;
	return -1;
}

#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* Is it a regular file? Opening a device for reading may have effects. */
static bool is_file(struct arena *arena, int fd, const char *name, struct account_file *file)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return true;
	file->error = arena_printf(arena, "%s of the container is not a regular file", name);
	return false;
}

/* Opens the file of an O_PATH descriptor for reading. */
static int open_again(int fd)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return open(link, READ_FLAGS);
}

static void read_opened(struct arena *arena, int fd, const char *name, struct account_file *file)
{
	struct err err;

	if (fd < 0)
		file->error = arena_printf(arena, "cannot open %s of the container: %s", name,
					   strerror(errno));
	else if (io_read(arena, fd, arena_printf(arena, "%s of the container", name),
			 ACCOUNT_FILE_MAX, &file->text, &err) < 0)
		file->error = arena_copy(arena, err.text, strlen(err.text));
	else
		file->present = true;
}

struct place {
	struct arena *arena;
	const char *bundle; /* or NULL */
	bool required;
	enum facts_scope scope;
};

static void open_failed(const struct place *place, int error, const char *what,
			struct account_file *file)
{
	/* ELOOP does not mean that the spec is from another host. */
	if (place->required || error == ELOOP || io_is_failure(error))
		file->error = arena_printf(place->arena, "cannot open %s of the container: %s",
					   what, strerror(error));
}

static int open_in_bundle(const struct place *place, struct str path, uint64_t flags)
{
	int fd = lookup_open_in_bundle(place->arena, place->bundle, path, flags);

	if (fd >= 0)
		return fd;
	errno = -fd;
	return -1;
}

/* Opens a path of the host. A relative one starts in the bundle; offline there is no other. */
static int open_host(const struct place *place, struct str path, uint64_t flags)
{
	const char *name = arena_copy(place->arena, path.data, path.len);

	if (place->scope == FACTS_OFFLINE)
		return open_in_bundle(place, path, O_PATH | flags);
	if (name[0] != '/' && place->bundle == NULL) {
		errno = ENOENT;
		return -1;
	}
	if (name[0] != '/')
		name = arena_printf(place->arena, "%s/%s", place->bundle, name);
	return open_how(AT_FDCWD, name, O_PATH | flags, RESOLVE_NO_MAGICLINKS);
}

int account_root_open(struct arena *arena, const struct oci_root *root, const char *bundle,
		      enum facts_scope scope)
{
	const struct place place = { .arena = arena, .bundle = bundle, .scope = scope };

	return open_host(&place, root->path.value, O_DIRECTORY);
}

int account_root_look(int root, const char *path)
{
	return open_how(root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static void read_from_root(const struct place *place, const struct oci_root *root, const char *name,
			   struct account_file *file)
{
	const uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	auto_close int dir = -1, fd = -1, readable = -1;

	if (root->path.node == NULL)
		return;
	dir = open_host(place, root->path.value, O_DIRECTORY);
	if (dir < 0) {
		open_failed(place, errno, "the root directory", file);
		return;
	}
	fd = account_root_look(dir, name);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		open_failed(place, errno, name, file);
	if (fd < 0 || !is_file(place->arena, fd, name, file))
		return;
	readable = place->scope == FACTS_OFFLINE ? open_how(dir, name, READ_FLAGS, resolve)
						 : open_again(fd);
	read_opened(place->arena, readable, name, file);
}

/* Is the mount at the path, however it is spelled? A relative destination starts at the root. */
static bool destination_is(struct arena *arena, const struct oci_mount *mount, const char *path)
{
	struct str destination = mount->destination.value;
	const char *name = arena_printf(arena, "/%.*s", (int)destination.len, destination.data);

	name = str_path_normalize(arena, str_from(name));
	return name != NULL && strcmp(name, path) == 0;
}

/*
 * Returns the last mount that decides what is at the path, or NULL: one at the path itself or at a
 * directory above it. Our own mounts are skipped, since they show a copy of the file to find.
 */
static const struct oci_mount *mount_over(const struct place *place,
					  const struct oci_config *config, const char *path)
{
	struct arena *arena = place->arena;
	const struct oci_mount *last = NULL;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (account_mount_find(mount, place->bundle, place->scope) < 0 &&
		    (destination_is(arena, mount, path) || destination_is(arena, mount, "/etc") ||
		     destination_is(arena, mount, "/")))
			last = mount;
	}
	return last;
}

/* Reads the file that is mounted over that of the image. */
static void read_from_mount(const struct place *place, const struct oci_mount *mount,
			    const char *path, struct account_file *file)
{
	struct str source = mount->source.value;
	auto_close int fd = open_host(place, source, 0);
	auto_close int readable = -1;

	if (fd < 0)
		open_failed(place, errno, path, file);
	if (fd < 0 || !is_file(place->arena, fd, path, file))
		return;
	readable = place->scope == FACTS_OFFLINE ? open_in_bundle(place, source, READ_FLAGS)
						 : open_again(fd);
	read_opened(place->arena, readable, path, file);
}

void accounts_collect(struct arena *arena, const struct oci_config *config, const char *bundle,
		      enum facts_scope scope, bool required, struct accounts *ret_accounts)
{
	const struct place place = { arena, bundle, required, scope };
	struct accounts accounts = { 0 };

	for (int kind = 0; kind < ACCOUNTS_COUNT; kind++) {
		const char *path = account_file_path(kind);
		const struct oci_mount *over = mount_over(&place, config, path);
		struct account_file *file = &accounts.files[kind];

		if (over == NULL) {
			read_from_root(&place, &config->root, path, file);
			continue;
		}
		/* The files in a volume at /etc belong to its owner, so this one counts as
		 * absent. */
		if (destination_is(arena, over, path) && over->bind)
			read_from_mount(&place, over, path, file);
	}
	*ret_accounts = accounts;
}
