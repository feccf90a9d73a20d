/* SPDX-License-Identifier: Apache-2.0 */
/* Finds flaws in bytes, comments and names: see flaws.h. */
#include "flaws.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

typedef int8_t bytes __attribute__((vector_size(16)));

static inline bool any_set(bytes mask)
{
	uint64_t halves[2];

	memcpy(halves, &mask, sizeof(halves));
	return (halves[0] | halves[1]) != 0;
}

/* Nearly all text is ASCII without controls other than white space: skip 16 bytes at a time. */
static size_t plain_run(const char *data, size_t len)
{
	size_t i = 0;

	for (; len - i >= sizeof(bytes); i += sizeof(bytes)) {
		bytes block;

		memcpy(&block, data + i, sizeof(block));
		/* The bytes are signed, so a byte of at least 0x80 is also less than 0x20. */
		if (any_set(block < 0x20) &&
		    any_set((block < 0x20) & (block != '\n') & (block != '\t') & (block != '\r')))
			break;
	}
	return i;
}

const char *text_flaw(struct str text, size_t *ret_offset)
{
	*ret_offset = 0;
	if (text.len == 0)
		return "the document is empty; expected one JSON object";
	if (str_starts_with(text, "\xef\xbb\xbf"))
		return "byte order mark; remove it (RFC 8259 section 8.1)";
	for (size_t i = 0; i < text.len;) {
		unsigned char c;
		size_t size = 1;

		i += plain_run(text.data + i, text.len - i);
		if (i == text.len)
			break;
		c = (unsigned char)text.data[i];
		*ret_offset = i;
		if (c == '\0')
			return "NUL byte; some runtimes stop reading here";
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return "control character; write it as \\uNNNN in a string";
		if (c >= 0x80) {
			size = utf8_decode(text.data + i, text.len - i, NULL);
			if (size == 0)
				return "invalid UTF-8; expected RFC 3629";
		}
		i += size;
	}
	return NULL;
}

/* Blanks the comment at out[i] but not its line ends. Returns the offset after it; 0: no end. */
static size_t blank_comment(char *out, size_t i)
{
	const char *end = out[i + 1] == '*' ? strstr(out + i + 2, "*/") : strchr(out + i, '\n');

	if (out[i + 1] == '*' && end == NULL)
		return 0;
	if (end == NULL)
		end = out + strlen(out);
	else if (out[i + 1] == '*')
		end += 2;
	for (; out + i < end; i++)
		if (out[i] != '\n')
			out[i] = ' ';
	return i;
}

const char *text_blank_comments(struct arena *arena, struct str *text, size_t *ret_offset)
{
	char *out = arena_copy(arena, text->data, text->len);
	bool in_string = false;

	for (size_t i = 0; i < text->len;) {
		if (in_string && out[i] == '\\' && i + 1 < text->len) {
			i += 2;
		} else if (out[i] == '"') {
			in_string = !in_string;
			i++;
		} else if (!in_string && out[i] == '/' &&
			   (out[i + 1] == '/' || out[i + 1] == '*')) {
			*ret_offset = i;
			i = blank_comment(out, i);
			if (i == 0)
				return "unterminated comment; expected */";
		} else {
			i++;
		}
	}
	text->data = out;
	return NULL;
}

struct folded_name {
	struct str text;
	const struct json_node *node;
};

static int compare_names(const void *a_, const void *b_)
{
	const struct folded_name *a = a_, *b = b_;
	int order = str_compare(a->text, b->text);

	if (order == 0)
		order = (a->node->start > b->node->start) - (a->node->start < b->node->start);
	return order;
}

/*
 * Members whose names are free, in specs, states and policies. No parser has fields for such names,
 * so all compare them exactly: for Go these objects are maps.
 */
static bool is_free_map(const struct json_node *object)
{
	static const char *const free_maps[] = { "annotations", "sysctl", "unified", "netDevices",
						 "rdma" };

	for (size_t i = 0; i < ARRAY_SIZE(free_maps); i++)
		if (str_is(object->key, free_maps[i]))
			return true;
	return false;
}

static bool same_name(const struct json_node *a, const struct json_node *b, bool exact)
{
	return exact ? str_equal(a->key, b->key) : str_fold_equal(a->key, b->key);
}

#define PAIRS_MAX 12 /* names that are compared in pairs; most objects have fewer */

/* A byte outside ASCII may belong to a character that folds to a letter. */
static bool may_fold_alike(char a, char b)
{
	return ((a | b) & 0x80) != 0 || ((a ^ b) & ~0x20) == 0;
}

/* Judged by their first and last bytes, can the names be the same when folded? */
static bool may_be_same(struct str a, struct str b)
{
	if (a.len == 0 || b.len == 0)
		return a.len == b.len;
	return may_fold_alike(a.data[0], b.data[0]) &&
	       may_fold_alike(a.data[a.len - 1], b.data[b.len - 1]);
}

static const struct json_node *find_duplicate_pair(const struct json_node *object, bool exact,
						   const struct json_node **ret_first)
{
	json_each (member, object) {
		const struct json_node *before = NULL;

		for (const struct json_node *other = object->first; other != member;
		     other = other->next)
			if (may_be_same(other->key, member->key) && same_name(other, member, exact))
				before = other;
		if (before != NULL) {
			*ret_first = before;
			return member;
		}
	}
	return NULL;
}

/* Writes the name to compare at out, or uses that of the document, and returns it. */
static struct str name_to_compare(const struct json_node *member, bool exact, char *out)
{
	if (exact)
		return member->key;
	return (struct str){ out, str_fold(member->key.data, member->key.len, out) };
}

/* Large objects are sorted, not hashed: no choice of names makes that slow. */
const struct json_node *names_find_duplicate(const struct json_node *object,
					     const struct json_node **ret_first)
{
	bool exact = is_free_map(object);
	const struct json_node *duplicate = NULL;
	struct folded_name *names;
	size_t total = 1, n = 0;
	char *folded;

	if (object->count <= PAIRS_MAX)
		return find_duplicate_pair(object, exact, ret_first);
	names = mem_realloc(NULL, object->count * sizeof(*names));
	json_each (member, object)
		total += member->key.len;
	folded = mem_realloc(NULL, total);
	total = 0;
	json_each (member, object) {
		names[n] = (struct folded_name){ name_to_compare(member, exact, folded + total),
						 member };
		total += names[n++].text.len;
	}
	qsort(names, n, sizeof(*names), compare_names);
	for (size_t i = 1; i < n; i++) {
		if (!str_equal(names[i - 1].text, names[i].text))
			continue;
		if (duplicate == NULL || names[i].node->start < duplicate->start) {
			duplicate = names[i].node;
			*ret_first = names[i - 1].node;
		}
	}
	free(folded);
	free(names);
	return duplicate;
}
