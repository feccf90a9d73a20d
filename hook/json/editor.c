/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries out edits on the document's own bytes. Only changed values are written anew and all bytes
 * between are copied, so a rewritten spec differs from the original only at the reported pointers.
 */
#include "json.h"

#include <string.h>

#include "base/cleanup.h"
#include "json/writer.h"

static void mark_ancestors(struct json_node *node)
{
	for (node = node->parent; node != NULL && !node->descendant_edited; node = node->parent)
		node->descendant_edited = true;
}

void json_replace(struct json_doc *doc, struct json_node *node, const char *value)
{
	if (node->edit == JSON_ORIGINAL)
		node->edit = JSON_REPLACED;
	node->new_text = arena_copy(doc->arena, value, strlen(value));
	mark_ancestors(node);
}

/* An added node has no bytes in the document, so it just leaves the tree. */
static void unlink_node(struct json_node *node)
{
	struct json_node *parent = node->parent, *before = NULL;

	json_each (child, parent) {
		if (child == node)
			break;
		before = child;
	}
	if (before != NULL)
		before->next = node->next;
	else
		parent->first = node->next;
	if (parent->last == node)
		parent->last = before;
}

void json_remove(struct json_node *node)
{
	if (node->edit == JSON_ADDED)
		unlink_node(node);
	node->edit = JSON_REMOVED;
	mark_ancestors(node);
}

/* key is NULL for an element. text is NULL for a container whose children are added later. */
static struct json_node *append(struct json_doc *doc, struct json_node *container, struct str key,
				const char *text)
{
	struct json_node *node = arena_new_object(doc->arena, struct json_node);

	node->edit = JSON_ADDED;
	node->parent = container;
	node->start = node->end = node->key_start = container->end;
	if (text != NULL)
		node->new_text = arena_copy(doc->arena, text, strlen(text));
	if (key.data != NULL)
		node->key = (struct str){ arena_copy(doc->arena, key.data, key.len), key.len };
	if (container->last != NULL)
		container->last->next = node;
	else
		container->first = node;
	container->last = node;
	mark_ancestors(node);
	return node;
}

struct json_node *json_add(struct json_doc *doc, struct json_node *container, const char *key,
			   const char *value)
{
	struct str name = { 0 };

	if (key != NULL)
		name = str_from(key);
	return append(doc, container, name, value);
}

/* Returns the child of that name or adds one: a container, unless json_set() gives it a text. */
static struct json_node *step(struct json_doc *doc, struct json_node *node, struct str name,
			      const char *rest)
{
	struct json_node *child = NULL;

	if (str_is(name, "-"))
		name = (struct str){ 0 };
	json_each (member, node)
		if (name.data != NULL && member->edit != JSON_REMOVED &&
		    str_equal(member->key, name))
			child = member;
	if (child == NULL)
		child = append(doc, node, name, NULL);
	else if (child->edit == JSON_ORIGINAL && child->type == JSON_NULL)
		child->edit = JSON_REPLACED; /* null means that the member is absent */
	else
		return child;
	child->type = str_is(str_from(rest), "-") ? JSON_ARRAY : JSON_OBJECT;
	mark_ancestors(child);
	return child;
}

void json_set(struct json_doc *doc, struct json_node *node, const char *path, const char *value)
{
	while (*path != '\0') {
		size_t len = strcspn(path, "/");
		const char *rest = path + len + (path[len] == '/');

		node = step(doc, node, (struct str){ path, len }, rest);
		path = rest;
	}
	json_replace(doc, node, value);
}

bool json_is_edited(const struct json_doc *doc)
{
	return doc->root->edit != JSON_ORIGINAL || doc->root->descendant_edited;
}

static void copy_range(const struct json_doc *doc, struct buf *out, size_t start, size_t end)
{
	buf_add(out, doc->text.data + start, end - start);
}

static void render(const struct json_doc *doc, const struct json_node *node, struct buf *out);

static void render_added(const struct json_node *node, struct buf *out);

/* A value that an edit made: its text, or the children that were added to it. */
static void render_new(const struct json_node *node, struct buf *out)
{
	if (node->new_text != NULL) {
		buf_add(out, node->new_text, strlen(node->new_text));
		return;
	}
	buf_add(out, node->type == JSON_ARRAY ? "[" : "{", 1);
	json_each (child, node) {
		if (child != node->first)
			buf_add(out, ",", 1);
		render_added(child, out);
	}
	buf_add(out, node->type == JSON_ARRAY ? "]" : "}", 1);
}

static void render_added(const struct json_node *node, struct buf *out)
{
	if (node->key.data != NULL) {
		json_quote(out, node->key);
		buf_add(out, ":", 1);
	}
	render_new(node, out);
}

/* The white space (and comma) that added children copy from the existing ones. */
struct style {
	uint32_t first_start, first_end; /* between the bracket and the first child */
	uint32_t gap_start, gap_end;	 /* between the last two children, with the comma */
};

/*
 * Writes a container that has an edit below it. Each kept child is written with the bytes before
 * it, comma included; the first kept child gets the bytes after the opening bracket.
 */
