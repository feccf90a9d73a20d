/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the options of one mount with those that were approved: see attest.h. Pure. */
#include "attest.h"

#include <string.h>

#include "base/cleanup.h"

#define INITIAL_USER 0xEFFFFFFDU /* PROC_USER_INIT_INO of linux/proc_ns.h */

bool attest_is_cgroup(const struct oci_mount *mount)
{
	return !mount->bind &&
	       (str_is(mount->type.value, "cgroup") || str_is(mount->type.value, "cgroup2"));
}

const char *attest_rest_of(struct str path, const char *parent)
{
	const size_t len = strcmp(parent, "/") == 0 ? 0 : strlen(parent);

	if (path.len < len || memcmp(path.data, parent, len) != 0 ||
	    (path.len > len && path.data[len] != '/'))
		return NULL;
	return path.len == 1 ? "" : path.data + len;
}

static bool has_flag(const struct init_mount *found, const char *flag)
{
	/* A whole file system can be read-only, too. */
	return attest_has_word(found->flags, flag) ||
	       (strcmp(flag, "ro") == 0 && attest_has_word(found->options, flag));
}

/* The last of two opposites counts; "rro" and the like are for the mounts below as well. */
static bool is_wanted(const struct oci_mount *mount, const char *flag, const char *opposite)
{
	bool wanted = false;

	for (size_t i = 0; i < mount->options.n; i++) {
		struct str option = mount->options.items[i].value;
		struct str base = option;

		if (option.len > 1 && option.data[0] == 'r' && !str_is(option, flag) &&
		    !str_is(option, opposite))
			base = (struct str){ option.data + 1, option.len - 1 };
		if (str_is(base, flag))
			wanted = true;
		else if (str_is(base, opposite))
			wanted = false;
	}
	return wanted;
}

/*
 * Runtimes set these on every mount. With cgroup v1 there is a tmpfs with a mount for each
 * controller, and the flags are on those: only what has files of cgroups can be "ro". In sysfs and
 * proc nothing is a device or a program, and crun binds the host's /sys without these flags.
 */
static const char *missing_flag(const struct oci_mount *mount, const struct init_mount *found)
{
	static const char *const flags[][2] = {
		{ "ro", "rw" },	      { "nosuid", "suid" },	      { "nodev", "dev" },
		{ "noexec", "exec" }, { "nosymfollow", "symfollow" },
	};

	const bool is_bare = str_is(found->type, "sysfs") || str_is(found->type, "proc");

	if (attest_is_cgroup(mount) && !str_starts_with(found->type, "cgroup"))
		return NULL;
	for (size_t i = 0; i < (is_bare ? 1 : ARRAY_SIZE(flags)); i++)
		if (is_wanted(mount, flags[i][0], flags[i][1]) && !has_flag(found, flags[i][0]))
			return flags[i][0];
	return NULL;
}

/* The last value of "key=value" in a list of words between commas, if there is one. */
static void value_in(struct str list, const char *key, struct str *value)
{
	const size_t len = strlen(key);

	for (size_t at = 0; at < list.len;) {
		const char *end = memchr(list.data + at, ',', list.len - at);
		const size_t size = end != NULL ? (size_t)(end - list.data) - at : list.len - at;

		if (size > len && memcmp(list.data + at, key, len) == 0 &&
		    list.data[at + len] == '=')
			*value = (struct str){ list.data + at + len + 1, size - len - 1 };
		at += size + 1;
	}
}

/* A size as tmpfs(5) takes it; false for a part of the memory in percent. */
static bool size_of(struct str text, uint64_t *ret)
{
	static const char units[] = "kmgtpe";
	unsigned int shift = 0;
	uint64_t number = 0;

	if (text.len > 0) {
		const char *unit = strchr(units, text.data[text.len - 1] | 0x20);

		if (unit != NULL && *unit != '\0') {
			shift = 10 * (unsigned int)(unit - units + 1);
			text.len--;
		}
	}
	if (!str_to_uint(text, UINT64_MAX >> shift, &number))
		return false;
	*ret = number << shift;
	return true;
}

