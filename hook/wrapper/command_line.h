/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the command line of runc or crun as far as the wrapper needs it: the verb, and for verbs
 * that start a process, what they start. Pure: it looks nothing up on the machine. runc
 * (urfave/cli) and crun (argp) read some spellings differently. Only spellings that both read in
 * the same way are accepted. Any other that could hide the verb, the bundle, the id or the process
 * is an error that says how to write it.
 */
#ifndef ROOTFENCE_WRAPPER_COMMAND_LINE_H
#define ROOTFENCE_WRAPPER_COMMAND_LINE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum runtime_verb {
	VERB_OTHER, /* starts nothing, or is unknown; left to the real runtime */
	VERB_CREATE,
	VERB_RUN,
	VERB_RESTORE,
	VERB_EXEC,
	VERB_START,
};

struct runtime_words {
	const char **items;
	size_t n;
};

/* Borrowed from argv; NULL if the option is missing. The last of several counts. */
struct runtime_args {
	enum runtime_verb verb;
	int verb_index; /* in argv; 0 for VERB_OTHER */
	const char *id; /* NULL: none; no runtime starts anything without one */
	const char *log, *log_format, *root;
	const char *bundle; /* NULL: the working directory */
	const char *config; /* crun only: the file to read instead of the bundle's config.json */
	const char *detach; /* "true" or "false"; NULL: the runtime stays with the container */
	const char *preserve_fds;
	/* exec only */
	const char *process; /* file */
	const char *user, *cwd, *apparmor, *process_label;
	const char *no_new_privs; /* "true" or "false" */
	struct runtime_words capabilities, additional_gids;
};

/* The only --config that crun looks for in the bundle. Others it looks for where it is called. */
#define CONFIG_OF_BUNDLE "config.json"

/*
 * Reads argv[1] and what follows. On an error *args holds what was read so far, so that the error
 * can go to --log. Error: EXIT_USAGE.
 */
int runtime_args_parse(struct arena *arena, int argc, char *const *argv, struct runtime_args *args,
		       struct err *err);

/* How many descriptors the runtime hands on: the first ones, as many as the caller tells it to. */
int runtime_args_descriptors(const struct runtime_args *args);

/*
 * Replaces a value of the command line in place, so that the runtime reads what was judged, and not
 * what the name that was given leads to later. value is the one in struct runtime_args.
 */
void runtime_args_replace(struct arena *arena, char **argv, const char *value, const char *with);

#endif
