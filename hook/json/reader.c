/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to a tree, or a refusal. Runtimes read the same malformed or ambiguous document
 * differently, and a checker that picks one reading is bypassed on the other runtime. So whatever
 * two parsers could read in two ways is refused here; what members mean is left to oci/ and policy/.
 *
 * yajl's streaming parser does the grammar, with every option off. It accepts overlong UTF-8, lone
 * surrogates and form feeds, and it calls back before the document is known to be valid: bytes are
 * therefore checked before it, escapes in the callbacks, and nothing is acted on until it is done.
 */
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "json/flaws.h"

struct reader {
	struct json_doc *doc;
	struct str text; /* what the parser sees: the document, comments blanked */
	yajl_handle parser;
	struct json_node *container; /* the one that is open */
	struct str key;		     /* the member name that awaits its value; data NULL: none */
	uint32_t key_start;
	uint32_t token_end; /* of the token before */
	uint32_t depth;
	uint32_t nodes;
	bool complete; /* the parser has seen all bytes */
	struct err *err;
	int error; /* of the callback that gave up */
};

static int fail_at(const struct reader *reader, size_t offset, const char *message)
{
	const struct json_node *container = reader->container;
	unsigned int line, column;

	json_position(reader->doc, offset, &line, &column);
	err_set(reader->err, EINVAL, EXIT_SPEC, "%s:%u:%u: %s", reader->doc->name, line, column,
		message);
	err_place(reader->err, container != NULL ? json_pointer(reader->doc->arena, container) : "",
		  line, column);
	return -EINVAL;
}

/* What the parser is to see: the document where its bytes have no flaw, comments blanked. */
static int prepare(struct reader *reader, enum json_comments comments)
{
	size_t offset;
	const char *flaw = text_flaw(reader->text, &offset);

	if (flaw == NULL && comments == JSON_COMMENTS)
		flaw = text_blank_comments(reader->doc->arena, &reader->text, &offset);
	return flaw != NULL ? fail_at(reader, offset, flaw) : 0;
}

static int give_up(struct reader *reader, size_t offset, const char *message)
{
	reader->error = fail_at(reader, offset, message);
	return 0; /* to yajl: cancel */
}

static bool is_between_tokens(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':';
}

/* Where the token that ends here starts: between tokens stand only white space, ',' and ':'. */
static uint32_t token_start(struct reader *reader, uint32_t *ret_end)
{
	uint32_t start = reader->token_end;

	while (is_between_tokens(reader->text.data[start]))
		start++;
	*ret_end = (uint32_t)yajl_get_bytes_consumed(reader->parser);
	reader->token_end = *ret_end;
	return start;
}

static struct json_node *node_add(struct reader *reader, enum json_type type)
{
	struct json_node *parent = reader->container;
	struct json_node *node;
	uint32_t start, end;

	start = token_start(reader, &end);
	if (parent == NULL && type != JSON_OBJECT) {
		give_up(reader, start, "expected one JSON object");
		return NULL;
	}
	if (++reader->nodes > JSON_NODES_MAX) {
		give_up(reader, start, "more than 2097152 values (limit JSON_NODES_MAX)");
		return NULL;
	}
	node = arena_new_object(reader->doc->arena, struct json_node);
	node->type = type;
	node->start = start;
	node->end = end;
	node->key = reader->key;
	node->key_start = reader->key.data != NULL ? reader->key_start : start;
	node->parent = parent;
	reader->key = (struct str){ 0 };
	if (parent == NULL) {
		reader->doc->root = node;
		return node;
	}
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	node->index = parent->count++;
	return node;
}

static int on_null(void *data)
{
	return node_add(data, JSON_NULL) != NULL;
}

static int on_boolean(void *data, int value)
{
	struct json_node *node = node_add(data, JSON_BOOL);

	if (node == NULL)
		return 0;
	node->boolean = value != 0;
	return 1;
}

static int on_number(void *data, const char *value, size_t len)
{
	struct reader *reader = data;
	struct json_node *node = node_add(reader, JSON_NUMBER);

	(void)value;
	if (node == NULL)
		return 0;
	node->text = (struct str){ reader->text.data + node->start, len };
	return 1;
}

/* The decoded string as the tree keeps it; *ret is set unless the string is refused. */
static bool string_take(struct reader *reader, const unsigned char *value, size_t len,
			uint32_t start, uint32_t end, struct str *ret)
{
	const char *raw = reader->text.data + start + 1;
	const char *decoded = (const char *)value;
	const char *flaw;

	if (len > JSON_STRING_MAX) {
		give_up(reader, start, "string longer than 1048576 bytes (limit JSON_STRING_MAX)");
		return false;
	}
	if (len == end - start - 2) {
		*ret = (struct str){ raw, len }; /* every escape is longer than what it means */
		return true;
	}
	flaw = text_escape_flaw(raw, end - start - 2);
	if (flaw != NULL) {
		give_up(reader, start, flaw);
		return false;
	}
	*ret = (struct str){ arena_copy(reader->doc->arena, decoded, len), len };
	return true;
}

