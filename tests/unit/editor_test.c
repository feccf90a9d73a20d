/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The editor: each kind of edit on each shape of container, byte for byte; and random edits on
 * random documents, compared with a model that does not know bytes.
 */
#include "support.h"

#include <stdlib.h>

#include "json/writer.h"

/* Edits of a row: "-NAME" removes, "=NAME VALUE" replaces, "+NAME VALUE" adds; [N] are indexes. */
static const struct {
	const char *before, *edits[4], *after;
} rows[] = {
	{ "{\"a\":1}", { "=a 2" }, "{\"a\":2}" },
	{ "{\"a\":1}", { "-a" }, "{}" },
	{ "{\"a\":1}", { "+b 2" }, "{\"a\":1,\"b\":2}" },
	{ "{}", { "+b 2" }, "{\"b\":2}" },
	{ "{ }", { "+b 2" }, "{\"b\":2 }" },
	{ "{ \"a\": 1 }", { "+b 2" }, "{ \"a\": 1, \"b\":2 }" },
	{ "{ \"a\": 1 }", { "-a" }, "{ }" },
	{ "{ \"a\": 1 }", { "-a", "+b 2" }, "{ \"b\":2 }" },
	{ "{\"a\":1,\"b\":2}", { "-a" }, "{\"b\":2}" },
	{ "{\"a\":1,\"b\":2}", { "-b" }, "{\"a\":1}" },
	{ "{\"a\":1,\"b\":2}", { "-a", "-b" }, "{}" },
	{ "{\"a\":1,\"b\":2,\"c\":3}", { "-b" }, "{\"a\":1,\"c\":3}" },
	{ "{\"a\":1,\"b\":2,\"c\":3}", { "-a", "-c" }, "{\"b\":2}" },
	{ "{\"a\":1,\"b\":2,\"c\":3}", { "-b", "-c", "+d 4" }, "{\"a\":1,\"d\":4}" },
	{ "{\n\t\"a\": 1,\n\t\"b\": 2\n}",
	  { "+c 3" },
	  "{\n\t\"a\": 1,\n\t\"b\": 2,\n\t\"c\":3\n}" },
	{ "{\n\t\"a\": 1\n}", { "+b 2", "+c 3" }, "{\n\t\"a\": 1,\n\t\"b\":2,\n\t\"c\":3\n}" },
	{ "{\n  \"a\" : 1 ,\n  \"b\" : 2\n}", { "-a" }, "{\n  \"b\" : 2\n}" },
	{ "{\n  \"a\" : 1 ,\n  \"b\" : 2\n}", { "-b" }, "{\n  \"a\" : 1\n}" },
	{ "{\n  \"a\" : 1 ,\n  \"b\" : 2\n}",
	  { "=b [ 3 ]" },
	  "{\n  \"a\" : 1 ,\n  \"b\" : [ 3 ]\n}" },
	{ "{\"a\":[1,2]}", { "+a/ 3" }, "{\"a\":[1,2,3]}" },
	{ "{\"a\":[]}", { "+a/ 3", "+a/ 4" }, "{\"a\":[3,4]}" },
	{ "{\"a\":[ 1 , 2 ]}", { "+a/ 3" }, "{\"a\":[ 1 , 2 , 3 ]}" },
	{ "{\"a\":[1,2,3]}", { "-a/0", "-a/2" }, "{\"a\":[2]}" },
	{ "{\"a\":[1,2,3]}", { "-a/0", "-a/1", "-a/2" }, "{\"a\":[]}" },
	{ "{\"a\":[1,2,3]}", { "=a/1 {}", "+a/ 4" }, "{\"a\":[1,{},3,4]}" },
	{ "{\"a\":{\"b\":{\"c\":1}}}", { "-a/b/c" }, "{\"a\":{\"b\":{}}}" },
	{ "{\"a\":{\"b\":1},\"c\":1.0e3}", { "+a/d 2", "-a/b" }, "{\"a\":{\"d\":2},\"c\":1.0e3}" },
	{ "{\"x\":\"\\u0061\",\"y\":-0.0}", { "=x null" }, "{\"x\":null,\"y\":-0.0}" },
	{ " \n{\"a\":1}\t\r\n", { "=a 2" }, " \n{\"a\":2}\t\r\n" },
	{ "{\"a\":1,\r\n\"b\":2}", { "+c 3" }, "{\"a\":1,\r\n\"b\":2,\r\n\"c\":3}" },
	{ "{\"a\":1}", { "+q\"\\\x7f 2" }, "{\"a\":1,\"q\\\"\\\\\x7f\":2}" },
	{ "{\"a\":1}", { "=a 2", "=a 3" }, "{\"a\":3}" },
	{ "{\"a\":1}", { "=a 2", "-a" }, "{}" },
};

