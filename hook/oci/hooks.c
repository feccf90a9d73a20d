/* SPDX-License-Identifier: Apache-2.0 */
/* hooks by tables: config.md#posix-platform-hooks. */
#include "hooks.h"

#include <stddef.h>

#include "base/cleanup.h"

static int read_hook(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_hook, "path", field_string, path),
		ROW(oci_hook, "args", field_strings, args),
		ROW(oci_hook, "env", field_strings, env),
		KNOWN("timeout"),
	};
	struct oci_hook *hook = target;
	int error;

	hook->node = value;
	error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
	if (error < 0)
		return error;
	if (hook->path.node == NULL)
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "a hook without a path");
	return 0;
}

static int read_stage(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_hook), read_hook);
}

static const struct field stages[HOOK_STAGE_COUNT] = {
	[HOOK_PRESTART] = ROW(oci_hooks, "prestart", read_stage, stages[HOOK_PRESTART]),
	[HOOK_CREATE_RUNTIME] =
		ROW(oci_hooks, "createRuntime", read_stage, stages[HOOK_CREATE_RUNTIME]),
	[HOOK_CREATE_CONTAINER] =
		ROW(oci_hooks, "createContainer", read_stage, stages[HOOK_CREATE_CONTAINER]),
	[HOOK_START_CONTAINER] =
		ROW(oci_hooks, "startContainer", read_stage, stages[HOOK_START_CONTAINER]),
	[HOOK_POSTSTART] = ROW(oci_hooks, "poststart", read_stage, stages[HOOK_POSTSTART]),
	[HOOK_POSTSTOP] = ROW(oci_hooks, "poststop", read_stage, stages[HOOK_POSTSTOP]),
};

int oci_hooks_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	((struct oci_hooks *)target)->node = value;
	return fields_read(reader, value, stages, HOOK_STAGE_COUNT, target);
}
