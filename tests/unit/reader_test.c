/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader in-process: trees, places, limits, and a real spec cut off and corrupted at every
 * byte. yajl, with which crun reads specs, reads each of them, too. It must read what the reader
 * accepts in the same way, and refuse what the reader calls invalid JSON.
 */
#include "support.h"

#include <stdlib.h>
#include <yajl/yajl_parse.h>

/* Writes the outline of a document in few letters: {k:v,} [v,] "s" 1 t f n. */
static void outline(struct buf *buf, const struct json_node *node)
{
	switch (node->type) {
	case JSON_NULL:
	case JSON_BOOL:
		buf_printf(buf, "%c", node->type == JSON_NULL ? 'n' : node->boolean ? 't' : 'f');
		break;
	case JSON_NUMBER:
		buf_add(buf, node->text.data, node->text.len);
		break;
	case JSON_STRING:
		buf_printf(buf, "'");
		buf_add(buf, node->text.data, node->text.len);
		buf_printf(buf, "'");
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		buf_printf(buf, "%c", node->type == JSON_ARRAY ? '[' : '{');
		json_each (child, node) {
			if (child->key.data != NULL) {
				buf_add(buf, child->key.data, child->key.len);
				buf_printf(buf, ":");
			}
			outline(buf, child);
			buf_printf(buf, ",");
		}
		buf_printf(buf, "%c", node->type == JSON_ARRAY ? ']' : '}');
		break;
	}
}

static const struct {
	const char *text, *outline;
} trees[] = {
	{ "{}", "{}" },
	{ " \t\r\n{ }\n", "{}" },
	{ "{\"\":[]}", "{:[],}" },
	{ "{\"a\":{\"b\":[{},[[]]]}}", "{a:{b:[{},[[],],],},}" },
	{ "{\"n\":[0,-0,1.0e3,1E+2,-0.50,123456789012345678901234567890]}",
	  "{n:[0,-0,1.0e3,1E+2,-0.50,123456789012345678901234567890,],}" },
	{ "{\"l\":[true,false,null]}", "{l:[t,f,n,],}" },
	{ "{\"s\":[\"\",\"a\\\"b\",\"\\u00e9\\/\\\\\\n\",\"\\ud83d\\ude00\",\"\xc3\xa9\"]}",
	  "{s:['','a\"b','\xc3\xa9/\\\n','\xf0\x9f\x98\x80','\xc3\xa9',],}" },
	{ "{\"\\u0061\\u0062\":1}", "{ab:1,}" },
};

static void tree_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		auto_buf struct buf buf = { 0 };
		struct json_doc *doc = read_doc(*state, trees[i].text);

		outline(&buf, doc->root);
		assert_string_equal(buf.data, trees[i].outline);
		assert_false(json_is_edited(doc));
		assert_true(str_equal(json_render(doc), doc->text));
	}
}

static const struct json_node *find(const struct json_node *node, const char *pointer,
				    struct arena *arena)
{
	const struct json_node *found =
		strcmp(json_pointer(arena, node), pointer) == 0 ? node : NULL;

	json_each (child, node)
		if (found == NULL)
			found = find(child, pointer, arena);
	return found;
}

/* One document; each value by its pointer, with its bytes and its place. */
static void places(void **state)
{
	static const char text[] = "{ \"a\" : [ 1 , \"two\" ],\n"
				   "\t\"b/c~d\": {\"\xc3\xa4\": null, \"\": true},\r\n"
				   "  \"\\u0078\":-0.5e1 }\n";
	static const struct {
		const char *pointer, *source;
		unsigned int line, column, key_column;
	} rows[] = {
		{ "/a", "[ 1 , \"two\" ]", 1, 9, 3 },
		{ "/a/0", "1", 1, 11, 11 },
		{ "/a/1", "\"two\"", 1, 15, 15 },
		{ "/b~1c~0d", "{\"\xc3\xa4\": null, \"\": true}", 2, 11, 2 },
		{ "/b~1c~0d/\xc3\xa4", "null", 2, 18, 12 },
		{ "/b~1c~0d/", "true", 2, 28, 24 },
		{ "/x", "-0.5e1", 3, 12, 3 },
	};
	struct json_doc *doc = read_doc(*state, text);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct json_node *node = find(doc->root, rows[i].pointer, *state);
		unsigned int line, column;

		assert_non_null(node);
		assert_true(str_is(json_source(doc, node), rows[i].source));
		json_position(doc, node->start, &line, &column);
		assert_int_equal(line, rows[i].line);
		assert_int_equal(column, rows[i].column);
		json_position(doc, node->key_start, &line, &column);
		assert_int_equal(column, rows[i].key_column);
	}
}

