/* SPDX-License-Identifier: Apache-2.0 */
/* The error value: formatting and context. See err.h for the contract. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Replaces control characters: messages quote untrusted input and go to terminals and logs. */
static void text_sanitize(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static void text_append(char *text, const char *addition)
{
	size_t used = strnlen(text, ERR_TEXT_MAX);

	snprintf(text + used, ERR_TEXT_MAX - used, "%s", addition);
}

int err_set(struct err *err, int error, enum exit_code exit, const char *format, ...)
{
	va_list args;

	*err = (struct err){ .exit = exit };
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	text_sanitize(err->text);
	return -error;
}

int err_set_system(struct err *err, int error, const char *format, ...)
{
	va_list args;

	*err = (struct err){ .exit = EXIT_SYSTEM };
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	text_sanitize(err->text);
	text_append(err->text, ": ");
	text_append(err->text, strerror(error));
	return -error;
}

void err_prefix(struct err *err, const char *format, ...)
{
	char old[ERR_TEXT_MAX];
	va_list args;

	memcpy(old, err->text, sizeof(old));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	text_sanitize(err->text);
	text_append(err->text, ": ");
	text_append(err->text, old);
}

void err_place(struct err *err, const char *pointer, unsigned int line, unsigned int column)
{
	snprintf(err->pointer, sizeof(err->pointer), "%s", pointer != NULL ? pointer : "");
	err->line = line;
	err->column = column;
}
