/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the container's table of mounts with the spec: see attest.h. Pure. Each mount must be one
 * of the spec's, at its place and of its file; the root; a mask; a read-only path; a device or the
 * console; the socket directory that runtimes add for sd_notify(3); a mount below a cgroup mount; or
 * one that the host has at the same place below a source, which a recursive bind brings along. Two
 * mounts at one place that show the same are one: runtimes bind what is read-only onto itself.
 */
#include "attest.h"

#include <string.h>

#include "base/cleanup.h"

static bool is_mounted(const struct oci_mount *mount)
{
	return !mount->remount && !oci_mount_has(mount, "copy-symlink"); /* crun makes a link */
}

static bool is_cgroup(const struct oci_mount *mount)
{
	return !mount->bind &&
	       (str_is(mount->type.value, "cgroup") || str_is(mount->type.value, "cgroup2"));
}

/* Returns what follows `parent` in path, "" for itself, or NULL if path is not below it. */
static const char *rest_of(struct str path, const char *parent)
{
	const size_t len = strcmp(parent, "/") == 0 ? 0 : strlen(parent);

	if (path.len < len || memcmp(path.data, parent, len) != 0 ||
	    (path.len > len && path.data[len] != '/'))
		return NULL;
	return path.len == 1 ? "" : path.data + len;
}

/* The end of a text, from there. */
static struct str str_from_end(struct str text, const char *from)
{
	return (struct str){ from, from[0] == '\0' ? 0 : (size_t)(text.data + text.len - from) };
}

static bool same_tree(const struct init_mount *a, const struct init_mount *b)
{
	return str_equal(a->device, b->device) && str_equal(a->root, b->root);
}

/* Does the host have this mount at source, with the same rest of the path? */
static bool host_has(const struct attest *attest, const struct init_mount *mount,
		     const char *source, struct str rest)
{
	const size_t len = strcmp(source, "/") == 0 ? 0 : strlen(source);

	for (size_t i = 0; i < attest->host->n_mounts; i++) {
		const struct init_mount *host = &attest->host->mounts[i];

		if (same_tree(host, mount) && host->point.len == len + rest.len &&
		    memcmp(host->point.data, source, len) == 0 &&
		    memcmp(host->point.data + len, rest.data, rest.len) == 0)
			return true;
	}
	return false;
}

/* The source of a mount of the spec; /sys, which crun binds where it cannot mount sysfs. */
static const char *source_of(const struct attest *attest, size_t i)
{
	const struct oci_mount *mount = oci_config_mount(&attest->promise->config, i);

	return str_is(mount->type.value, "sysfs") ? "/sys" : attest->host->sources[i];
}

/* Was it below a source of the spec when the container was approved? */
static bool was_brought(const struct attest *attest, const struct init_mount *mount)
{
	const struct promise *promise = attest->promise;

	for (size_t i = 0; i < promise->n_brought; i++) {
		const struct promise_brought *brought = &promise->brought[i];
		const char *rest = brought->number < promise->config.mounts.n
					   ? rest_of(mount->point,
						     attest->facts->at_mounts[brought->number].path)
					   : NULL;

		if (rest != NULL && str_equal(brought->device, mount->device) &&
		    str_equal(brought->root, mount->root) &&
		    str_equal(brought->rest, str_from_end(mount->point, rest)))
			return true;
	}
	return false;
}

/*
 * Is it one of the container's own mounts, seen once more? A source that contains the container's
 * root brings along what the runtime had mounted there by then. rest: of the place, below the source.
 */
static bool is_own_again(const struct attest *attest, const struct init_mount *mount,
			 const char *source, struct str rest)
{
	const struct init_facts *facts = attest->facts;
	const char *root =
		attest->host->root != NULL ? rest_of(str_from(attest->host->root), source) : NULL;
	const size_t len = root != NULL ? strlen(root) : 0;
	struct str own;

	if (len == 0 || rest.len < len || memcmp(rest.data, root, len) != 0 ||
	    (rest.len > len && rest.data[len] != '/'))
		return false;
	own = rest.len > len ? (struct str){ rest.data + len, rest.len - len } : STR("/");
	for (size_t i = 0; i < facts->n_mounts; i++)
		if (str_equal(facts->mounts[i].point, own) && same_tree(&facts->mounts[i], mount))
			return true;
	return false;
}

