/* SPDX-License-Identifier: Apache-2.0 */
/* How text from untrusted documents is shown to people: see str.h. */
#include "str.h"

#include <string.h>

#include "base/cleanup.h"

bool char_is_deceptive(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0, 0x1f },	      { 0x7f, 0x9f },	    { 0xad, 0xad },
		{ 0x34f, 0x34f },     { 0x61c, 0x61c },	    { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x2000, 0x200f },
		{ 0x2028, 0x202f },   { 0x205f, 0x206f },   { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* As in JSON: above U+FFFF, both halves of a surrogate pair. */
static void add_escape(struct buf *buf, uint32_t c)
{
	if (c > 0xffff)
		buf_printf(buf, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
			   0xdc00 + ((c - 0x10000) & 0x3ff));
	else
		buf_printf(buf, "\\u%04x", c);
}

/* Returns how many of the next bytes are ASCII without controls other than line ends and tabs. */
static size_t visible_len(struct str text, size_t start)
{
	size_t i = start;

	while (i < text.len && ((text.data[i] >= 0x20 && text.data[i] < 0x7f) ||
				text.data[i] == '\n' || text.data[i] == '\t'))
		i++;
	return i - start;
}

void buf_add_shown(struct buf *buf, struct str text)
{
	for (size_t i = 0; i < text.len;) {
		size_t plain = visible_len(text, i), size;
		uint32_t c = 0;

		buf_add(buf, text.data + i, plain);
		i += plain;
		if (i == text.len)
			break;
		size = utf8_decode(text.data + i, text.len - i, &c);
		if (size == 0)
			buf_printf(buf, "\\x%02x", (unsigned char)text.data[i]);
		else if (char_is_deceptive(c))
			add_escape(buf, c);
		else
			buf_add(buf, text.data + i, size);
		i += size != 0 ? size : 1;
	}
}

/* Returns how many of the next bytes are ASCII that needs no escape. */
static size_t plain_len(const char *data, size_t len)
{
	size_t n = 0;

	while (n < len && data[n] >= 0x20 && data[n] < 0x7f && data[n] != '"' && data[n] != '\\')
		n++;
	return n;
}

static void show(struct buf *buf, struct str text)
{
	size_t shown = text.len < QUOTE_MAX ? text.len : QUOTE_MAX;

	for (size_t i = 0; i < shown;) {
		uint32_t c = 0;
		size_t plain = plain_len(text.data + i, shown - i), size;

		buf_add(buf, text.data + i, plain);
		i += plain;
		if (i == shown)
			break;
		size = utf8_decode(text.data + i, text.len - i, &c);

		if (size != 0 && i + size > shown)
			break;
		if (size == 0)
			buf_printf(buf, "\\x%02x", (unsigned char)text.data[i]);
		else if (char_is_deceptive(c))
			add_escape(buf, c);
		else if (c == '"' || c == '\\')
			buf_printf(buf, "\\%c", (int)c);
		else
			buf_add(buf, text.data + i, size);
		i += size != 0 ? size : 1;
	}
}

char *str_quote(struct arena *arena, struct str text)
{
	auto_buf struct buf buf = { 0 };

	buf_add(&buf, "\"", 1);
	show(&buf, text);
	buf_add(&buf, "\"", 1);
	if (text.len > QUOTE_MAX)
		buf_add(&buf, "...", 3);
	return arena_copy(arena, buf.data, buf.len);
}

char *str_show_name(struct arena *arena, struct str text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
	bool is_plain = text.len > 0;

	for (size_t i = 0; is_plain && i < text.len; i++)
		is_plain = memchr(plain, text.data[i], strlen(plain)) != NULL;
	return is_plain ? str_show(arena, text) : str_quote(arena, text);
}

char *str_show(struct arena *arena, struct str text)
{
	auto_buf struct buf buf = { 0 };

	show(&buf, text);
	if (text.len > QUOTE_MAX)
		buf_add(&buf, "...", 3);
	return arena_copy(arena, buf.data, buf.len);
}
