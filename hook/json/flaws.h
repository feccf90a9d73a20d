/* SPDX-License-Identifier: Apache-2.0 */
/* What the grammar alone would let pass and runtimes read differently: bytes and names. */
#ifndef ROOTFENCE_JSON_FLAWS_H
#define ROOTFENCE_JSON_FLAWS_H

#include "json/json.h"

/* text_flaw: the first thing wrong with the bytes and where, or NULL. */
const char *text_flaw(struct str text, size_t *ret_offset);

/*
 * text_blank_comments: replaces *text by a copy in which comments are spaces, so that every offset
 * stays what it was. Returns a flaw and where it is, or NULL. text has no flaw of text_flaw().
 */
const char *text_blank_comments(struct arena *arena, struct str *text, size_t *ret_offset);

/*
 * names_find_duplicate: the first member whose name, after case folding, was there before, or
 * NULL; *ret_first is the one before it.
 */
const struct json_node *names_find_duplicate(const struct json_node *object,
					     const struct json_node **ret_first);

#endif
