/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maskedPaths, readonlyPaths, procMount: files of the kernel that the container sees and may write.
 */
#include "policy/rules/bound_sysfs.h"
#include "policy/rules/host_paths.h"
#include "policy/fix.h"
#include "policy/rules/mount_fix.h"

#include <string.h>

#include "base/cleanup.h"

#define RELAXED_SINCE 35 /* minor version of Kubernetes, in its baseline standard */

static const char *const relaxed_words[] = { "always", "hostUserNamespace", NULL };

/* Two arguments of each rule: does a private user namespace relax it, and since when? */
#define RELAXED_WHEN                                                            \
	{                                                                       \
		.name = "when", .kind = KIND_WORD, .effect = EFFECT_ADMITS,     \
		.words = relaxed_words,                                         \
		.meaning = "hostUserNamespace: not in a private user namespace" \
	}
#define RELAXED_VERSION                                                           \
	{                                                                         \
		.name = "version", .kind = KIND_VERSION, .effect = EFFECT_ADMITS, \
		.meaning = "below v1.35 always"                                   \
	}

/* args.when: as of v1.35 a container with its own user namespace is exempt. */
static bool is_relaxed(const struct judge *judge, const struct rule_arg *when,
		       const struct rule_arg *version)
{
	return when->number != 0 && !judge_before(version, RELAXED_SINCE) &&
	       judge_user_namespace_is_private(judge) && judge_host_id(judge, ID_USER, 0) != 0;
}

/* Does the list have the path or a directory above it? */
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

/* A masked path cannot be written either. */
static bool is_covered(const struct judge *judge, const struct oci_strings *list, struct str path)
{
	return list_covers(list, path) || list_covers(&judge->config->linux_.masked_paths, path);
}

/* The arguments of maskedPaths and readonlyPaths. */
enum list_arg {
	LIST_PATHS,
	LIST_ALSO,
	LIST_WHEN,
	LIST_SINCE /* args.version */
};

/* Returns what the list must have and lacks, as words; "": nothing. */
static const char *lacking_paths(const struct judge *judge, const struct oci_strings *list)
{
	const struct rule_arg *paths = judge_arg(judge, LIST_PATHS);
	auto_buf struct buf lacking = { 0 };

	for (size_t i = 0; i < paths->n; i++)
		if (!is_covered(judge, list, paths->strings[i]))
			buf_printf(&lacking, "%s%s", lacking.len > 0 ? ", " : "",
				   str_show(judge->arena, paths->strings[i]));
	return arena_copy(judge->arena, lacking.data, lacking.len);
}

/* Adds the required paths, and those of args.also, which a rewrite adds along with them. */
static void add_paths(struct judge *judge, struct finding *finding, const struct oci_strings *list,
		      const char *name)
{
	const char *end = arena_printf(judge->arena, "linux/%s/-", name);

	for (enum list_arg arg = LIST_PATHS; arg <= LIST_ALSO; arg++) {
		const struct rule_arg *paths = judge_arg(judge, arg);

		for (size_t i = 0; i < paths->n; i++)
			if (!is_covered(judge, list, paths->strings[i]))
				finding_set(judge, finding, judge->config->doc->root, end,
					    judge_quote(judge, paths->strings[i]));
	}
}

static void check_list(struct judge *judge, const struct oci_strings *list, const char *name)
{
	const char *lacking = lacking_paths(judge, list);
	struct finding *finding;

	if (lacking[0] == '\0' ||
	    is_relaxed(judge, judge_arg(judge, LIST_WHEN), judge_arg(judge, LIST_SINCE)))
		return;
	finding = judge_linux_finding(
		judge, list->node, name,
		(struct finding_text){
			.observed = judge_source(judge, list->node),
			.required = arena_printf(judge->arena, "with %s", lacking),
			.message =
				arena_printf(judge->arena, "lacks %s; all must be there", lacking),
			.fix = fix_about(judge, FIX_KERNEL_PATHS, name),
		});
	add_paths(judge, finding, list, name);
}

/* Old specs have relative destinations, which runtimes resolve from the root directory. */
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

/* Files that are masked below /proc and /sys are visible below another proc or sysfs. */
static void check_second_places(struct judge *judge)
{
	const struct oci_config *config = judge->config;

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
				    .fix = fix(judge, FIX_MOUNT_TYPE),
			    });
	}
}

/*
 * Paths that every engine masks since podman 4.3, Docker 20.10, containerd 1.6 and CRI-O 1.20, so
 * that a container started with defaults has no finding; and paths that newer engines mask too.
 */
static const char *const masked_paths[] = {
	"/proc/acpi",	     "/proc/kcore",
	"/proc/keys",	     "/proc/latency_stats",
	"/proc/timer_list",  "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi",
	"/sys/firmware",     NULL,
};
static const char *const also_masked_paths[] = {
	"/proc/asound",
	"/proc/interrupts",
	"/sys/devices/virtual/powercap",
	NULL,
};