/* Returns the node at a path of names and indexes. */
static struct json_node *walk(struct json_node *node, const char *path, size_t len)
{
	while (len > 0 && node != NULL) {
		size_t part = 0;
		struct str name;

		while (part < len && path[part] != '/')
			part++;
		name = (struct str){ path, part };
		if (node->type == JSON_ARRAY) {
			struct json_node *child = node->first;

			for (long i = strtol(path, NULL, 10); i > 0 && child != NULL; i--)
				child = child->next;
			node = child;
		} else {
			struct json_node *found = NULL;

			json_each (child, node)
				if (str_equal(child->key, name))
					found = child;
			node = found;
		}
		path += part + (part < len);
		len -= part + (part < len);
	}
	return node;
}

static void edit(struct json_doc *doc, const char *words)
{
	size_t len = strcspn(words, " ");
	const char *value = words[len] != '\0' ? words + len + 1 : NULL;
	struct json_node *node;
	const char *path = words + 1, *name = path;

	if (words[0] != '+') {
		node = walk(doc->root, path, len - 1);
		assert_non_null(node);
		if (words[0] == '-')
			json_remove(node);
		else
			json_replace(doc, node, value);
		return;
	}
	for (const char *p = path; p < words + len; p++)
		if (*p == '/')
			name = p + 1;
	node = walk(doc->root, path, name == path ? 0 : (size_t)(name - path - 1));
	assert_non_null(node);
	if (node->type == JSON_ARRAY) {
		json_add(doc, node, NULL, value);
	} else {
		char *key = arena_copy(doc->arena, name, (size_t)(words + len - name));

		json_add(doc, node, key, value);
	}
}

static void edit_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_doc *doc = read_doc(*state, rows[i].before);
		struct str rendered;

		for (size_t k = 0; k < ARRAY_SIZE(rows[i].edits) && rows[i].edits[k] != NULL; k++)
			edit(doc, rows[i].edits[k]);
		assert_true(json_is_edited(doc));
		rendered = json_render(doc);
		assert_string_equal(rendered.data, rows[i].after);
		assert_int_equal(rendered.len, strlen(rows[i].after));
	}
}

/* The bytes of a node, with its edits. */
static void sources(void **state)
{
	struct json_doc *doc = read_doc(*state, "{\"a\": 1e0 ,\"b\":[ 2 ]}");
	struct json_node *added = json_add(doc, doc->root, "c", "{}");

	assert_true(str_is(json_source(doc, walk(doc->root, "a", 1)), "1e0"));
	json_replace(doc, walk(doc->root, "a", 1), "3");
	assert_true(str_is(json_source(doc, walk(doc->root, "a", 1)), "3"));
	assert_true(str_is(json_source(doc, walk(doc->root, "b", 1)), "[ 2 ]"));
	assert_true(str_is(json_source(doc, added), "{}"));
}

/* json_set() on members that exist, on missing ones, and below missing ones. */
static const struct set_row {
	const char *before;
	const char *sets[4]; /* "PATH VALUE" */
	const char *after;
	const char *patch;
} set_rows[] = {
	{ "{\"a\": 1}", { "a 2" }, "{\"a\": 2}", "replace\", \"path\": \"/a\", \"value\": 2" },
	{ "{\"a\": 1}", { " []" }, "[]", "replace\", \"path\": \"\", \"value\": []" },
	{ "{ \"a\": [ 1 ] }",
	  { "a/- 2", "a/- 3" },
	  "{ \"a\": [ 1, 2, 3 ] }",
	  "add\", \"path\": \"/a/-\", \"value\": 2" },
	{ "{}",
	  { "a/b/c 1", "a/b/d 2", "a/e/- 3", "a/e/- 4" },
	  "{\"a\":{\"b\":{\"c\":1,\"d\":2},\"e\":[3,4]}}",
	  "add\", \"path\": \"/a\", \"value\": {\"b\":{\"c\":1,\"d\":2},\"e\":[3,4]}" },
	{ "{}", { "a/b 1", "a/b 2" }, "{\"a\":{\"b\":2}}", "\"value\": {\"b\":2}" },
	{ "{\"a\":null}",
	  { "a/b 1", "a/c 2" },
	  "{\"a\":{\"b\":1,\"c\":2}}",
	  "replace\", \"path\": \"/a\", \"value\": {\"b\":1,\"c\":2}" },
	{ "{\"a\":{\"b\":null},\"c\":0}",
	  { "a/b/- 1" },
	  "{\"a\":{\"b\":[1]},\"c\":0}",
	  "replace\", \"path\": \"/a/b\", \"value\": [1]" },
};

