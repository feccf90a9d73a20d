/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strings a POSIX extended expression can match, as far as its text tells: policy_lint() asks
 * which annotations an exception hangs on.
 */
#ifndef ROOTFENCE_POLICY_FILE_REGEX_FORMS_H
#define ROOTFENCE_POLICY_FILE_REGEX_FORMS_H

#include <stdbool.h>

#include "base/str.h"

#define REGEX_MAX 1024 /* bytes; regcomp() needs much time and memory for more */

/* Strings that have this start. */
struct regex_form {
	struct str text;
	bool open;  /* anything may follow; else the string is exactly the text */
	bool some;  /* at least one unknown character does follow */
	bool ended; /* for the reader of the expression: after "$" */
};

struct regex_forms {
	struct regex_form *items;
	size_t n; /* 0: it can match nothing */
};

/*
 * Returns forms that cover every string that the whole expression matches. They may cover others
 * too: one open form without text covers all. dots: a "." stands for itself, as its author may have
 * thought.
 */
const struct regex_forms *regex_forms(struct arena *arena, struct str regex, bool dots);

/*
 * Returns the offset after the bracket expression whose "[" is at start; more than the length if it
 * has no end.
 */
size_t regex_bracket_end(struct str regex, size_t start);

#endif
