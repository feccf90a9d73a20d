/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up members, pointers and positions in a tree. */
#include "json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct json_node *json_get(const struct json_node *object, const char *name)
{
	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	json_each (member, object)
		if (member->edit != JSON_REMOVED && str_is(member->key, name))
			return member;
	return NULL;
}

static void pointer_add(struct buf *buf, const struct json_node *node)
{
	if (node->parent == NULL)
		return;
	pointer_add(buf, node->parent); /* at most JSON_DEPTH_MAX levels */
	buf_add(buf, "/", 1);
	if (node->parent->type == JSON_ARRAY) {
		buf_printf(buf, "%u", node->index);
		return;
	}
	for (size_t i = 0; i < node->key.len; i++) {
		size_t start = i;

		while (i < node->key.len && node->key.data[i] != '~' && node->key.data[i] != '/')
			i++;
		buf_add(buf, node->key.data + start, i - start);
		if (i < node->key.len)
			buf_add(buf, node->key.data[i] == '~' ? "~0" : "~1", 2);
	}
}

char *json_pointer(struct arena *arena, const struct json_node *node)
{
	auto_buf struct buf buf = { 0 };

	pointer_add(&buf, node);
	return arena_copy(arena, buf.data, buf.len);
}

static void find_lines(struct json_doc *doc)
{
	uint32_t n = 1;

	for (size_t i = 0; i < doc->text.len; i++)
		n += doc->text.data[i] == '\n';
	doc->lines = arena_array(doc->arena, n, sizeof(*doc->lines));
	doc->n_lines = 1;
	for (size_t i = 0; i < doc->text.len; i++)
		if (doc->text.data[i] == '\n')
			doc->lines[doc->n_lines++] = (uint32_t)i + 1;
}

void json_position(struct json_doc *doc, size_t offset, unsigned int *ret_line,
		   unsigned int *ret_column)
{
	uint32_t low = 0, high;

	if (doc->lines == NULL)
		find_lines(doc);
	/* The last line that starts at or before offset is always in [low, high). */
	for (high = doc->n_lines; high - low > 1;) {
		uint32_t middle = low + (high - low) / 2;

		if (doc->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	*ret_line = low + 1;
	*ret_column = (unsigned int)(offset - doc->lines[low]) + 1;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	    [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
	};

	return names[type];
}

int json_fail(struct json_doc *doc, const struct json_node *node, enum exit_code exit,
	      struct err *err, const char *format, ...)
{
	char *pointer = json_pointer(doc->arena, node);
	char message[ERR_TEXT_MAX];
	unsigned int line, column;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	json_position(doc, node->key_start, &line, &column);
	err_set(err, EINVAL, exit, "%s:%u:%u: %s%s%s", doc->name, line, column,
		str_show(doc->arena, str_from(pointer)), pointer[0] != '\0' ? ": " : "", message);
	err_place(err, pointer, line, column);
	return -EINVAL;
}
