/* SPDX-License-Identifier: Apache-2.0 */
/* The output formats of commands. */
#ifndef ROOTFENCE_REPORT_FORMAT_H
#define ROOTFENCE_REPORT_FORMAT_H

#include "base/err.h"

/*
 * format_choose: finds the format that --format names. words ends with NULL; *ret_index is an index
 * into it. Without a name, the first word is the default. Error: EXIT_USAGE.
 */
int format_choose(const char *name, const char *const *words, unsigned int *ret_index,
		  struct err *err);

/* The output formats of most commands, and format_choose() for them. */
enum format {
	FORMAT_TEXT,
	FORMAT_JSON
};

int format_parse(const char *name, enum format *ret_format, struct err *err);

#endif
