/* SPDX-License-Identifier: Apache-2.0 */
/* What a bind mount must not let work: mountOptions. */
#include "policy/rule.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "json/writer.h"

/* The option of mount(8) that takes another one back; empty when there is none. */
static struct str opposite_option(struct str option)
{
	if (str_is(option, "ro"))
		return STR("rw");
	if (str_starts_with(option, "no"))
		return (struct str){ option.data + 2, option.len - 2 };
	return (struct str){ 0 };
}

/* The later of the two is in force. */
static bool option_in_force(const struct oci_mount *mount, struct str option)
{
	struct str opposite = opposite_option(option);
	bool in_force = false;

	for (size_t i = 0; i < mount->options.n; i++) {
		struct str value = mount->options.items[i].value;

		if (str_equal(value, option))
			in_force = true;
		else if (opposite.len > 0 && str_equal(value, opposite))
			in_force = false;
	}
	return in_force;
}

/* "rsuid" for "nosuid": runtimes carry it out last, on the mount and all below it. */
static bool takes_back(struct str value, struct str option)
{
	struct str opposite = opposite_option(option);

	return opposite.len > 0 && str_starts_with(value, "r") &&
	       str_equal((struct str){ value.data + 1, value.len - 1 }, opposite);
}

static bool is_taken_back(const struct oci_mount *mount, struct str option)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (takes_back(mount->options.items[i].value, option))
			return true;
	return false;
}

/* A device that was bound into the container is there to be used: nodev would make it useless. */
static bool option_fits(const struct source_fact *source, struct str option)
{
	bool device = source->path.error == 0 &&
		      (S_ISCHR(source->path.mode) || S_ISBLK(source->path.mode));

	return !(device && str_is(option, "nodev"));
}

/* Engine-made mounts are no sources: the engine's own files need no options. */
static bool needs_option(const struct source_fact *source, struct str option)
{
	const struct oci_mount *mount = source->from.mount;

	return !source->from.layer && (mount->bind || mount->remount) &&
	       option_fits(source, option) &&
	       (!option_in_force(mount, option) || is_taken_back(mount, option));
}

static const char *options_json(const struct judge *judge, const struct oci_mount *mount)
{
	struct str source = json_source(judge->config->doc, mount->options.node);

	return arena_copy(judge->arena, source.data, source.len);
}

void check_mount_options(struct judge *judge)
{
	const struct rule_arg *options = &judge->setting->args[0];

	for (size_t i = 0; i < judge->facts->n_sources; i++) {
		const struct source_fact *source = &judge->facts->sources[i];
		const struct oci_mount *mount = source->from.mount;
		auto_buf struct buf lacking = { 0 };

		for (size_t k = 0; k < options->n; k++)
			if (needs_option(source, options->strings[k]))
				buf_printf(&lacking, "%s%.*s", lacking.len > 0 ? "," : "",
					   (int)options->strings[k].len, options->strings[k].data);
		if (lacking.len == 0)
			continue;
		finding_add(judge, mount->options.node != NULL ? mount->options.node : mount->node,
			    mount->options.node != NULL ? NULL : "options",
			    (struct finding_text){
				    .observed = mount->options.node != NULL
							? options_json(judge, mount)
							: NULL,
				    .required = arena_copy(judge->arena, lacking.data, lacking.len),
				    .message = arena_printf(
					    judge->arena, "lack %s at %s; all are required",
					    lacking.data,
					    str_quote(judge->arena, mount->destination.value)),
				    .fix = arena_printf(judge->arena, "-v SOURCE:DESTINATION:%s",
							lacking.data),
			    });
	}
}

void fix_mount_options(struct judge *judge)
{
	const struct rule_arg *options = &judge->setting->args[0];
	struct json_doc *doc = judge->config->doc;

	for (size_t i = 0; i < judge->facts->n_sources; i++) {
		const struct source_fact *source = &judge->facts->sources[i];
		const struct oci_mount *mount = source->from.mount;
		auto_buf struct buf array = { 0 };

		for (size_t k = 0; k < options->n; k++) {
			auto_buf struct buf option = { 0 };

			if (!needs_option(source, options->strings[k]))
				continue;
			for (size_t n = 0; n < mount->options.n; n++)
				if (takes_back(mount->options.items[n].value, options->strings[k]))
					json_remove(mount->options.items[n].node);
			if (option_in_force(mount, options->strings[k]))
				continue;
			json_quote(&option, options->strings[k]);
			if (mount->options.node != NULL)
				json_add(doc, mount->options.node, NULL, option.data);
			buf_printf(&array, "%s%s", array.len > 0 ? "," : "[", option.data);
		}
		if (array.len == 0 || mount->options.node != NULL)
			continue;
		buf_printf(&array, "]");
		json_add(doc, mount->node, "options", array.data);
	}
}
