/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the kernel's files the container sees and may write: maskedPaths, readonlyPaths,
 * procMount; and whether it may write its own root directory: readonlyRootfs.
 */
#include "policy/rules/host_paths.h"

#include <string.h>

#include "json/writer.h"

#define RELAXED_SINCE 35 /* minor version of Kubernetes, in its baseline standard */

/* args.when: not asked of a container with a user namespace of its own, as of v1.35. */
static bool is_relaxed(const struct judge *judge, const struct rule_arg *when,
		       const struct rule_arg *version)
{
	return when->number != 0 && !rule_arg_before(version, RELAXED_SINCE) &&
	       judge_user_namespace_is_private(judge) && judge_host_id(judge, ID_USER, 0) != 0;
}

/* Is the path, or a directory above it, in the list? */
static bool list_covers(const struct oci_strings *list, struct str path)
{
	for (size_t i = 0; i < list->n; i++) {
		struct str entry = list->items[i].value;

		if (entry.len > 0 && entry.len <= path.len &&
		    memcmp(entry.data, path.data, entry.len) == 0 &&
		    (entry.len == path.len || path.data[entry.len] == '/'))
			return true;
	}
	return false;
}

/* What is masked cannot be written either. */
static bool is_covered(const struct judge *judge, const struct oci_strings *list, struct str path)
{
	return list_covers(list, path) || list_covers(&judge->config->linux_.masked_paths, path);
}

static void check_list(struct judge *judge, const struct oci_strings *list, const char *name,
		       const char *fix)
{
	const struct rule_arg *paths = &judge->setting->args[0];
	auto_buf struct buf lacking = { 0 };

	for (size_t i = 0; i < paths->n; i++)
		if (!is_covered(judge, list, paths->strings[i]))
			buf_printf(&lacking, "%s%s", lacking.len > 0 ? ", " : "",
				   str_show(judge->arena, paths->strings[i]));
	if (lacking.len == 0 ||
	    is_relaxed(judge, &judge->setting->args[2], &judge->setting->args[3]))
		return;
	judge_linux_finding(
		judge, list->node, name,
		(struct finding_text){
			.observed = list->node != NULL ? judge_source(judge, list->node) : NULL,
			.required = arena_printf(judge->arena, "with %s", lacking.data),
			.message = arena_printf(judge->arena, "lacks %s; all must be there",
						lacking.data),
			.fix = fix,
		});
}

/* Both arguments: what has to be there, and what is added besides once something is. */
static void fix_list(struct judge *judge, const struct oci_strings *list, const char *name)
{
	auto_buf struct buf array = { 0 };

	for (size_t arg = 0; arg < 2; arg++) {
		const struct rule_arg *paths = &judge->setting->args[arg];

		for (size_t i = 0; i < paths->n; i++) {
			auto_buf struct buf path = { 0 };

			if (is_covered(judge, list, paths->strings[i]))
				continue;
			json_quote(&path, paths->strings[i]);
			if (list->node != NULL)
				json_add(judge->config->doc, list->node, NULL, path.data);
			buf_printf(&array, "%s%s", array.len > 0 ? "," : "[", path.data);
		}
	}
	buf_printf(&array, "]");
	if (list->node == NULL)
		judge_linux_add(judge, name, array.data);
}

/* Old specs have relative destinations: runtimes take them as from the root directory. */
static const char *destination_of(const struct judge *judge, const struct oci_mount *mount)
{
	struct str destination = mount->destination.value;

	if (!str_starts_with(destination, "/"))
		destination = str_from(arena_printf(judge->arena, "/%.*s", (int)destination.len,
						    destination.data));
	return str_path_normalize(judge->arena, destination);
}

static bool is_at_or_under(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

bool judge_has_proc(const struct judge *judge)
{
	const struct oci_config *config = judge->config;
	bool proc = false;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		const char *at = destination_of(judge, mount);

		if (strcmp(at, "/proc") == 0)
			proc = str_is(mount->type.value, "proc") && !mount->bind;
		else if (is_at_or_under(at, "/proc/sys"))
			proc = false;
	}
	return proc;
}

/* What is masked below /proc and /sys is in sight below another such file system. */
static void check_second_places(struct judge *judge)
{
	const struct oci_config *config = judge->config;
	const char *obstacle = judge->obstacle;

	judge->obstacle = "no rewrite makes this safe";
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		bool proc = str_is(mount->type.value, "proc");

		if ((!proc && !str_is(mount->type.value, "sysfs")) || mount->bind ||
		    strcmp(destination_of(judge, mount), proc ? "/proc" : "/sys") == 0)
			continue;
		finding_add(judge, mount->node, NULL,
			    (struct finding_text){
				    .observed = judge_source(judge, mount->node),
				    .required = "proc at /proc and sysfs at /sys alone",
				    .message = arena_printf(
					    judge->arena,
					    "mounts %s at %s, where nothing is masked; must not",
					    proc ? "proc" : "sysfs",
					    str_quote(judge->arena, mount->destination.value)),
				    .fix = "drop the mount",
			    });
	}
	judge->obstacle = obstacle;
}

