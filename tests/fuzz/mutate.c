/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mutator of the targets that read JSON. It keeps the shape of a document and changes what
 * runtimes read differently: names swapped, in another case, with escapes, given twice; words nearly
 * right; numbers in other spellings; values moved, copied, left out. Every fourth time, and if the text is not a
 * document, it uses libFuzzer's own mutation of bytes. AFL++ has its own mutator and needs none.
 */
#include <string.h>

#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_size, unsigned int seed);

#define NODES_MAX 4096 /* nodes of one document to choose from */
#define SCALAR_MAX 256 /* bytes of a value that are mutated as bytes */

struct mutation {
	struct arena *arena;
	struct json_doc *doc;
	struct json_node *nodes[NODES_MAX];
	unsigned int n;
	uint32_t seed;
};

static void collect(struct mutation *m, struct json_node *node)
{
	if (m->n < NODES_MAX)
		m->nodes[m->n++] = node;
	json_each (child, node)
		collect(m, child);
}

/* Returns false if the text is not a document. */
static bool read_doc(struct mutation *m, struct arena *arena, struct str text, unsigned int seed)
{
	struct err err;

	m->arena = arena;
	m->n = 0;
	m->seed = seed * 2654435761U | 1;
	if (json_read(arena, "mutated", text, JSON_COMMENTS, &m->doc, &err) < 0)
		return false;
	collect(m, m->doc->root);
	return true;
}

static struct json_node *any(struct mutation *m)
{
	return m->nodes[dice(&m->seed, m->n)];
}

/* Return a random member, or a random node of the type; NULL if a few tries find none. */
static struct json_node *any_member(struct mutation *m)
{
	for (int i = 0; i < 16; i++) {
		struct json_node *node = any(m);

		if (node->key.data != NULL)
			return node;
	}
	return NULL;
}

static struct json_node *any_of(struct mutation *m, enum json_type type)
{
	for (int i = 0; i < 16; i++) {
		struct json_node *node = any(m);

		if (node->type == type)
			return node;
	}
	return NULL;
}

/* Returns the bytes of a name with its quotes. */
static struct str name_source(const struct mutation *m, const struct json_node *member)
{
	const char *text = m->doc->text.data + member->key_start;
	size_t end = 1;

	while (text[end] != '"')
		end += text[end] == '\\' ? 2 : 1;
	return (struct str){ text, end + 1 };
}

static struct str source(const struct mutation *m, const struct json_node *node)
{
	return json_source(m->doc, node);
}

/* Returns the document with other bytes from start to end. */
static struct str splice(struct mutation *m, size_t start, size_t end, struct str text)
{
	const struct str old = m->doc->text;
	struct buf out = { 0 };
	struct str result;

	buf_add(&out, old.data, start);
	buf_add(&out, text.data, text.len);
	buf_add(&out, old.data + end, old.len - end);
	result = (struct str){ arena_copy(m->arena, out.data, out.len), out.len };
	cleanup_buf(&out);
	return result;
}

static struct str replace_name(struct mutation *m, const struct json_node *member, struct str name)
{
	return splice(m, member->key_start, member->key_start + name_source(m, member).len, name);
}

static struct str replace(struct mutation *m, const struct json_node *node, struct str text)
{
	return splice(m, node->start, node->end, text);
}

/* The mutations. Each returns the new text, or the old one if it finds nothing to do. */

static struct str name_of_another(struct mutation *m)
{
	const struct json_node *member = any_member(m), *other = any_member(m);

	if (member == NULL || other == NULL)
		return m->doc->text;
	return replace_name(m, member, name_source(m, other));
}

/* Changes a letter to the other case, or to a character that Go folds to it. */
static struct str name_in_other_case(struct mutation *m)
{
	const struct json_node *member = any_member(m);
	struct str name;
	size_t i;
	const char *other;

	if (member == NULL || member->key.len == 0)
		return m->doc->text;
	name = name_source(m, member);
	i = 1 + dice(&m->seed, (unsigned int)name.len - 2);
	other = arena_printf(m->arena, "%c", name.data[i] ^ 0x20);
	if (name.data[i] == 's' && dice(&m->seed, 2) == 0)
		other = "\xc5\xbf";
	if (name.data[i] == 'k' && dice(&m->seed, 2) == 0)
		other = "\xe2\x84\xaa";
	if ((name.data[i] | 0x20) < 'a' || (name.data[i] | 0x20) > 'z')
		return m->doc->text;
	return splice(m, member->key_start + i, member->key_start + i + 1, str_from(other));
}

