/* SPDX-License-Identifier: Apache-2.0 */
/* workingDirectory: working directories by which a leaked descriptor may reach the host. */
#include "policy/judge.h"

#include "policy/fix.h"

#include <string.h>

#include "base/cleanup.h"

/* Does the path begin with these components after "." and ".." are resolved? second may be NULL. */
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

static const char *cwd_flaw(struct str cwd)
{
	if (!str_starts_with(cwd, "/"))
		return "is not absolute";
	if (path_is_under(cwd, "proc", NULL))
		return "lies under /proc";
	if (path_is_under(cwd, "sys", NULL))
		return "lies under /sys";
	if (path_is_under(cwd, "dev", "fd"))
		return "lies under /dev/fd";
	return NULL;
}

static void check(struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	const struct oci_string *cwd = &process->cwd;
	const char *flaw = cwd_flaw(cwd->value);
	struct finding_text text = {
		.required = "an absolute path outside /proc and /sys",
		.fix = fix(judge, FIX_WORKING_DIRECTORY),
	};

	if (cwd->node == NULL) {
		text.message = "is missing; must be an absolute path";
		finding_add(judge, process->node, "cwd", text);
	} else if (flaw != NULL) {
		text.observed = judge_quote(judge, cwd->value);
		text.message = arena_printf(
			judge->arena,
			"is %s: it %s, from where a leaked descriptor reaches the host",
			str_quote(judge->arena, cwd->value), flaw);
		finding_add(judge, cwd->node, NULL, text);
	}
}

const struct rule rule_working_directory = {
	.name = "workingDirectory",
	.title = "The working directory can be a leaked descriptor of the host",
	.reads = "/process/cwd",
	.references = REFERENCES("CVE-2024-21626"),
	.process = true,
	.check = check,
};
