/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of typed values: see values.h. */
#include "values.h"

#include "oci/capability.h"

#define OCI_SIZE_MAX UINT32_MAX /* a mapping may cover all ids */

int field_bool(const struct fields_reader *reader, struct json_node *value, void *target)
{
	(void)reader;
	*(struct oci_bool *)target = (struct oci_bool){ value, value->boolean };
	return 0;
}

int field_string(const struct fields_reader *reader, struct json_node *value, void *target)
{
	(void)reader;
	*(struct oci_string *)target = (struct oci_string){ value, value->text };
	return 0;
}

int field_path(const struct fields_reader *reader, struct json_node *value, void *target)
{
	if (!str_starts_with(value->text, "/"))
		return fields_fail(reader, value, "expected an absolute path, found %s",
				   str_quote(reader->doc->arena, value->text));
	return field_string(reader, value, target);
}

static int read_uint(const struct fields_reader *reader, const struct json_node *value,
		     uint64_t max, uint64_t *ret_number)
{
	if (str_to_uint(value->text, max, ret_number))
		return 0;
	return fields_fail(
		reader, value,
		"expected a whole number from 0 to %llu without sign, fraction, exponent or leading zero, found %s",
		(unsigned long long)max, str_show(reader->doc->arena, value->text));
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

	field->node = value;
	return read_uint(reader, value, UINT64_MAX, &field->value);
}

int known_integer(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct str digits = value->text;
	uint64_t number;

	if (str_starts_with(digits, "-") && !str_is(digits, "-0"))
		digits = (struct str){ digits.data + 1, digits.len - 1 };
	if (!str_to_uint(digits, INT64_MAX, &number))
		return fields_fail(reader, value, "expected a whole number, found %s",
				   str_show(reader->doc->arena, value->text));
	return 0;
}

int field_integer(const struct fields_reader *reader, struct json_node *value, void *target)
{
	int error = known_integer(reader, value, NULL);

	if (error == 0)
		*(struct json_node **)target = value;
	return error;
}

int field_strings(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_strings *field = target;

	*field = (struct oci_strings){ .node = value };
	field->items = arena_array(reader->doc->arena, value->count, sizeof(*field->items));
	json_each (element, value) {
		int error = fields_want(reader, element, JSON_STRING);

		if (error < 0)
			return error;
		field_string(reader, element, &field->items[field->n++]);
	}
	return 0;
}

int field_ids(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct oci_ids *field = target;

	*field = (struct oci_ids){ .node = value };
	field->items = arena_array(reader->doc->arena, value->count, sizeof(*field->items));
	json_each (element, value) {
		int error = fields_want(reader, element, JSON_NUMBER);

		if (error == 0)
			error = field_id(reader, element, &field->items[field->n++]);
		if (error < 0)
			return error;
	}
	return 0;
}

int field_map(const struct fields_reader *reader, struct json_node *value, void *target)
{
	json_each (member, value) {
		int error = fields_want(reader, member, JSON_STRING);

		if (error < 0)
			return error;
	}
	((struct oci_map *)target)->node = value;
	return 0;
}

static int read_capability(const struct fields_reader *reader, struct json_node *element,
			   void *target)
{
	const struct field_words words = { "capability", cap_names() };
	const char *full;
	int number = fields_want(reader, element, JSON_STRING);

	if (number < 0)
		return number;
	/* Engines' options take names without CAP_, so this is the most likely mistake. */
	full = arena_printf(reader->doc->arena, "CAP_%.*s", (int)element->text.len,
			    element->text.data);
	if (cap_from_name(str_from(full)) >= 0)
		return fields_fail(reader, element, "unknown capability %s; did you mean \"%s\"?",
				   str_quote(reader->doc->arena, element->text), full);
	number = field_word(reader, element, &words);
	if (number < 0)
		return number;
	*(uint64_t *)target |= UINT64_C(1) << number;
	return 0;
}

int field_capabilities(const struct fields_reader *reader, struct json_node *value, void *target)
{
	*(uint64_t *)target = 0;
	return fields_each(reader, value, read_capability, target);
}

int field_list(const struct fields_reader *reader, struct json_node *value, struct oci_list *list,
	       size_t item_size,
	       int (*read)(const struct fields_reader *, struct json_node *, void *))
{
	list->node = value;
	list->items = arena_array(reader->doc->arena, value->count, item_size);
	json_each (element, value) {
		int error = read(reader, element, (char *)list->items + list->n * item_size);

		if (error < 0)
			return error;
		list->n++;
	}
	return 0;
}
