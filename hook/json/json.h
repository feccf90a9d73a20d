/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents: a reader that accepts only what no runtime can misread, the tree that it builds,
 * edits that change only the bytes of the changed values, and a writer for our own output, the only
 * user of yajl.
 */
#ifndef ROOTFENCE_JSON_JSON_H
#define ROOTFENCE_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Limits of a document. Each has its own message, and all are far above what engines write. */
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
	JSON_REPLACED, /* has a new value */
	JSON_REMOVED,
	JSON_ADDED, /* not in the document */
};

/*
 * One value. start and end are byte offsets into the document's text. key_start is the offset of
 * the opening quote of a member's name; for other nodes it equals start. Strings and names are
 * decoded.
 */
struct json_node {
	enum json_type type : 8; /* narrow, because nodes take most of the memory of a spec */
	enum json_edit edit : 8;
	bool boolean;		/* JSON_BOOL */
	bool descendant_edited; /* something below is edited */
	uint32_t key_start, start, end;
	uint32_t count;	 /* of children in the document */
	uint32_t index;	 /* among the parent's children */
	struct str key;	 /* member name; data NULL for elements and the root */
	struct str text; /* JSON_STRING: decoded; JSON_NUMBER: as spelled */
	/* JSON_REPLACED, JSON_ADDED: the new value; NULL if it consists of the children */
	const char *new_text;
	struct json_node *parent, *first, *last, *next;
};

struct json_doc {
	struct arena *arena;
	const char *name; /* for messages: the file's name */
	struct str text;
	struct json_node *root;
	uint32_t *lines; /* offsets of line starts, computed on first use */
	uint32_t n_lines;
};

/* Policy files may have comments, specs may not. */
enum json_comments {
	JSON_NO_COMMENTS,
	JSON_COMMENTS
};

/*
 * json_read: parses text into a tree. The text must be one JSON object, exactly by RFC 8259, within
 * the limits, and without a name that occurs twice in an object, even after case folding (but in
 * free maps, such as annotations, case makes another name). Error: EXIT_SPEC (policy loaders make it
 * EXIT_POLICY), with pointer, line and column. text must live as long as the arena.
 * docs/architecture.md, Reading, has the source of each refusal.
 */
int json_read(struct arena *arena, const char *name, struct str text, enum json_comments comments,
	      struct json_doc **ret_doc, struct err *err);

/* json_get: the member of that name, unless it is removed, or NULL; object may be NULL. */
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
 * json_fail: sets err to a message about node, with its pointer, line and column (those of the name
 * for a member). Returns -EINVAL.
 */
int json_fail(struct json_doc *doc, const struct json_node *node, enum exit_code exit,
	      struct err *err, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Edits. They mark nodes; json_render() carries them out. value is the JSON text to write. Nothing
 * can be edited below a value that was removed or given as text.
 */
void json_replace(struct json_doc *doc, struct json_node *node, const char *value);
void json_remove(struct json_node *node);

/*
 * json_set: sets the value at path, relative to node, to this text. path has names separated by
 * slashes ("linux/sysctl/a.b"); "" is node itself, and "-" is a new last element. Missing objects
 * and arrays on the way are added.
 */
void json_set(struct json_doc *doc, struct json_node *node, const char *path, const char *value);

/* json_add: adds a member at the end of an object or, with key NULL, an element to an array. */
struct json_node *json_add(struct json_doc *doc, struct json_node *container, const char *key,
			   const char *value);
bool json_is_edited(const struct json_doc *doc);

/*
 * json_render: the document with its edits. All bytes that no edit touches stay as they are: white
 * space, key order, spelling of numbers. A removed member takes its comma with it; an added one
 * copies the white space of its neighbours.
 */
struct str json_render(const struct json_doc *doc);

/*
 * json_patch: the same edits as an RFC 6902 patch: an array of operations that, applied in order to
 * the original, give what json_render() gives.
 */
struct str json_patch(const struct json_doc *doc);

#endif