void check_masked_paths(struct judge *judge)
{
	if (!is_relaxed(judge, &judge->setting->args[2], &judge->setting->args[3]))
		check_second_places(judge);
	check_list(judge, &judge->config->linux_.masked_paths, "maskedPaths",
		   "drop --privileged and --security-opt unmask");
}

void fix_masked_paths(struct judge *judge)
{
	fix_list(judge, &judge->config->linux_.masked_paths, "maskedPaths");
}

void check_readonly_paths(struct judge *judge)
{
	check_list(judge, &judge->config->linux_.readonly_paths, "readonlyPaths",
		   "drop --privileged and --security-opt unmask");
}

void fix_readonly_paths(struct judge *judge)
{
	fix_list(judge, &judge->config->linux_.readonly_paths, "readonlyPaths");
}

/* Why a mount shows the kernel's files in another way than the runtime would, or NULL. */
static const char *mount_flaw(const struct judge *judge, const struct oci_mount *mount)
{
	const char *at = destination_of(judge, mount);
	bool proc = str_is(mount->type.value, "proc") && !mount->bind;
	bool sysfs = str_is(mount->type.value, "sysfs") && !mount->bind;

	if (strcmp(at, "/proc") == 0)
		return proc ? NULL : "is no proc file system";
	if (strcmp(at, "/sys") == 0)
		return sysfs ? NULL : "is no sysfs";
	if (is_at_or_under(at, "/proc/sys") && !mount->read_only)
		return "makes /proc/sys writable";
	if (proc)
		return "is a proc file system where nothing is masked";
	return NULL;
}

static bool proc_sys_is_writable(const struct oci_config *config)
{
	const struct oci_linux *parts = &config->linux_;

	for (size_t i = 0; i < config->mounts.n; i++)
		if (str_is(oci_config_mount(config, i)->destination.value, "/proc") &&
		    oci_config_mount(config, i)->read_only)
			return false;
	return !list_covers(&parts->readonly_paths, STR("/proc/sys")) &&
	       !list_covers(&parts->masked_paths, STR("/proc/sys"));
}

void check_proc_mount(struct judge *judge)
{
	const struct oci_config *config = judge->config;
	const struct oci_strings *readonly_paths = &config->linux_.readonly_paths;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		const char *flaw = mount_flaw(judge, mount);

		if (flaw == NULL)
			continue;
		finding_add(
			judge, mount->node, NULL,
			(struct finding_text){
				.observed = judge_source(judge, mount->node),
				.required = "proc at /proc, sysfs at /sys, /proc/sys read-only",
				.message = arena_printf(
					judge->arena, "mounts %s, which %s; must not",
					str_quote(judge->arena, mount->destination.value), flaw),
				.fix = "drop the mount, or procMount: Default",
			});
	}
	if (!proc_sys_is_writable(config) ||
	    is_relaxed(judge, &judge->setting->args[0], &judge->setting->args[1]))
		return;
	judge_linux_finding(judge, readonly_paths->node, "readonlyPaths",
			    (struct finding_text){
				    .observed = readonly_paths->node != NULL
							? judge_source(judge, readonly_paths->node)
							: NULL,
				    .required = "with /proc/sys",
				    .message = "leaves /proc/sys writable; must not",
				    .fix = "drop --privileged; procMount: Default",
			    });
}

void check_readonly_rootfs(struct judge *judge)
{
	const struct oci_root *root = &judge->config->root;

	if (root->readonly.value)
		return;
	if (root->node == NULL) {
		judge->obstacle = "the spec has no root to change";
		finding_add(judge, judge->config->doc->root, "root",
			    (struct finding_text){ .required = "readonly: true",
						   .message = "is missing; must be read-only",
						   .fix = "--read-only" });
		return;
	}
	finding_add(judge, root->readonly.node != NULL ? root->readonly.node : root->node,
		    root->readonly.node != NULL ? NULL : "readonly",
		    (struct finding_text){
			    .observed = root->readonly.node != NULL ? "false" : NULL,
			    .required = "true",
			    .message = root->readonly.node != NULL ? "is false; must be true"
								   : "is missing; must be true",
			    .fix = "--read-only, and --tmpfs for what it writes",
		    });
}

void fix_readonly_rootfs(struct judge *judge)
{
	const struct oci_root *root = &judge->config->root;

	if (root->readonly.node != NULL)
		json_replace(judge->config->doc, root->readonly.node, "true");
	else
		json_add(judge->config->doc, root->node, "readonly", "true");
}