/* tmpfs holds whole pages, of up to 64 KiB. A part in percent can be the default, which is not told. */
static bool is_larger(struct str found, struct str promised)
{
	uint64_t is = 0, may = 0;

	return size_of(promised, &may) && may > 0 && may < UINT64_MAX - 65536 &&
	       (!size_of(found, &is) || is > may + 65536);
}

/* What only the file system itself understands: the size of a tmpfs, what a proc hides. */
static const char *missing_value(const struct attest *attest, const struct oci_mount *mount,
				 const struct init_mount *found)
{
	static const struct {
		const char *type, *key;
	} kept[] = { { "tmpfs", "size" }, { "proc", "hidepid" }, { "proc", "subset" } };

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		struct str promised = { 0 }, is = { 0 };

		for (size_t j = 0; j < mount->options.n; j++)
			value_in(mount->options.items[j].value, kept[i].key, &promised);
		value_in(found->options, kept[i].key, &is);
		if (str_is(mount->type.value, kept[i].type) && promised.len > 0 &&
		    (i == 0 ? is_larger(is, promised)
			    : is.len == 0 && !str_is(promised, "0") && !str_is(promised, "off")))
			return arena_printf(attest->arena, "%s=%s", kept[i].key,
					    str_show(attest->arena, promised));
	}
	return NULL;
}

static bool is_shared_word(struct str option)
{
	return str_is(option, "shared") || str_is(option, "rshared");
}

static bool has_tag(struct str tags, const char *tag)
{
	const size_t len = strlen(tag);

	for (size_t at = 0; at + len <= tags.len; at++)
		if ((at == 0 || tags.data[at - 1] == ' ') && memcmp(tags.data + at, tag, len) == 0)
			return true;
	return false;
}

static bool has_shared_word(const struct oci_mount *mount)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (is_shared_word(mount->options.items[i].value))
			return true;
	return false;
}

/* What is mounted in a shared mount is shared, too. */
static bool is_below_shared(const struct attest *attest, const struct init_mount *found)
{
	const struct oci_config *config = &attest->promise->config;

	for (size_t i = 0; i < config->mounts.n; i++)
		if (attest_rest_of(found->point, attest->facts->at_mounts[i].path) != NULL &&
		    has_shared_word(oci_config_mount(config, i)))
			return true;
	return false;
}

/*
 * A mount of the container that is shared gives what is mounted there to the host. Runtimes make all
 * of them slaves or private first. "private" takes nothing from the host either.
 */
static const char *other_propagation(const struct attest *attest, const struct oci_mount *mount,
				     const struct init_mount *found)
{
	bool shared = is_shared_word(attest->promise->config.linux_.rootfs_propagation.value);
	bool private = false;

	for (size_t i = 0; mount != NULL && i < mount->options.n; i++) {
		struct str option = mount->options.items[i].value;

		shared = shared || is_shared_word(option);
		if (str_is(option, "private") || str_is(option, "rprivate"))
		private = true;
		else if (is_shared_word(option) || str_is(option, "slave") ||
			 str_is(option, "rslave")) private = false;
	}
	if (has_tag(found->tags, "shared:") && !shared &&
	    (private || !is_below_shared(attest, found)))
		return "shared";
	return private && has_tag(found->tags, "master:") ? "a slave" : NULL;
}

bool attest_is_shared(const struct attest *attest, const struct init_mount *found)
{
	const struct oci_config *config = &attest->promise->config;

	if (!has_tag(found->tags, "shared:") ||
	    is_shared_word(config->linux_.rootfs_propagation.value))
		return false;
	for (size_t i = 0; i < config->mounts.n; i++)
		if (has_shared_word(oci_config_mount(config, i)))
			return false;
	return true;
}

static bool is_idmapped(const struct oci_mount *mount)
{
	if (!mount->bind)
		return false;
	if (mount->uid_mappings.n > 0 || mount->gid_mappings.n > 0)
		return true;
	for (size_t i = 0; i < mount->options.n; i++) {
		struct str option = mount->options.items[i].value;

		if (str_starts_with(option, "idmap") || str_starts_with(option, "ridmap"))
			return true;
	}
	return false;
}

/* A bind of a mount of the host has what that one has. */
static bool host_maps(const struct attest *attest, const struct init_mount *found)
{
	for (size_t i = 0; i < attest->host->n_mounts; i++)
		if (str_equal(attest->host->mounts[i].device, found->device) &&
		    attest_has_word(attest->host->mounts[i].flags, "idmapped"))
			return true;
	return false;
}