static void set_paths(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(set_rows); i++) {
		const struct set_row *row = &set_rows[i];
		struct json_doc *doc = read_doc(*state, row->before);

		for (size_t k = 0; k < ARRAY_SIZE(row->sets) && row->sets[k] != NULL; k++) {
			size_t len = strcspn(row->sets[k], " ");

			json_set(doc, doc->root, arena_copy(doc->arena, row->sets[k], len),
				 row->sets[k] + len + 1);
		}
		assert_string_equal(json_render(doc).data, row->after);
		assert_non_null(strstr(json_patch(doc).data, row->patch));
	}
}

/* A node that is added and removed again leaves no trace. An added node is shown as it is now. */
static void edits_of_edits(void **state)
{
	struct json_doc *doc = read_doc(*state, "{\"a\":[1,2]}");
	struct json_node *a = json_get(doc->root, "a");
	struct json_node *three = json_add(doc, a, NULL, "3"), *four = json_add(doc, a, NULL, "4");

	json_remove(three);
	assert_string_equal(json_render(doc).data, "{\"a\":[1,2,4]}");
	json_remove(four);
	assert_string_equal(json_render(doc).data, "{\"a\":[1,2]}");
	json_set(doc, doc->root, "b/c", "5");
	assert_true(str_is(json_source(doc, json_get(doc->root, "b")), "{\"c\":5}"));
	json_remove(json_get(json_get(doc->root, "b"), "c"));
	assert_string_equal(json_render(doc).data, "{\"a\":[1,2],\"b\":{}}");
}

static void patches(void **state)
{
	struct json_doc *doc = read_doc(*state, "{\"a/b\":[1,2,3],\"c\":{\"d~\":1},\"e\":0}");

	assert_true(str_is(json_patch(doc), "[]\n"));
	json_remove(walk(doc->root, "e", 1));
	json_remove(walk(doc->root->first, "0", 1));
	json_remove(walk(doc->root->first, "2", 1));
	json_replace(doc, walk(doc->root->first, "1", 1), "\"two\"");
	json_add(doc, doc->root->first, NULL, "4");
	json_add(doc, walk(doc->root, "c", 1), "n", "{}");
	json_replace(doc, walk(doc->root, "c/d~", 4), "2");
	assert_string_equal(json_patch(doc).data,
			    "[\n"
			    "  {\"op\": \"replace\", \"path\": \"/a~1b/1\", \"value\": \"two\"},\n"
			    "  {\"op\": \"add\", \"path\": \"/a~1b/-\", \"value\": 4},\n"
			    "  {\"op\": \"remove\", \"path\": \"/a~1b/2\"},\n"
			    "  {\"op\": \"remove\", \"path\": \"/a~1b/0\"},\n"
			    "  {\"op\": \"replace\", \"path\": \"/c/d~0\", \"value\": 2},\n"
			    "  {\"op\": \"add\", \"path\": \"/c/n\", \"value\": {}},\n"
			    "  {\"op\": \"remove\", \"path\": \"/e\"}\n"
			    "]\n");
	assert_string_equal(json_render(doc).data,
			    "{\"a/b\":[\"two\",4],\"c\":{\"d~\":2,\"n\":{}}}");
}

/*
 * Random documents. Each value has a number of its own, so that none can be confused with another.
 */

static unsigned int next_value;
static uint32_t seed;

static void random_space(struct buf *out)
{
	static const char *const spaces[] = { "", "", "", " ", "\n\t", "  ", "\r\n" };

	buf_printf(out, "%s", spaces[dice(&seed, ARRAY_SIZE(spaces))]);
}

static void random_value(struct buf *out, int depth)
{
	int kind = (int)dice(&seed, depth > 0 ? 5 : 3);
	int n = (int)dice(&seed, 5);

	if (kind < 3) {
		if (kind == 0)
			buf_printf(out, "%u", next_value++);
		else if (kind == 1)
			buf_printf(out, "-%u.0e1", next_value++);
		else
			buf_printf(out, "\"\\u0061%u\"", next_value++);
		return;
	}
	buf_printf(out, kind == 3 ? "[" : "{");
	random_space(out);
	for (int i = 0; i < n; i++) {
		if (i > 0) {
			buf_printf(out, ",");
			random_space(out);
		}
		if (kind == 4) {
			buf_printf(out, "\"k%u\"", next_value++);
			random_space(out);
			buf_printf(out, ":");
			random_space(out);
		}
		random_value(out, depth - 1);
		random_space(out);
	}
	buf_printf(out, kind == 3 ? "]" : "}");
}

