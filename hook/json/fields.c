/* SPDX-License-Identifier: Apache-2.0 */
/* Typed members by table: see fields.h. */
#include "fields.h"

#include <string.h>

#define OCI_SIZE_MAX UINT32_MAX /* a mapping may be as long as all ids */

int fields_want(const struct fields_reader *reader, const struct json_node *value,
		enum json_type type)
{
	if (value->type == type)
		return 0;
	return json_fail(reader->doc, value, EXIT_SPEC, reader->err, "expected %s, found %s",
			 json_type_name(type), json_type_name(value->type));
}

/* A schema name with escapes in it is written by nobody but to hide it. */
static bool key_is_plain(const struct fields_reader *reader, const struct json_node *member)
{
	const char *raw = reader->doc->text.data + member->key_start + 1;

	return memcmp(raw, member->key.data, member->key.len) == 0 && raw[member->key.len] == '"';
}

static int field_read(const struct fields_reader *reader, struct json_node *member,
		      const struct field *fields, size_t n_fields, void *base)
{
	for (size_t i = 0; i < n_fields; i++) {
		const struct field *field = &fields[i];

		if (str_equal(member->key, field->key)) {
			if (!key_is_plain(reader, member))
				return json_fail(reader->doc, member, EXIT_SPEC, reader->err,
						 "name spelled with escapes; write \"%s\"",
						 field->key.data);
			if (field->read == NULL)
				return 0;
			return field->read(reader, member, (char *)base + field->offset);
		}
	}
	for (size_t i = 0; i < n_fields; i++)
		if (str_fold_equal(member->key, fields[i].key))
			return json_fail(reader->doc, member, EXIT_SPEC, reader->err,
					 "some runtimes read this name as \"%s\"; write it so",
					 fields[i].key.data);
	return 0;
}

int fields_read(const struct fields_reader *reader, struct json_node *object,
		const struct field *fields, size_t n_fields, void *base)
{
	int error = fields_want(reader, object, JSON_OBJECT);

	if (error < 0)
		return error;
	json_each (member, object) {
		error = field_read(reader, member, fields, n_fields, base);
		if (error < 0)
			return error;
	}
	return 0;
}

int field_bool(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_bool *field = target;
	int error = fields_want(reader, value, JSON_BOOL);

	if (error < 0)
		return error;
	*field = (struct oci_bool){ value, value->boolean };
	return 0;
}

int field_string(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_string *field = target;
	int error = fields_want(reader, value, JSON_STRING);

	if (error < 0)
		return error;
	*field = (struct oci_string){ value, value->text };
	return 0;
}

int field_path(const struct fields_reader *reader, struct json_node *value, void *target)
{
	int error = field_string(reader, value, target);

	if (error < 0)
		return error;
	if (!str_starts_with(value->text, "/"))
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "expected an absolute path, found %s",
				 str_quote(reader->doc->arena, value->text));
	return 0;
}

static int read_uint(const struct fields_reader *reader, struct json_node *value, uint64_t max,
		     uint64_t *ret_number)
{
	int error = fields_want(reader, value, JSON_NUMBER);

	if (error < 0)
		return error;
	if (!str_to_uint(value->text, max, ret_number))
		return json_fail(
			reader->doc, value, EXIT_SPEC, reader->err,
			"expected a whole number from 0 to %llu without sign, fraction, exponent or leading zero, found %s",
			(unsigned long long)max, str_show(reader->doc->arena, value->text));
	return 0;
}

static int read_id(const struct fields_reader *reader, struct json_node *value, uint64_t max,
		   struct oci_id *field)
{
	uint64_t number;
	int error = read_uint(reader, value, max, &number);

	if (error < 0)
		return error;
	*field = (struct oci_id){ value, (uint32_t)number };
	return 0;
}

int field_id(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return read_id(reader, value, OCI_ID_MAX, target);
}

int field_size(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return read_id(reader, value, OCI_SIZE_MAX, target);
}

int field_number(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_number *field = target;
	int error = read_uint(reader, value, UINT64_MAX, &field->value);

	if (error < 0)
		return error;
	field->node = value;
	return 0;
}

int field_strings(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_strings *field = target;
	int error = fields_want(reader, value, JSON_ARRAY);

	if (error < 0)
		return error;
	*field = (struct oci_strings){ .node = value };
	field->items = arena_array(reader->doc->arena, value->count, sizeof(*field->items));
	json_each (element, value) {
		error = field_string(reader, element, &field->items[field->n]);
		if (error < 0)
			return error;
		field->n++;
	}
	return 0;
}

int field_ids(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_ids *field = target;
	int error = fields_want(reader, value, JSON_ARRAY);

	if (error < 0)
		return error;
	*field = (struct oci_ids){ .node = value };
	field->items = arena_array(reader->doc->arena, value->count, sizeof(*field->items));
	json_each (element, value) {
		error = field_id(reader, element, &field->items[field->n]);
		if (error < 0)
			return error;
		field->n++;
	}
	return 0;
}

int field_map(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_map *field = target;
	int error = fields_want(reader, value, JSON_OBJECT);

	if (error < 0)
		return error;
	json_each (member, value) {
		error = fields_want(reader, member, JSON_STRING);
		if (error < 0)
			return error;
	}
	field->node = value;
	return 0;
}

int field_integer(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct json_node **field = target;
	struct str digits = value->text;
	uint64_t number;
	int error = fields_want(reader, value, JSON_NUMBER);

	if (error < 0)
		return error;
	if (str_starts_with(digits, "-") && !str_is(digits, "-0"))
		digits = (struct str){ digits.data + 1, digits.len - 1 };
	if (!str_to_uint(digits, INT64_MAX, &number))
		return json_fail(reader->doc, value, EXIT_SPEC, reader->err,
				 "expected a whole number, found %s",
				 str_show(reader->doc->arena, value->text));
	*field = value;
	return 0;
}

int field_list(const struct fields_reader *reader, struct json_node *value, struct oci_list *list,
	       size_t item_size,
	       int (*read)(const struct fields_reader *, struct json_node *, void *))
{
	int error = fields_want(reader, value, JSON_ARRAY);

	if (error < 0)
		return error;
	list->node = value;
	list->items = arena_array(reader->doc->arena, value->count, item_size);
	json_each (element, value) {
		error = read(reader, element, (char *)list->items + list->n * item_size);
		if (error < 0)
			return error;
		list->n++;
	}
	return 0;
}
