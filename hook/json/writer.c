/* SPDX-License-Identifier: Apache-2.0 */
/* Writes our own JSON with yajl's generator, so that escaping is in one place. */
#include "writer.h"

#include <stdlib.h>
#include <yajl/yajl_gen.h>

struct json_writer {
	struct arena *arena;
	yajl_gen generator;
};

static void *writer_alloc(void *context, size_t size)
{
	(void)context;
	return mem_realloc(NULL, size);
}

static void *writer_realloc(void *context, void *ptr, size_t size)
{
	(void)context;
	return mem_realloc(ptr, size);
}

static void writer_release(void *context, void *ptr)
{
	(void)context;
	free(ptr);
}

static yajl_gen generator_new(bool beautify)
{
	yajl_alloc_funcs allocator = { writer_alloc, writer_realloc, writer_release, NULL };
	yajl_gen generator = yajl_gen_alloc(&allocator);

	yajl_gen_config(generator, yajl_gen_beautify, beautify);
	yajl_gen_config(generator, yajl_gen_indent_string, "  ");
	return generator;
}

struct json_writer *json_writer_new(struct arena *arena, bool beautify)
{
	struct json_writer *writer = arena_new_object(arena, struct json_writer);

	*writer = (struct json_writer){ arena, generator_new(beautify) };
	return writer;
}

struct str json_writer_text(struct json_writer *writer)
{
	const unsigned char *data;
	size_t len;

	yajl_gen_get_buf(writer->generator, &data, &len);
	return (struct str){ (const char *)data, len };
}

void json_writer_clear(struct json_writer *writer)
{
	yajl_gen_clear(writer->generator);
}

void json_writer_free(struct json_writer *writer)
{
	yajl_gen_free(writer->generator);
	writer->generator = NULL;
}

struct str json_writer_finish(struct json_writer *writer)
{
	struct str text = json_writer_text(writer);

	text.data = arena_copy(writer->arena, text.data, text.len);
	json_writer_free(writer);
	return text;
}

void json_begin_object(struct json_writer *writer)
{
	yajl_gen_map_open(writer->generator);
}

void json_end_object(struct json_writer *writer)
{
	yajl_gen_map_close(writer->generator);
}

void json_begin_array(struct json_writer *writer)
{
	yajl_gen_array_open(writer->generator);
}

void json_end_array(struct json_writer *writer)
{
	yajl_gen_array_close(writer->generator);
}

/* File and process names may have any bytes, but JSON is UTF-8: an invalid byte becomes U+FFFD. */
void json_string(struct json_writer *writer, struct str text)
{
	auto_buf struct buf clean = { 0 };
	size_t valid = 0; /* all bytes before it have been added */

	for (size_t i = 0; i < text.len;) {
		size_t size = utf8_decode(text.data + i, text.len - i, NULL);

		i += size;
		if (size != 0)
			continue;
		buf_add(&clean, text.data + valid, i - valid);
		buf_add(&clean, "\xef\xbf\xbd", 3);
		valid = ++i;
	}
	if (valid > 0) {
		buf_add(&clean, text.data + valid, text.len - valid);
		text = (struct str){ clean.data, clean.len };
	}
	yajl_gen_string(writer->generator, (const unsigned char *)(text.len > 0 ? text.data : ""),
			text.len);
}

void json_text(struct json_writer *writer, const char *text)
{
	json_string(writer, str_from(text));
}

void json_key(struct json_writer *writer, const char *name)
{
	json_text(writer, name);
}

void json_integer(struct json_writer *writer, long long value)
{
	yajl_gen_integer(writer->generator, value);
}

void json_boolean(struct json_writer *writer, bool value)
{
	yajl_gen_bool(writer->generator, value);
}

void json_raw(struct json_writer *writer, struct str text)
{
	yajl_gen_number(writer->generator, text.data, text.len); /* copied as it is */
}

void json_member_text(struct json_writer *writer, const char *key, const char *text)
{
	json_key(writer, key);
	json_text(writer, text);
}

void json_member_integer(struct json_writer *writer, const char *key, long long value)
{
	json_key(writer, key);
	json_integer(writer, value);
}

void json_member_boolean(struct json_writer *writer, const char *key, bool value)
{
	json_key(writer, key);
	json_boolean(writer, value);
}

void json_quote(struct buf *out, struct str text)
{
	struct json_writer writer = { .generator = generator_new(false) };
	struct str quoted;

	json_string(&writer, text);
	quoted = json_writer_text(&writer);
	buf_add(out, quoted.data, quoted.len);
	json_writer_free(&writer);
}
