/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes in strings: see escapes.h. */
#include "escapes.h"

#include <string.h>

#define NOT_HEX 0x10000U
#define UNPAIRED "unpaired surrogate in a string; write both halves or neither"

/* The four hexadecimal digits of \uNNNN, or NOT_HEX. */
static uint32_t hex_unit(struct str digits)
{
	uint32_t unit = 0;

	if (digits.len < 4)
		return NOT_HEX;
	for (size_t i = 0; i < 4; i++) {
		char c = digits.data[i];

		if (c >= '0' && c <= '9')
			unit = unit << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			unit = unit << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return NOT_HEX;
	}
	return unit;
}

/* Encodes one character as UTF-8, which is never longer than its escape. */
static size_t utf8_encode(uint32_t c, char *out)
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	out[0] = (char)(first[len] | c);
	return len;
}

/* Reads \uNNNN, or both halves of a surrogate pair. *text starts after the first \u. */
static const char *read_unicode(struct str *text, uint32_t *ret_char)
{
	uint32_t unit = hex_unit(*text), low;

	if (unit == NOT_HEX)
		return "expected four hexadecimal digits after \\u in a string";
	if (unit == 0)
		return "\\u0000 in a string; some runtimes cut the string here";
	*text = (struct str){ text->data + 4, text->len - 4 };
	*ret_char = unit;
	if (unit < 0xd800 || unit > 0xdfff)
		return NULL;
	if (unit > 0xdbff || text->len < 6 || memcmp(text->data, "\\u", 2) != 0)
		return UNPAIRED;
	low = hex_unit((struct str){ text->data + 2, text->len - 2 });
	if (low < 0xdc00 || low > 0xdfff)
		return UNPAIRED;
	*text = (struct str){ text->data + 6, text->len - 6 };
	*ret_char = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
	return NULL;
}

/* Reads an escape after its backslash and moves *text after it. */
static const char *read_escape(struct str *text, uint32_t *ret_char)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	char name = text->data[0];
	const char *known = name != '\0' ? strchr(names, name) : NULL;

	*text = (struct str){ text->data + 1, text->len - 1 };
	if (name == 'u')
		return read_unicode(text, ret_char);
	if (known == NULL)
		return "unknown escape in a string";
	*ret_char = (uint32_t)meanings[known - names];
	return NULL;
}

const char *text_unescape(struct arena *arena, struct str *text)
{
	char *out = arena_alloc(arena, text->len + 1);
	struct str rest = *text;
	size_t len = 0;

	while (rest.len > 0) {
		uint32_t c = 0;
		const char *flaw;

		if (rest.data[0] != '\\' || rest.len == 1) {
			out[len++] = rest.data[0];
			rest = (struct str){ rest.data + 1, rest.len - 1 };
			continue;
		}
		rest = (struct str){ rest.data + 1, rest.len - 1 };
		flaw = read_escape(&rest, &c);
		if (flaw != NULL)
			return flaw;
		len += utf8_encode(c, out + len);
	}
	*text = (struct str){ out, len };
	return NULL;
}
