/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model of an OCI config (config.md, config-linux.md): every field that a rule reads, typed.
 * Reading refuses wrong types, names that equal a known name only after case folding, and
 * everything else that runtimes read differently. It judges nothing.
 */
#ifndef ROOTFENCE_OCI_CONFIG_H
#define ROOTFENCE_OCI_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "json/json.h"
#include "oci/values.h"

#define OCI_GROUPS_MAX 65536U /* NGROUPS_MAX */
#define OCI_MAPPINGS_MAX 340U /* user_namespaces(7): the kernel allows no more */

/* The five sets in the order in which findings name them. */
enum cap_set {
	CAP_SET_BOUNDING,
	CAP_SET_EFFECTIVE,
	CAP_SET_PERMITTED,
	CAP_SET_INHERITABLE,
	CAP_SET_AMBIENT,
	CAP_SET_COUNT,
};

struct oci_cap_set {
	struct json_node *node;
	uint64_t bits;
};

struct oci_capabilities {
	struct json_node *node;
	struct oci_cap_set sets[CAP_SET_COUNT];
};

struct oci_user {
	struct json_node *node;
	struct oci_id uid;
	struct oci_id gid;
	struct oci_ids additional_gids;
};

struct oci_process {
	struct json_node *node;
	struct oci_user user;
	struct oci_strings args;
	struct oci_strings env;
	struct oci_string cwd;
	struct oci_capabilities capabilities;
	struct oci_bool no_new_privileges;
	struct oci_string apparmor_profile;
	struct oci_string selinux_label;
};

struct oci_root {
	struct json_node *node;
	struct oci_string path;
	struct oci_bool readonly;
};

struct oci_mount {
	struct json_node *node;
	struct oci_string destination;
	struct oci_string type;
	struct oci_string source;
	struct oci_strings options;
	struct oci_list uid_mappings; /* struct oci_mapping: an idmapped mount */
	struct oci_list gid_mappings;
	bool bind;	/* some runtime treats it as a bind mount */
	bool remount;	/* has the option "remount" */
	bool read_only; /* has "ro" or "rro", and neither "rw" nor "rrw" */
};

enum oci_namespace_type {
	NAMESPACE_PID,
	NAMESPACE_NETWORK,
	NAMESPACE_IPC,
	NAMESPACE_UTS,
	NAMESPACE_MOUNT,
	NAMESPACE_USER,
	NAMESPACE_CGROUP,
	NAMESPACE_TIME,
	NAMESPACE_COUNT,
};

struct oci_namespace {
	struct json_node *node; /* NULL: the container stays in the runtime's namespace */
	struct oci_string type;
	struct oci_string path; /* absent: the runtime creates a new namespace */
};

struct oci_namespaces {
	struct json_node *node;
	struct oci_namespace types[NAMESPACE_COUNT];
};

struct oci_mapping {
	struct json_node *node;
	struct oci_id container_id;
	struct oci_id host_id;
	struct oci_id size;
};

/* What a device rule is about, as a set. */
enum device_access {
	DEVICE_READ = 1,
	DEVICE_WRITE = 2,
	DEVICE_MKNOD = 4,
	DEVICE_RWM = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
};

struct oci_device_rule {
	struct json_node *node;
	struct oci_bool allow;
	struct oci_string type; /* "a", "b" or "c"; absent: as "a" */
	unsigned int access;	/* enum device_access; not 0 */
	struct json_node *major;
	struct json_node *minor;
};

/* A device node that the runtime creates in the container. */
struct oci_device {
	struct json_node *node;
	struct oci_string path;
	struct oci_string type; /* "b", "c", "u" or "p" */
	struct json_node *major;
	struct json_node *minor;
};

/*
 * linux.resources. Limits are kept as nodes, since they may be negative: a negative limit means no
 * limit, and -1 as a device number means any number.
 */