/* Came the mount along with a source of the spec, or with the root? */
static bool comes_with_source(struct attest *attest, const struct init_mount *mount)
{
	const struct oci_config *config = &attest->promise->config;

	if (was_brought(attest, mount))
		return true;
	if (attest->host == NULL) {
		attest->wants_host = true;
		return true; /* asked again with the host's table */
	}
	for (size_t i = 0; i < config->mounts.n; i++) {
		const char *source = source_of(attest, i);
		const char *rest = rest_of(mount->point, attest->facts->at_mounts[i].path);

		if (source != NULL && rest != NULL &&
		    (host_has(attest, mount, source, str_from_end(mount->point, rest)) ||
		     is_own_again(attest, mount, source, str_from_end(mount->point, rest))))
			return true;
	}
	return attest->host->root != NULL && !str_is(mount->point, "/") &&
	       host_has(attest, mount, attest->host->root, mount->point);
}

/*
 * A hook that the policy allows, such as one for GPUs, may mount files; but not a whole file system
 * of the host, which is what CVE-2024-0132 and CVE-2025-23359 gave.
 */
static bool may_be_of_hook(struct attest *attest, const struct init_mount *mount)
{
	if (!attest->promise->hooks)
		return false;
	if (attest->host == NULL) {
		attest->wants_host = true;
		return true;
	}
	for (size_t i = 0; i < attest->host->n_mounts; i++) {
		const struct init_mount *host = &attest->host->mounts[i];

		if (str_equal(host->device, mount->device) &&
		    (str_is(mount->root, "/") ||
		     (str_is(host->point, "/") && str_equal(host->root, mount->root))))
			return false;
	}
	return true;
}

static unsigned int count_paths(const struct init_file *files, size_t n, struct str point)
{
	unsigned int count = 0;

	for (size_t i = 0; i < n; i++)
		count += str_is(point, files[i].path) && files[i].error == 0;
	return count;
}

/* How many different mounts the spec explains at a place. */
static unsigned int promised_at(const struct attest *attest, struct str point)
{
	const struct oci_config *config = &attest->promise->config;
	const struct init_facts *facts = attest->facts;
	unsigned int count = str_is(point, "/") ? 1 : 0;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		/* crun mounts cgroup2 on a tmpfs where it cannot on another cgroup2; runc as a user
		 * without cgroups hides it. */
		if (is_mounted(mount) && str_is(point, facts->at_mounts[i].path))
			count += is_cgroup(mount) ? 2 : 1;
	}
	count += count_paths(facts->at_masked, config->linux_.masked_paths.n, point);
	count += count_paths(facts->at_readonly, config->linux_.readonly_paths.n, point);
	count += count_paths(facts->at_devices, config->linux_.devices.n, point);
	count += count_paths(facts->devices, INIT_DEVICES, point);
	return count + (attest->promise->terminal && str_is(point, "/dev/console") ? 1 : 0);
}

/* How many different mounts are there, without those that a source brought along? */
static unsigned int found_at(struct attest *attest, struct str point, bool without_brought)
{
	const struct init_facts *facts = attest->facts;
	unsigned int count = 0;

	for (size_t i = 0; i < facts->n_mounts; i++) {
		const struct init_mount *mount = &facts->mounts[i];
		bool known = !str_equal(mount->point, point);

		for (size_t j = 0; j < i && !known; j++)
			known = str_equal(facts->mounts[j].point, point) &&
				same_tree(mount, &facts->mounts[j]);
		count += known || (without_brought && comes_with_source(attest, mount)) ? 0 : 1;
	}
	return count;
}

static bool is_below_cgroup(const struct attest *attest, const struct init_mount *mount)
{
	const struct oci_config *config = &attest->promise->config;

	if (!str_is(mount->type, "cgroup") && !str_is(mount->type, "cgroup2"))
		return false;
	for (size_t i = 0; i < config->mounts.n; i++)
		if (is_cgroup(oci_config_mount(config, i)) &&
		    rest_of(mount->point, attest->facts->at_mounts[i].path) != NULL)
			return true;
	return false;
}

/* Is there an earlier mount at this place that shows the same? That one is looked at. */
static bool is_copy(const struct attest *attest, size_t i)
{
	const struct init_mount *mounts = attest->facts->mounts;

	for (size_t j = 0; j < i; j++)
		if (str_equal(mounts[j].point, mounts[i].point) &&
		    same_tree(&mounts[j], &mounts[i]))
			return true;
	return false;
}