/* Writes a character of a name or a value as an escape, sometimes as an invalid one. */
static struct str with_escape(struct mutation *m)
{
	static const char *const bad[] = { "\\u0000", "\\ud800", "\\udc00\\ud800", "\\u00",
					   "\\x41",   "\\",	 "\\ud800\\udc00" };
	const struct json_node *node =
		dice(&m->seed, 2) == 0 ? any_member(m) : any_of(m, JSON_STRING);
	bool value = node != NULL && node->type == JSON_STRING && dice(&m->seed, 2) == 0;
	struct str text;
	size_t start, i;
	const char *escape;

	if (node == NULL || (!value && node->key.data == NULL))
		return m->doc->text;
	text = value ? source(m, node) : name_source(m, node);
	start = value ? node->start : node->key_start;
	if (text.len <= 2)
		return m->doc->text;
	i = 1 + dice(&m->seed, (unsigned int)text.len - 2);
	escape = arena_printf(m->arena, dice(&m->seed, 2) == 0 ? "\\u%04x" : "\\u%04X",
			      (unsigned char)text.data[i]);
	if (dice(&m->seed, 8) == 0)
		escape = bad[dice(&m->seed, ARRAY_SIZE(bad))];
	return splice(m, start + i, start + i + 1, str_from(escape));
}

static struct str other_number(struct mutation *m)
{
	static const char *const numbers[] = {
		"0",
		"-0",
		"1",
		"-1",
		"00",
		"01000",
		"1e3",
		"1.0",
		"0.0",
		"1E+2",
		"10",
		"65532",
		"65534",
		"2147483647",
		"2147483648",
		"255",
		"256",
		"4294967294",
		"4294967295",
		"4294967296",
		"1000",
		"100000",
		"\"0\"",
		"[]",
		"18446744073709551615",
		"18446744073709551616",
		"-18446744073709551616",
		"9223372036854775807",
		"9223372036854775808",
		"-9223372036854775808",
		"1e999",
	};
	const struct json_node *node = any_of(m, JSON_NUMBER);

	if (node == NULL)
		node = any(m);
	return replace(m, node, str_from(numbers[dice(&m->seed, ARRAY_SIZE(numbers))]));
}

/* Writes a word so that some reader might take it for the same one, or for none. */
static struct str nearby_word(struct mutation *m)
{
	static const struct {
		const char *before, *after;
	} around[] = { { "", " " }, { " ", "" },   { "", "S" }, { "x", "" },
		       { "", "," }, { "", "\\n" }, { "-", "" } };
	const struct json_node *node = any_of(m, JSON_STRING);
	unsigned int how = dice(&m->seed, ARRAY_SIZE(around) + 3);
	struct str text;
	size_t at;

	if (node == NULL || source(m, node).len <= 2)
		return m->doc->text;
	text = source(m, node);
	at = 1 + dice(&m->seed, (unsigned int)text.len - 2);
	if (how < ARRAY_SIZE(around))
		return replace(m, node,
			       str_from(arena_printf(m->arena, "\"%s%.*s%s\"", around[how].before,
						     (int)text.len - 2, text.data + 1,
						     around[how].after)));
	if (how == ARRAY_SIZE(around))
		return replace(m, node, STR("\"\""));
	if (how == ARRAY_SIZE(around) + 1 || (text.data[at] | 0x20) < 'a' ||
	    (text.data[at] | 0x20) > 'z')
		return splice(m, node->end - 2, node->end - 1, (struct str){ 0 });
	return splice(m, node->start + at, node->start + at + 1,
		      str_from(arena_printf(m->arena, "%c", text.data[at] ^ 0x20)));
}

static struct str other_constant(struct mutation *m)
{
	static const char *const constants[] = { "null", "true",      "false", "{}",	"[]",
						 "\"\"", "{\"\":{}}", "[[]]",  "\"/\"", "\"..\"" };

	return replace(m, any(m), str_from(constants[dice(&m->seed, ARRAY_SIZE(constants))]));
}

static struct str value_of_another(struct mutation *m)
{
	const struct json_node *node = any(m), *other = any(m);

	return replace(m, node, source(m, other));
}

static struct str left_out(struct mutation *m)
{
	struct json_node *node = any(m);

	if (node->parent == NULL)
		return m->doc->text;
	json_remove(node);
	return json_render(m->doc);
}

/* Repeats a node at the end of its container: a name twice, or one more element. */
static struct str twice(struct mutation *m)
{
	const struct json_node *node = any(m);
	struct str text;

