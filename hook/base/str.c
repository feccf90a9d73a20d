/* SPDX-License-Identifier: Apache-2.0 */
/* Byte strings; see str.h. */
#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUF_MIN 256

void buf_reserve(struct buf *buf, size_t len)
{
	size_t size = buf->size != 0 ? buf->size : BUF_MIN;

	if (buf->size - buf->len > len)
		return;
	while (size - buf->len <= len)
		size *= 2;
	buf->data = mem_realloc(buf->data, size);
	buf->size = size;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	size_t room;
	int len;

	buf_reserve(buf, BUF_MIN / 2); /* most are shorter, and formatted once */
	room = buf->size - buf->len;
	va_start(args, format);
	len = vsnprintf(buf->data + buf->len, room, format, args);
	va_end(args);
	if (len <= 0)
		return;
	if (room <= (size_t)len) {
		buf_reserve(buf, (size_t)len);
		va_start(args, format);
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
		va_end(args);
	}
	buf->len += (size_t)len;
}

bool str_starts_with(struct str a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && memcmp(a.data, prefix, len) == 0;
}

bool str_has(struct str text, const char *part)
{
	return text.len > 0 && memmem(text.data, text.len, part, strlen(part)) != NULL;
}

int str_compare(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.data, b.data, len) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

size_t utf8_decode(const char *data, size_t len, uint32_t *ret_char)
{
	const unsigned char *p = (const unsigned char *)data;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c;
	size_t size;

	if (len == 0)
		return 0;
	if (p[0] < 0x80) {
		size = 1;
		c = p[0];
	} else if ((p[0] & 0xe0) == 0xc0) {
		size = 2;
		c = p[0] & 0x1fU;
	} else if ((p[0] & 0xf0) == 0xe0) {
		size = 3;
		c = p[0] & 0x0fU;
	} else if ((p[0] & 0xf8) == 0xf0) {
		size = 4;
		c = p[0] & 0x07U;
	} else {
		return 0;
	}
	if (len < size)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fU);
	}
	if (c < least[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	if (ret_char != NULL)
		*ret_char = c;
	return size;
}

size_t str_fold(const char *data, size_t len, char *out)
{
	size_t written = 0;

	for (size_t i = 0; i < len;) {
		char c = data[i];

		if (c >= 'A' && c <= 'Z') {
			out[written++] = (char)(c + ('a' - 'A'));
			i++;
		} else if (len - i >= 2 && memcmp(data + i, "\xc5\xbf", 2) == 0) {
			out[written++] = 's'; /* U+017F, long s */
			i += 2;
		} else if (len - i >= 3 && memcmp(data + i, "\xe2\x84\xaa", 3) == 0) {
			out[written++] = 'k'; /* U+212A, the Kelvin sign */
			i += 3;
		} else {
			out[written++] = c;
			i++;
		}
	}
	return written;
}

/* Returns one folded byte of *text and moves *text on; 0 at its end (names never hold NUL). */
static inline char fold_next(struct str *text)
{
	size_t step;
	char folded;

	if (text->len == 0)
		return '\0';
	folded = text->data[0];
	if ((folded & 0x80) == 0) { /* nearly all names are ASCII */
		text->data++;
		text->len--;
		return folded >= 'A' && folded <= 'Z' ? (char)(folded + ('a' - 'A')) : folded;
	}
	step = text->len >= 2 && memcmp(text->data, "\xc5\xbf", 2) == 0	      ? 2
	       : text->len >= 3 && memcmp(text->data, "\xe2\x84\xaa", 3) == 0 ? 3
									      : 1;
	str_fold(text->data, step, &folded);
	text->data += step;
	text->len -= step;
	return folded;
}

bool str_fold_equal(struct str a, struct str b)
{
	for (;;) {
		char folded = fold_next(&a);

		if (folded != fold_next(&b))
			return false;
		if (folded == '\0')
			return a.len == 0 && b.len == 0;
	}
}

bool str_path_climbs(struct str path)
{
	for (size_t start = 0, i = 0; i <= path.len; i++) {
		if (i < path.len && path.data[i] != '/')
			continue;
		if (i - start == 2 && memcmp(path.data + start, "..", 2) == 0)
			return true;
		start = i + 1;
	}
	return false;
}

const char *str_path_normalize(struct arena *arena, struct str path)
{
	char *out = arena_alloc(arena, path.len + 2);
	size_t len = 0;

	if (path.len == 0 || path.data[0] != '/')
		return NULL;
	for (size_t i = 0; i < path.len;) {
		size_t end = i + 1;

		while (end < path.len && path.data[end] != '/')
			end++;
		if (end - i == 3 && memcmp(path.data + i, "/..", 3) == 0) {
			while (len > 0 && out[--len] != '/')
				;
		} else if (end - i > 1 && !(end - i == 2 && path.data[i + 1] == '.')) {
			memcpy(out + len, path.data + i, end - i);
			len += end - i;
		}
		i = end;
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

#define CUT_SHORT_MIN 4 /* letters of a word that are enough to mean it */

/* Levenshtein distance, ignoring letter case. Both lengths are at most NEAREST_MAX. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NEAREST_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = (a[i - 1] | 0x20) == (b[j - 1] | 0x20);
			size_t best = diagonal + (same ? 0 : 1);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_len];
}

/*
 * Returns how many bytes the text and all words start with. They do not tell which word was
 * intended.
 */
static size_t common_start(struct str text, const char *const *words)
{
	size_t len = text.len;

	for (; *words != NULL; words++)
		for (size_t i = 0; i < len; i++)
			if ((*words)[i] != text.data[i])
				len = i;
	return len;
}

/* Returns the closest word by edit distance, or NULL if none is near enough. */
static const char *nearest_word(struct str text, const char *const *words)
{
	size_t start = common_start(text, words);
	size_t least = (text.len - start) / 3 + 2; /* a third of it may be mistyped */
	const char *nearest = NULL;

	if (text.len > NEAREST_MAX)
		return NULL;
	for (; *words != NULL; words++) {
		size_t len = strlen(*words);
		size_t distance;

		if (len > NEAREST_MAX)
			continue;
		if (text.len - start >= CUT_SHORT_MIN && len > text.len &&
		    memcmp(*words, text.data, text.len) == 0)
			return *words;
		distance = edit_distance(text.data + start, text.len - start, *words + start,
					 len - start);
		/* A word without a letter in common is not near, however short it is. */
		if (distance < least && distance < len - start) {
			least = distance;
			nearest = *words;
		}
	}
	return nearest;
}

struct str_hint str_hint(struct str text, const char *const *words, const char *before,
			 const char *after)
{
	const char *nearest = nearest_word(text, words);
	struct str_hint hint = { "" };

	if (nearest != NULL)
		snprintf(hint.text, sizeof(hint.text), "; did you mean %s%s%s", before, nearest,
			 after);
	return hint;
}

bool str_to_uint(struct str text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned int digit = (unsigned int)(unsigned char)text.data[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	if (value > max)
		return false;
	*ret = value;
	return true;
}
