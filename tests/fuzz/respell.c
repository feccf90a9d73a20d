/* SPDX-License-Identifier: Apache-2.0 */
/* The same document in other bytes; see fuzz.h. */
#include "fuzz.h"

struct speller {
	const struct json_doc *doc;
	struct buf out;
	uint32_t seed;
};

static void space(struct speller *speller)
{
	static const char *const spaces[] = { "", "", " ", "\n", "\t", "\r\n", "    " };
	struct str space = str_from(spaces[dice(&speller->seed, ARRAY_SIZE(spaces))]);

	buf_add(&speller->out, space.data, space.len);
}

static void unit(struct buf *out, uint32_t unit, bool upper)
{
	buf_printf(out, upper ? "\\u%04X" : "\\u%04x", unit);
}

static void character(struct speller *speller, const char *data, size_t size, uint32_t c)
{
	bool upper = dice(&speller->seed, 2) == 0;

	if (c == '"' || c == '\\')
		buf_printf(&speller->out, "\\%c", (int)c);
	else if (c >= 0x20 && dice(&speller->seed, 4) > 0)
		buf_add(&speller->out, data, size);
	else if (c == '/')
		buf_add(&speller->out, "\\/", 2);
	else if (c < 0x10000)
		unit(&speller->out, c, upper);
	else {
		unit(&speller->out, 0xd800 + ((c - 0x10000) >> 10), upper);
		unit(&speller->out, 0xdc00 + ((c - 0x10000) & 0x3ff), upper);
	}
}

static void string(struct speller *speller, struct str text)
{
	buf_add(&speller->out, "\"", 1);
	for (size_t i = 0; i < text.len;) {
		uint32_t c = 0;
		size_t size = utf8_decode(text.data + i, text.len - i, &c);

		must(size > 0, "the reader has let a string pass that is not UTF-8");
		character(speller, text.data + i, size, c);
		i += size;
	}
	buf_add(&speller->out, "\"", 1);
}

static void name(struct speller *speller, const struct json_node *node)
{
	const char *text = speller->doc->text.data;
	size_t end = node->key_start + 1;

	while (text[end] != '"')
		end += text[end] == '\\' ? 2 : 1;
	buf_add(&speller->out, text + node->key_start, end + 1 - node->key_start);
	space(speller);
	buf_add(&speller->out, ":", 1);
	space(speller);
}

static void value(struct speller *speller, const struct json_node *node);

static void child(struct speller *speller, const struct json_node *node, size_t *written)
{
	if ((*written)++ > 0)
		buf_add(&speller->out, ",", 1);
	space(speller);
	if (node->key.data != NULL)
		name(speller, node);
	value(speller, node);
	space(speller);
}

/* Writes the members from some point on, then those before it. Elements keep their order. */
static void container(struct speller *speller, const struct json_node *node)
{
	bool object = node->type == JSON_OBJECT;
	uint32_t first = object && node->count > 0 ? dice(&speller->seed, node->count) : 0;
	size_t written = 0;

	buf_add(&speller->out, object ? "{" : "[", 1);
	space(speller);
	json_each (later, node)
		if (later->index >= first)
			child(speller, later, &written);
	json_each (earlier, node)
		if (earlier->index < first)
			child(speller, earlier, &written);
	buf_add(&speller->out, object ? "}" : "]", 1);
}

static void value(struct speller *speller, const struct json_node *node)
{
	struct str source = json_source(speller->doc, node);

	if (node->type == JSON_OBJECT || node->type == JSON_ARRAY)
		container(speller, node);
	else if (node->type == JSON_STRING)
		string(speller, node->text);
	else
		buf_add(&speller->out, source.data, source.len);
}

struct str respell(struct arena *arena, const struct json_doc *doc, uint32_t seed)
{
	struct speller speller = { .doc = doc, .seed = seed };
	struct str text;

	space(&speller);
	value(&speller, doc->root);
	space(&speller);
	text = (struct str){ arena_copy(arena, speller.out.data, speller.out.len),
			     speller.out.len };
	cleanup_buf(&speller.out);
	return text;
}
