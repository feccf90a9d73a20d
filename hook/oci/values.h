/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The typed values of a model, and their readers. Each value keeps its node, which is NULL if the
 * document does not have it: absent is neither false nor zero.
 */
#ifndef ROOTFENCE_OCI_VALUES_H
#define ROOTFENCE_OCI_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "json/fields.h"

#define OCI_ID_MAX 2147483647U /* larger ids become -1 or negative in some runtimes */

struct oci_bool {
	struct json_node *node;
	bool value;
};

struct oci_string {
	struct json_node *node;
	struct str value;
};

struct oci_id {
	struct json_node *node;
	uint32_t value; /* 0 when absent: runtimes treat a missing id as root */
};

struct oci_number {
	struct json_node *node;
	uint64_t value;
};

struct oci_strings {
	struct json_node *node;
	struct oci_string *items;
	size_t n;
};

struct oci_ids {
	struct json_node *node;
	struct oci_id *items;
	size_t n;
};

/* An array of objects. A comment at each use names the structure of its items. */
struct oci_list {
	struct json_node *node;
	void *items;
	size_t n;
};

/* An object whose values are all strings: annotations, linux.sysctl. */
struct oci_map {
	struct json_node *node;
};

/* For rows of tables: the JSON type of each kind of value, and its reader. */
#define FIELD_BOOL JSON_BOOL, field_bool
#define FIELD_STRING JSON_STRING, field_string
#define FIELD_PATH JSON_STRING, field_path	 /* absolute; struct oci_string */
#define FIELD_ID JSON_NUMBER, field_id		 /* up to OCI_ID_MAX */
#define FIELD_SIZE JSON_NUMBER, field_size	 /* 32 bits; struct oci_id */
#define FIELD_NUMBER JSON_NUMBER, field_number	 /* 64 bits */
#define FIELD_INTEGER JSON_NUMBER, field_integer /* signed; struct json_node pointer */
#define FIELD_STRINGS JSON_ARRAY, field_strings
#define FIELD_STRING_OF(words) FIELD_STRING, (words)   /* one of the words */
#define FIELD_STRINGS_OF(words) FIELD_STRINGS, (words) /* each is one of the words */
#define FIELD_IDS JSON_ARRAY, field_ids
#define FIELD_MAP JSON_OBJECT, field_map
#define FIELD_CAPABILITIES JSON_ARRAY, field_capabilities /* exact names, as a set; uint64_t */

int field_bool(const struct fields_reader *reader, struct json_node *value, void *target);
int field_string(const struct fields_reader *reader, struct json_node *value, void *target);
int field_path(const struct fields_reader *reader, struct json_node *value, void *target);
int field_id(const struct fields_reader *reader, struct json_node *value, void *target);
int field_size(const struct fields_reader *reader, struct json_node *value, void *target);
int field_number(const struct fields_reader *reader, struct json_node *value, void *target);
int field_integer(const struct fields_reader *reader, struct json_node *value, void *target);

/* known_integer: checks an integer of which the model keeps no member; rules find it by name. */
int known_integer(const struct fields_reader *reader, struct json_node *value, void *target);
#define KNOWN_INTEGER(name) ROW_WHOLE(name, JSON_NUMBER, known_integer)

int field_strings(const struct fields_reader *reader, struct json_node *value, void *target);
int field_ids(const struct fields_reader *reader, struct json_node *value, void *target);
int field_map(const struct fields_reader *reader, struct json_node *value, void *target);
int field_capabilities(const struct fields_reader *reader, struct json_node *value, void *target);

/* field_list: reads an array of objects; `read` fills item_size bytes of the model for each. */
int field_list(const struct fields_reader *reader, struct json_node *value, struct oci_list *list,
	       size_t item_size,
	       int (*read)(const struct fields_reader *, struct json_node *, void *));

#endif
