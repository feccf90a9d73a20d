/* SPDX-License-Identifier: Apache-2.0 */
/* Our own hooks in a spec: see hooks.h. */
#include "hooks.h"

#include "base/cleanup.h"
#include "json/writer.h"
#include "runtime/record.h"

#define ARGS_MAX 4

struct own_hook {
	const char *stage;
	const char *args[ARGS_MAX];
};

/* An entry with nothing but path and args: a time limit or an environment would make it another. */
static bool hook_is(const struct json_node *entry, const char *self, const struct own_hook *own)
{
	const struct json_node *path = json_get(entry, "path"), *args = json_get(entry, "args");
	size_t n = 0;

	if (path == NULL || args == NULL || entry->count != 2 || !str_is(path->text, self) ||
	    args->type != JSON_ARRAY || args->count != ARGS_MAX)
		return false;
	json_each (arg, args)
		if (arg->type != JSON_STRING || !str_is(arg->text, own->args[n++]))
			return false;
	return true;
}

static const char *hook_json(struct arena *arena, const char *self, const struct own_hook *own)
{
	auto_buf struct buf buf = { 0 };

	buf_printf(&buf, "{\"path\":");
	json_quote(&buf, str_from(self));
	buf_printf(&buf, ",\"args\":[");
	for (size_t i = 0; i < ARGS_MAX; i++) {
		buf_printf(&buf, "%s", i > 0 ? "," : "");
		json_quote(&buf, str_from(own->args[i]));
	}
	buf_printf(&buf, "]}");
	return arena_copy(arena, buf.data, buf.len);
}

static int add_one(struct json_doc *doc, struct json_node *hooks, const char *self,
		   const struct own_hook *own, struct err *err)
{
	struct json_node *stage = json_get(hooks, own->stage);
	const char *entry = hook_json(doc->arena, self, own);
	const char *alone = arena_printf(doc->arena, "[%s]", entry);

	if (stage == NULL) {
		json_add(doc, hooks, own->stage, alone);
		return 0;
	}
	if (stage->type == JSON_NULL) {
		json_replace(doc, stage, alone);
		return 0;
	}
	if (stage->type != JSON_ARRAY)
		return json_fail(doc, stage, EXIT_SPEC, err, "expected %s, found %s",
				 json_type_name(JSON_ARRAY), json_type_name(stage->type));
	json_each (node, stage) {
		if (node->type != JSON_OBJECT)
			return json_fail(doc, node, EXIT_SPEC, err, "expected %s, found %s",
					 json_type_name(JSON_OBJECT), json_type_name(node->type));
		if (node->edit == JSON_ORIGINAL && hook_is(node, self, own))
			return 0;
	}
	json_add(doc, stage, NULL, entry);
	return 0;
}

int hooks_add(struct json_doc *doc, const char *self, const char *record, struct err *err)
{
	const struct own_hook own[] = {
		{ "createRuntime",
		  { "rootfence", "createRuntime", "--policy", record_policy(doc->arena, record) } },
		{ "poststop", { "rootfence", "poststop", "--record", record } },
	};
	struct json_node *hooks = json_get(doc->root, "hooks");
	int error = 0;

	if (hooks == NULL || hooks->type == JSON_NULL) {
		const char *value = arena_printf(
			doc->arena, "{\"createRuntime\":[%s],\"poststop\":[%s]}",
			hook_json(doc->arena, self, &own[0]), hook_json(doc->arena, self, &own[1]));

		if (hooks != NULL)
			json_replace(doc, hooks, value);
		else
			json_add(doc, doc->root, "hooks", value);
		return 0;
	}
	if (hooks->type != JSON_OBJECT)
		return json_fail(doc, hooks, EXIT_SPEC, err, "expected %s, found %s",
				 json_type_name(JSON_OBJECT), json_type_name(hooks->type));
	for (size_t i = 0; i < ARRAY_SIZE(own) && error == 0; i++)
		error = add_one(doc, hooks, self, &own[i], err);
	return error;
}
