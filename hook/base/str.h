/* SPDX-License-Identifier: Apache-2.0 */
/* Byte strings from untrusted documents: UTF-8, case folding, quoting, nearest word. */
#ifndef ROOTFENCE_BASE_STR_H
#define ROOTFENCE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"

/* A run of bytes, not necessarily ended by a NUL byte. Borrowed: the arena or a literal owns it. */
struct str {
	const char *data;
	size_t len;
};

static inline struct str str_from(const char *text)
{
	return (struct str){ text, __builtin_strlen(text) };
}

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

/* A buffer that grows; `data` is NUL-terminated and owned by the caller, who frees it. */
struct buf {
	char *data;
	size_t len;
	size_t size;
};

/* buf_reserve: makes room for len bytes more, and a NUL byte behind them. */
void buf_reserve(struct buf *buf, size_t len);
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void cleanup_buf(const struct buf *buf)
{
	free(buf->data);
}

#define auto_buf __attribute__((cleanup(cleanup_buf)))

/* Inline, since most comparisons end at the length, which of a literal the compiler knows, or the
 * first byte. */
static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || (a.data[0] == b.data[0] &&
						 __builtin_memcmp(a.data, b.data, a.len) == 0));
}

static inline bool str_is(struct str a, const char *literal)
{
	return (a.len == 0 || a.data[0] == literal[0]) && str_equal(a, str_from(literal));
}

bool str_starts_with(struct str a, const char *prefix);

/* str_compare: negative, 0 or positive, by bytes; what b goes on with makes it the later one. */
int str_compare(struct str a, struct str b);

/*
 * utf8_decode: length in bytes (1 to 4) of the character at data, 0 when it is not valid UTF-8
 * (overlong, surrogate, above U+10FFFF or cut off: RFC 3629 section 3). *ret_char may be NULL.
 */
size_t utf8_decode(const char *data, size_t len, uint32_t *ret_char);

/*
 * str_fold: data with ASCII letters in lower case, U+017F as 's' and U+212A as 'k': what Go's
 * encoding/json does when it matches a member name to an ASCII field name. Never longer than len.
 * Writes into out, which has room for len bytes; returns the number written.
 */
size_t str_fold(const char *data, size_t len, char *out);

/* str_fold_equal: are a and b the same after folding? */
bool str_fold_equal(struct str a, struct str b);

/*
 * str_quote: for messages. The string in double quotes; control and direction characters as \uNNNN,
 * invalid bytes as \xNN, quotes and backslashes behind a backslash; cut, with "..." behind the quote, at 200 bytes of input.
 */
#define QUOTE_MAX 200
char *str_quote(struct arena *arena, struct str text);

/* str_show: the same without the quotes around it: for paths and pointers. */
char *str_show(struct arena *arena, struct str text);

/* str_path_climbs: has the path a component ".."? */
bool str_path_climbs(struct str path);

/*
 * str_path_normalize: the path without trailing slashes, "." and double slashes, ".." carried out as
 * text; NULL for a relative path.
 */
const char *str_path_normalize(struct arena *arena, struct str path);

#define NEAREST_MAX 64 /* bytes of a word; longer ones are never suggested */

struct str_hint {
	char text[NEAREST_MAX + 32];
};

/*
 * str_hint: the end of a message about text that is none of the words (the list ends with NULL):
 * "; did you mean " and the word closest by edit distance, between before and after, which are a
 * few bytes. Empty when no word is near enough to be what was meant.
 */
struct str_hint str_hint(struct str text, const char *const *words, const char *before,
			 const char *after);

/*
 * str_to_uint: text as a number, where it matches ^(0|[1-9][0-9]*)$ and is at most max. False
 * otherwise, *ret untouched.
 */
bool str_to_uint(struct str text, uint64_t max, uint64_t *ret);

#endif
