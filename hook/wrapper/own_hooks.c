/* SPDX-License-Identifier: Apache-2.0 */
/* Adds our own hooks to a spec: see own_hooks.h. */
#include "own_hooks.h"

#include <string.h>

#include "base/cleanup.h"
#include "json/writer.h"
#include "wrapper/record.h"

#define ARGS_MAX 4

struct own_hook {
	const char *stage;
	const char *args[ARGS_MAX];
	const char *records; /* the directory of all records, with a final slash */
};

enum own {
	OWN_NOT,
	OWN_OTHER, /* ours, for another container that was created from this bundle */
	OWN_SAME,
};

/*
 * Tells whose hook an entry is. Ours has path and args only: with a time limit or an environment it
 * is somebody else's. Before records were documents, createRuntime got the policy's file, and
 * poststop a directory.
 */
static enum own hook_own(const struct json_node *entry, const char *self,
			 const struct own_hook *own)
{
	const struct json_node *path = json_get(entry, "path"), *args = json_get(entry, "args");
	enum own found = OWN_SAME;
	size_t n = 0;

	if (path == NULL || args == NULL || entry->count != 2 || !str_is(path->text, self) ||
	    args->type != JSON_ARRAY || args->count != ARGS_MAX)
		return OWN_NOT;
	json_each (arg, args) {
		bool last = n == ARGS_MAX - 1;

		if (arg->type != JSON_STRING)
			return OWN_NOT;
		if (str_is(arg->text, own->args[n++]))
			continue;
		if (last ? !str_starts_with(arg->text, own->records)
			 : n != ARGS_MAX - 1 || !str_is(arg->text, "--policy"))
			return OWN_NOT;
		found = OWN_OTHER;
	}
	return found;
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

static void add_one(struct json_doc *doc, const char *self, const struct own_hook *own)
{
	struct json_node *stage = json_get(json_get(doc->root, "hooks"), own->stage);

	json_each (node, stage) {
		enum own found = node->edit == JSON_ORIGINAL ? hook_own(node, self, own) : OWN_NOT;

		if (found == OWN_SAME)
			return;
		if (found == OWN_OTHER)
			json_remove(node);
	}
	json_set(doc, doc->root, arena_printf(doc->arena, "hooks/%s/-", own->stage),
		 hook_json(doc->arena, self, own));
}

void hooks_add(struct json_doc *doc, const char *self, const char *record)
{
	const char *records = arena_printf(doc->arena, "%s/", record_parent(doc->arena, record));
	const struct own_hook own[] = {
		{ "createRuntime", { "rootfence", "createRuntime", "--record", record }, records },
		{ "poststop", { "rootfence", "poststop", "--record", record }, records },
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		add_one(doc, self, &own[i]);
}
