/* SPDX-License-Identifier: Apache-2.0 */
/* What else a spec can carry: unsafeAnnotations, workingDirectory. */
#include "policy/rule.h"

#include <string.h>

#include "base/cleanup.h"
#include "json/writer.h"

/* Annotations by which runtimes are told to do things that no field of the spec shows. */
static const char *const unsafe_prefixes[] = {
	"run.oci.", "krun.", "module.wasm.", "org.criu.", "org.systemd.property.", NULL,
};

/* Does the entry name the key? A final * stands for any rest. */
static bool entry_names(struct str entry, struct str key)
{
	if (entry.len > 0 && entry.data[entry.len - 1] == '*')
		return key.len >= entry.len - 1 && memcmp(key.data, entry.data, entry.len - 1) == 0;
	return str_equal(entry, key);
}

static bool annotation_is_unsafe(const struct judge *judge, struct str key)
{
	const struct rule_arg *allow = &judge->setting->args[0];
	bool unsafe = str_is(key, "bundle");

	for (size_t i = 0; unsafe_prefixes[i] != NULL && !unsafe; i++)
		unsafe = str_starts_with(key, unsafe_prefixes[i]);
	for (size_t i = 0; unsafe && i < allow->n; i++)
		unsafe = !entry_names(allow->strings[i], key);
	return unsafe;
}

void check_unsafe_annotations(struct judge *judge)
{
	json_each (annotation, judge->config->annotations.node) {
		auto_buf struct buf observed = { 0 };

		if (!annotation_is_unsafe(judge, annotation->key))
			continue;
		json_quote(&observed, annotation->text);
		finding_add(
			judge, annotation, NULL,
			(struct finding_text){
				.observed = arena_copy(judge->arena, observed.data, observed.len),
				.required = "absent",
				.message =
					"tells the runtime what no field shows; must not be there",
				.fix = arena_printf(
					judge->arena,
					"drop --annotation %s, and the LABEL of the image",
					str_show(judge->arena, annotation->key)),
			});
	}
}

void fix_unsafe_annotations(struct judge *judge)
{
	json_each (annotation, judge->config->annotations.node)
		if (annotation_is_unsafe(judge, annotation->key))
			json_remove(annotation);
}

/* Does the path begin with these components (second may be NULL), once "." and ".." are carried out? */
static bool path_is_under(struct str path, const char *first, const char *second)
{
	struct str components[2] = { 0 };
	size_t depth = 0, end;

	for (size_t i = 0; i < path.len; i = end + 1) {
		for (end = i; end < path.len && path.data[end] != '/'; end++)
			;
		if (end - i == 2 && memcmp(path.data + i, "..", 2) == 0) {
			depth -= depth > 0;
		} else if (end > i && !(end - i == 1 && path.data[i] == '.')) {
			if (depth < ARRAY_SIZE(components))
				components[depth] = (struct str){ path.data + i, end - i };
			depth++;
		}
	}
	return depth > 0 && str_is(components[0], first) &&
	       (second == NULL || (depth > 1 && str_is(components[1], second)));
}

void check_working_directory(struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	const struct oci_string *cwd = &process->cwd;
	struct finding_text text = {
		.required = "an absolute path outside /proc and /sys",
		.fix = "--workdir /, or WORKDIR in the image",
	};
	auto_buf struct buf observed = { 0 };
	const char *flaw = NULL;

	if (cwd->node == NULL) {
		text.message = "is missing; must be an absolute path";
		finding_add(judge, process->node, "cwd", text);
		return;
	}
	if (!str_starts_with(cwd->value, "/"))
		flaw = "is not absolute";
	else if (path_is_under(cwd->value, "proc", NULL))
		flaw = "lies under /proc";
	else if (path_is_under(cwd->value, "sys", NULL))
		flaw = "lies under /sys";
	else if (path_is_under(cwd->value, "dev", "fd"))
		flaw = "lies under /dev/fd";
	if (flaw == NULL)
		return;
	json_quote(&observed, cwd->value);
	text.observed = arena_copy(judge->arena, observed.data, observed.len);
	text.message = arena_printf(judge->arena,
				    "is %s: it %s, from where a leaked descriptor reaches the host",
				    str_quote(judge->arena, cwd->value), flaw);
	finding_add(judge, cwd->node, NULL, text);
}