static void positions_at_the_edges(void **state)
{
	struct json_doc *doc = read_doc(*state, "\n\n{}\n");
	unsigned int line, column;

	json_position(doc, 0, &line, &column);
	assert_int_equal(line * 100 + column, 101);
	json_position(doc, 1, &line, &column);
	assert_int_equal(line * 100 + column, 201);
	json_position(doc, 5, &line, &column);
	assert_int_equal(line * 100 + column, 401);
}

static void members(void **state)
{
	struct json_doc *doc = read_doc(*state, "{\"a\":1,\"b\":[2]}");

	assert_non_null(json_get(doc->root, "a"));
	assert_null(json_get(doc->root, "A"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(json_get(doc->root, "b"), "a"));
	json_remove(json_get(doc->root, "a"));
	assert_null(json_get(doc->root, "a"));
}

/* Refused, with message and place. */
static const struct {
	const char *text, *message, *pointer;
	unsigned int line, column;
} refusals[] = {
	{ "", "test:1:1: the document is empty; expected one JSON object", "", 1, 1 },
	{ "{\"a\":{\n \"b\":[\"\\ud800\"]}}",
	  "test:2:7: unpaired surrogate in a string; write both halves or neither", "/a/b", 2, 7 },
	{ "{\"a\":1,\n\"A\":2}",
	  "test:2:1: /A: name differs only in case from \"a\"; runtimes differ in which of the two they take",
	  "/A", 2, 1 },
	{ "{\"x\":[{\"a\":1,\"a\":2}]}",
	  "test:1:14: /x/0/a: duplicate name \"a\"; runtimes differ in which of the two they take",
	  "/x/0/a", 1, 14 },
	{ "{} {}", "test:1:4: expected nothing after the object", "", 1, 4 },
	{ "{\"a\":[tru]}", "test:1:10: expected a value", "/a", 1, 10 },
	{ "{\"a\":1", "test:1:7: the document ends too early", "", 1, 7 },
};

static void refusal_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct json_doc *doc = NULL;
		struct err err = { 0 };

		assert_int_equal(json_read(*state, "test", str_from(refusals[i].text),
					   JSON_NO_COMMENTS, &doc, &err),
				 -EINVAL);
		assert_null(doc);
		assert_int_equal(err.exit, EXIT_SPEC);
		assert_string_equal(err.text, refusals[i].message);
		assert_string_equal(err.pointer, refusals[i].pointer);
		assert_int_equal(err.line, refusals[i].line);
		assert_int_equal(err.column, refusals[i].column);
	}
}

/* A document of `depth` nested arrays inside its object. */
static void depth_limit(void **state)
{
	for (unsigned int depth = 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
		auto_buf struct buf buf = { 0 };
		struct json_doc *doc;
		struct err err;
		int error;

		buf_printf(&buf, "{\"a\":");
		for (unsigned int i = 1; i < depth; i++)
			buf_add(&buf, "[", 1);
		if (depth == 1)
			buf_printf(&buf, "0");
		for (unsigned int i = 1; i < depth; i++)
			buf_add(&buf, "]", 1);
		buf_printf(&buf, "}");
		error = json_read(*state, "test", (struct str){ buf.data, buf.len },
				  JSON_NO_COMMENTS, &doc, &err);
		assert_int_equal(error, depth <= JSON_DEPTH_MAX ? 0 : -EINVAL);
	}
}

