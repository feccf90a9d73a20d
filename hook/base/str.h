/* SPDX-License-Identifier: Apache-2.0 */
/* Byte strings from untrusted documents: UTF-8, case folding, quoting, nearest word. */
#ifndef ROOTFENCE_BASE_STR_H
#define ROOTFENCE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"

/* Bytes, not necessarily ended by a NUL byte. Borrowed: the arena or a literal owns them. */
struct str {
	const char *data;
	size_t len;
};

static inline struct str str_from(const char *text)
{
	return (struct str){ text, __builtin_strlen(text) };
}

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })

/* A buffer that grows. `data` ends in a NUL byte, and the caller frees it. */
struct buf {
	char *data;
	size_t len;
	size_t size;
};

/* Makes room for len more bytes and a NUL byte after them. */
void buf_reserve(struct buf *buf, size_t len);
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void cleanup_buf(const struct buf *buf)
{
	free(buf->data);
}

#define auto_buf __attribute__((cleanup(cleanup_buf)))

/* Inline, since most comparisons end at the length, which the compiler knows of a literal, or at
 * the first byte. */
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

/* True if the part, which is not empty, is anywhere in the text. */
bool str_has(struct str text, const char *part);

/* Compares by bytes: negative, 0 or positive. If one is the start of the other, it comes first. */
int str_compare(struct str a, struct str b);

/*
 * Returns the length in bytes (1 to 4) of the character at data; 0 if it is not valid UTF-8
 * (overlong, surrogate, above U+10FFFF or cut off: RFC 3629 section 3). ret_char may be NULL.
 */
size_t utf8_decode(const char *data, size_t len, uint32_t *ret_char);

/*
 * Folds data: ASCII letters become lower case, U+017F becomes 's' and U+212A becomes 'k', as in
 * Go's encoding/json when it matches a member name to an ASCII field name. Writes into out, which
 * has room for len bytes. Returns the number written, at most len.
 */
size_t str_fold(const char *data, size_t len, char *out);

/* True if a and b are the same after folding. */
bool str_fold_equal(struct str a, struct str b);

/*
 * Can the character change how a terminal or a reviewer reads its line? True for control characters
 * (C0, DEL, C1), those that set the direction of text or end a line, blanks other than U+0020, and
 * those that show nothing (Unicode's Default_Ignorable_Code_Point: zero width, fillers, variation
 * selectors, tags).
 */
bool char_is_deceptive(uint32_t c);

/*
 * Adds text as a terminal may show it: deceptive characters become \uNNNN, and invalid bytes \xNN.
 * Line ends and tabs stay. JSON text means the same afterwards.
 */
void buf_add_shown(struct buf *buf, struct str text);

/*
 * Quotes the string for messages, in double quotes. Deceptive characters become \uNNNN and invalid
 * bytes \xNN; quotes and backslashes get a backslash. Input is cut at 200 bytes, with
 * "..." after the quotes.
 */
#define QUOTE_MAX 200
char *str_quote(struct arena *arena, struct str text);

/* Like str_quote(), but without the quotes: for paths and pointers. */
char *str_show(struct arena *arena, struct str text);

/*
 * Returns the text as it is if it has only ASCII letters and digits, and any of "._-/", else what
 * str_quote() returns. For names in a list, where others must not look like the rest of the list.
 */
char *str_show_name(struct arena *arena, struct str text);

/* True if the path has a component "..". */
bool str_path_climbs(struct str path);

/*
 * Returns the path without trailing slashes, "." and double slashes, with ".." resolved as text;
 * NULL for a relative path.
 */
const char *str_path_normalize(struct arena *arena, struct str path);

#define NEAREST_MAX 64 /* bytes of a word; longer words are never suggested */

struct str_hint {
	char text[NEAREST_MAX + 32];
};

/*
 * Returns the end of a message about text that matches none of the words, which end with NULL. It
 * has "; did you mean " and the closest word by edit distance, between before and after, which are
 * a few bytes. It is empty if no word is near enough.
 */
struct str_hint str_hint(struct str text, const char *const *words, const char *before,
			 const char *after);

/*
 * Reads text as a number. False if it does not match ^(0|[1-9][0-9]*)$ or is above max; *ret is
 * unchanged then.
 */
bool str_to_uint(struct str text, uint64_t max, uint64_t *ret);

#endif
