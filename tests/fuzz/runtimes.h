/* SPDX-License-Identifier: Apache-2.0 */
/* How runc and crun read their command lines, by their parsers' documentation. */
#ifndef ROOTFENCE_TESTS_FUZZ_RUNTIMES_H
#define ROOTFENCE_TESTS_FUZZ_RUNTIMES_H

#include <stdbool.h>

#define RUNTIME_ARGS_MAX 32

/* The start that a runtime is about to make; verb NULL: nothing, or an error. */
struct started {
	const char *verb;	      /* create, run, restore, exec or start */
	const char *id;		      /* never NULL with a verb */
	const char *bundle, *process; /* NULL: not given */
	const char *user, *cwd;
	const char *config; /* crun: the file to read instead of config.json; NULL: not given */
};

/* argv[argc] is NULL. Errors of the runtime start nothing. */
struct started as_runc(int argc, char *const *argv);
struct started as_crun(int argc, char *const *argv);

#endif
