/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The error value. Functions return 0 or -errno and set their ret_* parameters only on success. On
 * failure they fill in the `struct err`, their last parameter: one sentence for a person, the exit
 * code, and the place in the input if there is one. Nothing here prints.
 */
#ifndef ROOTFENCE_BASE_ERR_H
#define ROOTFENCE_BASE_ERR_H

#include <stddef.h>

/* Exit codes of every command. They are stable, since crun shows users only this number. */
enum exit_code {
	EXIT_ALLOWED = 0, /* allowed, or allowed after rewriting */
	EXIT_REFUSED = 1, /* refused by policy */
	EXIT_USAGE = 2,
	EXIT_SPEC = 3,	 /* the spec is malformed or ambiguous */
	EXIT_POLICY = 4, /* the policy is missing or invalid */
	EXIT_GUARD = 5,	 /* the kernel guard cannot give what the policy asks for */
	EXIT_SYSTEM = 6, /* input or output, memory, kernel */
};

#define ERR_TEXT_MAX 1024
#define ERR_POINTER_MAX 512

struct err {
	enum exit_code exit;
	char text[ERR_TEXT_MAX]; /* one line, no control characters, no full stop */
	char pointer
		[ERR_POINTER_MAX]; /* RFC 6901 JSON pointer of the place, "" for the root or none */
	unsigned int line;	   /* from 1; 0: the error has no place in a file */
	unsigned int column;	   /* from 1, in bytes */
};

/*
 * Fills err with a formatted sentence. Control characters become '?', and a sentence that is too
 * long is cut. Returns -error, so that callers can `return err_set(...)`. error is a positive errno
 * value.
 */
int err_set(struct err *err, int error, enum exit_code exit, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Like err_set() with EXIT_SYSTEM, and appends ": strerror(error)". */
int err_set_system(struct err *err, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the sentence in err. */
void err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Records where in a file the error is. pointer may be NULL. */
void err_place(struct err *err, const char *pointer, unsigned int line, unsigned int column);

#endif