static int on_string(void *data, const unsigned char *value, size_t len)
{
	struct reader *reader = data;
	struct json_node *node = node_add(reader, JSON_STRING);

	if (node == NULL)
		return 0;
	return string_take(reader, value, len, node->start, node->end, &node->text);
}

static int on_key(void *data, const unsigned char *value, size_t len)
{
	struct reader *reader = data;
	uint32_t end;

	reader->key_start = token_start(reader, &end);
	return string_take(reader, value, len, reader->key_start, end, &reader->key);
}

static int container_open(struct reader *reader, enum json_type type)
{
	struct json_node *node = node_add(reader, type);

	if (node == NULL)
		return 0;
	if (++reader->depth > JSON_DEPTH_MAX)
		return give_up(reader, node->start,
			       "nested deeper than 64 levels (limit JSON_DEPTH_MAX)");
	reader->container = node;
	return 1;
}

static int on_start_object(void *data)
{
	return container_open(data, JSON_OBJECT);
}

static int on_start_array(void *data)
{
	return container_open(data, JSON_ARRAY);
}

static void container_close(struct reader *reader)
{
	struct json_node *node = reader->container;

	token_start(reader, &node->end);
	reader->container = node->parent;
	reader->depth--;
}

static int on_end_array(void *data)
{
	container_close(data);
	return 1;
}

static int on_end_object(void *data)
{
	struct reader *reader = data;
	struct json_node *object = reader->container;
	const struct json_node *first = NULL;
	const struct json_node *duplicate =
		object->count > 1 ? names_find_duplicate(object, &first) : NULL;

	if (duplicate != NULL) {
		reader->error = json_fail(reader->doc, duplicate, EXIT_SPEC, reader->err,
					  "%s %s; runtimes differ in which of the two they take",
					  str_equal(first->key, duplicate->key)
						  ? "duplicate name"
						  : "name differs only in case from",
					  str_quote(reader->doc->arena, first->key));
		return 0;
	}
	container_close(reader);
	return 1;
}

static void *yajl_alloc_memory(void *context, size_t size)
{
	(void)context;
	return mem_realloc(NULL, size);
}

static void *yajl_realloc_memory(void *context, void *ptr, size_t size)
{
	(void)context;
	return mem_realloc(ptr, size);
}

static void yajl_free_memory(void *context, void *ptr)
{
	(void)context;
	free(ptr);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_object,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

/* yajl's own words about a syntax error, on one line. */
static int fail_syntax(struct reader *reader)
{
	/* A document that ends too early is wrong at its end, wherever its last token was. */
	size_t offset =
		reader->complete ? reader->text.len : yajl_get_bytes_consumed(reader->parser);
	unsigned char *words = yajl_get_error(reader->parser, 0, NULL, 0);
	char message[256];
	size_t len;

	snprintf(message, sizeof(message), "%s", (const char *)words);
	yajl_free_error(reader->parser, words);
	len = strlen(message);
	while (len > 0 && strchr("\n. ", message[len - 1]) != NULL)
		message[--len] = '\0';
	return fail_at(reader, offset, message);
}

/* A string behind the document that never ends is no token to yajl, and so no trailing garbage. */
static int check_end(const struct reader *reader)
{
	size_t offset = reader->doc->root->end;

	while (offset < reader->text.len && strchr(" \t\r\n", reader->text.data[offset]) != NULL)
		offset++;
	return offset < reader->text.len ? fail_at(reader, offset, "data behind the document") : 0;
}

static int parse(struct reader *reader)
{
	yajl_alloc_funcs allocator = { yajl_alloc_memory, yajl_realloc_memory, yajl_free_memory,
				       NULL };
	yajl_status status;
	int error = 0;

	reader->parser = yajl_alloc(&callbacks, &allocator, reader);
	status = yajl_parse(reader->parser, (const unsigned char *)reader->text.data,
			    reader->text.len);
	if (status == yajl_status_ok) {
		reader->complete = true;
		status = yajl_complete_parse(reader->parser);
	}
	if (reader->error < 0)
		error = reader->error;
	else if (status != yajl_status_ok)
		error = fail_syntax(reader);
	else
		error = check_end(reader);
	yajl_free(reader->parser);
	return error;
}

int json_read(struct arena *arena, const char *name, struct str text, enum json_comments comments,
	      struct json_doc **ret_doc, struct err *err)
{
	struct json_doc *doc = arena_new_object(arena, struct json_doc);
	struct reader reader = { .doc = doc, .text = text, .err = err };
	int error;

	*doc = (struct json_doc){ .arena = arena, .name = name, .text = text };
	if (text.len > JSON_SIZE_MAX)
		return fail_at(&reader, 0, "larger than 16777216 bytes (limit JSON_SIZE_MAX)");
	error = prepare(&reader, comments);
	if (error < 0)
		return error;
	error = parse(&reader);
	if (error < 0)
		return error;
	*ret_doc = doc;
	return 0;
}
