/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only reader of objects. It works by tables and reads specs, states, policies, policy test
 * cases, runtime.json and records. A row gives a member's name, the place of its value, its type
 * and its reader. A row without a reader names a known member, of which only the type is checked.
 */
#ifndef ROOTFENCE_JSON_FIELDS_H
#define ROOTFENCE_JSON_FIELDS_H

#include <stddef.h>

#include "json/json.h"

/* A document that is being read, and the rules for its kind. */
struct fields_reader {
	struct json_doc *doc;
	struct err *err;
	enum exit_code exit; /* for all errors */
	/*
	 * True for our own documents: a name without a row is refused, with a suggestion. False for
	 * documents that may have members we do not know: these are ignored, but a name that
	 * runtimes could read as the name of a row is refused.
	 */
	bool strict;
	/* See fields_go_on(). NULL: reading ends at the first error. data is for go_on. */
	int (*go_on)(const struct fields_reader *reader, int error);
	void *data;
};

#define FIELD_ANY (JSON_OBJECT + 1) /* in a row: a member of any type */

/* The strings that a value may be, ended by NULL, and what a message calls them. */
struct field_words {
	const char *what;
	const char *const *words;
};

struct field {
	struct str key;
	size_t offset; /* of the target, in the structure that is filled */
	unsigned int type;
	/* value has the type, and consists of the words. */
	int (*read)(const struct fields_reader *reader, struct json_node *value, void *target);
	/*
	 * The value, or each element of it, must be one of these. Without read, the target is an
	 * enum in this order.
	 */
	const struct field_words *words;
};

/*
 * Rows. The arguments after the target are a type and a reader, or one of the pairs FIELD_WORD,
 * FIELD_BOOL and so on (oci/values.h). ROW_WHOLE: the target is the whole structure. KNOWN: a
 * member of any type that is not used; KNOWN_WORD, KNOWN_WORDS: one whose words are checked.
 */
#define ROW_AT(name, offset, ...)                                 \
	{                                                         \
		{ name, sizeof(name) - 1 }, (offset), __VA_ARGS__ \
	}
#define ROW(structure, name, member, ...) \
	ROW_AT(name, offsetof(struct structure, member), __VA_ARGS__)
#define ROW_WHOLE(name, type, reader) ROW_AT(name, 0, type, reader)
#define KNOWN(name) ROW_AT(name, 0, FIELD_ANY, NULL)
#define ROW_COMMENT ROW_WHOLE("comment", JSON_STRING, NULL) /* free text */
#define KNOWN_WORD(name, words) ROW_AT(name, 0, JSON_STRING, field_unused, words)
#define KNOWN_WORDS(name, words) ROW_AT(name, 0, JSON_ARRAY, field_unused, words)
#define FIELD_WORD(words) JSON_STRING, NULL, (words)

/*
 * fields_read: reads every member of object by its row into the structure at base. It refuses a
 * node that is not an object, a value of the wrong type, an unknown name (see strict), and, unless
 * strict, a known name spelled with escapes.
 */
int fields_read(const struct fields_reader *reader, struct json_node *object,
		const struct field *fields, size_t n_fields, void *base);

/* fields_each: reads each element, or member, into the same target. */
int fields_each(const struct fields_reader *reader, struct json_node *container,
		int (*read)(const struct fields_reader *, struct json_node *, void *),
		void *target);

/*
 * fields_go_on: for parts that do not depend on each other. If the caller wants all errors, it
 * records this one and returns 0, so that the next part is read. Else it returns error.
 */
static inline int fields_go_on(const struct fields_reader *reader, int error)
{
	return error == 0 || reader->go_on == NULL ? error : reader->go_on(reader, error);
}

/* fields_fail: json_fail() for the reader's document. */
#define fields_fail(reader, node, ...) \
	json_fail((reader)->doc, node, (reader)->exit, (reader)->err, __VA_ARGS__)

/* fields_want: refuses a value that does not have the type. */
int fields_want(const struct fields_reader *reader, const struct json_node *value,
		enum json_type type);

/* fields_need: refuses an object without the member; what names the object in the message. */
int fields_need(const struct fields_reader *reader, const struct json_node *object,
		const char *name, const char *what);

/* field_unused: takes any value and stores nothing, for rows whose type or words are checked. */
int field_unused(const struct fields_reader *reader, struct json_node *value, void *target);

/* field_node: stores the member itself; target is a struct json_node pointer. */
int field_node(const struct fields_reader *reader, struct json_node *value, void *target);

/* field_version: refuses a version other than 1, for our own documents; target is not used. */
int field_version(const struct fields_reader *reader, struct json_node *value, void *target);

/* field_word: the index of the string among the words; an error suggests the nearest word. */
int field_word(const struct fields_reader *reader, const struct json_node *value,
	       const struct field_words *words);

#endif
