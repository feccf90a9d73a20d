/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents: a reader that accepts only what no runtime can misread, the tree it makes, edits
 * that change only the bytes of the changed values, and a writer for our own output, the only user
 * of yajl.
 */
#ifndef ROOTFENCE_JSON_JSON_H
#define ROOTFENCE_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Limits of a document. Each has its own message; all are far above what engines write. */
#define JSON_SIZE_MAX (16U * 1024 * 1024) /* bytes of the document */
#define JSON_DEPTH_MAX 64U		  /* nested arrays and objects */
#define JSON_NODES_MAX (2U * 1024 * 1024) /* values in the document */
#define JSON_STRING_MAX (1024U * 1024)	  /* bytes of one string, decoded */

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

enum json_edit {
	JSON_ORIGINAL,
	JSON_REPLACED, /* another value */
	JSON_REMOVED,
	JSON_ADDED, /* not in the document */
};

/*
 * One value. Start and end are byte offsets into the document's text; for a member, key_start is
 * where its name's opening quote stands, else it equals start. Strings and names are decoded.
 */
struct json_node {
	enum json_type type : 8; /* narrow: memory for nodes is what a spec costs most of */
	enum json_edit edit : 8;
	bool boolean;		/* JSON_BOOL */
	bool descendant_edited; /* something below has an edit */
	uint32_t key_start, start, end;
	uint32_t count;	 /* of children in the document */
	uint32_t index;	 /* among the parent's children */
	struct str key;	 /* member name; data NULL for elements and the root */
	struct str text; /* JSON_STRING: decoded; JSON_NUMBER: as spelled */
	const char *
		new_text; /* JSON_REPLACED, JSON_ADDED: the value; NULL: it is made of the children */
	struct json_node *parent, *first, *last, *next;
};

struct json_doc {
	struct arena *arena;
	const char *name; /* for messages: the file's name */
	struct str text;
	struct json_node *root;
	uint32_t *lines; /* offsets at which lines start; made when first asked for */
	uint32_t n_lines;
};

/* A comment is part of a policy file, never of a spec. */
enum json_comments {
	JSON_NO_COMMENTS,
	JSON_COMMENTS
};

/*
 * json_read: text as a tree, where it is one JSON object by RFC 8259 to the letter, within the
 * limits, with no name twice in an object even after case folding. Error: EXIT_SPEC (policy
 * loaders make it EXIT_POLICY), with pointer, line and column.
 * text must live as long as the arena. Source of each refusal: docs/architecture.md, Reading.
 */
int json_read(struct arena *arena, const char *name, struct str text, enum json_comments comments,
	      struct json_doc **ret_doc, struct err *err);

/* json_get: the member of that name that is not removed, or NULL; object may be NULL. */
struct json_node *json_get(const struct json_node *object, const char *name);

/* json_each: a loop over the children of a container, which may be NULL. */
#define json_each(child, container)                                                     \
	for (struct json_node *child = (container) != NULL ? (container)->first : NULL; \
	     child != NULL; child = child->next)

/* json_pointer: RFC 6901 pointer of the node in the original document, "" for the root. */
char *json_pointer(struct arena *arena, const struct json_node *node);

/* json_position: line and column, both from 1, column in bytes, of a byte offset. */
void json_position(struct json_doc *doc, size_t offset, unsigned int *ret_line,
		   unsigned int *ret_column);

/* json_source: the value's bytes in the document, or those of the value that an edit gave it. */
struct str json_source(const struct json_doc *doc, const struct json_node *node);

/* json_type_name: "an object", "a string", ... for messages. */
const char *json_type_name(enum json_type type);

/*
 * json_fail: sets err to a sentence about node, with its pointer, line and column (of the name
 * for members). Returns -EINVAL.
 */
int json_fail(struct json_doc *doc, const struct json_node *node, enum exit_code exit,
	      struct err *err, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Edits. Each marks nodes; json_render() carries them out. value is the JSON text to write.
 * Below a value that was removed, or given as text, nothing can be edited.
 */
void json_replace(struct json_doc *doc, struct json_node *node, const char *value);
void json_remove(struct json_node *node);

/*
 * json_set: gives the value at path, below node, this text. path has names with slashes between
 * ("linux/sysctl/a.b"), "" is node itself, and "-" a new last element. Objects and arrays on the
 * way that the document lacks are made.
 */
void json_set(struct json_doc *doc, struct json_node *node, const char *path, const char *value);

/* json_add: a new last member; for an array, key is NULL: a new last element. */
struct json_node *json_add(struct json_doc *doc, struct json_node *container, const char *key,
			   const char *value);
bool json_is_edited(const struct json_doc *doc);

/*
 * json_render: the document with its edits. Every byte that no edit touches is as it was: white
 * space, key order, spelling of numbers. Removed members take their comma with them, added ones
 * follow the white space that is there.
 */
struct str json_render(const struct json_doc *doc);

/*
 * json_patch: the same edits as an RFC 6902 patch document (an array of operations that, applied
 * in order to the original, give what json_render gives).
 */
struct str json_patch(const struct json_doc *doc);

#endif
