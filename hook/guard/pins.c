/* SPDX-License-Identifier: Apache-2.0 */
/* The pinned directory: see pins.h. Names on a bpf file system must not contain dots. */
#include "guard/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"

#define BPFFS "/sys/fs/bpf"
#define SUFFIX_NEW "-new"
#define SUFFIX_OLD "-old"

const char *pins_map_name(enum pin_map map)
{
	static const char *const names[PIN_MAPS] = {
		[PIN_CONTAINERS] = "containers",
		[PIN_ROSTER] = "roster",
		[PIN_RESTORES] = "restores",
		[PIN_RULES] = "rules",
		[PIN_READERS] = "readers",
		[PIN_LOST] = "lost",
		[PIN_RECENT] = "recent",
		[PIN_STATS] = "stats",
		[PIN_HOST] = "host",
		[PIN_EXEMPT] = "exempt",
		[PIN_UNREGISTERED] = "unregistered",
		[PIN_META] = "meta",
	};

	return names[map];
}

int pins_missing(struct err *err)
{
	return err_set(err, ENOENT, EXIT_GUARD,
		       "the kernel guard is not loaded: run 'rootfence load'");
}

bool pins_exist(const char *dir)
{
	return access(dir, F_OK) == 0;
}

/* Nothing but an attempt tells. So this deletes a key that no map has. */
bool pins_map_is_frozen(int fd)
{
	unsigned char none[sizeof(struct abi_rule_key)]; /* the longest key */

	memset(none, 0xff, sizeof(none));
	return bpf_map_delete_elem(fd, none) == -EPERM;
}

int pins_path(char path[PINS_PATH_MAX], const char *dir, const char *name, struct err *err)
{
	int len = snprintf(path, PINS_PATH_MAX, "%s/%s", dir, name);

	if (len < 0 || len >= PINS_PATH_MAX)
		return err_set(err, ENAMETOOLONG, EXIT_USAGE,
			       "the guard directory's path is too long");
	return 0;
}

int pins_open_map(const char *dir, const char *name, int *ret_fd, struct err *err)
{
	char path[PINS_PATH_MAX];
	int ret;

	ret = pins_path(path, dir, name, err);
	if (ret < 0)
		return ret;
	ret = bpf_obj_get(path);
	if (ret == -ENOENT)
		return pins_missing(err);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot open the pinned %s", path);
	*ret_fd = ret;
	return 0;
}

/* The pinned guard decides the value's size: of another ABI, only the field abi is known. */
static int meta_read_value(int fd, struct abi_meta *ret_meta, unsigned int *ret_abi,
			   struct err *err)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	auto_free void *value = NULL;
	__u32 zero = 0;
	int ret;

	ret = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot ask for the guard's meta map");
	if (info.value_size < sizeof(__u32) || info.key_size != sizeof(zero))
		return err_set(err, EPROTO, EXIT_GUARD,
			       "the pinned meta map is not one of a rootfence guard");
	value = malloc(info.value_size);
	if (value == NULL)
		return err_set_system(err, ENOMEM, "cannot read the guard's meta map");
	ret = bpf_map_lookup_elem(fd, &zero, value);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot read the guard's meta map");
	memcpy(ret_abi, value, sizeof(*ret_abi));
	if (*ret_abi != GUARD_ABI || info.value_size != sizeof(*ret_meta))
		return err_set(
			err, EPROTO, EXIT_GUARD,
			"the loaded kernel guard has version %u and this rootfence needs version %u: stop the containers, run 'rootfence unload' and 'rootfence load', then start them again",
			*ret_abi, GUARD_ABI);
	memcpy(ret_meta, value, sizeof(*ret_meta));
	ret_meta->name[sizeof(ret_meta->name) - 1] = '\0';
	ret_meta->reason[sizeof(ret_meta->reason) - 1] = '\0';
	return 0;
}

int pins_read_meta(const char *dir, struct abi_meta *ret_meta, unsigned int *ret_abi,
		   struct err *err)
{
	auto_close int fd = -1;
	unsigned int abi = 0;
	int ret;

