/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of runc and crun, as far as the wrapper has to understand it: the verb, and for
 * the verbs that start a process what they start. Pure: nothing is looked up. runc (urfave/cli)
 * and crun (argp) read some spellings differently, so only those that both read in one way are
 * taken; any other that could hide the verb, the bundle, the id or the process is an error that
 * says how to write it.
 */
#ifndef ROOTFENCE_WRAPPER_COMMAND_LINE_H
#define ROOTFENCE_WRAPPER_COMMAND_LINE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum runtime_verb {
	VERB_OTHER, /* starts nothing, or is no verb at all: the real runtime's affair */
	VERB_CREATE,
	VERB_RUN,
	VERB_RESTORE,
	VERB_EXEC,
};

struct runtime_words {
	const char **items;
	size_t n;
};

/* Borrowed from argv; NULL where the option is not there. The last of several counts. */
struct runtime_args {
	enum runtime_verb verb;
	const char *id; /* NULL: none, and no runtime starts anything without */
	const char *log, *log_format, *root;
	const char *bundle; /* NULL: the working directory */
	/* exec only */
	const char *process; /* file */
	const char *user, *cwd, *apparmor, *process_label;
	const char *no_new_privs; /* "true" or "false" */
	struct runtime_words capabilities, additional_gids;
};

/*
 * runtime_args_parse: reads argv[1] and what follows. On an error *args holds what was read before
 * it, so that the error can go to --log. Error: EXIT_USAGE.
 */
int runtime_args_parse(struct arena *arena, int argc, char *const *argv, struct runtime_args *args,
		       struct err *err);

#endif