	if (node->parent == NULL)
		return m->doc->text;
	text = (struct str){ m->doc->text.data + node->key_start, node->end - node->key_start };
	text = str_from(arena_printf(m->arena, ",%.*s", (int)text.len, text.data));
	return splice(m, node->parent->last->end, node->parent->last->end, text);
}

/* Adds a member from elsewhere in the document. */
static struct str moved_here(struct mutation *m)
{
	const struct json_node *object = any_of(m, JSON_OBJECT), *member = any_member(m);
	struct str text;

	if (object == NULL || member == NULL)
		return m->doc->text;
	text = (struct str){ m->doc->text.data + member->key_start,
			     member->end - member->key_start };
	text = str_from(arena_printf(m->arena, "%.*s%s", (int)text.len, text.data,
				     object->first != NULL ? "," : ""));
	return splice(m, object->start + 1, object->start + 1, text);
}

static struct str nested(struct mutation *m)
{
	static const char *const around[] = { "[%.*s]",
					      "{\"x\":%.*s}",
					      " %.*s\n",
					      "%.*s,",
					      "[[[[[[[[[[[[[[[[%.*s]]]]]]]]]]]]]]]]",
					      "/* %.*s */" };
	const struct json_node *node = any(m);
	struct str text = source(m, node);
	const char *form = around[dice(&m->seed, ARRAY_SIZE(around))];
	const char *hole = strstr(form, "%.*s");

	return replace(m, node,
		       str_from(arena_printf(m->arena, "%.*s%.*s%s", (int)(hole - form), form,
					     (int)text.len, text.data, hole + 4)));
}

/* Applies libFuzzer's own mutations, dictionary included, inside one value. */
static struct str value_as_bytes(struct mutation *m)
{
	const struct json_node *node = any(m);
	struct str text = source(m, node);
	uint8_t bytes[SCALAR_MAX];
	size_t quote = node->type == JSON_STRING ? 1 : 0;
	size_t len = text.len - 2 * quote;

	if (node->first != NULL || len > SCALAR_MAX)
		return m->doc->text;
	memcpy(bytes, text.data + quote, len);
	len = LLVMFuzzerMutate(bytes, len, sizeof(bytes));
	return splice(m, node->start + quote, node->end - quote,
		      (struct str){ (const char *)bytes, len });
}

static struct str (*const mutations[])(struct mutation *) = {
	name_of_another,  name_in_other_case, with_escape, other_number, other_constant,
	value_of_another, left_out,	      twice,	   moved_here,	 nested,
	value_as_bytes,	  value_as_bytes,     nearby_word,
};

/* Puts the text after the target's prefix. If it does not fit, nothing changes. */
static size_t put(uint8_t *data, size_t size, size_t max_size, struct str text)
{
	if (fuzz_prefix + text.len > max_size)
		return size;
	memcpy(data + fuzz_prefix, text.data, text.len);
	return fuzz_prefix + text.len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	static struct mutation m;
	struct arena *arena;
	struct str text;

	if (size <= fuzz_prefix || seed % 4 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	arena = arena_new();
	text = (struct str){ arena_copy(arena, data + fuzz_prefix, size - fuzz_prefix),
			     size - fuzz_prefix };
	if (!read_doc(&m, arena, text, seed)) {
		arena_free(arena);
		return LLVMFuzzerMutate(data, size, max_size);
	}
	if (fuzz_prefix > 0 && dice(&m.seed, 8) == 0)
		data[dice(&m.seed, (unsigned int)fuzz_prefix)] = (uint8_t)('0' + dice(&m.seed, 20));
	else
		text = mutations[dice(&m.seed, ARRAY_SIZE(mutations))](&m);
	size = put(data, size, max_size, text);
	arena_free(arena);
	return size;
}

/* Replaces a value of the first document by one of the second. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_size, unsigned int seed)
{
	static struct mutation first, second;
	struct arena *arena = arena_new();
	size_t size = 0;

	if (size1 > fuzz_prefix && size2 > fuzz_prefix && size1 <= max_size &&
	    read_doc(&first, arena,
		     (struct str){ (const char *)data1 + fuzz_prefix, size1 - fuzz_prefix },
		     seed) &&
	    read_doc(&second, arena,
		     (struct str){ (const char *)data2 + fuzz_prefix, size2 - fuzz_prefix },
		     seed)) {
		memcpy(out, data1, size1);
		size = put(out, size1, max_size,
			   replace(&first, any(&first), source(&second, any(&second))));
	}
	arena_free(arena);
	return size;
}
