/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns bytes into a tree, or refuses them. Runtimes read the same malformed or ambiguous document
 * differently, and a checker that picks one reading is bypassed on the other runtime. So everything
 * that two parsers could read in two ways is refused here. oci/ and policy/ decide what members
 * mean.
 *
 * The grammar is exactly RFC 8259. One pass goes from left to right and never back: each kind of
 * token has a function, and read_tree() knows what may follow what. text_flaw() first checks which
 * bytes the document may contain at all. Nothing uses the tree before the document is complete.
 * tests/unit compares this reader with yajl, which runtimes use to read specs.
 */
#include "json.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "json/escapes.h"
#include "json/flaws.h"

struct reader {
	struct json_doc *doc;
	struct str text;	     /* the document, with comments blanked */
	size_t at;		     /* offset of the next byte */
	struct json_node *container; /* the innermost open one */
	struct str key;		     /* the member name whose value comes next; data NULL: none */
	uint32_t key_start;
	uint32_t depth;
	uint32_t nodes;
	struct err *err;
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

/* Refuses the next byte, which is not allowed where it is. */
static int fail_here(const struct reader *reader, const char *message)
{
	return fail_at(reader, reader->at,
		       reader->at < reader->text.len ? message : "the document ends too early");
}

/* Checks the bytes of the document and blanks its comments. */
static int prepare(struct reader *reader, enum json_comments comments)
{
	size_t offset;
	const char *flaw = text_flaw(reader->text, &offset);

	if (flaw == NULL && comments == JSON_COMMENTS)
		flaw = text_blank_comments(reader->doc->arena, &reader->text, &offset);
	return flaw != NULL ? fail_at(reader, offset, flaw) : 0;
}

/* Returns the next byte, or NUL at the end: no document contains a NUL byte. */
static char peek(const struct reader *reader)
{
	return reader->at < reader->text.len ? reader->text.data[reader->at] : '\0';
}

static void skip_space(struct reader *reader)
{
	const char *data = reader->text.data;
	size_t at = reader->at;

	while (at < reader->text.len &&
	       (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r'))
		at++;
	reader->at = at;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int node_add(struct reader *reader, enum json_type type, struct json_node **ret_node)
{
	struct json_node *parent = reader->container, *node;

	if (++reader->nodes > JSON_NODES_MAX)
		return fail_at(reader, reader->at,
			       "more than 2097152 values (limit JSON_NODES_MAX)");
	node = arena_new_object(reader->doc->arena, struct json_node);
	node->type = type;
	node->start = (uint32_t)reader->at;
	node->key = reader->key;
	node->key_start = reader->key.data != NULL ? reader->key_start : node->start;
	node->parent = parent;
	reader->key = (struct str){ 0 };
	if (parent == NULL) {
		reader->doc->root = node;
	} else {
		if (parent->last != NULL)
			parent->last->next = node;
		else
			parent->first = node;
		parent->last = node;
		node->index = parent->count++;
	}
	*ret_node = node;
	return 0;
}

static int read_literal(struct reader *reader, const char *word)
{
	for (; *word != '\0'; word++, reader->at++)
		if (peek(reader) != *word)
			return fail_here(reader, "expected a value");
	return 0;
}

static int read_digits(struct reader *reader)
{
	if (!is_digit(peek(reader)))
		return fail_here(reader, "expected a digit");
	while (is_digit(peek(reader)))
		reader->at++;
	return 0;
}

static int read_number(struct reader *reader)
{
	int error = 0;

	if (peek(reader) == '-')
		reader->at++;
	if (peek(reader) == '0')
		reader->at++; /* a digit after it is refused later: it cannot follow a value */
	else
		error = read_digits(reader);
	if (error == 0 && peek(reader) == '.') {
		reader->at++;
		error = read_digits(reader);
	}
	if (error == 0 && (peek(reader) == 'e' || peek(reader) == 'E')) {
		reader->at++;
		if (peek(reader) == '+' || peek(reader) == '-')
			reader->at++;
		error = read_digits(reader);
	}
	return error;
}

/* Counts the bytes before the next quote, backslash or control character: these need more work. */
static size_t plain_run(const char *data, size_t len)
{
	const uint64_t ones = 0x0101010101010101U, high = ones << 7;
	size_t i = 0;

	for (; len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t word, quotes, backslashes, found;

		memcpy(&word, data + i, sizeof(word));
		word = le64toh(word);
		quotes = word ^ ones * '"';
		backslashes = word ^ ones * '\\';
		/* This sets the high bit of each byte that is zero or less than a space. A carry
		 * may also set it in bytes above such a byte, but the lowest one found is right. */
		found = (((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes) |
			 ((word - ones * ' ') & ~word)) &
			high;
		if (found != 0)
			return i + (size_t)__builtin_ctzll(found) / 8;
	}
	while (i < len && data[i] != '"' && data[i] != '\\' && (unsigned char)data[i] >= ' ')
		i++;
	return i;
}

/* Reads a string; the result has no quotes, and its escapes are resolved. */
static int read_string(struct reader *reader, struct str *ret_text)
{
	const char *data = reader->text.data, *flaw = NULL;
	size_t start = reader->at, at = start + 1;
	bool escaped = false;

	for (;;) {
		at += plain_run(data + at, reader->text.len - at);
		if (at < reader->text.len && data[at] == '"')
			break;
		reader->at = at;
		if (at < reader->text.len && data[at] != '\\')
			return fail_here(reader,
					 "control character in a string; write it as \\uNNNN");
		if (reader->text.len - at < 2) {
			reader->at = reader->text.len;
			return fail_here(reader, "unterminated string");
		}
		/* Skip the backslash and the byte that it escapes, which may be a quote. */
		escaped = true;
		at += 2;
	}
	*ret_text = (struct str){ data + start + 1, at - start - 1 };
	if (escaped)
		flaw = text_unescape(reader->doc->arena, ret_text);
	if (flaw == NULL && ret_text->len > JSON_STRING_MAX)
		flaw = "string longer than 1048576 bytes (limit JSON_STRING_MAX)";
	reader->at = at + 1;
	return flaw != NULL ? fail_at(reader, start, flaw) : 0;
}

/* Reads a member's name and the colon after it. */
static int read_name(struct reader *reader)
{
	int error;

	skip_space(reader);
	if (peek(reader) != '"')
		return fail_here(reader, "expected a name in double quotes");
	reader->key_start = (uint32_t)reader->at;
	error = read_string(reader, &reader->key);
	if (error < 0)
		return error;
	skip_space(reader);
	if (peek(reader) != ':')
		return fail_here(reader, "expected ':' and a value");
	reader->at++;
	return 0;
}

static int container_open(struct reader *reader, struct json_node *node)
{
	if (++reader->depth > JSON_DEPTH_MAX)
		return fail_at(reader, node->start,
			       "nested deeper than 64 levels (limit JSON_DEPTH_MAX)");
	reader->container = node;
	reader->at++;
	return 0;
}

/* Reads a scalar as a whole, and only the opening bracket of a container. */
static int read_value(struct reader *reader)
{
	struct json_node *node;
	enum json_type type;
	int error;
	char c;

	skip_space(reader);
	c = peek(reader);
	type = c == '"'			 ? JSON_STRING
	       : c == '{'		 ? JSON_OBJECT
	       : c == '['		 ? JSON_ARRAY
	       : c == 't' || c == 'f'	 ? JSON_BOOL
	       : c == '-' || is_digit(c) ? JSON_NUMBER
					 : JSON_NULL;
	error = node_add(reader, type, &node);
	if (error < 0)
		return error;
	switch (type) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		return container_open(reader, node);
	case JSON_STRING:
		error = read_string(reader, &node->text);
		break;
	case JSON_NUMBER:
		error = read_number(reader);
		node->text =
			(struct str){ reader->text.data + node->start, reader->at - node->start };
		break;
	case JSON_BOOL:
		error = read_literal(reader, c == 't' ? "true" : "false");
		node->boolean = c == 't';
		break;
	case JSON_NULL:
		error = read_literal(reader, "null");
		break;
	}
	node->end = (uint32_t)reader->at;
	return error;
}

/* Reads the bracket that closes the open container, which may not have a name twice. */
static int container_close(struct reader *reader)
{
	struct json_node *node = reader->container;
	const struct json_node *first = NULL;
	const struct json_node *duplicate = node->type == JSON_OBJECT && node->count > 1
						    ? names_find_duplicate(node, &first)
						    : NULL;

	if (duplicate != NULL)
		return json_fail(reader->doc, duplicate, EXIT_SPEC, reader->err,
				 "%s %s; runtimes differ in which of the two they take",
				 str_equal(first->key, duplicate->key)
					 ? "duplicate name"
					 : "name differs only in case from",
				 str_quote(reader->doc->arena, first->key));
	node->end = (uint32_t)++reader->at;
	reader->container = node->parent;
	reader->depth--;
	return 0;
}

/*
 * Goes from the end of a value, or from the bracket that opened a container, to the next value, and
 * closes the containers that end there. At the end of the document no container is open.
 */
static int read_up_to_value(struct reader *reader)
{
	while (reader->container != NULL) {
		bool object = reader->container->type == JSON_OBJECT;
		int error;

		skip_space(reader);
		if (peek(reader) == (object ? '}' : ']')) {
			error = container_close(reader);
			if (error < 0)
				return error;
			continue;
		}
		if (reader->container->count > 0) {
			if (peek(reader) != ',')
				return fail_here(reader, object ? "expected ',' or '}'"
								: "expected ',' or ']'");
			reader->at++;
		}
		return object ? read_name(reader) : 0;
	}
	return 0;
}

static int read_tree(struct reader *reader)
{
	int error;

	skip_space(reader);
	if (peek(reader) != '{')
		return fail_at(reader, reader->at, "expected one JSON object");
	do {
		error = read_value(reader);
		if (error == 0)
			error = read_up_to_value(reader);
	} while (error == 0 && reader->container != NULL);
	if (error < 0)
		return error;
	skip_space(reader);
	if (reader->at < reader->text.len)
		return fail_here(reader, "expected nothing after the object");
	return 0;
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
	if (error == 0)
		error = read_tree(&reader);
	if (error < 0)
		return error;
	*ret_doc = doc;
	return 0;
}
