/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes our own JSON (verdicts, events, status). Calls nest as the JSON does. json_writer_finish()
 * returns the text in the arena and frees the writer. To get a long text in pieces, call
 * json_writer_text() and json_writer_clear() in turn, and json_writer_free() at the end.
 */
#ifndef ROOTFENCE_JSON_WRITER_H
#define ROOTFENCE_JSON_WRITER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct json_writer;

struct json_writer *json_writer_new(struct arena *arena, bool beautify);
struct str json_writer_finish(struct json_writer *writer);

/* json_writer_text: the text written since json_writer_clear(); valid until the next call. */
struct str json_writer_text(struct json_writer *writer);
void json_writer_clear(struct json_writer *writer);
void json_writer_free(struct json_writer *writer);

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *name);
void json_text(struct json_writer *writer, const char *text);
void json_string(struct json_writer *writer, struct str text); /* invalid UTF-8 becomes U+FFFD */
void json_integer(struct json_writer *writer, long long value);
void json_boolean(struct json_writer *writer, bool value);
void json_raw(struct json_writer *writer, struct str text); /* JSON text, copied as it is */

/* A member of the open object, key and value in one call. */
void json_member_text(struct json_writer *writer, const char *key, const char *text);
void json_member_integer(struct json_writer *writer, const char *key, long long value);
void json_member_boolean(struct json_writer *writer, const char *key, bool value);

/* json_quote: adds text to out as a JSON string, with its quotes. */
void json_quote(struct buf *out, struct str text);

#endif
