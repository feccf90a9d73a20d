/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI config by tables, one table an object of config.md and config-linux.md. Rows without a
 * reader are members that runtimes know and no rule reads yet.
 */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"
#include "json/fields.h"
#include "oci/hooks.h"
#include "oci/resources.h"
#include "oci/seccomp.h"

static const char *const namespace_names[NAMESPACE_COUNT] = {
	[NAMESPACE_PID] = "pid",       [NAMESPACE_NETWORK] = "network", [NAMESPACE_IPC] = "ipc",
	[NAMESPACE_UTS] = "uts",       [NAMESPACE_MOUNT] = "mount",	[NAMESPACE_USER] = "user",
	[NAMESPACE_CGROUP] = "cgroup", [NAMESPACE_TIME] = "time",
};

static int read_cap_set(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_cap_set *set = target;
	int error = fields_want(reader, value, JSON_ARRAY);

	if (error < 0)
		return error;
	set->node = value;
	json_each (element, value) {
		int number;

		error = fields_want(reader, element, JSON_STRING);
		if (error < 0)
			return error;
		number = cap_from_name(element->text);
		if (number < 0)
			return json_fail(
				reader->doc, element, EXIT_SPEC, reader->err,
				"%s is no capability; runtimes differ in what they make of it; write its exact name, as in capabilities(7)",
				str_quote(reader->doc->arena, element->text));
		set->bits |= UINT64_C(1) << number;
	}
	return 0;
}

static int read_capabilities(const struct fields_reader *reader, struct json_node *value,
			     void *target)
{
	static const struct field fields[] = {
		ROW(oci_capabilities, "bounding", read_cap_set, sets[CAP_SET_BOUNDING]),
		ROW(oci_capabilities, "effective", read_cap_set, sets[CAP_SET_EFFECTIVE]),
		ROW(oci_capabilities, "permitted", read_cap_set, sets[CAP_SET_PERMITTED]),
		ROW(oci_capabilities, "inheritable", read_cap_set, sets[CAP_SET_INHERITABLE]),
		ROW(oci_capabilities, "ambient", read_cap_set, sets[CAP_SET_AMBIENT]),
	};

	((struct oci_capabilities *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_groups(const struct fields_reader *reader, struct json_node *value, void *target)
{
	if (value->count > OCI_GROUPS_MAX)
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "more than %u groups, which no kernel takes", OCI_GROUPS_MAX);
	return field_ids(reader, value, target);
}

static int read_user(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_user, "uid", field_id, uid),
		ROW(oci_user, "gid", field_id, gid),
		ROW(oci_user, "additionalGids", read_groups, additional_gids),
		KNOWN("umask"),
		KNOWN("username"),
	};

	((struct oci_user *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_process(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_process, "user", read_user, user),
		ROW(oci_process, "args", field_strings, args),
		ROW(oci_process, "cwd", field_string, cwd),
		ROW(oci_process, "capabilities", read_capabilities, capabilities),
		ROW(oci_process, "noNewPrivileges", field_bool, no_new_privileges),
		KNOWN("terminal"),
		KNOWN("consoleSize"),
		KNOWN("commandLine"),
		ROW(oci_process, "env", field_strings, env),
		KNOWN("rlimits"),
		ROW(oci_process, "apparmorProfile", field_string, apparmor_profile),
		KNOWN("oomScoreAdj"),
		KNOWN("scheduler"),
		ROW(oci_process, "selinuxLabel", field_string, selinux_label),
		KNOWN("ioPriority"),
		KNOWN("execCPUAffinity"),
	};

	((struct oci_process *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_root(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_root, "path", field_string, path),
		ROW(oci_root, "readonly", field_bool, readonly),
	};

	((struct oci_root *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_mapping(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_mapping, "containerID", field_size, container_id),
		ROW(oci_mapping, "hostID", field_size, host_id),
		ROW(oci_mapping, "size", field_size, size),
	};
	struct oci_mapping *mapping = target;
	int error;

	mapping->node = value;
	error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
	if (error < 0)
		return error;
	if (mapping->container_id.node == NULL || mapping->host_id.node == NULL ||
	    mapping->size.node == NULL)
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "a mapping needs containerID, hostID and size");
	return 0;
}

static int read_mappings(const struct fields_reader *reader, struct json_node *value, void *target)
{
	if (value->count > OCI_MAPPINGS_MAX)
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "more than %u mappings, which no kernel takes", OCI_MAPPINGS_MAX);
	return field_list(reader, value, target, sizeof(struct oci_mapping), read_mapping);
}

/* The kernel takes 500 layers; each is looked up. */
static int check_layers(const struct fields_reader *reader, const struct oci_mount *mount)
{
	size_t n = mount->options.n;

	for (size_t i = 0; i < mount->options.n; i++)
		for (size_t k = 0; k < mount->options.items[i].value.len; k++)
			n += mount->options.items[i].value.data[k] == ':';
	if (mount->bind || !str_is(mount->type.value, "overlay") || n <= OCI_LAYERS_MAX)
		return 0;
	return json_fail(reader->doc, mount->options.node, EXIT_SPEC, reader->err,
			 "more than %u layers and options, which no kernel takes", OCI_LAYERS_MAX);
}

/* Once, since an overlay asks for each of its layers. */
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

static int read_mount(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_mount, "destination", field_string, destination),
		ROW(oci_mount, "type", field_string, type),
		ROW(oci_mount, "source", field_string, source),
		ROW(oci_mount, "options", field_strings, options),
		ROW(oci_mount, "uidMappings", read_mappings, uid_mappings),
		ROW(oci_mount, "gidMappings", read_mappings, gid_mappings),
	};
	struct oci_mount *mount = target;
	int error;

	mount->node = value;
	error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
	if (error < 0)
		return error;
	if (mount->destination.node == NULL)
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "a mount without a destination");
	read_mount_options(mount);
	return check_layers(reader, mount);
}