static void comments(void **state)
{
	static const char text[] = "// \"\n{ /* { \" */ \"a\": \"/* no */ // no \\\" /*\" // end";
	struct json_doc *doc;
	struct err err;

	assert_int_equal(
		json_read(*state, "test",
			  STR("// \"\n{ /* { \" */ \"a\": \"/* no */ // no \\\" /*\" // end\n}"),
			  JSON_COMMENTS, &doc, &err),
		0);
	assert_true(str_is(json_get(doc->root, "a")->text, "/* no */ // no \" /*"));
	/* Places are those of the file, comments included. */
	assert_int_equal(json_get(doc->root, "a")->key_start, 17);
	assert_int_equal(json_read(*state, "test", str_from(text), JSON_COMMENTS, &doc, &err),
			 -EINVAL);
	assert_int_equal(json_read(*state, "test", STR("{}/"), JSON_COMMENTS, &doc, &err), -EINVAL);
	assert_int_equal(json_read(*state, "test", STR("{}/*/"), JSON_COMMENTS, &doc, &err),
			 -EINVAL);
	assert_int_equal(json_read(*state, "test", STR("/"), JSON_COMMENTS, &doc, &err), -EINVAL);
	assert_int_equal(json_read(*state, "test", STR("\"\\"), JSON_COMMENTS, &doc, &err),
			 -EINVAL);
	assert_int_equal(json_read(*state, "test", STR("{}//"), JSON_COMMENTS, &doc, &err), 0);
	assert_int_equal(json_read(*state, "test", STR("{}/**/"), JSON_NO_COMMENTS, &doc, &err),
			 -EINVAL);
}

