/* SPDX-License-Identifier: Apache-2.0 */
/* Reads "unregistered" of a policy file: an action, or an object with arguments. */
#include "parse.h"

#include <string.h>

#include "base/cleanup.h"

/* What the guard can hold: bpf/abi.h. */
#define CGROUP_NAME_MAX 55
#define CGROUP_LEVELS 8

/* The words of enum exec_action, without a kill. */
const char *const unregistered_action_words[] = { "RF_ACT_ALLOW", "RF_ACT_LOG", "RF_ACT_ERRNO",
						  NULL };
static const struct field_words actions = { "action of unregistered", unregistered_action_words };

static int check_names(const struct fields_reader *reader, const struct json_node *path)
{
	const char *at = path->text.data, *end = at + path->text.len;
	unsigned int levels = 0;

	while (at < end) {
		const char *name = ++at;

		while (at < end && *at != '/')
			at++;
		if (at == name || (at - name == 1 && name[0] == '.') ||
		    (at - name == 2 && memcmp(name, "..", 2) == 0))
			return fields_fail(
				reader, path,
				"a cgroup's path has no \".\", \"..\", \"//\" and no final slash");
		if (at - name > CGROUP_NAME_MAX)
			return fields_fail(reader, path, "a name of more than %d bytes in the path",
					   CGROUP_NAME_MAX);
		if (++levels > CGROUP_LEVELS)
			return fields_fail(reader, path, "more than %d names in the path",
					   CGROUP_LEVELS);
		if (at - name > 1 && memchr(name, '*', (size_t)(at - name)) != NULL)
			return fields_fail(
				reader, path,
				"\"*\" stands for one whole name of the path, not for a part of it");
	}
	return 0;
}

static int read_path(const struct fields_reader *reader, struct json_node *path, void *target)
{
	struct unregistered_policy *unregistered = target;
	int error = fields_want(reader, path, JSON_STRING);

	if (error < 0)
		return error;
	if (path->text.len < 2 || path->text.data[0] != '/')
		return fields_fail(
			reader, path,
			"expected the path of a cgroup, from the root of cgroup v2, such as \"/system.slice/flatpak.service\"");
	error = check_names(reader, path);
	if (error < 0)
		return error;
	if (unregistered->n_exempt == UNREGISTERED_EXEMPT_MAX)
		return fields_fail(reader, path, "more than %d cgroups", UNREGISTERED_EXEMPT_MAX);
	unregistered->exempt[unregistered->n_exempt++] =
		arena_copy(reader->doc->arena, path->text.data, path->text.len);
	return 0;
}

/* Replaces the list of a policy that is extended. */
static int read_exempt(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct unregistered_policy *unregistered = target;

	unregistered->n_exempt = 0;
	return fields_each(reader, value, read_path, unregistered);
}

static int read_args(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW_WHOLE("exempt", JSON_ARRAY, read_exempt),
		ROW_COMMENT,
	};

	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

int load_unregistered(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(unregistered_policy, "action", action, FIELD_WORD(&actions)),
		ROW_WHOLE("args", JSON_OBJECT, read_args),
		ROW_COMMENT,
	};
	struct unregistered_policy *unregistered = target;
	int word;

	if (value->type == JSON_OBJECT)
		return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
	if (value->type != JSON_STRING)
		return fields_fail(reader, value,
				   "expected an action, or an object with \"action\"");
	word = field_word(reader, value, &actions);
	if (word < 0)
		return word;
	unregistered->action = (enum exec_action)word;
	return 0;
}
