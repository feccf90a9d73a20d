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

static int open_how(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	const struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/*
 * Did this program write the file, run by the same user, without a link? True if it is not there
 * yet.
 */
static bool is_own_file(const char *bundle, enum account_file_kind kind)
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
	       st.st_uid == geteuid();
}

int account_mount_find(const struct oci_mount *mount, const char *bundle)
{
	for (int kind = 0; bundle != NULL && kind < ACCOUNTS_COUNT; kind++)
		if (account_mount_is(mount, bundle, kind) && is_own_file(bundle, kind))
			return kind;
	return -1;
}

/*
 * Reads the file of an O_PATH descriptor. It must be regular, since opening a device may have
 * effects.
 */
static void read_opened(struct arena *arena, int fd, const char *name, struct account_file *file)
{
	char link[64];
	auto_close int readable = -1;
	struct stat st;
	struct err err;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		file->error =
			arena_printf(arena, "%s of the container is not a regular file", name);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	readable = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (readable < 0)
		file->error = arena_printf(arena, "cannot open %s of the container: %s", name,
					   strerror(errno));
	else if (io_read(arena, readable, arena_printf(arena, "%s of the container", name),
			 ACCOUNT_FILE_MAX, &file->text, &err) < 0)
		file->error = arena_copy(arena, err.text, strlen(err.text));
	else
		file->present = true;
}

struct place {
	struct arena *arena;
	const char *bundle; /* or NULL */
	bool required;
};

static void open_failed(const struct place *place, int error, const char *what,
			struct account_file *file)
{
	/* ELOOP does not mean that the spec is from another host. */
	if (place->required || error == ELOOP || io_is_failure(error))
		file->error = arena_printf(place->arena, "cannot open %s of the container: %s",
					   what, strerror(error));
}

/* Opens a path of the host. A relative one starts in the bundle. */
static int open_host(const struct place *place, struct str path, uint64_t flags)
{
	const char *name = arena_copy(place->arena, path.data, path.len);

	if (name[0] != '/' && place->bundle == NULL) {
		errno = ENOENT;
		return -1;
	}
	if (name[0] != '/')
		name = arena_printf(place->arena, "%s/%s", place->bundle, name);
	return open_how(AT_FDCWD, name, O_PATH | flags, RESOLVE_NO_MAGICLINKS);
}

int account_root_open(struct arena *arena, const struct oci_root *root, const char *bundle)
{
	const struct place place = { arena, bundle, false };

	return open_host(&place, root->path.value, O_DIRECTORY);
}

int account_root_look(int root, const char *path)
{
	return open_how(root, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

static void read_from_root(const struct place *place, const struct oci_root *root, const char *name,
			   struct account_file *file)
{
	auto_close int dir = -1, fd = -1;

	if (root->path.node == NULL)
		return;
	dir = open_host(place, root->path.value, O_DIRECTORY);
	if (dir < 0) {
		open_failed(place, errno, "the root directory", file);
		return;
	}
	fd = account_root_look(dir, name);
	if (fd >= 0)
		read_opened(place->arena, fd, name, file);
	else if (errno != ENOENT && errno != ENOTDIR)
		open_failed(place, errno, name, file);
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
static const struct oci_mount *mount_over(struct arena *arena, const struct oci_config *config,
					  const char *bundle, const char *path)
{
	const struct oci_mount *last = NULL;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (account_mount_find(mount, bundle) < 0 &&
		    (destination_is(arena, mount, path) || destination_is(arena, mount, "/etc") ||
		     destination_is(arena, mount, "/")))
			last = mount;
	}
	return last;
}

void accounts_collect(struct arena *arena, const struct oci_config *config, const char *bundle,
		      bool required, struct accounts *ret_accounts)
{
	const struct place place = { arena, bundle, required };
	struct accounts accounts = { 0 };

	for (int kind = 0; kind < ACCOUNTS_COUNT; kind++) {
		const char *path = account_file_path(kind);
		const struct oci_mount *over = mount_over(arena, config, bundle, path);
		struct account_file *file = &accounts.files[kind];
		auto_close int fd = -1;

		if (over == NULL) {
			read_from_root(&place, &config->root, path, file);
			continue;
		}
		/* The files in a volume at /etc belong to its owner, so this one counts as
		 * absent. */
		if (!destination_is(arena, over, path) || !over->bind)
			continue;
		fd = open_host(&place, over->source.value, 0);
		if (fd >= 0)
			read_opened(arena, fd, path, file);
		else
			open_failed(&place, errno, path, file);
	}
	*ret_accounts = accounts;
}
