/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the OCI config: one table for each object of config.md and config-linux.md. A row without a
 * reader (KNOWN) is a member that runtimes know and that no rule reads yet.
 */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"
#include "oci/hooks.h"
#include "oci/mappings.h"
#include "oci/overlay.h"
#include "oci/resources.h"
#include "oci/seccomp.h"
#include "oci/settings.h"

static const char *const namespace_names[NAMESPACE_COUNT + 1] = {
	[NAMESPACE_PID] = "pid",       [NAMESPACE_NETWORK] = "network", [NAMESPACE_IPC] = "ipc",
	[NAMESPACE_UTS] = "uts",       [NAMESPACE_MOUNT] = "mount",	[NAMESPACE_USER] = "user",
	[NAMESPACE_CGROUP] = "cgroup", [NAMESPACE_TIME] = "time",
};
static const struct field_words namespace_words = { "namespace type", namespace_names };

static int read_cap_set(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_cap_set *set = target;

	set->node = value;
	json_each (element, value) {
		int number, error = fields_want(reader, element, JSON_STRING);

		if (error < 0)
			return error;
		number = cap_from_name(element->text);
		if (number < 0 && cap_is_newer(element->text))
			number = CAPABILITY_NEWER;
		if (number < 0)
			return fields_fail(
				reader, element,
				"unknown capability %s; runtimes differ in how they read it; write its exact name, as in capabilities(7)",
				str_quote(reader->doc->arena, element->text));
		set->bits |= UINT64_C(1) << number;
	}
	return 0;
}

#define FIELD_CAP_SET JSON_ARRAY, read_cap_set

static int read_capabilities(const struct fields_reader *reader, struct json_node *value,
			     void *target)
{
	static const struct field fields[] = {
		ROW(oci_capabilities, "bounding", sets[CAP_SET_BOUNDING], FIELD_CAP_SET),
		ROW(oci_capabilities, "effective", sets[CAP_SET_EFFECTIVE], FIELD_CAP_SET),
		ROW(oci_capabilities, "permitted", sets[CAP_SET_PERMITTED], FIELD_CAP_SET),
		ROW(oci_capabilities, "inheritable", sets[CAP_SET_INHERITABLE], FIELD_CAP_SET),
		ROW(oci_capabilities, "ambient", sets[CAP_SET_AMBIENT], FIELD_CAP_SET),
	};

	((struct oci_capabilities *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_groups(const struct fields_reader *reader, struct json_node *value, void *target)
{
	if (value->count > OCI_GROUPS_MAX)
		return fields_fail(reader, value, "more than %u groups, which no kernel takes",
				   OCI_GROUPS_MAX);
	return field_ids(reader, value, target);
}

static int read_user(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_user, "uid", uid, FIELD_ID),
		ROW(oci_user, "gid", gid, FIELD_ID),
		ROW(oci_user, "additionalGids", additional_gids, JSON_ARRAY, read_groups),
		KNOWN("umask"),
		KNOWN("username"),
	};

	((struct oci_user *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_process(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_process, "user", user, JSON_OBJECT, read_user),
		ROW(oci_process, "args", args, FIELD_STRINGS),
		ROW(oci_process, "cwd", cwd, FIELD_STRING),
		ROW(oci_process, "capabilities", capabilities, JSON_OBJECT, read_capabilities),
		ROW(oci_process, "noNewPrivileges", no_new_privileges, FIELD_BOOL),
		KNOWN("terminal"),
		KNOWN("consoleSize"),
		KNOWN("commandLine"),
		ROW(oci_process, "env", env, FIELD_STRINGS),
		ROW_WHOLE("rlimits", JSON_ARRAY, oci_rlimits_read),
		ROW(oci_process, "apparmorProfile", apparmor_profile, FIELD_STRING),
		KNOWN("oomScoreAdj"),
		ROW_WHOLE("scheduler", JSON_OBJECT, oci_scheduler_read),
		ROW(oci_process, "selinuxLabel", selinux_label, FIELD_STRING),
		ROW_WHOLE("ioPriority", JSON_OBJECT, oci_io_priority_read),
		KNOWN("execCPUAffinity"),
	};

	((struct oci_process *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_root(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_root, "path", path, FIELD_STRING),
		ROW(oci_root, "readonly", readonly, FIELD_BOOL),
	};

	struct oci_root *root = target;
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	root->node = value;
	if (error == 0 && root->path.value.len == 0)
		return fields_fail(
			reader, root->path.node != NULL ? root->path.node : value,
			"root has no path: runc then takes the bundle for it, and crun the host's root; name a directory");
	return error;
}

/* Computed once, because rules ask again for each layer of an overlay. */
static void read_mount_options(struct oci_mount *mount)
{
	bool ro = false, rw = false;

	mount->bind = str_is(mount->type.value, "bind");
	for (size_t i = 0; i < mount->options.n; i++) {
		struct str option = mount->options.items[i].value;

		mount->bind = mount->bind || str_is(option, "bind") || str_is(option, "rbind");
		mount->remount = mount->remount || str_is(option, "remount");
		ro = ro || str_is(option, "ro") || str_is(option, "rro");
		rw = rw || str_is(option, "rw") || str_is(option, "rrw");
	}
	mount->read_only = ro && !rw;
}

/*
 * Does the mount need a source? A file system of the kernel's own has none, and a remount takes
 * that of the mount it changes. For others runc takes the bundle, and crun a relative path with the
 * name of the type: "bind", "ext4".
 */
static bool needs_source(const struct oci_mount *mount)
{
	static const char *const own[] = {
		"proc",	      "sysfs",	     "tmpfs",	  "ramfs",     "devpts",  "mqueue",
		"cgroup",     "cgroup2",     "overlay",	  "hugetlbfs", "bpf",	  "devtmpfs",
		"securityfs", "debugfs",     "tracefs",	  "configfs",  "fusectl", "pstore",
		"efivarfs",   "binfmt_misc", "selinuxfs", "smackfs",   "resctrl", "binder",
	};

	if (mount->remount)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(own) && !mount->bind; i++)
		if (str_is(mount->type.value, own[i]))
			return false;
	return true;
}

static int check_source(const struct fields_reader *reader, const struct oci_mount *mount)
{
	const struct json_node *source = mount->source.node;

	if (mount->source.value.len > 0 || !needs_source(mount))
		return 0;
	return fields_fail(
		reader, source != NULL ? source : mount->node,
		"mount without a source, for which runtimes take different paths; name one");
}

static int read_mount(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_mount, "destination", destination, FIELD_STRING),
		ROW(oci_mount, "type", type, FIELD_STRING),
		ROW(oci_mount, "source", source, FIELD_STRING),
		ROW(oci_mount, "options", options, FIELD_STRINGS),
		ROW(oci_mount, "uidMappings", uid_mappings, JSON_ARRAY, oci_mappings_read),
		ROW(oci_mount, "gidMappings", gid_mappings, JSON_ARRAY, oci_mappings_read),
	};
	struct oci_mount *mount = target;
	int error;

	mount->node = value;
	error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
	if (error < 0)
		return error;
	if (mount->destination.node == NULL)
		return fields_fail(reader, value, "mount has no destination");
	error = oci_mount_mappings_complete(reader, mount);
	if (error < 0)
		return error;
	read_mount_options(mount);
	return check_source(reader, mount);
}

