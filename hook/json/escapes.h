/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes in strings: what they mean, and those in which runtimes differ. */
#ifndef ROOTFENCE_JSON_ESCAPES_H
#define ROOTFENCE_JSON_ESCAPES_H

#include "base/arena.h"
#include "base/str.h"

/*
 * text_unescape: replaces *text, the bytes between the quotes of a string, by a copy with its
 * escapes resolved (RFC 8259 section 7). Returns a flaw, *text untouched, or NULL.
 */
const char *text_unescape(struct arena *arena, struct str *text);

#endif
