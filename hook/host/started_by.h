/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program a command line starts, if the first one only passes on: an init for containers,
 * env, or a shell with one simple command.
 */
#ifndef ROOTFENCE_HOST_STARTED_BY_H
#define ROOTFENCE_HOST_STARTED_BY_H

#include <stddef.h>

#include "base/str.h"

/* The words of a command line. */
struct words {
	const struct str *items;
	size_t n;
};

/*
 * Returns the name of the program that the first word starts, as execvp(3) takes it; empty if it is
 * not known. *ret_at: the word that has the name.
 */
struct str started_by(struct words words, size_t *ret_at);

#endif
