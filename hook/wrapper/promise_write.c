/* SPDX-License-Identifier: Apache-2.0 */
/* Writes down what was approved of a container: see promise.h. */
#include "promise.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/init_facts.h"
#include "json/writer.h"
#include "oci/values.h"

static void write_file(struct json_writer *writer, struct file_id file)
{
	json_begin_array(writer);
	json_integer(writer, (long long)file.device);
	json_integer(writer, (long long)file.inode);
	json_end_array(writer);
}

static struct file_id look_up(struct arena *arena, const char *bundle, struct str path)
{
	const char *name = arena_printf(
		arena, "%s%s%.*s", path.len > 0 && path.data[0] == '/' ? "" : bundle,
		path.len > 0 && path.data[0] == '/' ? "" : "/", (int)path.len, path.data);
	struct stat st;

	if (path.len == 0 || stat(name, &st) < 0)
		return (struct file_id){ 0 };
	return (struct file_id){ st.st_dev, st.st_ino };
}

/* Does the path lead to another file for each process? */
static bool is_own(struct str path)
{
	return str_starts_with(path, "/proc/self/") ||
	       str_starts_with(path, "/proc/thread-self/") || str_starts_with(path, "/dev/fd/");
}

static void write_sources(struct json_writer *writer, struct arena *arena,
			  const struct oci_config *config, const char *bundle)
{
	json_key(writer, "sources");
	json_begin_array(writer);
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		write_file(writer, mount->bind && !mount->remount && !is_own(mount->source.value)
					   ? look_up(arena, bundle, mount->source.value)
					   : (struct file_id){ 0 });
	}
	json_end_array(writer);
}

const char *promise_resolve(struct arena *arena, const char *bundle, struct str path)
{
	const bool absolute = path.len > 0 && path.data[0] == '/';
	auto_free char *real = realpath(
		arena_printf(arena, "%s/%.*s", absolute ? "" : bundle, (int)path.len, path.data),
		NULL);

	return real != NULL ? arena_copy(arena, real, strlen(real)) : NULL;
}

/* What is mounted below a source: its place from there. */
static void write_below(struct json_writer *writer, const struct init_mount *mounts, size_t n,
			const char *source, size_t number)
{
	const size_t len = strcmp(source, "/") == 0 ? 0 : strlen(source);

	for (size_t i = 0; i < n; i++) {
		const struct str point = mounts[i].point;

		if (point.len <= len + 1 || memcmp(point.data, source, len) != 0 ||
		    point.data[len] != '/')
			continue;
		json_begin_array(writer);
		json_integer(writer, (long long)number);
		json_string(writer, mounts[i].device);
		json_string(writer, mounts[i].root);
		json_string(writer, (struct str){ point.data + len, point.len - len });
		json_end_array(writer);
	}
}

/* A recursive bind keeps what was mounted below its source, also after the host has unmounted it. */
static int write_brought(struct json_writer *writer, struct arena *arena,
			 const struct oci_config *config, const char *bundle, struct err *err)
{
	struct init_mount *mounts;
	size_t n = 0;
	int error = init_own_mounts(arena, &mounts, &n, err);

	if (error < 0)
		return error;
	json_key(writer, "brought");
	json_begin_array(writer);
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		const char *source =
			mount->bind ? promise_resolve(arena, bundle, mount->source.value) : NULL;

		if (source != NULL)
			write_below(writer, mounts, n, source, i);
	}
	json_end_array(writer);
	return 0;
}

static void write_namespaces(struct json_writer *writer, struct arena *arena,
			     const struct oci_config *config, const char *bundle)
{
	json_key(writer, "namespaces");
	json_begin_array(writer);
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		const struct oci_namespace *entry = &config->linux_.namespaces.types[i];

		uint64_t inode = 0;

		if (entry->path.node != NULL)
			inode = look_up(arena, bundle, entry->path.value).inode;
		else if (entry->node == NULL)
			inode = init_namespace(arena, "self", i);
		json_integer(writer, (long long)inode);
	}
	json_end_array(writer);
}

/*
 * Is it one of our hooks, or Docker's for the network? Neither mounts anything in a container. The
 * name of a stage does not tell: NVIDIA's hook has it too. What other hooks may run is for the rule
 * foreignHooks.
 */
static bool mounts_nothing(const struct oci_hook *hook)
{
	const struct oci_string *args = hook->args.items;

	return hook->args.n > 0 &&
	       (str_is(args[0].value, "libnetwork-setkey") || str_is(args[0].value, "rootfence"));
}

