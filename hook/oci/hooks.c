/* SPDX-License-Identifier: Apache-2.0 */
/* Reads hooks: config.md#posix-platform-hooks. */
#include "hooks.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

static int read_hook(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_hook, "path", path, FIELD_STRING),
		ROW(oci_hook, "args", args, FIELD_STRINGS),
		ROW(oci_hook, "env", env, FIELD_STRINGS),
		KNOWN("timeout"),
	};
	struct oci_hook *hook = target;
	int error;

	hook->node = value;
	error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
	if (error < 0)
		return error;
	if (hook->path.node == NULL)
		return fields_fail(reader, value, "hook has no path");
	return 0;
}

static int read_stage(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_hook), read_hook);
}

#define FIELD_STAGE JSON_ARRAY, read_stage

static const struct field stages[HOOK_STAGE_COUNT] = {
	[HOOK_PRESTART] = ROW(oci_hooks, "prestart", stages[HOOK_PRESTART], FIELD_STAGE),
	[HOOK_CREATE_RUNTIME] =
		ROW(oci_hooks, "createRuntime", stages[HOOK_CREATE_RUNTIME], FIELD_STAGE),
	[HOOK_CREATE_CONTAINER] =
		ROW(oci_hooks, "createContainer", stages[HOOK_CREATE_CONTAINER], FIELD_STAGE),
	[HOOK_START_CONTAINER] =
		ROW(oci_hooks, "startContainer", stages[HOOK_START_CONTAINER], FIELD_STAGE),
	[HOOK_POSTSTART] = ROW(oci_hooks, "poststart", stages[HOOK_POSTSTART], FIELD_STAGE),
	[HOOK_POSTSTOP] = ROW(oci_hooks, "poststop", stages[HOOK_POSTSTOP], FIELD_STAGE),
};

bool oci_hook_process(const struct oci_hook *hook, pid_t *ret_pid)
{
	static const char start[] = "/proc/", end[] = "/exe";
	const size_t around = strlen(start) + strlen(end);
	struct str path = hook->path.value;
	uint64_t pid;

	if (path.len <= around || !str_starts_with(path, start) ||
	    memcmp(path.data + path.len - strlen(end), end, strlen(end)) != 0 ||
	    !str_to_uint((struct str){ path.data + strlen(start), path.len - around }, INT_MAX,
			 &pid) ||
	    pid == 0)
		return false;
	*ret_pid = (pid_t)pid;
	return true;
}

int oci_hooks_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	((struct oci_hooks *)target)->node = value;
	return fields_read(reader, value, stages, HOOK_STAGE_COUNT, target);
}