struct oci_resources {
	struct json_node *node;
	struct oci_list devices; /* struct oci_device_rule */
	struct json_node *pids, *pids_limit;
	struct json_node *memory, *memory_limit;
	struct json_node *cpu, *cpu_shares, *cpu_quota, *cpu_period;
	struct oci_map unified; /* cgroup v2 files; runtimes write them last */
};

/* One condition on a system call; value and valueTwo are unsigned 64-bit numbers. */
struct oci_syscall_arg {
	struct json_node *node;
	struct oci_number index;
	struct oci_number value;
	struct oci_number value_two;
	struct oci_string op;
};

struct oci_syscall {
	struct json_node *node;
	struct oci_strings names;
	struct oci_string action;
	struct oci_number errno_ret;
	struct oci_list args; /* struct oci_syscall_arg */
};

struct oci_seccomp {
	struct json_node *node;
	struct oci_string default_action;
	struct oci_number default_errno_ret;
	struct oci_strings architectures;
	struct oci_list syscalls; /* struct oci_syscall */
};

struct oci_linux {
	struct json_node *node;
	struct oci_namespaces namespaces;
	struct oci_list uid_mappings; /* struct oci_mapping */
	struct oci_list gid_mappings; /* struct oci_mapping */
	struct oci_resources resources;
	struct oci_list devices;       /* struct oci_device */
	struct json_node *net_devices; /* an object: interfaces of the host by name */
	struct oci_string rootfs_propagation;
	struct oci_string cgroups_path;
	struct oci_map sysctl;
	struct oci_strings masked_paths;
	struct oci_strings readonly_paths;
	struct oci_seccomp seccomp;
};

/* The stages in the order of config.md#posix-platform-hooks. */
enum oci_hook_stage {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_STAGE_COUNT,
};

struct oci_hook {
	struct json_node *node;
	struct oci_string path;
	struct oci_strings args, env;
};

struct oci_hooks {
	struct json_node *node;
	struct oci_list stages[HOOK_STAGE_COUNT]; /* struct oci_hook */
};

struct oci_config {
	struct json_doc *doc;
	struct oci_process process;
	struct oci_root root;
	struct oci_list mounts; /* struct oci_mount */
	struct oci_map annotations;
	struct oci_hooks hooks;
	struct oci_linux linux_; /* gnu11 predefines the macro linux */
};

/*
 * oci_config_read: reads a document into the model. doc keeps all nodes and strings. Error:
 * EXIT_SPEC with pointer, line and column.
 */
int oci_config_read(struct json_doc *doc, struct oci_config *ret_config, struct err *err);

/*
 * oci_process_read: reads the process of an exec session into ret_config->process. doc is the
 * process object alone, as `runc exec --process` takes it. Annotations and the user namespace come
 * from container, which may be NULL: they say where the process runs. Error: EXIT_SPEC.
 */
int oci_process_read(struct json_doc *doc, const struct oci_config *container,
		     struct oci_config *ret_config, struct err *err);

/* oci_mount_has: does the mount have the option, spelled so? */
static inline bool oci_mount_has(const struct oci_mount *mount, const char *option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (str_is(mount->options.items[i].value, option))
			return true;
	return false;
}

/* oci_config_mount: mount number i; i < config->mounts.n. */
static inline const struct oci_mount *oci_config_mount(const struct oci_config *config, size_t i)
{
	return (const struct oci_mount *)config->mounts.items + i;
}

/* oci_namespace_name: "pid", "network", ... as config-linux.md spells them. */
const char *oci_namespace_name(enum oci_namespace_type type);

/* oci_map_get: the value of a key, or NULL. */
struct json_node *oci_map_get(const struct oci_map *map, const char *key);

/* oci_map_is: true if the key has exactly this value. */
static inline bool oci_map_is(const struct oci_map *map, const char *key, const char *value)
{
	const struct json_node *node = oci_map_get(map, key);

	return node != NULL && str_is(node->text, value);
}

#endif
