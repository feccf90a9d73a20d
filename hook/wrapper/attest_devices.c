/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the devices in a container's /dev: see attest.h. Pure. */
#include "attest.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* Character devices of /dev/pts: Documentation/admin-guide/devices.txt. */
#define PTS_MAJOR_FIRST 136
#define PTS_MAJOR_LAST 143

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

/* Is it a terminal, or the device that makes them, of another /dev/pts than the container's? */
static bool is_of_other_pts(const struct attest *attest, const struct init_file *file)
{
	const struct oci_config *config = &attest->promise->config;
	const struct init_mount *on = attest_mount_of(attest, file);

	if (file->error != 0 || (on != NULL && !str_is(on->type, "devpts")))
		return false;
	for (size_t i = 0; i < config->mounts.n; i++)
		if (str_is(oci_config_mount(config, i)->type.value, "devpts") &&
		    strcmp(attest->facts->at_mounts[i].path, "/dev/pts") == 0)
			return attest->facts->at_mounts[i].id.device != file->id.device;
	return false;
}

/* The terminal lies on a device of that name, and under crun on a mask. */
static bool is_console(const struct attest *attest, const char *path)
{
	return attest->promise->terminal && strcmp(path, "/dev/console") == 0;
}

bool attest_has_console(const struct attest *attest, const char *path)
{
	const struct init_file *console = &attest->facts->console;

	return is_console(attest, path) && console->error == 0 && S_ISCHR(console->mode) &&
	       console->major >= PTS_MAJOR_FIRST && console->major <= PTS_MAJOR_LAST &&
	       !is_of_other_pts(attest, console);
}

/*
 * Did the runtime make this file? On a /dev of the image, only what is mounted is from the runtime. A
 * device that is missing gives nothing away.
 */
static bool is_made(const struct attest *attest, const struct init_file *file)
{
	return file->error == 0 && (attest->facts->dev.mount_root || file->mount_root);
}

static const char *compare_listed(const struct attest *attest)
{
	const struct oci_list *list = &attest->promise->config.linux_.devices;
	const struct oci_device *devices = list->items;

	for (size_t i = 0; i < list->n; i++) {
		const struct init_file *file = &attest->facts->at_devices[i];
		const bool block = str_is(devices[i].type.value, "b");

		if (!is_made(attest, file) ||
		    attest_rest_of(str_from(file->path), "/dev") == NULL ||
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

static bool is_default(const char *path)
{
	for (size_t i = 0; i < INIT_DEVICES; i++)
		if (strcmp(init_devices[i].path, path) == 0)
			return true;
	return strcmp(path, "/dev/console") == 0 || strcmp(path, "/dev/ptmx") == 0;
}

/* A hook that the policy allows, such as one for GPUs, may make devices. */
static const char *compare_others(const struct attest *attest)
{
	const struct init_facts *facts = attest->facts;

	for (size_t i = 0; i < facts->n_nodes && !attest->promise->hooks; i++)
		if (!is_default(facts->nodes[i].path) && !is_listed(attest, facts->nodes[i].path))
			return arena_printf(attest->arena,
					    "%s is a device that was not approved: %s %u:%u",
					    str_show(attest->arena, str_from(facts->nodes[i].path)),
					    S_ISBLK(facts->nodes[i].mode) ? "block" : "character",
					    facts->nodes[i].major, facts->nodes[i].minor);
	return NULL;
}

static const char *compare_devices(const struct attest *attest)
{
	for (size_t i = 0; i < INIT_DEVICES; i++) {
		const struct init_file *file = &attest->facts->devices[i];
		const char *path = init_devices[i].path;

		if (is_made(attest, file) && !attest_is_covered(attest, path, "/dev") &&
		    !attest_is_masked(attest, path) && !is_listed(attest, path) &&
		    !attest_is_device(file, S_IFCHR, init_devices[i].major, init_devices[i].minor))
			return other_device(attest, path);
	}
	return compare_listed(attest);
}

/* What a spec mounts on /dev: found by its name, since an image may have a link there. */
static const struct oci_mount *mount_on_dev(const struct attest *attest)
{
	const struct oci_mount *mount = NULL;

	for (size_t i = 0; i < attest->promise->config.mounts.n; i++) {
		const struct oci_mount *other = oci_config_mount(&attest->promise->config, i);
		const char *path =
			arena_printf(attest->arena, "/%.*s", (int)other->destination.value.len,
				     other->destination.value.data);

		if (strcmp(str_path_normalize(attest->arena, str_from(path)), "/dev") == 0)
			mount = other;
	}
	return mount;
}

static const char *compare_terminals(const struct attest *attest)
{
	const struct init_file *ptmx = &attest->facts->ptmx;

	if (attest->promise->terminal && !attest_is_covered(attest, "/dev/console", "/dev") &&
	    !attest_is_masked(attest, "/dev/console") &&
	    !attest_has_console(attest, "/dev/console"))
		return "/dev/console is not the terminal that was approved";
	if (!attest_is_covered(attest, "/dev/ptmx", "/dev") &&
	    !attest_is_masked(attest, "/dev/ptmx") && is_made(attest, ptmx) &&
	    (!attest_is_device(ptmx, S_IFCHR, 5, 2) || is_of_other_pts(attest, ptmx)))
		return "/dev/ptmx does not make terminals of the container";
	return NULL;
}

const char *attest_devices(const struct attest *attest)
{
	const struct init_file *dev = &attest->facts->dev;
	const struct oci_mount *mount = mount_on_dev(attest);
	const char *difference;

	if (mount != NULL && (dev->error != 0 || !S_ISDIR(dev->mode) || !dev->mount_root))
		return S_ISLNK(dev->mode) ? "/dev is a link; approved: a mount of its own"
					  : "/dev is not a mount of its own, which was approved";
	if (mount != NULL && mount->bind)
		return NULL; /* it has what its source has */
	difference = compare_terminals(attest);
	if (difference == NULL)
		difference = compare_devices(attest);
	return difference != NULL ? difference : compare_others(attest);
}