static int read_mounts(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_list *mounts = target;
	size_t n_layers = 0;
	int error = field_list(reader, value, mounts, sizeof(struct oci_mount), read_mount);

	for (size_t i = 0; i < mounts->n && error == 0; i++)
		error = oci_overlay_check(reader, (struct oci_mount *)mounts->items + i, &n_layers);
	return error;
}

static int read_namespace(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_namespace, "type", type, FIELD_STRING),
		ROW(oci_namespace, "path", path, FIELD_PATH),
	};
	struct oci_namespaces *namespaces = target;
	struct oci_namespace entry = { .node = value };
	int type, error = fields_read(reader, value, fields, ARRAY_SIZE(fields), &entry);

	if (error < 0)
		return error;
	error = fields_need(reader, value, "type", "namespace");
	if (error < 0)
		return error;
	type = field_word(reader, entry.type.node, &namespace_words);
	if (type < 0)
		return type;
	if (namespaces->types[type].node != NULL)
		return fields_fail(reader, value,
				   "duplicate namespace type \"%s\"; some runtimes join both",
				   namespace_names[type]);
	namespaces->types[type] = entry;
	return 0;
}

static int read_namespaces(const struct fields_reader *reader, struct json_node *value,
			   void *target)
{
	((struct oci_namespaces *)target)->node = value;
	return fields_each(reader, value, read_namespace, target);
}

/* Runtimes create this directory, and files in it, below the cgroup file systems, as root. */
static int check_cgroups_path(const struct fields_reader *reader, struct json_node *value,
			      void *target)
{
	if (str_path_climbs(value->text))
		return fields_fail(reader, value, "\"..\" leads out of the cgroups; name a cgroup");
	return field_string(reader, value, target);
}

/* The name of a directory in the resctrl file system, which runtimes create. */
static int check_clos_id(const struct fields_reader *reader, struct json_node *value, void *target)
{
	(void)target;
	if (str_is(value->text, "/")) /* the root of resctrl, which exists */
		return 0;
	if (str_path_climbs(value->text) ||
	    (value->text.len > 0 && memchr(value->text.data, '/', value->text.len) != NULL))
		return fields_fail(reader, value, "closID must be one name, without \"/\"");
	return 0;
}

static int read_intel_rdt(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW_WHOLE("closID", JSON_STRING, check_clos_id),
	};

	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

