/* SPDX-License-Identifier: Apache-2.0 */
/* Reports a property that does not hold; see fuzz.h. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>

void tell_broken(const char *property, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "must hold: %s: ", property);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