static bool has_other_hooks(const struct oci_config *config)
{
	static const enum oci_hook_stage stages[] = { HOOK_PRESTART, HOOK_CREATE_RUNTIME,
						      HOOK_CREATE_CONTAINER };

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		const struct oci_list *list = &config->hooks.stages[stages[i]];
		const struct oci_hook *hooks = list->items;

		for (size_t j = 0; j < list->n; j++)
			if (!mounts_nothing(&hooks[j]))
				return true;
	}
	return false;
}

struct member {
	const char *key;
	const struct json_node *node;
};

static void write_members(struct json_writer *writer, const struct json_doc *doc,
			  const struct member *members, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (members[i].node == NULL)
			continue;
		json_key(writer, members[i].key);
		json_raw(writer, json_source(doc, members[i].node));
	}
}

/* The part of the config that `start` compares. The seccomp profile alone is most of a config. */
static void write_spec(struct json_writer *writer, const struct oci_config *config)
{
	const struct oci_process *process = &config->process;
	const struct oci_linux *linux_ = &config->linux_;
	const struct member of_process[] = {
		{ "user", process->user.node },
		{ "cwd", process->cwd.node },
		{ "capabilities", process->capabilities.node },
		{ "noNewPrivileges", process->no_new_privileges.node },
		{ "rlimits", json_get(process->node, "rlimits") },
		{ "oomScoreAdj", json_get(process->node, "oomScoreAdj") },
		{ "scheduler", json_get(process->node, "scheduler") },
		{ "selinuxLabel", process->selinux_label.node },
	};
	const struct member of_linux[] = {
		{ "namespaces", linux_->namespaces.node },
		{ "uidMappings", linux_->uid_mappings.node },
		{ "gidMappings", linux_->gid_mappings.node },
		{ "maskedPaths", linux_->masked_paths.node },
		{ "readonlyPaths", linux_->readonly_paths.node },
		{ "devices", linux_->devices.node },
		{ "rootfsPropagation", linux_->rootfs_propagation.node },
	};
	const struct member whole[] = { { "root", config->root.node },
					{ "mounts", config->mounts.node } };
	const struct json_node *kept = oci_map_get(&config->annotations, KEEP_GROUPS);

	json_key(writer, "spec");
	json_begin_object(writer);
	json_key(writer, "process");
	json_begin_object(writer);
	write_members(writer, config->doc, of_process, ARRAY_SIZE(of_process));
	json_end_object(writer);
	write_members(writer, config->doc, whole, ARRAY_SIZE(whole));
	json_key(writer, "linux");
	json_begin_object(writer);
	write_members(writer, config->doc, of_linux, ARRAY_SIZE(of_linux));
	json_end_object(writer);
	if (kept != NULL) {
		json_key(writer, "annotations");
		json_begin_object(writer);
		json_key(writer, KEEP_GROUPS);
		json_string(writer, kept->text);
		json_end_object(writer);
	}
	json_end_object(writer);
}

int promise_write(struct arena *arena, int fd, const struct oci_config *config, const char *bundle,
		  pid_t pid, struct err *err)
{
	const struct json_node *terminal = json_get(config->process.node, "terminal");
	struct json_writer *writer;
	const char *cgroup;
	uint64_t start_time = 0;
	int error = init_start_time(arena, pid, &start_time, err);

	if (error == 0)
		error = init_cgroup(arena, pid, &cgroup, err);
	if (error < 0)
		return error;
	writer = json_writer_new(arena, false);
	json_begin_object(writer);
	json_member_integer(writer, "version", 1);
	json_member_integer(writer, "pid", pid);
	json_member_integer(writer, "startTime", (long long)start_time);
	json_member_boolean(writer, "seccomp", config->linux_.seccomp.node != NULL);
	json_member_boolean(writer, "hooks", has_other_hooks(config));
	json_member_boolean(writer, "terminal",
			    terminal != NULL && terminal->type == JSON_BOOL && terminal->boolean);
	json_member_text(writer, "bundle", bundle);
	json_member_text(writer, "cgroup", cgroup);
	json_key(writer, "root");
	write_file(writer, look_up(arena, bundle, config->root.path.value));
	write_sources(writer, arena, config, bundle);
	write_namespaces(writer, arena, config, bundle);
	error = write_brought(writer, arena, config, bundle, err);
	if (error < 0) {
		json_writer_free(writer);
		return error;
	}
	write_spec(writer, config);
	json_end_object(writer);
	return io_write(fd, "what was approved of the container", json_writer_finish(writer), err);
}
