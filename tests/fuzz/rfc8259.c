/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second opinion on what one JSON object is, by RFC 8259 and by what docs/architecture.md refuses
 * in addition. It only says yes or no, and is as slow as it is simple.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* The place in the text, or NULL after an error. */
struct opinion {
	const char *at, *end;
	enum json_comments comments;
	unsigned int depth;
};

static void wrong(struct opinion *o)
{
	o->at = NULL;
}

static int next(const struct opinion *o)
{
	return o->at != NULL && o->at < o->end ? (unsigned char)*o->at : -1;
}

static bool sees(const struct opinion *o, const char *word)
{
	size_t len = strlen(word);

	return o->at != NULL && (size_t)(o->end - o->at) >= len && memcmp(o->at, word, len) == 0;
}

static bool takes(struct opinion *o, const char *word)
{
	if (!sees(o, word))
		return false;
	o->at += strlen(word);
	return true;
}

static void comment(struct opinion *o)
{
	if (takes(o, "//")) {
		while (next(o) != -1 && next(o) != '\n')
			o->at++;
		return;
	}
	takes(o, "/*");
	while (!takes(o, "*/")) {
		if (next(o) == -1)
			return wrong(o);
		o->at++;
	}
}

static void space(struct opinion *o)
{
	for (;;) {
		int c = next(o);

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			o->at++;
		else if (o->comments == JSON_COMMENTS && (sees(o, "//") || sees(o, "/*")))
			comment(o);
		else
			return;
	}
}

static long hex4(struct opinion *o)
{
	long unit = 0;

	for (int i = 0; i < 4; i++) {
		int c = next(o);

		if (c >= '0' && c <= '9')
			unit = unit * 16 + c - '0';
		else if (c >= 'a' && c <= 'f')
			unit = unit * 16 + c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			unit = unit * 16 + c - 'A' + 10;
		else
			return -1;
		o->at++;
	}
	return unit;
}

/* Reads the character after a backslash; -1 if it is not allowed. */
static long escaped(struct opinion *o)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter = next(o) > 0 ? strchr(letters, next(o)) : NULL;
	long unit, low;

	if (letter != NULL) {
		o->at++;
		return meant[letter - letters];
	}
	if (!takes(o, "u"))
		return -1;
	unit = hex4(o);
	if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return -1;
	if (unit < 0xd800 || unit > 0xdbff)
		return unit;
	low = takes(o, "\\u") ? hex4(o) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* Reads the characters of a string. They end with 0, and the caller frees them. */
static long *string(struct opinion *o)
{
	long *characters = NULL;
	size_t n = 0;

	if (!takes(o, "\"")) {
		wrong(o);
		return NULL;
	}
	characters = mem_realloc(NULL, ((size_t)(o->end - o->at) + 1) * sizeof(long));
	while (next(o) != -1 && next(o) != '"') {
		uint32_t c = 0;
		long character;

		if (takes(o, "\\")) {
			character = escaped(o);
		} else {
			o->at += utf8_decode(o->at, (size_t)(o->end - o->at), &c);
			character = c >= 0x20 ? (long)c : -1;
		}
		if (character < 0) {
			wrong(o);
			break;
		}
		characters[n++] = character;
	}
	characters[n] = 0;
	if (!takes(o, "\""))
		wrong(o);
	return characters;
}

static bool digits(struct opinion *o)
{
	const char *first = o->at;

	while (next(o) >= '0' && next(o) <= '9')
		o->at++;
	return o->at > first;
}

static void number(struct opinion *o)
{
	takes(o, "-");
	if (!takes(o, "0") && !digits(o))
		return wrong(o);
	if (takes(o, ".") && !digits(o))
		return wrong(o);
	if (takes(o, "e") || takes(o, "E")) {
		if (!takes(o, "+"))
			takes(o, "-");
		if (!digits(o))
			wrong(o);
	}
}

/* As Go's encoding/json folds names. */
static long folded(long c)
{
	if (c >= 'A' && c <= 'Z')
		return c + 'a' - 'A';
	return c == 0x17f ? 's' : c == 0x212a ? 'k' : c;
}

static bool same(const long *a, const long *b, bool exact)
{
	while (*a != 0 && (exact ? *a == *b : folded(*a) == folded(*b))) {
		a++;
		b++;
	}
	return *a == 0 && *b == 0;
}

static bool is(const long *name, const char *word)
{
	while (*name != 0 && *name == *word) {
		name++;
		word++;
	}
	return *name == 0 && *word == '\0';
}

/* Is the value of this member an object whose names are free? */
static bool is_map(const long *name)
{
	return is(name, "annotations") || is(name, "sysctl") || is(name, "unified") ||
	       is(name, "netDevices") || is(name, "rdma");
}

static void value(struct opinion *o, bool map);

/* Reads a name that no other member of the object has, and its value. */
static void member(struct opinion *o, bool map, long ***names, size_t *n)
{
	*names = mem_realloc(*names, (*n + 1) * sizeof(long *));
	space(o);
	(*names)[*n] = string(o);
	if ((*names)[*n] == NULL)
		return;
	for (size_t i = 0; i < *n; i++)
		if (same((*names)[i], (*names)[*n], map))
			wrong(o);
	++*n;
	space(o);
	if (!takes(o, ":"))
		return wrong(o);
	value(o, is_map((*names)[*n - 1]));
}

static void container(struct opinion *o, const char *close, bool map)
{
	long **names = NULL;
	size_t n = 0;

	if (++o->depth > JSON_DEPTH_MAX)
		return wrong(o);
	space(o);
	if (!takes(o, close)) {
		do {
			if (*close == '}')
				member(o, map, &names, &n);
			else
				value(o, false);
			space(o);
		} while (takes(o, ","));
		if (!takes(o, close))
			wrong(o);
	}
	o->depth--;
	while (n > 0)
		free(names[--n]);
	free(names);
}

static void value(struct opinion *o, bool map)
{
	space(o);
	if (takes(o, "{"))
		container(o, "}", map);
	else if (takes(o, "["))
		container(o, "]", false);
	else if (next(o) == '"')
		free(string(o));
	else if (!takes(o, "null") && !takes(o, "true") && !takes(o, "false"))
		number(o);
}

bool rfc8259_is_one_object(struct str text, enum json_comments comments)
{
	struct opinion o = { text.data, text.data + text.len, comments, 0 };

	/* Comments are text, too. */
	for (size_t i = 0; i < text.len;) {
		uint32_t c = 0;
		size_t size = utf8_decode(text.data + i, text.len - i, &c);

		if (size == 0 || (c < 0x20 && strchr("\t\n\r", (int)c) == NULL) || c == 0)
			return false;
		i += size;
	}
	space(&o);
	if (next(&o) != '{')
		return false;
	value(&o, false);
	space(&o);
	return o.at != NULL && o.at == o.end;
}
