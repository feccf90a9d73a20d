/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the container's root, open directories, and what is masked: see attest.h. Pure. */
#include "attest.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

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

const struct oci_mount *attest_mount_at(const struct attest *attest, const char *path)
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
	/* pivot_root(2) leaves nothing above the root. */
	if (facts->above.mount != facts->root.mount ||
	    facts->above.id.inode != facts->root.id.inode)
		return "/root/path: the process's root lies in another tree of directories, to which it can get out";
	/* crun can mount something else on it. */
	if (promise->root.inode != 0 && !same && attest_mount_at(attest, "/") == NULL)
		return "/root/path: the process's root is another directory than was approved";
	if (promise->config.root.readonly.value && !attest_has_word(mount->flags, "ro") &&
	    !attest_has_word(mount->options, "ro"))
		return "/root/readonly: the root can be written to; approved: true";
	return NULL;
}

/* Is the working directory where the spec says, below what the host has mounted there since? */
static bool is_cwd_covered(const struct init_facts *facts)
{
	return facts->at_cwd.mount != facts->cwd.mount && facts->cwd.path != NULL &&
	       strcmp(facts->at_cwd.path, facts->cwd.path) == 0;
}

/* The mount tells, and not the path: that of a directory outside looks like one inside. */
static const char *compare_directories(const struct attest *attest)
{
	const struct init_facts *facts = attest->facts;

	if (attest_mount_of(attest, &facts->cwd) == NULL)
		return "/process/cwd: the working directory is outside of the container";
	if (facts->at_cwd.error == 0 && !is_cwd_covered(facts) &&
	    (facts->at_cwd.id.inode != facts->cwd.id.inode ||
	     facts->at_cwd.id.device != facts->cwd.id.device))
		return arena_printf(
			attest->arena, "/process/cwd: the working directory is not %s, as approved",
			str_quote(attest->arena, attest->promise->config.process.cwd.value));
	for (size_t i = 0; i < facts->n_fds; i++) {
		const struct init_file file = { .mount = facts->fds[i].mount };

		if (facts->fds[i].number >= (unsigned int)attest->promise->descriptors)
			return arena_printf(
				attest->arena,
				"descriptor %u of the process stays open; the runtime was told to hand on %d",
				facts->fds[i].number, attest->promise->descriptors);
		if (facts->fds[i].directory && attest_mount_of(attest, &file) == NULL)
			return arena_printf(
				attest->arena,
				"descriptor %u of the process is a directory outside of the container",
				facts->fds[i].number);
	}
	return NULL;
}

bool attest_is_device(const struct init_file *file, mode_t type, unsigned int major,
		      unsigned int minor)
{
	return (file->mode & S_IFMT) == type && file->major == major && file->minor == minor;
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
		return attest_is_device(file, S_IFCHR, 1, 3);
	/* Newer crun binds one empty directory of its own, which has that name. */
	return file->empty && attest_has_word(mount->flags, "ro") &&
	       (str_is(mount->type, "tmpfs") || attest_ends_with(mount->root, "/.empty-directory"));
}

static const char *compare_paths(const struct attest *attest)
{
	const struct oci_linux *linux_ = &attest->promise->config.linux_;

	for (size_t i = 0; i < linux_->masked_paths.n; i++)
		if (!is_hidden(attest, &attest->facts->at_masked[i]) &&
		    !attest_has_console(attest, attest->facts->at_masked[i].path))
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
	return difference != NULL ? difference : attest_devices(attest);
}
