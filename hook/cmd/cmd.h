/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the table of commands, and what commands share. */
#ifndef ROOTFENCE_CMD_CMD_H
#define ROOTFENCE_CMD_CMD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "report/format.h"

struct command {
	const char *name;
	const char *summary; /* one line */
	const char *usage;   /* arguments after the name */
	const char *options; /* lines of the help text, or NULL */
	const char *examples;
	const char *exits; /* exit codes that the command uses */
	int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command commands[]; /* ended by a row without a name */

/* Finds the command of that name. Error: EXIT_USAGE, with the nearest known one. */
int command_find(const char *name, const struct command **ret_command, struct err *err);

/* One option of a command. All are long. A value follows as --name VALUE or --name=VALUE. */
struct option {
	const char *name;   /* without the dashes */
	const char **value; /* where the value goes; NULL: the option has none */
	bool *flag;	    /* for options without a value */
};

/*
 * Sets what options name, and moves the other arguments to the front of argv; their number is
 * *ret_n. "--" ends options, "-" is an argument. --help prints the command's help and ends the
 * process. Error: EXIT_USAGE, with the nearest known option.
 */
int options_parse(const struct command *command, const struct option *options, size_t n_options,
		  int argc, char **argv, int *ret_n, struct err *err);

/* For commands without arguments. Error: EXIT_USAGE if n is not 0. */
int options_no_arguments(const struct command *command, int n, struct err *err);

/* Prints the commands and what they do. Returns an exit code. */
int print_usage(int fd);

/* Prints the version on standard output. Returns an exit code. */
int print_version(void);

/* Prints the help text of one command on standard output. */
void print_help(const struct command *command);

/* Prints "rootfence: SENTENCE" on standard error. Returns err->exit, for main to return. */
int report_error(const struct err *err);

/* True if the program stands for a runtime under this name (argv[0]). */
bool runtime_is_called(const char *name);

/* Runs under a runtime's name: judges, then becomes the real one. Returns an exit code. */
int runtime_main(int argc, char **argv);

/* The commands, each in a file of its name. prestart is command_create_runtime(). */
int command_check(const struct command *command, int argc, char **argv);
int command_explain(const struct command *command, int argc, char **argv);
int command_policy(const struct command *command, int argc, char **argv);
int command_rewrite(const struct command *command, int argc, char **argv);
int command_test(const struct command *command, int argc, char **argv);
int command_precreate(const struct command *command, int argc, char **argv);
int command_create_runtime(const struct command *command, int argc, char **argv);
int command_poststop(const struct command *command, int argc, char **argv);
int command_runtime(const struct command *command, int argc, char **argv);
int command_load(const struct command *command, int argc, char **argv);
int command_unload(const struct command *command, int argc, char **argv);
int command_status(const struct command *command, int argc, char **argv);
int command_watch(const struct command *command, int argc, char **argv);
int command_help(const struct command *command, int argc, char **argv);
int command_version(const struct command *command, int argc, char **argv);

#endif
