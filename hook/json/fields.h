/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading typed members by table, for config.c, state.c and whatever document comes next. A row
 * names a member, what reads it and where the result goes; a row without a reader names a member
 * that runtimes know and no rule reads, so that near spellings of it are refused too.
 */
#ifndef ROOTFENCE_JSON_FIELDS_H
#define ROOTFENCE_JSON_FIELDS_H

#include <stddef.h>

#include "json/json.h"
#include "oci/config.h"

struct fields_reader {
	struct json_doc *doc;
	struct err *err;
};

struct field {
	struct str key;
	int (*read)(const struct fields_reader *reader, struct json_node *value, void *target);
	size_t offset; /* of the target in the structure that is filled */
};

/* A row; one whose reader takes the whole structure; one of a member that no rule reads. */
#define ROW_AT(name, reader, offset)                         \
	{                                                    \
		{ name, sizeof(name) - 1 }, (reader), offset \
	}
#define ROW(structure, name, reader, member) \
	ROW_AT(name, reader, offsetof(struct structure, member))
#define ROW_WHOLE(name, reader) ROW_AT(name, reader, 0)
#define KNOWN(name) ROW_AT(name, NULL, 0)

/*
 * fields_read: reads every member of object by its row; members without a row are left alone.
 * Refused: object is not an object, a wrong type, a name that equals a row's only after case
 * folding, a known name spelled with escapes. Error: EXIT_SPEC.
 */
int fields_read(const struct fields_reader *reader, struct json_node *object,
		const struct field *fields, size_t n_fields, void *base);

/* fields_want: refuses value unless it has the type. */
int fields_want(const struct fields_reader *reader, const struct json_node *value,
		enum json_type type);

/* Readers for the targets of config.h: struct oci_bool, oci_string, oci_id, ... */
int field_bool(const struct fields_reader *reader, struct json_node *value, void *target);
int field_string(const struct fields_reader *reader, struct json_node *value, void *target);
int field_path(const struct fields_reader *reader, struct json_node *value, void *target);
int field_id(const struct fields_reader *reader, struct json_node *value, void *target);
int field_number(const struct fields_reader *reader, struct json_node *value, void *target);
int field_strings(const struct fields_reader *reader, struct json_node *value, void *target);
int field_size(const struct fields_reader *reader, struct json_node *value, void *target);
int field_ids(const struct fields_reader *reader, struct json_node *value, void *target);
int field_map(const struct fields_reader *reader, struct json_node *value, void *target);
int field_integer(const struct fields_reader *reader, struct json_node *value, void *target);

/* field_list: an array of objects, each read by `read` into item_size bytes of the model. */
int field_list(const struct fields_reader *reader, struct json_node *value, struct oci_list *list,
	       size_t item_size,
	       int (*read)(const struct fields_reader *, struct json_node *, void *));

#endif