static void render_container(const struct json_doc *doc, const struct json_node *node,
			     struct buf *out)
{
	struct style style = { node->start + 1, node->start + 1, 0, 0 };
	uint32_t previous_end = node->start + 1;
	bool written = false;

	copy_range(doc, out, node->start, node->start + 1);
	json_each (child, node) {
		if (child->edit == JSON_ADDED)
			break; /* all original children come first */
		if (child == node->first)
			style.first_end = child->key_start;
		else
			style = (struct style){ style.first_start, style.first_end, previous_end,
						child->key_start };
		if (written && child->edit == JSON_ORIGINAL && !child->descendant_edited) {
			copy_range(doc, out, previous_end, child->end);
		} else if (child->edit != JSON_REMOVED) {
			if (written)
				copy_range(doc, out, previous_end, child->key_start);
			else
				copy_range(doc, out, style.first_start, style.first_end);
			copy_range(doc, out, child->key_start, child->start);
			render(doc, child, out);
			written = true;
		}
		previous_end = child->end;
	}
	json_each (child, node) {
		if (child->edit != JSON_ADDED)
			continue;
		if (!written) {
			copy_range(doc, out, style.first_start, style.first_end);
		} else if (style.gap_end > style.gap_start) {
			copy_range(doc, out, style.gap_start, style.gap_end);
		} else {
			buf_add(out, ",", 1);
			copy_range(doc, out, style.first_start, style.first_end);
		}
		render_added(child, out);
		written = true;
	}
	copy_range(doc, out, previous_end, node->end);
}

static void render(const struct json_doc *doc, const struct json_node *node, struct buf *out)
{
	if (node->edit == JSON_REPLACED)
		render_new(node, out);
	else if (node->descendant_edited)
		render_container(doc, node, out);
	else
		copy_range(doc, out, node->start, node->end);
}

struct str json_render(const struct json_doc *doc)
{
	auto_buf struct buf out = { 0 };

	copy_range(doc, &out, 0, doc->root->start);
	render(doc, doc->root, &out);
	copy_range(doc, &out, doc->root->end, doc->text.len);
	return (struct str){ arena_copy(doc->arena, out.data, out.len), out.len };
}

struct str json_source(const struct json_doc *doc, const struct json_node *node)
{
	auto_buf struct buf out = { 0 };

	if (node->edit != JSON_REPLACED && node->edit != JSON_ADDED)
		return (struct str){ doc->text.data + node->start, node->end - node->start };
	render_new(node, &out);
	return (struct str){ arena_copy(doc->arena, out.data, out.len), out.len };
}

static void patch_operation(const struct json_doc *doc, struct buf *out, const char *operation,
			    const struct json_node *node)
{
	struct arena *arena = doc->arena;
	const char *pointer = json_pointer(arena, node);

	/* RFC 6902 section 4.1: "-" is the position after the last element. */
	if (node->edit == JSON_ADDED && node->parent->type == JSON_ARRAY)
		pointer = arena_printf(arena, "%s/-", json_pointer(arena, node->parent));
	buf_add(out, out->len > 1 ? ",\n  " : "\n  ", out->len > 1 ? 4 : 3);
	buf_printf(out, "{\"op\": \"%s\", \"path\": ", operation);
	json_quote(out, str_from(pointer));
	if (node->edit != JSON_REMOVED) {
		buf_printf(out, ", \"value\": ");
		render_new(node, out);
	}
	buf_add(out, "}", 1);
}

/* Removals go from last to first and after all else in their container, so no index moves early. */
static void patch_removals(const struct json_doc *doc, const struct json_node *child,
			   struct buf *out)
{
	auto_free const struct json_node **removed = NULL;
	size_t n = 0;

	for (const struct json_node *node = child; node != NULL; node = node->next)
		n += node->edit == JSON_REMOVED;
	if (n == 0)
		return;
	removed = mem_realloc(NULL, n * sizeof(const struct json_node *));
	n = 0;
	for (; child != NULL; child = child->next)
		if (child->edit == JSON_REMOVED)
			removed[n++] = child;
	while (n > 0)
		patch_operation(doc, out, "remove", removed[--n]);
}

static void patch(const struct json_doc *doc, const struct json_node *node, struct buf *out)
{
	if (node->edit == JSON_REPLACED) {
		patch_operation(doc, out, "replace", node);
		return;
	}
	if (node->edit == JSON_ADDED) {
		patch_operation(doc, out, "add", node);
		return;
	}
	if (!node->descendant_edited)
		return;
	json_each (child, node)
		if (child->edit != JSON_REMOVED)
			patch(doc, child, out);
	patch_removals(doc, node->first, out);
}

struct str json_patch(const struct json_doc *doc)
{
	auto_buf struct buf out = { 0 };

	buf_add(&out, "[", 1);
	patch(doc, doc->root, &out);
	buf_add(&out, out.len > 1 ? "\n]\n" : "]\n", out.len > 1 ? 3 : 2);
	return (struct str){ arena_copy(doc->arena, out.data, out.len), out.len };
}