/*
 * The device of a mount that the host has, too, is not that of one that was made for the container.
 * Those of mqueue, sysfs and proc belong to a namespace; crun binds /sys where a user namespace does
 * not let it mount it. One of cgroups is the same everywhere.
 */
static bool is_new(const struct attest *attest, const struct init_mount *found)
{
	static const struct {
		const char *fs;
		enum oci_namespace_type type;
	} kinds[] = { { "mqueue", NAMESPACE_IPC },
		      { "sysfs", NAMESPACE_NETWORK },
		      { "proc", NAMESPACE_PID } };
	const struct oci_namespace *namespaces = attest->promise->config.linux_.namespaces.types;
	const struct init_facts *facts = attest->facts;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_is(found->type, kinds[i].fs))
			return namespaces[kinds[i].type].node != NULL &&
			       facts->namespaces[kinds[i].type] != facts->own[kinds[i].type] &&
			       (kinds[i].type != NAMESPACE_NETWORK ||
				(namespaces[NAMESPACE_USER].node == NULL &&
				 facts->own[NAMESPACE_USER] == INITIAL_USER));
	return str_is(found->type, "tmpfs") || str_is(found->type, "devpts");
}

bool attest_is_of_host(const struct attest *attest, const struct init_mount *found)
{
	/* What a container mounts in a shared mount is the host's as well. */
	if (!is_new(attest, found) || has_tag(found->tags, "shared:"))
		return false;
	for (size_t i = 0; i < attest->host->n_mounts; i++)
		if (str_equal(attest->host->mounts[i].device, found->device))
			return true;
	return false;
}

const char *attest_cgroup_mount(const struct attest *attest, const struct oci_mount *cgroup,
				const struct init_mount *mount)
{
	const struct oci_namespace *namespaces = attest->promise->config.linux_.namespaces.types;
	const struct oci_namespace *own = &namespaces[NAMESPACE_CGROUP];
	const char *point = str_show(attest->arena, mount->point);
	/* podman binds the hierarchy of systemd where it may be written to. */
	const struct oci_mount *there = attest_mount_at(
		attest, arena_copy(attest->arena, mount->point.data, mount->point.len));

	if (cgroup->read_only && (there == NULL || there == cgroup) &&
	    !attest_has_word(mount->flags, "ro"))
		return arena_printf(attest->arena,
				    "/mounts: the mount at %s is not ro, as approved", point);
	/* In a new cgroup namespace the root is the container's cgroup. Where a user namespace does
	 * not let runtimes mount that, they bind the host's. */
	if (str_is(mount->type, "cgroup2") && str_is(mount->root, "/") && own->node != NULL &&
	    own->path.node == NULL && namespaces[NAMESPACE_USER].node == NULL &&
	    attest->facts->own[NAMESPACE_USER] == INITIAL_USER &&
	    strstr(attest->facts->cgroup, "0::/\n") == NULL)
		return arena_printf(attest->arena, "/mounts: the cgroups at %s are the host's",
				    point);
	return NULL;
}

const char *attest_options(const struct attest *attest, size_t i, const struct init_mount *found)
{
	const struct oci_mount *mount = oci_config_mount(&attest->promise->config, i);
	const char *point = str_show(attest->arena, found->point);
	const char *flag = missing_flag(mount, found);
	const char *value = flag == NULL ? missing_value(attest, mount, found) : NULL;
	const char *propagation = other_propagation(attest, mount, found);
	const bool maps = attest_has_word(found->flags, "idmapped");

	if (flag != NULL || value != NULL)
		return arena_printf(attest->arena,
				    "/mounts: the mount at %s is not %s, as approved", point,
				    flag != NULL ? flag : value);
	if (propagation != NULL)
		return arena_printf(attest->arena,
				    "/mounts: the mount at %s is %s, which was not approved", point,
				    propagation);
	if (maps != is_idmapped(mount) && !(maps && host_maps(attest, found)))
		return arena_printf(
			attest->arena,
			maps ? "/mounts: the mount at %s maps ids, which was not approved"
			     : "/mounts: the mount at %s does not map ids, as approved",
			point);
	return NULL;
}
