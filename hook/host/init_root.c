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

#define TRIES 128 /* of openat2(2), which gives up when mounts change elsewhere on the host */

const struct init_device init_devices[INIT_DEVICES] = {
	{ "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 },	{ "/dev/full", 1, 7 },
	{ "/dev/tty", 5, 0 },  { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 },
};

enum look {
	LOOK_PLAIN,
	LOOK_NO_LINK, /* at the last part of the path */
	LOOK_EMPTY,   /* and whether a directory is empty */
};

int init_open_in(int root, const char *path, uint64_t flags, uint64_t resolve)
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

/* A file system that a program serves answers when that program likes, so not each is read. */
static bool is_on(const struct init_facts *facts, const struct init_file *file, const char *type)
{
	for (size_t i = 0; i < facts->n_mounts; i++)
		if (facts->mounts[i].id == file->mount)
			return str_starts_with(facts->mounts[i].type, type);
	return false;
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

void init_describe(int fd, struct init_file *file)
{
	struct statx stx = { 0 };

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
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

/* A process of the host has no link there: /proc/self is about the one that asks. */
static uint64_t pidns_of(int proc)
{
	struct stat st;

	return fstatat(proc, "1/ns/pid", &st, 0) == 0 ? st.st_ino : 0;
}

/*
 * Is there nothing at the path? Runtimes leave out what does not exist, or what not even they may
 * look at: a user's process without privileges, in a file system that serves another user.
 */
static bool is_absent(int error)
{
	return error == ENOENT || error == ENOTDIR || (geteuid() != 0 && error == EACCES);
}

struct looker {
	struct arena *arena;
	int root;
	const struct init_facts *facts;
	int error; /* of the first look that failed */
	struct err *err;
};

/* The path of a file that is not there, by links that may be: a later mount can hide the file. */
static const char *path_of_missing(struct arena *arena, int root, const char *clean)
{
	char *parent = arena_copy(arena, clean, strlen(clean));
	const char *found = NULL;

	for (char *slash = strrchr(parent, '/'); found == NULL && slash != parent;
	     slash = strrchr(parent, '/')) {
		auto_close int fd = -1;

		*slash = '\0';
		fd = init_open_in(root, parent, O_PATH, RESOLVE_IN_ROOT);
		if (fd >= 0)
			found = path_of(arena, fd);
	}
	if (found == NULL)
		return clean;
	return arena_printf(arena, "%s%s", strcmp(found, "/") == 0 ? "" : found,
			    clean + strlen(parent));
}

/* The path of a spec. Runtimes take one without a slash at its start from the root as well. */
static struct init_file look(struct looker *looker, struct str path, enum look how)
{
	const char *clean = str_path_normalize(
		looker->arena,
		str_from(arena_printf(looker->arena, "/%.*s", (int)path.len, path.data)));
	const uint64_t flags = O_PATH | (how == LOOK_NO_LINK ? O_NOFOLLOW : 0);
	struct init_file file = { .path = clean };
	auto_close int fd =
		init_open_in(looker->root, clean, flags, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	const bool link = fd < 0 && errno == ELOOP;

	if (link)
		fd = init_open_in(looker->root, clean, flags, RESOLVE_IN_ROOT);
	if (fd < 0)
		file.error = errno;
	else
		init_describe(fd, &file);
	if (file.error != 0 && !is_absent(file.error) && looker->error == 0)
		looker->error = err_set_system(looker->err, file.error,
					       "cannot look at %s in the container",
					       str_show(looker->arena, str_from(clean)));
	if (file.error != 0 && link)
		file.path = path_of_missing(looker->arena, looker->root, clean);
	if (file.error != 0)
		return file;
	if (link)
		file.path = path_of(looker->arena, fd);
	if (file.path == NULL)
		file.path = clean;
	if (how == LOOK_EMPTY && S_ISDIR(file.mode) && file.mount_root &&
	    !is_on(looker->facts, &file, "fuse"))
		file.empty = is_empty(fd);
	if (how == LOOK_PLAIN && is_on(looker->facts, &file, "proc"))
		file.pidns = pidns_of(fd);
	return file;
}

static struct init_file *look_at_all(struct looker *looker, const struct oci_strings *paths)
{
	struct init_file *files = arena_array(looker->arena, paths->n + 1, sizeof(*files));

	for (size_t i = 0; i < paths->n; i++)
		files[i] = look(looker, paths->items[i].value, LOOK_EMPTY);
	return files;
}

static void look_at_mounts(struct looker *looker, const struct oci_config *config,
			   struct init_facts *facts)
{
	facts->at_mounts =
		arena_array(looker->arena, config->mounts.n + 1, sizeof(*facts->at_mounts));
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		const struct str path = mount->destination.value;

		/* Older runtimes do not know these options, and follow the links. */
		if (oci_mount_has(mount, "dest-nofollow") || oci_mount_has(mount, "src-nofollow"))
			facts->at_mounts[i] = look(looker, path, LOOK_NO_LINK);
		if (!facts->at_mounts[i].mount_root)
			facts->at_mounts[i] = look(looker, path, LOOK_PLAIN);
	}
}

static void look_at_devices(struct looker *looker, const struct oci_config *config,
			    struct init_facts *facts)
{
	const struct oci_device *devices = config->linux_.devices.items;

	facts->at_devices = arena_array(looker->arena, config->linux_.devices.n + 1,
					sizeof(*facts->at_devices));
	for (size_t i = 0; i < config->linux_.devices.n; i++)
		facts->at_devices[i] = look(looker, devices[i].path.value, LOOK_NO_LINK);
	for (size_t i = 0; i < INIT_DEVICES; i++)
		facts->devices[i] = look(looker, str_from(init_devices[i].path), LOOK_NO_LINK);
	facts->dev = look(looker, STR("/dev"), LOOK_NO_LINK);
	facts->console = look(looker, STR("/dev/console"), LOOK_PLAIN);
	facts->ptmx = look(looker, STR("/dev/ptmx"), LOOK_PLAIN);
}

static int open_link(struct arena *arena, pid_t pid, const char *name, int *ret_fd,
		     struct init_file *ret_file, struct err *err)
{
	const char *path = arena_printf(arena, "/proc/%d/%s", (int)pid, name);

	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_set_system(err, errno, "cannot open %s", path);
	init_describe(*ret_fd, ret_file);
	ret_file->path = path_of(arena, *ret_fd);
	return ret_file->error == 0
		       ? 0
		       : err_set_system(err, ret_file->error, "cannot look at %s", path);
}

/* This process is not in that root, so ".." leads out of one that was only changed by chroot(2). */
static int look_above(int root, struct init_facts *facts, struct err *err)
{
	auto_close int fd = openat(root, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set_system(err, errno, "cannot look above the container's root");
	init_describe(fd, &facts->above);
	return 0;
}

int init_root_look(struct arena *arena, const struct oci_config *config, struct init_facts *facts,
		   struct err *err)
{
	auto_close int root = -1, cwd = -1;
	struct looker looker = { .arena = arena, .facts = facts, .err = err };
	int error = open_link(arena, facts->pid, "root", &root, &facts->root, err);

	if (error == 0)
		error = open_link(arena, facts->pid, "cwd", &cwd, &facts->cwd, err);
	if (error == 0)
		error = look_above(root, facts, err);
	if (error < 0)
		return error;
	looker.root = root;
	look_at_mounts(&looker, config, facts);
	facts->at_masked = look_at_all(&looker, &config->linux_.masked_paths);
	facts->at_readonly = look_at_all(&looker, &config->linux_.readonly_paths);
	facts->at_cwd = look(&looker, config->process.cwd.value, LOOK_PLAIN);
	look_at_devices(&looker, config, facts);
	return looker.error < 0 ? looker.error : init_nodes_look(arena, root, facts, err);
}
