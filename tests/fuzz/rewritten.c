/* SPDX-License-Identifier: Apache-2.0 */
/* A rewrite may change only what it reports; see fuzz.h. */
#include <string.h>

#include "fuzz.h"

struct comparison {
	struct arena *arena;
	struct str before;
	const struct json_doc *after;
	const struct finding *findings;
};

static bool covers(const char *pointer, const char *path)
{
	size_t len = strlen(pointer);

	return strncmp(pointer, path, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

/* A new member may bring the object around it, if the spec has none. */
static void must_be_reported(const struct comparison *c, const char *path, bool new)
{
	for (const struct finding *f = c->findings; f != NULL; f = f->next)
		if (f->action == RULE_REWRITE && f->obstacle == NULL &&
		    (covers(f->pointer, path) || (new &&covers(path, f->pointer))))
			return;
	must(false, "%s changed, which no finding names", path);
}

static void compare(const struct comparison *c, const struct json_node *before,
		    const struct json_node *after);

/* Returns the member that is in the object's own text. */
static const struct json_node *find(const struct json_node *object, struct str key)
{
	json_each (member, object)
		if (member->edit != JSON_ADDED && str_equal(member->key, key))
			return member;
	return NULL;
}

static bool is_kept(const struct json_node *node)
{
	return node->edit == JSON_ORIGINAL || node->edit == JSON_REPLACED;
}

static void compare_objects(const struct comparison *c, const struct json_node *before,
			    const struct json_node *after)
{
	json_each (member, before) {
		const struct json_node *left = find(after, member->key);

		if (member->edit == JSON_ADDED)
			continue;
		if (left == NULL)
			must_be_reported(c, json_pointer(c->arena, member), false);
		else if (is_kept(member))
			compare(c, member, left);
	}
	json_each (member, after) {
		const struct json_node *old = find(before, member->key);

		if (old == NULL || !is_kept(old))
			must_be_reported(c, json_pointer(c->arena, member), old == NULL);
	}
}

/* Elements after a removed one move up; new ones are last. */
static void compare_arrays(const struct comparison *c, const struct json_node *before,
			   const struct json_node *after)
{
	const struct json_node *left = after->first;

	json_each (element, before) {
		if (element->edit == JSON_REMOVED) {
			must_be_reported(c, json_pointer(c->arena, element), false);
		} else if (is_kept(element)) {
			must(left != NULL, "%s is gone", json_pointer(c->arena, element));
			compare(c, element, left);
			left = left->next;
		}
	}
	for (; left != NULL; left = left->next)
		must_be_reported(c, json_pointer(c->arena, left), true);
}

static bool is_container(enum json_type type)
{
	return type == JSON_ARRAY || type == JSON_OBJECT;
}

static void compare(const struct comparison *c, const struct json_node *before,
		    const struct json_node *after)
{
	struct str old = { c->before.data + before->start, before->end - before->start };

	if (str_equal(old, json_source(c->after, after)))
		return;
	if (before->type != after->type || !is_container(before->type) ||
	    before->edit == JSON_REPLACED)
		must_be_reported(c, json_pointer(c->arena, before), false);
	else if (before->type == JSON_OBJECT)
		compare_objects(c, before, after);
	else
		compare_arrays(c, before, after);
}

void only_reported_differs(struct arena *arena, struct str before, struct str after,
			   const struct finding *findings)
{
	const struct json_node *edited = findings->node;
	struct json_doc *doc;
	struct err err;

	must(json_read(arena, "after", after, JSON_NO_COMMENTS, &doc, &err) == 0, "%s", err.text);
	while (edited->parent != NULL)
		edited = edited->parent;
	compare(&(struct comparison){ arena, before, doc, findings }, edited, doc->root);
}
