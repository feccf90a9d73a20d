/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what is in the container's root and /dev, and what is masked: see attest.h. Pure. */
#include "attest.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* Character devices of /dev/pts: Documentation/admin-guide/devices.txt. */
#define PTS_MAJOR_FIRST 136
#define PTS_MAJOR_LAST 143

const struct init_mount *attest_mount_of(const struct attest *attest, const struct init_file *file)
{
	for (size_t i = 0; i < attest->facts->n_mounts; i++)
		if (attest->facts->mounts[i].id == file->mount)
			return &attest->facts->mounts[i];
	return NULL;
}

bool attest_has_word(struct str list, const char *word)
{
	const size_t len = strlen(word);

	for (size_t at = 0; at + len <= list.len; at++) {
		const char *end = memchr(list.data + at, ',', list.len - at);
		const size_t size = end != NULL ? (size_t)(end - list.data) - at : list.len - at;

		if (size == len && memcmp(list.data + at, word, len) == 0)
			return true;
		at += size;
	}
	return false;
}

bool attest_ends_with(struct str text, const char *end)
{
	const size_t len = strlen(end);

	return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static bool is_at_or_below(const char *path, const char *parent)
{
	const size_t len = strlen(parent);

	return strcmp(parent, "/") == 0 ||
	       (strncmp(path, parent, len) == 0 && (path[len] == '\0' || path[len] == '/'));
}

bool attest_is_masked(const struct attest *attest, const char *path)
{
	for (size_t i = 0; i < attest->promise->config.linux_.masked_paths.n; i++)
		if (is_at_or_below(path, attest->facts->at_masked[i].path))
			return true;
	return false;
}

bool attest_is_covered(const struct attest *attest, const char *path, const char *except)
{
	for (size_t i = 0; i < attest->promise->config.mounts.n; i++) {
		const char *at = attest->facts->at_mounts[i].path;

		if (is_at_or_below(path, at) && strcmp(at, except) != 0 && strcmp(at, "/") != 0)
			return true;
	}
	return false;
}

static const struct oci_mount *mount_at(const struct attest *attest, const char *path)
{
	const struct oci_config *config = &attest->promise->config;

	for (size_t i = config->mounts.n; i-- > 0;)
		if (strcmp(attest->facts->at_mounts[i].path, path) == 0)
			return oci_config_mount(config, i);
	return NULL;
}

static const char *compare_root(const struct attest *attest)
{
	const struct init_facts *facts = attest->facts;
	const struct promise *promise = attest->promise;
	const struct init_mount *mount = attest_mount_of(attest, &facts->root);
	const bool same = promise->root.inode == facts->root.id.inode &&
			  promise->root.device == facts->root.id.device;

	if (mount == NULL || !facts->root.mount_root || !str_is(mount->point, "/"))
		return "/root/path: the process's root is not the root of the container's mounts";
	/* crun can mount something else on it. */
	if (promise->root.inode != 0 && !same && mount_at(attest, "/") == NULL)
		return "/root/path: the process's root is another directory than was approved";
	if (promise->config.root.readonly.value && !attest_has_word(mount->flags, "ro") &&
	    !attest_has_word(mount->options, "ro"))
		return "/root/readonly: the root can be written to; approved: true";
	return NULL;
}

/* The mount tells, and not the path: that of a directory outside looks like one inside. */
static const char *compare_directories(const struct attest *attest)
{
	const struct init_facts *facts = attest->facts;

	if (attest_mount_of(attest, &facts->cwd) == NULL)
		return "/process/cwd: the working directory is outside of the container";
	for (size_t i = 0; i < facts->n_fds; i++) {
		const struct init_file file = { .mount = facts->fds[i].mount };

		if (attest_mount_of(attest, &file) == NULL)
			return arena_printf(
				attest->arena,
				"descriptor %u of the process is a directory outside of the container",
				facts->fds[i].number);
	}
	return NULL;
}

static bool is_device(const struct init_file *file, mode_t type, unsigned int major,
		      unsigned int minor)
{
	return (file->mode & S_IFMT) == type && file->major == major && file->minor == minor;
}

static bool number_is(const struct json_node *node, unsigned int number)
{
	uint64_t value = 0;

	return node == NULL || !str_to_uint(node->text, UINT32_MAX, &value) || value == number;
}

static bool is_listed(const struct attest *attest, const char *path)
{
	for (size_t i = 0; i < attest->promise->config.linux_.devices.n; i++)
		if (strcmp(attest->facts->at_devices[i].path, path) == 0)
			return true;
	return false;
}

static const char *other_device(const struct attest *attest, const char *path)
{
	return arena_printf(attest->arena, "%s is another file than the device that was approved",
			    str_show(attest->arena, str_from(path)));
}

/* The terminal lies on a device of that name, and under crun on a mask: compare_dev(). */
static bool is_console(const struct attest *attest, const char *path)
{
	return attest->promise->terminal && strcmp(path, "/dev/console") == 0;
}

static bool is_terminal(const struct init_file *file)
{
	return file->error == 0 && S_ISCHR(file->mode) && file->major >= PTS_MAJOR_FIRST &&
	       file->major <= PTS_MAJOR_LAST;
}

/* A device that is missing gives nothing away. */
static const char *compare_listed(const struct attest *attest)
{
	const struct oci_list *list = &attest->promise->config.linux_.devices;
	const struct oci_device *devices = list->items;

	for (size_t i = 0; i < list->n; i++) {
		const struct init_file *file = &attest->facts->at_devices[i];
		const bool block = str_is(devices[i].type.value, "b");

		if (file->error != 0 || !is_at_or_below(file->path, "/dev") ||
		    attest_is_covered(attest, file->path, "/dev") ||
		    attest_is_masked(attest, file->path) || strcmp(file->path, "/dev/ptmx") == 0 ||
		    is_console(attest, file->path))
			continue;
		if (str_is(devices[i].type.value, "p")
			    ? !S_ISFIFO(file->mode)
			    : (file->mode & S_IFMT) != (block ? S_IFBLK : S_IFCHR) ||
				      !number_is(devices[i].major, file->major) ||
				      !number_is(devices[i].minor, file->minor))
			return other_device(attest, file->path);
	}
	return NULL;
}

static const char *compare_devices(const struct attest *attest)
{
	for (size_t i = 0; i < INIT_DEVICES; i++) {
		const struct init_file *file = &attest->facts->devices[i];
		const char *path = init_devices[i].path;

		if (file->error == 0 && !attest_is_covered(attest, path, "/dev") &&
		    !attest_is_masked(attest, path) && !is_listed(attest, path) &&
		    !is_device(file, S_IFCHR, init_devices[i].major, init_devices[i].minor))
			return other_device(attest, path);
	}
	return compare_listed(attest);
}

/* What a spec mounts on /dev must be on /dev itself: an image may have a link there. */
static const char *compare_dev(const struct attest *attest)
{
	const struct init_file *dev = &attest->facts->dev;
	const struct oci_mount *mount = NULL;

	for (size_t i = 0; i < attest->promise->config.mounts.n; i++) {
		const struct oci_mount *other = oci_config_mount(&attest->promise->config, i);

		if (strcmp(str_path_normalize(
				   attest->arena,
				   str_from(arena_printf(attest->arena, "/%.*s",
							 (int)other->destination.value.len,
							 other->destination.value.data))),
			   "/dev") == 0)
			mount = other;
	}
	if (mount != NULL && (dev->error != 0 || !S_ISDIR(dev->mode) || !dev->mount_root))
		return S_ISLNK(dev->mode) ? "/dev is a link; approved: a mount of its own"
					  : "/dev is not a mount of its own, which was approved";
	if (attest->promise->terminal && !attest_is_covered(attest, "/dev/console", "/dev") &&
	    !attest_is_masked(attest, "/dev/console") && !is_terminal(&attest->facts->console))
		return "/dev/console is not the terminal that was approved";
	return mount != NULL && !mount->bind ? compare_devices(attest) : NULL;
}

/* Is what a masked path leads to hidden? Runtimes leave out a path that does not exist. */
static bool is_hidden(const struct attest *attest, const struct init_file *file)
{
	const struct init_mount *mount = attest_mount_of(attest, file);

	if (file->error != 0)
		return true;
	if (mount == NULL || !file->mount_root)
		return false;
	if (!S_ISDIR(file->mode))
		return is_device(file, S_IFCHR, 1, 3);
	/* Newer crun binds one empty directory of its own, which has that name. */
	return file->empty && attest_has_word(mount->flags, "ro") &&
	       (str_is(mount->type, "tmpfs") || attest_ends_with(mount->root, "/.empty-directory"));
}

static const char *compare_paths(const struct attest *attest)
{
	const struct oci_linux *linux_ = &attest->promise->config.linux_;

	for (size_t i = 0; i < linux_->masked_paths.n; i++)
		if (!is_hidden(attest, &attest->facts->at_masked[i]) &&
		    !(is_console(attest, attest->facts->at_masked[i].path) &&
		      is_terminal(&attest->facts->console)))
			return arena_printf(
				attest->arena, "/linux/maskedPaths: %s is not masked",
				str_quote(attest->arena, linux_->masked_paths.items[i].value));
	for (size_t i = 0; i < linux_->readonly_paths.n; i++) {
		const struct init_file *file = &attest->facts->at_readonly[i];
		const struct init_mount *mount = attest_mount_of(attest, file);

		if (file->error == 0 && !attest_is_masked(attest, file->path) &&
		    (mount == NULL || !(attest_has_word(mount->flags, "ro") ||
					attest_has_word(mount->options, "ro"))))
			return arena_printf(
				attest->arena, "/linux/readonlyPaths: %s is not read-only",
				str_quote(attest->arena, linux_->readonly_paths.items[i].value));
	}
	return NULL;
}

const char *attest_files(const struct attest *attest)
{
	const char *difference = compare_root(attest);

	if (difference == NULL)
		difference = compare_directories(attest);
	if (difference == NULL)
		difference = compare_paths(attest);
	return difference != NULL ? difference : compare_dev(attest);
}