/* Writes what a tree means, without its white space; with its edits if edited is set. */
static void meaning(const struct json_doc *doc, const struct json_node *node, bool edited,
		    struct buf *out)
{
	bool first = true;

	if (edited && (node->edit == JSON_REPLACED || node->edit == JSON_ADDED)) {
		buf_add(out, node->new_text, strlen(node->new_text));
		return;
	}
	if (node->type != JSON_ARRAY && node->type != JSON_OBJECT) {
		buf_add(out, doc->text.data + node->start, node->end - node->start);
		return;
	}
	buf_printf(out, node->type == JSON_ARRAY ? "[" : "{");
	json_each (child, node) {
		if (edited && child->edit == JSON_REMOVED)
			continue;
		buf_printf(out, first ? "" : ",");
		first = false;
		if (child->key.data != NULL) {
			json_quote(out, child->key);
			buf_printf(out, ":");
		}
		meaning(doc, child, edited, out);
	}
	buf_printf(out, node->type == JSON_ARRAY ? "]" : "}");
}

/* Edits some of the values below node, but none below a value that was removed or replaced. */
static void random_edits(struct json_doc *doc, struct json_node *node)
{
	char text[32], key[32];
	int adds = (int)dice(&seed, 8) == 0 ? (int)dice(&seed, 3) : 0;

	if (node->type != JSON_ARRAY && node->type != JSON_OBJECT)
		return;
	json_each (child, node) {
		int what = (int)dice(&seed, 10);

		if (what == 0) {
			json_remove(child);
		} else if (what == 1) {
			snprintf(text, sizeof(text), "{\"r%u\":[]}", next_value++);
			json_replace(doc, child, text);
		} else {
			random_edits(doc, child);
		}
	}
	for (; adds > 0; adds--) {
		snprintf(text, sizeof(text), "[%u]", next_value++);
		snprintf(key, sizeof(key), "n%u", next_value++);
		json_add(doc, node, node->type == JSON_ARRAY ? NULL : key, text);
	}
}

static void random_round(struct arena *arena)
{
	auto_buf struct buf text = { 0 }, want = { 0 }, got = { 0 };
	struct json_doc *doc, *again;
	struct str rendered;

	next_value = 1;
	random_space(&text);
	buf_printf(&text, "{\"a\":");
	random_value(&text, 4);
	buf_printf(&text, ",\"b\":");
	random_value(&text, 4);
	buf_printf(&text, "}");
	random_space(&text);
	doc = read_doc(arena, arena_copy(arena, text.data, text.len));
	random_edits(doc, doc->root);
	rendered = json_render(doc);
	if (!json_is_edited(doc))
		assert_true(str_equal(rendered, doc->text));
	again = read_doc(arena, rendered.data);
	meaning(doc, doc->root, true, &want);
	meaning(again, again->root, false, &got);
	assert_string_equal(got.data, want.data);
	read_doc(arena, arena_printf(arena, "{\"patch\":%s}", json_patch(doc).data));
}

static void random_documents(void **state)
{
	(void)state;
	seed = 7;
	for (int round = 0; round < 20000; round++) {
		struct arena *arena = arena_new();

		random_round(arena);
		arena_free(arena);
	}
}

/* Our own output: quoted text reads back as it was, whatever its bytes. */
static void writer_quotes(void **state)
{
	char text[256];
	struct json_writer *writer = json_writer_new(*state, true);
	struct json_doc *doc;
	struct str out;

	for (int i = 1; i < 128; i++)
		text[i - 1] = (char)i;
	json_begin_object(writer);
	json_key(writer, "ascii");
	json_string(writer, (struct str){ text, 127 });
	json_key(writer, "not UTF-8");
	json_string(writer, STR("\xff\xc3\xa4\xe2\x82"));
	json_key(writer, "numbers");
	json_begin_array(writer);
	json_integer(writer, INT64_MIN);
	json_boolean(writer, true);
	json_raw(writer, STR("null"));
	json_end_array(writer);
	json_end_object(writer);
	out = json_writer_finish(writer);
	doc = read_doc(*state, out.data);
	assert_true(str_equal(json_get(doc->root, "ascii")->text, (struct str){ text, 127 }));
	assert_true(str_is(json_get(doc->root, "not UTF-8")->text,
			   "\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd"));
	assert_true(str_is(json_get(doc->root, "numbers")->first->text, "-9223372036854775808"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(edit_rows),	    WITH_ARENA(sources), WITH_ARENA(set_paths),
		WITH_ARENA(edits_of_edits), WITH_ARENA(patches), cmocka_unit_test(random_documents),
		WITH_ARENA(writer_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
