/* SPDX-License-Identifier: Apache-2.0 */
/* Reads objects by table: see fields.h. */
#include "fields.h"

#include <string.h>

#define WORDS_SHOWN 6 /* words of a list in a message */

int fields_want(const struct fields_reader *reader, const struct json_node *value,
		enum json_type type)
{
	if (value->type == type)
		return 0;
	return fields_fail(reader, value, "expected %s, found %s", json_type_name(type),
			   json_type_name(value->type));
}

/* Escapes in a known name serve only to hide it. */
static bool key_is_plain(const struct fields_reader *reader, const struct json_node *member)
{
	const char *raw = reader->doc->text.data + member->key_start + 1;

	return memcmp(raw, member->key.data, member->key.len) == 0 && raw[member->key.len] == '"';
}

/* Returns the index of the word, or 0 if all elements of an array are words. */
static int read_words(const struct fields_reader *reader, const struct json_node *value,
		      const struct field_words *words)
{
	int error = 0;

	if (value->type != JSON_ARRAY)
		return field_word(reader, value, words);
	json_each (element, value) {
		error = field_word(reader, element, words);
		if (error < 0)
			return error;
	}
	return 0;
}

static int read_member(const struct fields_reader *reader, struct json_node *member,
		       const struct field *field, void *target)
{
	int error = 0;

	if (!reader->strict && !key_is_plain(reader, member))
		return fields_fail(reader, member, "name spelled with escapes; write \"%s\"",
				   field->key.data);
	if (field->type != FIELD_ANY)
		error = fields_want(reader, member, field->type);
	if (error == 0 && field->words != NULL)
		error = read_words(reader, member, field->words);
	if (error < 0)
		return error;
	if (field->read != NULL)
		return field->read(reader, member, target);
	if (field->words != NULL)
		*(unsigned int *)target = (unsigned int)error;
	return 0;
}

static int unknown_member(const struct fields_reader *reader, struct json_node *member,
			  const struct field *fields, size_t n_fields)
{
	const char **names;

	for (size_t i = 0; i < n_fields && !reader->strict; i++)
		if (str_fold_equal(member->key, fields[i].key))
			return fields_fail(
				reader, member,
				"some runtimes read this name as \"%s\"; spell it that way",
				fields[i].key.data);
	if (!reader->strict)
		return 0;
	names = arena_array(reader->doc->arena, n_fields + 1, sizeof(*names));
	for (size_t i = 0; i < n_fields; i++)
		names[i] = fields[i].key.data;
	return fields_fail(reader, member, "unknown key%s",
			   str_hint(member->key, names, "\"", "\"?").text);
}

int fields_read(const struct fields_reader *reader, struct json_node *object,
		const struct field *fields, size_t n_fields, void *base)
{
	int error = fields_want(reader, object, JSON_OBJECT);

	if (error < 0)
		return error;
	json_each (member, object) {
		size_t i = 0;

		while (i < n_fields && !str_equal(member->key, fields[i].key))
			i++;
		error = i < n_fields ? read_member(reader, member, &fields[i],
						   (char *)base + fields[i].offset)
				     : unknown_member(reader, member, fields, n_fields);
		error = fields_go_on(reader, error);
		if (error < 0)
			return error;
	}
	return 0;
}

int fields_each(const struct fields_reader *reader, struct json_node *container,
		int (*read)(const struct fields_reader *, struct json_node *, void *), void *target)
{
	json_each (child, container) {
		int error = fields_go_on(reader, read(reader, child, target));

		if (error < 0)
			return error;
	}
	return 0;
}

int fields_need(const struct fields_reader *reader, const struct json_node *object,
		const char *name, const char *what)
{
	if (json_get(object, name) != NULL)
		return 0;
	return fields_fail(reader, object, "%s has no %s", what, name);
}

int field_unused(const struct fields_reader *reader, struct json_node *value, void *target)
{
	(void)reader;
	(void)value;
	(void)target;
	return 0;
}

int field_node(const struct fields_reader *reader, struct json_node *value, void *target)
{
	(void)reader;
	*(struct json_node **)target = value;
	return 0;
}

int field_version(const struct fields_reader *reader, struct json_node *value, void *target)
{
	(void)target;
	if (str_is(value->text, "1"))
		return 0;
	return fields_fail(reader, value, "version %s is not known to this rootfence; it knows 1",
			   str_show(reader->doc->arena, value->text));
}

/* "a, b, c": a short list in full, or the start of a long one. */
static char *list_words(struct arena *arena, const char *const *words)
{
	auto_buf struct buf buf = { 0 };

	for (size_t i = 0; words[i] != NULL; i++) {
		if (i == WORDS_SHOWN) {
			buf_printf(&buf, ", ...");
			break;
		}
		buf_printf(&buf, "%s\"%s\"", i > 0 ? ", " : "", words[i]);
	}
	return arena_copy(arena, buf.data, buf.len);
}

int field_word(const struct fields_reader *reader, const struct json_node *value,
	       const struct field_words *words)
{
	struct arena *arena = reader->doc->arena;
	struct str_hint hint;
	int error = fields_want(reader, value, JSON_STRING);

	if (error < 0)
		return error;
	for (int i = 0; words->words[i] != NULL; i++)
		if (str_is(value->text, words->words[i]))
			return i;
	hint = str_hint(value->text, words->words, "\"", "\"?");
	if (hint.text[0] != '\0')
		return fields_fail(reader, value, "unknown %s %s%s", words->what,
				   str_quote(arena, value->text), hint.text);
	return fields_fail(reader, value, "unknown %s %s; expected %s", words->what,
			   str_quote(arena, value->text), list_words(arena, words->words));
}