	ret = pins_open_map(dir, "meta", &fd, err);
	if (ret < 0)
		return ret;
	ret = meta_read_value(fd, ret_meta, &abi, err);
	if (ret_abi != NULL)
		*ret_abi = abi;
	return ret;
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

static int bpffs_mount(struct err *err)
{
	if (is_bpffs(BPFFS) || access(BPFFS, F_OK) < 0)
		return 0; /* mounted, or impossible: opening it will tell */
	if (mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") < 0)
		return err_set(err, errno, EXIT_GUARD,
			       "cannot mount a bpf file system on " BPFFS ": %s", strerror(errno));
	return 0;
}

/* Opens the parent of dir and finds its last component. -ENODEV: not on a bpf file system. */
static int parent_open(const char *dir, int *ret_fd, const char **ret_name, struct err *err)
{
	const char *slash = strrchr(dir, '/');
	char parent[PINS_PATH_MAX];
	int fd;

	if (dir[0] != '/' || slash == dir || slash[1] == '\0' || strchr(slash, '.') != NULL ||
	    (size_t)(slash - dir) >= sizeof(parent))
		return err_set(
			err, EINVAL, EXIT_USAGE,
			"'%s' cannot be a guard directory: it must be an absolute path below a bpf file system, its last part without dots",
			dir);
	memcpy(parent, dir, (size_t)(slash - dir));
	parent[slash - dir] = '\0';
	if (!is_bpffs(parent))
		return err_set(err, ENODEV, EXIT_GUARD,
			       "%s is not on a bpf file system: mount one there, or use " BPFFS,
			       parent);
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", parent);
	*ret_fd = fd;
	*ret_name = slash + 1;
	return 0;
}

/* Pinned objects are files in one flat directory. */
static int tree_remove(int parent_fd, const char *name)
{
	DIR *stream;
	int fd;

	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	stream = fdopendir(fd);
	if (stream == NULL) {
		close(fd);
		return -ENOMEM;
	}
	for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
		if (entry->d_name[0] != '.')
			unlinkat(fd, entry->d_name, 0);
	closedir(stream);
	return unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static void stale_remove(int parent_fd, const char *name)
{
	char stale[PINS_PATH_MAX];

	snprintf(stale, sizeof(stale), "%s" SUFFIX_NEW, name);
	tree_remove(parent_fd, stale);
	snprintf(stale, sizeof(stale), "%s" SUFFIX_OLD, name);
	tree_remove(parent_fd, stale);
}

int pins_begin(const char *dir, char ret_temp[PINS_PATH_MAX], struct err *err)
{
	auto_close int parent = -1;
	const char *name = NULL;
	int ret;

	if (strncmp(dir, BPFFS "/", strlen(BPFFS "/")) == 0) {
		ret = bpffs_mount(err);
		if (ret < 0)
			return ret;
	}
	ret = parent_open(dir, &parent, &name, err);
	if (ret < 0)
		return ret;
	stale_remove(parent, name);
	if (snprintf(ret_temp, PINS_PATH_MAX, "%s" SUFFIX_NEW, dir) >= PINS_PATH_MAX)
		return err_set(err, ENAMETOOLONG, EXIT_USAGE,
			       "the guard directory's path is too long");
	if (mkdir(ret_temp, 0700) < 0)
		return err_set_system(err, errno, "cannot make %s", ret_temp);
	return 0;
}

int pins_publish(const char *temp, const char *dir, struct err *err)
{
	if (rename(temp, dir) < 0)
		return err_set_system(err, errno, "cannot rename %s to %s", temp, dir);
	return 0;
}

int pins_exchange(const char *temp, const char *dir, struct err *err)
{
	char old[PINS_PATH_MAX];

	if (renameat2(AT_FDCWD, temp, AT_FDCWD, dir, RENAME_EXCHANGE) == 0) {
		pins_discard(temp);
		return 0;
	}
	if (errno != EINVAL)
		return err_set_system(err, errno, "cannot exchange %s and %s", temp, dir);
	if (snprintf(old, sizeof(old), "%s" SUFFIX_OLD, dir) >= (int)sizeof(old))
		return err_set(err, ENAMETOOLONG, EXIT_USAGE,
			       "the guard directory's path is too long");
	if (rename(dir, old) < 0)
		return err_set_system(err, errno, "cannot rename %s to %s", dir, old);
	if (rename(temp, dir) < 0) {
		err_set_system(err, errno, "cannot rename %s to %s", temp, dir);
		if (rename(old, dir) < 0)
			err_prefix(err, "the guard is in force, but pinned at %s", old);
		return -EIO;
	}
	pins_discard(old);
	return 0;
}

void pins_discard(const char *temp)
{
	tree_remove(AT_FDCWD, temp);
}

int pins_remove(const char *dir, bool *ret_removed, struct err *err)
{
	auto_close int parent = -1;
	char old[PINS_PATH_MAX];
	const char *name = NULL;
	bool removed = true;
	int ret;

	ret = parent_open(dir, &parent, &name, err);
	if (ret == -ENODEV) {
		*ret_removed = false; /* no bpf file system, no guard */
		return 0;
	}
	if (ret < 0)
		return ret;
	stale_remove(parent, name);
	snprintf(old, sizeof(old), "%s" SUFFIX_OLD, name);
	if (renameat(parent, name, parent, old) < 0) {
		if (errno != ENOENT)
			return err_set_system(err, errno, "cannot rename %s", dir);
		removed = false;
	} else {
		ret = tree_remove(parent, old);
		if (ret < 0)
			return err_set_system(err, -ret, "cannot remove %s" SUFFIX_OLD, dir);
	}
	*ret_removed = removed;
	return 0;
}
