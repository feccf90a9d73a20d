/* SPDX-License-Identifier: Apache-2.0 */
/* The formats that commands print their results in. */
#ifndef ROOTFENCE_REPORT_FORMAT_H
#define ROOTFENCE_REPORT_FORMAT_H

#include "base/err.h"

/*
 * format_choose: what --format names, as an index into words, which NULL ends; the first is the
 * default. Error: EXIT_USAGE.
 */
int format_choose(const char *name, const char *const *words, unsigned int *ret_index,
		  struct err *err);

/* Output formats of most commands, and their format_choose. */
enum format {
	FORMAT_TEXT,
	FORMAT_JSON
};

int format_parse(const char *name, enum format *ret_format, struct err *err);

#endif