static void check_masked_paths(struct judge *judge)
{
	if (!is_relaxed(judge, judge_arg(judge, LIST_WHEN), judge_arg(judge, LIST_SINCE)))
		check_second_places(judge);
	check_list(judge, &judge->config->linux_.masked_paths, "maskedPaths");
}

const struct rule rule_masked_paths = {
	.name = "maskedPaths",
	.title = "Kernel files that engines hide are visible",
	.reads = "/linux/maskedPaths, /mounts",
	.args = {
		[LIST_PATHS] = { .name = "paths",
				 .kind = KIND_INSIDE,
				 .effect = EFFECT_DEMANDS,
				 .defaults = masked_paths,
				 .meaning = "what must be masked, or a directory above it" },
		[LIST_ALSO] = { .name = "also",
				.kind = KIND_INSIDE,
				.defaults = also_masked_paths,
				.meaning = "what a rewrite masks as well" },
		[LIST_WHEN] = RELAXED_WHEN,
		[LIST_SINCE] = RELAXED_VERSION,
	},
	.references = REFERENCES("PSS baseline: /proc Mount Type", "config-linux.md#masked-paths"),
	.rewrites = rewrites_spec,
	.check = check_masked_paths,
};

static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

static void check_readonly_paths(struct judge *judge)
{
	check_list(judge, &judge->config->linux_.readonly_paths, "readonlyPaths");
}

const struct rule rule_readonly_paths = {
	.name = "readonlyPaths",
	.title = "Kernel files that engines make read-only are writable",
	.reads = "/linux/readonlyPaths, /linux/maskedPaths",
	.args = {
		[LIST_PATHS] = { .name = "paths",
				 .kind = KIND_INSIDE,
				 .effect = EFFECT_DEMANDS,
				 .defaults = readonly_paths,
				 .meaning =
					 "what must be read-only or masked, or a directory above it" },
		[LIST_ALSO] = { .name = "also",
				.kind = KIND_INSIDE,
				.meaning = "what a rewrite makes read-only as well" },
		[LIST_WHEN] = RELAXED_WHEN,
		[LIST_SINCE] = RELAXED_VERSION,
	},
	.references = REFERENCES("PSS baseline: /proc Mount Type"),
	.rewrites = rewrites_spec,
	.check = check_readonly_paths,
};

enum proc_arg {
	PROC_WHEN,
	PROC_SINCE /* args.version */
};

/* Returns how a mount shows the kernel's files differently from runtimes, or NULL. */
static const char *mount_flaw(const struct judge *judge, const struct oci_mount *mount)
{
	const char *at = destination_of(judge, mount);
	bool proc = str_is(mount->type.value, "proc") && !mount->bind;
	bool sysfs = str_is(mount->type.value, "sysfs") && !mount->bind;

	if (strcmp(at, "/proc") == 0)
		return proc ? NULL : "is not a proc file system";
	if (strcmp(at, "/sys") == 0)
		return sysfs || bound_sysfs(judge, mount) ? NULL : "is not sysfs";
	if (is_at_or_under(at, "/proc/sys") && !mount->read_only)
		return "makes /proc/sys writable";
	if (proc)
		return "is a proc file system where nothing is masked";
	return NULL;
}

/* Of several mounts at /proc the last one is seen. */
static bool proc_sys_is_writable(const struct judge *judge)
{
	const struct oci_config *config = judge->config;
	const struct oci_linux *parts = &config->linux_;
	bool read_only = false;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (strcmp(destination_of(judge, mount), "/proc") == 0)
			read_only = mount->read_only;
	}
	return !read_only && !list_covers(&parts->readonly_paths, STR("/proc/sys")) &&
	       !list_covers(&parts->masked_paths, STR("/proc/sys"));
}

static void check_mounts(struct judge *judge)
{
	const struct oci_config *config = judge->config;

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
				.fix = fix(judge, host_shown_fix(judge, mount, FIX_PROC_MOUNT)),
			});
	}
}

static void check_proc_mount(struct judge *judge)
{
	const struct json_node *list = judge->config->linux_.readonly_paths.node;

	check_mounts(judge);
	if (!proc_sys_is_writable(judge) ||
	    is_relaxed(judge, judge_arg(judge, PROC_WHEN), judge_arg(judge, PROC_SINCE)))
		return;
	judge_linux_finding(judge, list, "readonlyPaths",
			    (struct finding_text){
				    .observed = judge_source(judge, list),
				    .required = "with /proc/sys",
				    .message = "leaves /proc/sys writable; must not",
				    .fix = fix(judge, FIX_PROC_SYS),
			    });
}

const struct rule rule_proc_mount = {
	.name = "procMount",
	.title = "The container sees the kernel's files in a way that runtimes do not show them",
	.reads = "/mounts, /linux/readonlyPaths, /linux/maskedPaths",
	.args = { [PROC_WHEN] = RELAXED_WHEN, [PROC_SINCE] = RELAXED_VERSION },
	.references =
		REFERENCES("PSS baseline: /proc Mount Type", "CVE-2019-16884", "CVE-2023-27561"),
	.check = check_proc_mount,
};