static int read_mounts(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_mount), read_mount);
}

static int read_namespace(const struct fields_reader *reader, struct json_node *value,
			  struct oci_namespaces *namespaces)
{
	static const struct field fields[] = {
		ROW(oci_namespace, "type", field_string, type),
		ROW(oci_namespace, "path", field_path, path),
	};
	struct oci_namespace entry = { .node = value };
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), &entry);

	if (error < 0)
		return error;
	if (entry.type.node == NULL)
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "a namespace without a type");
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		if (!str_is(entry.type.value, namespace_names[i]))
			continue;
		if (namespaces->types[i].node != NULL)
			return json_fail(
				reader->doc, value, EXIT_SPEC, reader->err,
				"namespace type \"%s\" a second time; some runtimes join both",
				namespace_names[i]);
		namespaces->types[i] = entry;
		return 0;
	}
	return json_fail(reader->doc, entry.type.node, EXIT_SPEC, reader->err,
			 "%s is no namespace type",
			 str_quote(reader->doc->arena, entry.type.value));
}

static int read_namespaces(const struct fields_reader *reader, struct json_node *value,
			   void *target)
{
	struct oci_namespaces *namespaces = target;
	int error = fields_want(reader, value, JSON_ARRAY);

	if (error < 0)
		return error;
	namespaces->node = value;
	json_each (element, value) {
		error = read_namespace(reader, element, namespaces);
		if (error < 0)
			return error;
	}
	return 0;
}

/* As root, runtimes make this directory below the cgroup file systems, and files in it. */
static int check_cgroups_path(const struct fields_reader *reader, struct json_node *value,
			      void *target)
{
	struct oci_string path;
	int error = field_string(reader, value, &path);

	(void)target;
	if (error == 0 && str_path_climbs(path.value))
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "\"..\" leads out of the cgroups; name a cgroup");
	return error;
}

/* The name of a directory of resctrl(5), which runtimes make. */
static int check_clos_id(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_string name;
	int error = field_string(reader, value, &name);

	(void)target;
	if (error < 0 || str_is(name.value, "/")) /* the root of resctrl, which is there */
		return error;
	if (str_path_climbs(name.value) ||
	    (name.value.len > 0 && memchr(name.value.data, '/', name.value.len) != NULL))
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "closID is one name, without \"/\"");
	return 0;
}

static int read_intel_rdt(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW_WHOLE("closID", check_clos_id),
	};

	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

/* Runtimes put it between quotes among the options of mounts: nothing in it may end them. */
static int check_mount_label(const struct fields_reader *reader, struct json_node *value,
			     void *target)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:,-";
	struct oci_string label;
	int error = field_string(reader, value, &label);

	(void)target;
	for (size_t i = 0; error == 0 && i < label.value.len; i++)
		if (memchr(plain, label.value.data[i], sizeof(plain) - 1) == NULL)
			return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
					 "a character that no label has, at byte %zu", i + 1);
	return error;
}

static int read_linux(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_linux, "namespaces", read_namespaces, namespaces),
		ROW(oci_linux, "uidMappings", read_mappings, uid_mappings),
		ROW(oci_linux, "gidMappings", read_mappings, gid_mappings),
		ROW(oci_linux, "resources", oci_resources_read, resources),
		ROW(oci_linux, "sysctl", field_map, sysctl),
		ROW(oci_linux, "maskedPaths", field_strings, masked_paths),
		ROW(oci_linux, "readonlyPaths", field_strings, readonly_paths),
		ROW(oci_linux, "seccomp", oci_seccomp_read, seccomp),
		ROW_WHOLE("cgroupsPath", check_cgroups_path),
		ROW(oci_linux, "devices", oci_devices_read, devices),
		ROW(oci_linux, "netDevices", oci_net_devices_read, net_devices),
		ROW(oci_linux, "rootfsPropagation", field_string, rootfs_propagation),
		ROW_WHOLE("mountLabel", check_mount_label),
		ROW_WHOLE("intelRdt", read_intel_rdt),
		KNOWN("memoryPolicy"),
		KNOWN("personality"),
		KNOWN("timeOffsets"),
	};

	((struct oci_linux *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

int oci_config_read(struct json_doc *doc, struct oci_config *ret_config, struct err *err)
{
	static const struct field fields[] = {
		ROW(oci_config, "process", read_process, process),
		ROW(oci_config, "root", read_root, root),
		ROW(oci_config, "mounts", read_mounts, mounts),
		ROW(oci_config, "annotations", field_map, annotations),
		ROW(oci_config, "linux", read_linux, linux_),
		KNOWN("ociVersion"),
		KNOWN("hostname"),
		KNOWN("domainname"),
		ROW(oci_config, "hooks", oci_hooks_read, hooks),
		KNOWN("solaris"),
		KNOWN("windows"),
		KNOWN("vm"),
		KNOWN("zos"),
	};
	struct fields_reader reader = { doc, err };
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
	struct fields_reader reader = { doc, err };
	struct oci_config config = { .doc = doc };
	int error = read_process(&reader, doc->root, &config.process);

	if (error < 0)
		return error;
	/* Nothing else of the container: what a session joins is not made, or changed, for it. */
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
