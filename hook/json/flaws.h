/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes and names that the JSON grammar allows and runtimes read differently. */
#ifndef ROOTFENCE_JSON_FLAWS_H
#define ROOTFENCE_JSON_FLAWS_H

#include "json/json.h"

/* text_flaw: the first flaw of the bytes and its offset, or NULL. */
const char *text_flaw(struct str text, size_t *ret_offset);

/*
 * text_blank_comments: replaces *text by a copy in which comments are spaces, so that all offsets
 * stay the same. Returns NULL, or a flaw and its offset. text must have passed text_flaw().
 */
const char *text_blank_comments(struct arena *arena, struct str *text, size_t *ret_offset);

/*
 * names_find_duplicate: the first member whose name occurred before, or NULL; *ret_first is the
 * earlier member. Names count as the same if they are after case folding, but in free maps, such as
 * annotations, only if they are equal.
 */
const struct json_node *names_find_duplicate(const struct json_node *object,
					     const struct json_node **ret_first);

#endif
