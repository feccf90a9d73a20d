/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_read() accepts what a second opinion accepts, and nothing else. Its tree covers the text,
 * every pointer leads back to its node, and the same document in other bytes is the same tree.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

const size_t fuzz_prefix = 0;

/* Returns the node at the pointer, token by token, as in RFC 6901 section 4. */
static const struct json_node *resolve(const struct json_doc *doc, const char *pointer)
{
	const struct json_node *node = doc->root;

	while (node != NULL && *pointer == '/') {
		const struct json_node *parent = node;
		const char *token = pointer + 1;
		size_t len = strcspn(token, "/");

		node = NULL;
		json_each (child, parent) {
			size_t used = 0, i = 0;

			if (parent->type == JSON_ARRAY) {
				if (strtoul(token, NULL, 10) == child->index)
					node = child;
				continue;
			}
			for (; i < child->key.len && used < len; i++, used++) {
				char c = token[used];

				if (c == '~')
					c = token[++used] == '0' ? '~' : '/';
				if (c != child->key.data[i])
					break;
			}
			if (i == child->key.len && used == len)
				node = child;
		}
		pointer = token + len;
	}
	return node;
}

static enum json_type type_at(char c)
{
	return c == '{'			? JSON_OBJECT
	       : c == '['		? JSON_ARRAY
	       : c == '"'		? JSON_STRING
	       : c == 'n'		? JSON_NULL
	       : (c == 't' || c == 'f') ? JSON_BOOL
					: JSON_NUMBER;
}

/* The node's bytes are where they should be, and so are those of the nodes below it. */
static void check_place(struct json_doc *doc, const struct json_node *node)
{
	uint32_t behind = node->start + 1, n = 0;
	unsigned int line, column;

	must(node->key_start <= node->start && node->start < node->end &&
		     node->end <= doc->text.len,
	     "%u to %u", node->start, node->end);
	must(type_at(doc->text.data[node->start]) == node->type, "%s at %u",
	     json_type_name(node->type), node->start);
	json_position(doc, node->start, &line, &column);
	must(column <= node->start + 1 && doc->lines[line - 1] + column - 1 == node->start,
	     "%u is not line %u, column %u", node->start, line, column);
	json_each (child, node) {
		must(child->parent == node && child->index == n++, "child %u of %u", child->index,
		     node->count);
		must(child->key_start >= behind, "%u starts before %u", child->key_start, behind);
		check_place(doc, child);
		behind = child->end;
	}
	must(n == node->count && behind <= node->end, "%u children of %u", n, node->count);
	if (node->type == JSON_NUMBER)
		must(str_equal(node->text, json_source(doc, node)), "a number of other bytes");
}

static void check_pointers(struct arena *arena, struct json_doc *doc, const struct json_node *node)
{
	const char *pointer = json_pointer(arena, node);

	must(resolve(doc, pointer) == node, "%s leads elsewhere", pointer);
	json_each (child, node)
		check_pointers(arena, doc, child);
}

static void check_same(const struct json_node *a, const struct json_node *b)
{
	must(a->type == b->type && a->count == b->count, "%s of %u became %s of %u",
	     json_type_name(a->type), a->count, json_type_name(b->type), b->count);
	must(a->boolean == b->boolean && str_equal(a->text, b->text), "%.*s became %.*s",
	     (int)a->text.len, a->text.data, (int)b->text.len, b->text.data);
	json_each (child, a) {
		const struct json_node *other = b->first;

		while (other != NULL &&
		       (a->type == JSON_ARRAY ? other->index != child->index
					      : !str_equal(other->key, child->key)))
			other = other->next;
		must(other != NULL, "member %.*s is gone", (int)child->key.len, child->key.data);
		check_same(child, other);
	}
}

static bool read_as(struct arena *arena, struct str text, enum json_comments comments,
		    struct json_doc **ret_doc)
{
	struct err err = { 0 };
	bool is_read = json_read(arena, "input", text, comments, ret_doc, &err) == 0;

	must(is_read == rfc8259_is_one_object(text, comments), "read %d, comments %d: %s", is_read,
	     comments, err.text);
	must(is_read || (err.exit == EXIT_SPEC && err.text[0] != '\0'), "exit %d: %s", err.exit,
	     err.text);
	must(is_read || err.line > 0, "no place: %s", err.text);
	return is_read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *arena = arena_new();
	struct json_doc *doc, *other;
	bool plain = read_as(arena, text, JSON_NO_COMMENTS, &doc);
	bool commented = read_as(arena, text, JSON_COMMENTS, &other);

	must(!plain || commented, "a document is refused where comments may be");
	if (commented) {
		check_place(other, other->root);
		check_pointers(arena, other, other->root);
	}
	if (plain) {
		check_same(doc->root, other->root);
		must(str_equal(json_render(doc), text), "rendered without an edit, it differs");
		text = respell(arena, doc, seed_of(text));
		must(read_as(arena, text, JSON_NO_COMMENTS, &other), "refused: %.*s", (int)text.len,
		     text.data);
		check_same(doc->root, other->root);
	}
	arena_free(arena);
	return 0;
}
