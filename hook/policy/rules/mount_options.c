/* SPDX-License-Identifier: Apache-2.0 */
/* mountOptions: the options that bind mounts must have, such as nosuid and nodev. */
#include "policy/judge.h"

#include "policy/fix.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

enum arg {
	ARG_OPTIONS
};

static const char *const required[] = { "nosuid", "nodev", NULL };

static const char *const *safer_words(struct arena *arena)
{
	static const char *const words[] = { "nodev",	   "noexec",	  "nosuid", "ro", "noatime",
					     "nodiratime", "nosymfollow", "sync",   NULL };

	return words;
}

static bool word_is_safer(struct arena *arena, struct str word)
{
	const char *const *words = safer_words(arena);

	while (*words != NULL && !str_is(word, *words))
		words++;
	return *words != NULL;
}

static const struct vocabulary options = {
	.has = word_is_safer,
	.unknown = "is not an option that makes a mount safer",
	.words = safer_words,
};

/* Options that take another one back if they come after it. */
static const struct {
	const char *option;
	const char *takers[6];
} takers[] = {
	{ "ro", { "rw" } },
	{ "sync", { "async" } },
	{ "nosuid", { "suid" } },
	{ "nodev", { "dev" } },
	{ "noexec", { "exec" } },
	{ "nodiratime", { "diratime" } },
	{ "nosymfollow", { "symfollow" } },
	{ "noatime", { "atime", "relatime", "norelatime", "strictatime", "nostrictatime" } },
};

static bool is_taker(struct str value, struct str option)
{
	for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
		for (size_t k = 0; str_is(option, takers[i].option) && takers[i].takers[k] != NULL;
		     k++)
			if (str_is(value, takers[i].takers[k]))
				return true;
	return false;
}

/* Of an option and those that take it back, the last one is in force. */
static bool option_in_force(const struct oci_mount *mount, struct str option)
{
	bool in_force = false;

	for (size_t i = 0; i < mount->options.n; i++) {
		struct str value = mount->options.items[i].value;

		if (str_equal(value, option))
			in_force = true;
		else if (is_taker(value, option))
			in_force = false;
	}
	return in_force;
}

/*
 * Does the value take the option back wherever it stands? "rsuid" does so for "nosuid": runtimes
 * apply it last, to the mount and all mounts below it. The kernel drops noatime for strictatime.
 */
static bool takes_back(struct str value, struct str option)
{
	if (str_is(value, "strictatime") && str_is(option, "noatime"))
		return true;
	return str_starts_with(value, "r") &&
	       is_taker((struct str){ value.data + 1, value.len - 1 }, option);
}

static bool is_taken_back(const struct oci_mount *mount, struct str option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (takes_back(mount->options.items[i].value, option))
			return true;
	return false;
}

/* Offline, the name alone tells. */
static bool is_device(const struct path_fact *path)
{
	return S_ISCHR(path->mode) || S_ISBLK(path->mode) ||
	       (path->error != 0 && str_starts_with(path->path, "/dev/"));
}

/* nodev would make a bind-mounted device useless. */
static bool option_fits(const struct source_fact *source, struct str option)
{
	return !(is_device(&source->path) && str_is(option, "nodev"));
}

/* Mounts made by the engine are not sources, so the engine's own files need no options. */
static bool needs_option(const struct source_fact *source, struct str option)
{
	const struct oci_mount *mount = source->from.mount;

	return !source->from.layer && (mount->bind || mount->remount) &&
	       option_fits(source, option) &&
	       (!option_in_force(mount, option) || is_taken_back(mount, option));
}

/* Puts the option in force: adds it if it is missing, and removes options that take it back. */
static void require_option(struct judge *judge, struct finding *finding,
			   const struct oci_mount *mount, struct str option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (takes_back(mount->options.items[i].value, option))
			finding_remove(judge, finding, mount->options.items[i].node);
	if (!option_in_force(mount, option))
		finding_set(judge, finding, mount->node, "options/-", judge_quote(judge, option));
}

static void check_source(struct judge *judge, const struct source_fact *source)
{
	const struct rule_arg *wanted = judge_arg(judge, ARG_OPTIONS);
	const struct oci_mount *mount = source->from.mount;
	const struct json_node *node = mount->options.node;
	auto_buf struct buf lacking = { 0 };
	struct finding *finding;

	for (size_t i = 0; i < wanted->n; i++)
		if (needs_option(source, wanted->strings[i]))
			buf_printf(&lacking, "%s%.*s", lacking.len > 0 ? "," : "",
				   (int)wanted->strings[i].len, wanted->strings[i].data);
	if (lacking.len == 0)
		return;
	finding = finding_add(
		judge, node != NULL ? node : mount->node, node != NULL ? NULL : "options",
		(struct finding_text){
			.observed = judge_source(judge, node),
			.required = arena_copy(judge->arena, lacking.data, lacking.len),
			.message = arena_printf(judge->arena, "lack %s at %s; all are required",
						lacking.data,
						str_quote(judge->arena, mount->destination.value)),
			.fix = fix_about(
				judge, FIX_MOUNT_OPTIONS,
				arena_printf(judge->arena, "%s:%s:%s",
					     str_show(judge->arena, mount->source.value),
					     str_show(judge->arena, mount->destination.value),
					     lacking.data)),
		});
	for (size_t i = 0; i < wanted->n; i++)
		if (needs_option(source, wanted->strings[i]))
			require_option(judge, finding, mount, wanted->strings[i]);
}

static void check(struct judge *judge)
{
	for (size_t i = 0; i < judge->facts->n_sources; i++)
		check_source(judge, &judge->facts->sources[i]);
}

const struct rule rule_mount_options = {
	.name = "mountOptions",
	.title = "A bind mount lets set-user-ID files or devices of the host work",
	.reads = "/mounts",
	.args = {
		[ARG_OPTIONS] = { .name = "options",
				  .kind = KIND_STRINGS,
				  .effect = EFFECT_DEMANDS,
				  .defaults = required,
				  .vocabulary = &options,
				  .meaning = "options that every bind mount must have" },
	},
	.references = REFERENCES("mount(8)"),
	.rewrites = rewrites_spec,
	.check = check,
};