static const char *compare_row(struct attest *attest, size_t i)
{
	const struct init_mount *mount = &attest->facts->mounts[i];
	const unsigned int promised = promised_at(attest, mount->point);

	if (is_copy(attest, i) ||
	    (promised > 0 && (found_at(attest, mount->point, false) <= promised ||
			      found_at(attest, mount->point, true) <= promised)) ||
	    is_below_cgroup(attest, mount) ||
	    attest_ends_with(mount->root, arena_printf(attest->arena, "/%s/notify", attest->id)) ||
	    comes_with_source(attest, mount) || may_be_of_hook(attest, mount))
		return NULL;
	return arena_printf(
		attest->arena,
		promised > 0
			? "/mounts: more is mounted at %s than was approved: %s of device %s (%s)"
			: "/mounts: %s is a mount that was not approved: %s of device %s (%s)",
		str_show(attest->arena, mount->point), str_quote(attest->arena, mount->root),
		str_show(attest->arena, mount->device), str_show(attest->arena, mount->type));
}

/* Does a later mount of the spec lie on this one, or on a directory above it? */
static bool is_hidden(const struct attest *attest, size_t i)
{
	const char *path = attest->facts->at_mounts[i].path;

	for (size_t j = i + 1; j < attest->promise->config.mounts.n; j++)
		if (is_mounted(oci_config_mount(&attest->promise->config, j)) &&
		    rest_of(str_from(path), attest->facts->at_mounts[j].path) != NULL)
			return true;
	return attest_is_masked(attest, path);
}

/* File systems of the kernel's own; of another type, the name may be another in the table. */
static bool is_type(struct str found, struct str promised)
{
	static const char *const own[] = {
		"proc", "sysfs", "tmpfs", "devpts", "mqueue", "devtmpfs"
	};

	if (str_is(promised, "cgroup") || str_is(promised, "cgroup2"))
		return str_is(found, "cgroup") || str_is(found, "cgroup2") ||
		       str_is(found, "tmpfs");
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (str_is(promised, own[i]))
			return str_equal(found, promised);
	return true;
}

/* Runtimes set these on every mount but those of cgroups. The last of two opposites counts. */
static const char *missing_flag(const struct oci_mount *mount, const struct init_mount *found)
{
	static const char *const flags[][2] = {
		{ "ro", "rw" },
		{ "nosuid", "suid" },
		{ "nodev", "dev" },
		{ "noexec", "exec" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags) && !is_cgroup(mount); i++) {
		bool wanted = false;

		for (size_t j = 0; j < mount->options.n; j++) {
			if (str_is(mount->options.items[j].value, flags[i][0]))
				wanted = true;
			else if (str_is(mount->options.items[j].value, flags[i][1]))
				wanted = false;
		}
		/* A whole file system can be read-only, too. */
		if (wanted && !attest_has_word(found->flags, flags[i][0]) &&
		    (i > 0 || !attest_has_word(found->options, flags[i][0])))
			return flags[i][0];
	}
	return NULL;
}

static const char *compare_visible(struct attest *attest, const struct oci_mount *mount, size_t i)
{
	const struct init_file *file = &attest->facts->at_mounts[i];
	const struct file_id *source = &attest->promise->sources[i];
	const struct init_mount *found = attest_mount_of(attest, file);
	const char *point = str_show(attest->arena, str_from(file->path)), *flag;

	if (!file->mount_root || found == NULL)
		return arena_printf(attest->arena,
				    "/mounts: nothing is mounted at %s; approved: %s", point,
				    str_quote(attest->arena, mount->bind ? mount->source.value
									 : mount->type.value));
	const bool other = mount->bind && source->inode != 0 &&
			   (source->inode != file->id.inode || source->device != file->id.device);

	if (other && !comes_with_source(attest, found) && !may_be_of_hook(attest, found))
		return arena_printf(attest->arena,
				    "/mounts: %s shows another file than %s, which was approved",
				    point, str_quote(attest->arena, mount->source.value));
	if (!mount->bind && !is_type(found->type, mount->type.value))
		return arena_printf(attest->arena, "/mounts: a %s is mounted at %s; approved: %s",
				    str_show(attest->arena, found->type), point,
				    str_quote(attest->arena, mount->type.value));
	/* What the host mounts on the source, the kernel gives the container with its own flags. */
	flag = other && comes_with_source(attest, found) ? NULL : missing_flag(mount, found);
	return flag == NULL ? NULL
			    : arena_printf(attest->arena,
					   "/mounts: the mount at %s is not %s, as approved", point,
					   flag);
}

const char *attest_mounts(struct attest *attest)
{
	const struct oci_config *config = &attest->promise->config;
	const char *difference = NULL;

	for (size_t i = 0; i < config->mounts.n && difference == NULL; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (is_mounted(mount) && !is_hidden(attest, i))
			difference = compare_visible(attest, mount, i);
	}
	for (size_t i = 0; i < attest->facts->n_mounts && difference == NULL; i++)
		difference = compare_row(attest, i);
	return difference;
}
