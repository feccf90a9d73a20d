/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into the root directory of a container's first process: see init_root.h. */
#include "init_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

#define TRIES 16 /* of openat2(2), which gives up when mounts change elsewhere on the host */

const struct init_device init_devices[INIT_DEVICES] = {
	{ "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 },	{ "/dev/full", 1, 7 },
	{ "/dev/tty", 5, 0 },  { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 },
};

enum look {
	LOOK_PLAIN,
	LOOK_NO_LINK, /* at the last part of the path */
	LOOK_EMPTY,   /* and whether a directory is empty */
};

static int open_in(int root, const char *path, uint64_t flags, uint64_t resolve)
{
	const struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

static bool is_empty(int fd)
{
	int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *all = dir >= 0 ? fdopendir(dir) : NULL;
	const struct dirent *entry;
	bool empty = all != NULL;

	while (empty && (entry = readdir(all)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (all != NULL)
		closedir(all);
	else if (dir >= 0)
		close(dir);
	return empty;
}

/* Where an open file is, as the container's root sees it. */
static const char *path_of(struct arena *arena, int fd)
{
	char link[64], path[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	return len > 0 && (size_t)len < sizeof(path) ? arena_copy(arena, path, (size_t)len) : NULL;
}

static void describe(int fd, struct init_file *file)
{
	struct statx stx = { 0 };

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
		    STATX_BASIC_STATS | STATX_MNT_ID, &stx) < 0) {
		file->error = errno;
		return;
	}
	if ((stx.stx_mask & STATX_MNT_ID) == 0) {
		file->error = ENOSYS;
		return;
	}
	file->mode = stx.stx_mode;
	file->id = (struct file_id){ makedev(stx.stx_dev_major, stx.stx_dev_minor), stx.stx_ino };
	file->major = stx.stx_rdev_major;
	file->minor = stx.stx_rdev_minor;
	file->mount = stx.stx_mnt_id;
	file->mount_root = (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* The path of a file that is not there, by links that may be: a later mount can hide the file. */
static const char *path_of_missing(struct arena *arena, int root, const char *clean)
{
	char *parent = arena_copy(arena, clean, strlen(clean));
	const char *found = NULL;

	for (char *slash = strrchr(parent, '/'); found == NULL && slash != parent;
	     slash = strrchr(parent, '/')) {
		auto_close int fd = -1;

		*slash = '\0';
		fd = open_in(root, parent, O_PATH, RESOLVE_IN_ROOT);
		if (fd >= 0)
			found = path_of(arena, fd);
	}
	if (found == NULL)
		return clean;
	return arena_printf(arena, "%s%s", strcmp(found, "/") == 0 ? "" : found,
			    clean + strlen(parent));
}

/* The path of a spec. Runtimes take one without a slash at its start from the root as well. */
static struct init_file look(struct arena *arena, int root, struct str path, enum look how)
{
	const char *clean = str_path_normalize(
		arena, str_from(arena_printf(arena, "/%.*s", (int)path.len, path.data)));
	const uint64_t flags = O_PATH | (how == LOOK_NO_LINK ? O_NOFOLLOW : 0);
	struct init_file file = { .path = clean };
	auto_close int fd = open_in(root, clean, flags, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	const bool link = fd < 0 && errno == ELOOP;

	if (link)
		fd = open_in(root, clean, flags, RESOLVE_IN_ROOT);
	if (fd < 0) {
		file.error = errno;
		if (link)
			file.path = path_of_missing(arena, root, clean);
		return file;
	}
	describe(fd, &file);
	if (link)
		file.path = path_of(arena, fd);
	if (file.path == NULL)
		file.path = clean;
	if (how == LOOK_EMPTY && S_ISDIR(file.mode) && file.mount_root)
		file.empty = is_empty(fd);
	return file;
}

static struct init_file *look_at_all(struct arena *arena, int root, const struct oci_strings *paths)
{
	struct init_file *files = arena_array(arena, paths->n + 1, sizeof(*files));

	for (size_t i = 0; i < paths->n; i++)
		files[i] = look(arena, root, paths->items[i].value, LOOK_EMPTY);
	return files;
}

static void look_at_mounts(struct arena *arena, int root, const struct oci_config *config,
			   struct init_facts *facts)
{
	facts->at_mounts = arena_array(arena, config->mounts.n + 1, sizeof(*facts->at_mounts));
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		facts->at_mounts[i] =
			look(arena, root, mount->destination.value,
			     oci_mount_has(mount, "dest-nofollow") ? LOOK_NO_LINK : LOOK_PLAIN);
	}
}

static void look_at_devices(struct arena *arena, int root, const struct oci_config *config,
			    struct init_facts *facts)
{
	const struct oci_device *devices = config->linux_.devices.items;

	facts->at_devices =
		arena_array(arena, config->linux_.devices.n + 1, sizeof(*facts->at_devices));
	for (size_t i = 0; i < config->linux_.devices.n; i++)
		facts->at_devices[i] = look(arena, root, devices[i].path.value, LOOK_NO_LINK);
	for (size_t i = 0; i < INIT_DEVICES; i++)
		facts->devices[i] = look(arena, root, str_from(init_devices[i].path), LOOK_NO_LINK);
	facts->dev = look(arena, root, STR("/dev"), LOOK_NO_LINK);
	facts->console = look(arena, root, STR("/dev/console"), LOOK_PLAIN);
}

static int open_link(struct arena *arena, pid_t pid, const char *name, int *ret_fd,
		     struct init_file *ret_file, struct err *err)
{
	const char *path = arena_printf(arena, "/proc/%d/%s", (int)pid, name);

	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_set_system(err, errno, "cannot open %s", path);
	describe(*ret_fd, ret_file);
	ret_file->path = path_of(arena, *ret_fd);
	return ret_file->error == 0
		       ? 0
		       : err_set_system(err, ret_file->error, "cannot look at %s", path);
}

int init_root_look(struct arena *arena, const struct oci_config *config, struct init_facts *facts,
		   struct err *err)
{
	auto_close int root = -1, cwd = -1;
	int error = open_link(arena, facts->pid, "root", &root, &facts->root, err);

	if (error == 0)
		error = open_link(arena, facts->pid, "cwd", &cwd, &facts->cwd, err);
	if (error < 0)
		return error;
	look_at_mounts(arena, root, config, facts);
	facts->at_masked = look_at_all(arena, root, &config->linux_.masked_paths);
	facts->at_readonly = look_at_all(arena, root, &config->linux_.readonly_paths);
	look_at_devices(arena, root, config, facts);
	return 0;
}
