/* SPDX-License-Identifier: Apache-2.0 */
/* Text in XML 1.0 documents: see xml.h. */
#include "xml.h"

static bool is_xml_char(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	return c != 0xfffe && c != 0xffff;
}

/* Tabs and line ends are escaped, since XML readers turn those in attributes into spaces. */
static const char *reference(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

void xml_add(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len;) {
		uint32_t c = 0;
		size_t size = utf8_decode(text.data + i, text.len - i, &c);

		if (size == 0 || !is_xml_char(c))
			buf_add(out, "\xef\xbf\xbd", 3);
		else if (reference(c) != NULL)
			buf_printf(out, "%s", reference(c));
		else if (char_is_deceptive(c))
			buf_printf(out, "&#x%x;", c);
		else
			buf_add(out, text.data + i, size);
		i += size != 0 ? size : 1;
	}
}