/* Runtimes put the label in quotes among the mount options: no character may end the quotes. */
static int check_mount_label(const struct fields_reader *reader, struct json_node *value,
			     void *target)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:,-";

	(void)target;
	for (size_t i = 0; i < value->text.len; i++)
		if (memchr(plain, value->text.data[i], sizeof(plain) - 1) == NULL)
			return fields_fail(reader, value,
					   "invalid character in a label, at byte %zu", i + 1);
	return 0;
}

/* Those of the schema, and the recursive forms that engines write. crun takes any mount option. */
static const char *const propagation_words[] = {
	"private", "rprivate",	 "slave",	"rslave", "shared",
	"rshared", "unbindable", "runbindable", NULL,
};
static const struct field_words propagations = { "propagation", propagation_words };

static int read_linux(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_linux, "namespaces", namespaces, JSON_ARRAY, read_namespaces),
		ROW(oci_linux, "uidMappings", uid_mappings, JSON_ARRAY, oci_mappings_read),
		ROW(oci_linux, "gidMappings", gid_mappings, JSON_ARRAY, oci_mappings_read),
		ROW(oci_linux, "resources", resources, JSON_OBJECT, oci_resources_read),
		ROW(oci_linux, "sysctl", sysctl, FIELD_MAP),
		ROW(oci_linux, "maskedPaths", masked_paths, FIELD_STRINGS),
		ROW(oci_linux, "readonlyPaths", readonly_paths, FIELD_STRINGS),
		ROW(oci_linux, "seccomp", seccomp, JSON_OBJECT, oci_seccomp_read),
		ROW(oci_linux, "cgroupsPath", cgroups_path, JSON_STRING, check_cgroups_path),
		ROW(oci_linux, "devices", devices, JSON_ARRAY, oci_devices_read),
		ROW(oci_linux, "netDevices", net_devices, JSON_OBJECT, oci_net_devices_read),
		ROW(oci_linux, "rootfsPropagation", rootfs_propagation,
		    FIELD_STRING_OF(&propagations)),
		ROW_WHOLE("mountLabel", JSON_STRING, check_mount_label),
		ROW_WHOLE("intelRdt", JSON_OBJECT, read_intel_rdt),
		ROW_WHOLE("memoryPolicy", JSON_OBJECT, oci_memory_policy_read),
		ROW_WHOLE("personality", JSON_OBJECT, oci_personality_read),
		ROW_WHOLE("timeOffsets", JSON_OBJECT, oci_time_offsets_read),
	};
	struct oci_linux *config = target;
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	config->node = value;
	return error < 0 ? error : oci_mappings_complete(reader, config);
}

int oci_config_read(struct json_doc *doc, struct oci_config *ret_config, struct err *err)
{
	static const struct field fields[] = {
		ROW(oci_config, "process", process, JSON_OBJECT, read_process),
		ROW(oci_config, "root", root, JSON_OBJECT, read_root),
		ROW(oci_config, "mounts", mounts, JSON_ARRAY, read_mounts),
		ROW(oci_config, "annotations", annotations, FIELD_MAP),
		ROW(oci_config, "linux", linux_, JSON_OBJECT, read_linux),
		KNOWN("ociVersion"),
		KNOWN("hostname"),
		KNOWN("domainname"),
		ROW(oci_config, "hooks", hooks, JSON_OBJECT, oci_hooks_read),
		KNOWN("solaris"),
		KNOWN("windows"),
		KNOWN("vm"),
		KNOWN("zos"),
	};
	struct fields_reader reader = { .doc = doc, .err = err, .exit = EXIT_SPEC };
	struct oci_config config = { .doc = doc };
	int error = fields_read(&reader, doc->root, fields, ARRAY_SIZE(fields), &config);

	if (error < 0)
		return error;
	if (config.process.node == NULL)
		return json_fail(doc, doc->root, EXIT_SPEC, err,
				 "no \"process\"; an OCI config that starts a container has one");
	*ret_config = config;
	return 0;
}

int oci_process_read(struct json_doc *doc, const struct oci_config *container,
		     struct oci_config *ret_config, struct err *err)
{
	struct fields_reader reader = { .doc = doc, .err = err, .exit = EXIT_SPEC };
	struct oci_config config = { .doc = doc };
	int error = read_process(&reader, doc->root, &config.process);

	if (error < 0)
		return error;
	/* Only these are copied: a session joins the rest of the container and does not change
	 * it. */
	if (container != NULL) {
		const struct oci_linux *from = &container->linux_;

		config.annotations = container->annotations;
		config.linux_.namespaces.types[NAMESPACE_USER] =
			from->namespaces.types[NAMESPACE_USER];
		config.linux_.uid_mappings = from->uid_mappings;
		config.linux_.gid_mappings = from->gid_mappings;
	}
	*ret_config = config;
	return 0;
}

const char *oci_namespace_name(enum oci_namespace_type type)
{
	return namespace_names[type];
}

struct json_node *oci_map_get(const struct oci_map *map, const char *key)
{
	return json_get(map->node, key);
}
