/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of linux that a spec may lack, and linux with them: where findings about them stand, and
 * how several rules add theirs to one document. And what else many rules do alike.
 */
#include "policy/rule.h"

#include <string.h>

void judge_linux_finding(struct judge *judge, const struct json_node *node, const char *name,
			 struct finding_text text)
{
	const struct json_node *parent = judge->config->linux_.node;

	if (node != NULL)
		finding_add(judge, node, NULL, text);
	else if (parent != NULL)
		finding_add(judge, parent, name, text);
	else
		finding_add(judge, judge->config->doc->root,
			    arena_printf(judge->arena, "linux/%s", name), text);
}

void judge_linux_add(struct judge *judge, const char *name, const char *value)
{
	struct json_doc *doc = judge->config->doc;
	struct json_node *parent = judge->config->linux_.node, *added;

	if (parent != NULL) {
		json_add(doc, parent, name, value);
		return;
	}
	added = json_get(doc->root, "linux");
	if (added == NULL)
		json_add(doc, doc->root, "linux",
			 arena_printf(judge->arena, "{\"%s\":%s}", name, value));
	else
		json_replace(doc, added,
			     arena_printf(judge->arena, "%.*s,\"%s\":%s}",
					  (int)strlen(added->new_text) - 1, added->new_text, name,
					  value));
}

const char *judge_source(const struct judge *judge, const struct json_node *node)
{
	struct str source = json_source(judge->config->doc, node);

	return arena_copy(judge->arena, source.data, source.len);
}

bool judge_entry_names(const struct rule_arg *entries, struct str text)
{
	for (size_t i = 0; i < entries->n; i++) {
		struct str entry = entries->strings[i];

		if (entry.data[entry.len - 1] == '*'
			    ? text.len >= entry.len - 1 &&
				      memcmp(text.data, entry.data, entry.len - 1) == 0
			    : str_equal(entry, text))
			return true;
	}
	return false;
}
