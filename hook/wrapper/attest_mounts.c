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
#include <sys/stat.h>

#include "base/cleanup.h"

static bool is_mounted(const struct oci_mount *mount)
{
	return !mount->remount && !oci_mount_has(mount, "copy-symlink"); /* crun makes a link */
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
		const char *rest =
			brought->number < promise->config.mounts.n
				? attest_rest_of(mount->point,
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
	const char *root = attest->host->root != NULL
				   ? attest_rest_of(str_from(attest->host->root), source)
				   : NULL;
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
	if (attest->host->sources == NULL) {
		attest->wants_sources = true;
		return true; /* asked again with them */
	}
	for (size_t i = 0; i < config->mounts.n; i++) {
		const char *source = source_of(attest, i);
		const char *rest = attest_rest_of(mount->point, attest->facts->at_mounts[i].path);

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
static bool may_be_of_hook(const struct attest *attest, const struct init_mount *mount)
{
	if (!attest->promise->hooks)
		return false;
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
			count += attest_is_cgroup(mount) ? 2 : 1;
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

/* The cgroup mount of the spec that a mount of cgroups is a part of, or NULL. */
static const struct oci_mount *cgroup_above(const struct attest *attest,
					    const struct init_mount *mount)
{
	const struct oci_config *config = &attest->promise->config;

	for (size_t i = config->mounts.n; i-- > 0 && str_starts_with(mount->type, "cgroup");)
		if (attest_is_cgroup(oci_config_mount(config, i)) &&
		    attest_rest_of(mount->point, attest->facts->at_mounts[i].path) != NULL)
			return oci_config_mount(config, i);
	return NULL;
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

/* A path is made read-only by a bind onto itself. Does the mount show what is below it? */
static bool shows_what_is_below(const struct attest *attest, const struct init_mount *mount)
{
	const struct init_facts *facts = attest->facts;
	const struct init_mount *below = NULL;
	const char *expected;
	size_t root, point;

	for (size_t i = 0; i < facts->n_mounts && below == NULL; i++)
		if (facts->mounts[i].id == mount->parent)
			below = &facts->mounts[i];
	if (below == NULL || !str_equal(below->device, mount->device) ||
	    below->point.len > mount->point.len)
		return false;
	root = str_is(below->root, "/") ? 0 : below->root.len;
	point = str_is(below->point, "/") ? 0 : below->point.len;
	expected = arena_printf(attest->arena, "%.*s%.*s", (int)root, below->root.data,
				(int)(mount->point.len - point), mount->point.data + point);
	return str_is(mount->root, expected[0] != '\0' ? expected : "/");
}

/* Only the bind of a read-only path is there: is it that path? */
static bool is_swapped(const struct attest *attest, const struct init_mount *mount)
{
	const struct promise *promise = attest->promise;
	const size_t readonly = count_paths(attest->facts->at_readonly,
					    promise->config.linux_.readonly_paths.n, mount->point);

	return readonly > 0 && promised_at(attest, mount->point) == readonly &&
	       !shows_what_is_below(attest, mount);
}

static const char *compare_row(struct attest *attest, size_t i)
{
	const struct init_mount *mount = &attest->facts->mounts[i];
	const unsigned int promised = promised_at(attest, mount->point);
	const struct oci_mount *cgroup = cgroup_above(attest, mount);
	const bool swapped = is_swapped(attest, mount);

	if (attest_is_shared(attest, mount))
		return arena_printf(attest->arena,
				    "/mounts: the mount at %s is shared, which was not approved",
				    str_show(attest->arena, mount->point));
	if (cgroup != NULL)
		return attest_cgroup_mount(attest, cgroup, mount);
	if (is_copy(attest, i) ||
	    (promised > 0 && !swapped &&
	     (found_at(attest, mount->point, false) <= promised ||
	      found_at(attest, mount->point, true) <= promised)) ||
	    attest_ends_with(mount->root, arena_printf(attest->arena, "/%s/notify", attest->id)) ||
	    comes_with_source(attest, mount) || may_be_of_hook(attest, mount))
		return NULL;
	return arena_printf(
		attest->arena,
		swapped ? "/linux/readonlyPaths: %s shows something else: %s of device %s (%s)"
		: promised > 0
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
		    attest_rest_of(str_from(path), attest->facts->at_mounts[j].path) != NULL)
			return true;
	return attest_is_masked(attest, path);
}

/*
 * File systems of the kernel's own, which are mounted whole; of another type, the name may be another
 * in the table.
 */
static bool is_type(const struct init_mount *found, struct str promised)
{
	static const char *const own[] = {
		"proc", "sysfs", "tmpfs", "devpts", "mqueue", "devtmpfs"
	};

	if (str_is(promised, "cgroup") || str_is(promised, "cgroup2"))
		return str_is(found->type, "cgroup") || str_is(found->type, "cgroup2") ||
		       str_is(found->type, "tmpfs");
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (str_is(promised, own[i]))
			return str_equal(found->type, promised) && str_is(found->root, "/");
	return true;
}

static const char *compare_visible(struct attest *attest, const struct oci_mount *mount, size_t i)
{
	const struct init_file *file = &attest->facts->at_mounts[i];
	const struct file_id *source = &attest->promise->sources[i];
	const struct init_mount *found = attest_mount_of(attest, file);
	const char *point = str_show(attest->arena, str_from(file->path));

	if (!file->mount_root || found == NULL)
		return arena_printf(attest->arena,
				    "/mounts: nothing is mounted at %s; approved: %s", point,
				    str_quote(attest->arena, mount->bind ? mount->source.value
									 : mount->type.value));
	const bool is_link = S_ISLNK(file->mode) && oci_mount_has(mount, "src-nofollow");
	const bool other = mount->bind && source->inode != 0 && !is_link &&
			   (source->inode != file->id.inode || source->device != file->id.device);

	if (other && !comes_with_source(attest, found) &&
	    !(found_at(attest, found->point, false) > 1 && may_be_of_hook(attest, found)))
		return arena_printf(attest->arena,
				    "/mounts: %s shows another file than %s, which was approved",
				    point, str_quote(attest->arena, mount->source.value));
	if (!mount->bind && !is_type(found, mount->type.value))
		return arena_printf(attest->arena, "/mounts: a %s is mounted at %s; approved: %s",
				    str_is(found->root, "/")
					    ? str_show(attest->arena, found->type)
					    : arena_printf(attest->arena, "part of a %s",
							   str_show(attest->arena, found->type)),
				    point, str_quote(attest->arena, mount->type.value));
	if (!mount->bind && attest_is_of_host(attest, found))
		return arena_printf(attest->arena, "/mounts: the %s at %s is the host's",
				    str_show(attest->arena, found->type), point);
	if (file->pidns != 0 && !mount->bind &&
	    file->pidns != attest->facts->namespaces[NAMESPACE_PID])
		return arena_printf(attest->arena,
				    "/mounts: the proc at %s is that of another pid namespace",
				    point);
	/* The kernel brings what the host mounts on the source with flags of its own, and crun makes a
	 * read-only path without those of the mount below it. */
	return (other && comes_with_source(attest, found)) ||
			       count_paths(attest->facts->at_readonly,
					   attest->promise->config.linux_.readonly_paths.n,
					   str_from(file->path)) > 0
		       ? NULL
		       : attest_options(attest, i, found);
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