static const char spec[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":1,\"gid\":2,\"additionalGids\":[3]},"
	"\"args\":[\"a\\u0062\",\"\\ud83d\\ude00\"],\"cwd\":\"/\",\"capabilities\":{\"bounding\":[\"CAP_KILL\"],"
	"\"ambient\":[]},\"noNewPrivileges\":true},\"root\":{\"path\":\"r\xc3\xb6t\",\"readonly\":false},"
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"options\":[\"ro\"]}],\"annotations\":{\"a\":\"b\"},"
	"\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}],\"namespaces\":[{\"type\":\"pid\"},"
	"{\"type\":\"user\",\"path\":\"/p\"}],\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\",\"major\":-1}]}},"
	"\"x\":[1.5e3,null,{\"y\":[]}]}";

static void yajl_add(void *data, const void *text, size_t len, const char *behind)
{
	buf_add(data, text, len);
	buf_printf(data, "%s", behind);
}

static int on_null(void *data)
{
	yajl_add(data, "n", 1, ",");
	return 1;
}

static int on_boolean(void *data, int value)
{
	yajl_add(data, value ? "t" : "f", 1, ",");
	return 1;
}

static int on_number(void *data, const char *digits, size_t len)
{
	yajl_add(data, digits, len, ",");
	return 1;
}

static int on_string(void *data, const unsigned char *text, size_t len)
{
	buf_add(data, "'", 1);
	yajl_add(data, text, len, "',");
	return 1;
}

static int on_key(void *data, const unsigned char *text, size_t len)
{
	yajl_add(data, text, len, ":");
	return 1;
}

static int on_object(void *data)
{
	buf_add(data, "{", 1);
	return 1;
}

static int on_object_end(void *data)
{
	yajl_add(data, "}", 1, ",");
	return 1;
}

static int on_array(void *data)
{
	buf_add(data, "[", 1);
	return 1;
}

static int on_array_end(void *data)
{
	yajl_add(data, "]", 1, ",");
	return 1;
}

/*
 * Writes how yajl reads the text, in the letters of outline() and a comma; false if yajl refuses
 * it.
 */
static bool yajl_outline(struct buf *buf, const char *text, size_t len)
{
	static const yajl_callbacks callbacks = { on_null,	 on_boolean, NULL,	  NULL,
						  on_number,	 on_string,  on_object,	  on_key,
						  on_object_end, on_array,   on_array_end };
	yajl_handle parser = yajl_alloc(&callbacks, NULL, buf);
	bool taken = yajl_parse(parser, (const unsigned char *)text, len) == yajl_status_ok &&
		     yajl_complete_parse(parser) == yajl_status_ok;

	yajl_free(parser);
	return taken;
}

/* Refusals of text that yajl accepts: runtimes differ, a limit is exceeded, or yajl is wrong. */
static bool is_expected(const struct err *err)
{
	static const char *const words[] = {
		"runtimes",
		"limit JSON_",
		"surrogate",
		"control character; write",
		"invalid UTF-8",
		"byte order mark",
		"expected one JSON object",
		/* yajl takes the start of a token, as in `{} tr`, as the end of the document. */
		"expected nothing after the object",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(err->text, words[i]) != NULL)
			return true;
	return false;
}

static void compare_with_yajl(const char *text, size_t len, const struct json_doc *doc,
			      const struct err *err)
{
	auto_buf struct buf theirs = { 0 }, ours = { 0 };
	bool taken = yajl_outline(&theirs, text, len);

	if (doc == NULL) {
		assert_true(!taken || is_expected(err));
		return;
	}
	assert_true(taken);
	outline(&ours, doc->root);
	buf_printf(&ours, ",");
	assert_string_equal(ours.data, theirs.data);
}

/* Reads len bytes with nothing after them, so that ASan sees a reader that goes too far. */
static int read_exact(struct arena *arena, const char *text, size_t len)
{
	auto_free char *exact = mem_realloc(NULL, len);
	struct json_doc *doc = NULL;
	struct oci_config config;
	struct err err = { 0 };
	int error;

	memcpy(exact, text, len);
	error = json_read(arena, "test", (struct str){ exact, len }, JSON_NO_COMMENTS, &doc, &err);
	compare_with_yajl(exact, len, doc, &err);
	if (error == 0)
		error = oci_config_read(doc, &config, &err);
	if (error < 0) {
		assert_int_equal(err.exit, EXIT_SPEC);
		assert_true(err.text[0] != '\0' && err.line > 0 && err.column > 0);
	}
	return error;
}

static void cut_off_everywhere(void **state)
{
	assert_int_equal(read_exact(*state, spec, sizeof(spec) - 1), 0);
	for (size_t len = 0; len < sizeof(spec) - 1; len++)
		assert_int_equal(read_exact(*state, spec, len), -EINVAL);
}

/* Every byte is replaced by every other: nothing crashes, and control bytes never pass. */
static void spoilt_everywhere(void **state)
{
	char copy[sizeof(spec)];

	(void)state;
	for (size_t i = 0; i < sizeof(spec) - 1; i++) {
		struct arena *arena = arena_new();

		for (unsigned int byte = 0; byte < 256; byte++) {
			int error;

			memcpy(copy, spec, sizeof(copy));
			copy[i] = (char)byte;
			error = read_exact(arena, copy, sizeof(copy) - 1);
			if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r')
				assert_int_equal(error, -EINVAL);
		}
		arena_free(arena);
	}
}

/* Bytes dropped, doubled and swapped at random, the same every time. */
static void shuffled(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct arena *arena = arena_new();
		char copy[sizeof(spec) + 64];
		size_t len = sizeof(spec) - 1;

		memcpy(copy, spec, len);
		for (int edits = (int)dice(&seed, 6); edits >= 0; edits--) {
			size_t at = dice(&seed, (unsigned int)len);
			size_t run = dice(&seed, 8);

			if (dice(&seed, 2) == 0 && len + 8 < sizeof(copy)) {
				memmove(copy + at + run, copy + at, len - at);
				len += run;
			} else if (at + run < len) {
				memmove(copy + at, copy + at + run, len - at - run);
				len -= run;
			}
		}
		read_exact(arena, copy, len);
		arena_free(arena);
	}
}

/* A document above the limit is not read at all. */
static void size_limit(void **state)
{
	size_t len = (size_t)JSON_SIZE_MAX + 1;
	struct json_doc *doc = NULL;
	struct err err = { 0 };
	char *text = mem_realloc(NULL, len);

	memset(text, ' ', len);
	memcpy(text, spec, sizeof(spec) - 1);
	assert_int_equal(json_read(*state, "test", (struct str){ text, len - 1 }, JSON_NO_COMMENTS,
				   &doc, &err),
			 0);
	assert_int_equal(
		json_read(*state, "test", (struct str){ text, len }, JSON_NO_COMMENTS, &doc, &err),
		-EINVAL);
	assert_string_equal(err.text, "test:1:1: larger than 16777216 bytes (limit JSON_SIZE_MAX)");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(tree_rows),
		WITH_ARENA(places),
		WITH_ARENA(positions_at_the_edges),
		WITH_ARENA(members),
		WITH_ARENA(refusal_rows),
		WITH_ARENA(depth_limit),
		WITH_ARENA(size_limit),
		WITH_ARENA(comments),
		WITH_ARENA(cut_off_everywhere),
		cmocka_unit_test(spoilt_everywhere),
		cmocka_unit_test(shuffled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
