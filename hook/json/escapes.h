/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes in strings: their meaning, and the flaws that runtimes read differently. */
#ifndef ROOTFENCE_JSON_ESCAPES_H
#define ROOTFENCE_JSON_ESCAPES_H

#include "base/arena.h"
#include "base/str.h"

/*
 * text_unescape: replaces *text, the bytes between the quotes of a string, by a copy with its
 * escapes resolved (RFC 8259 section 7). Returns NULL, or a flaw; then *text is unchanged.
 */
const char *text_unescape(struct arena *arena, struct str *text);

#endif
