/* SPDX-License-Identifier: Apache-2.0 */
/* Options, help texts and usage errors, the same for every command. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define OPTIONS_MAX 16

static void print(const char *text)
{
	struct err err;

	if (io_write(STDOUT_FILENO, "standard output", str_from(text), &err) < 0)
		exit(report_error(&err));
}

void print_help(const struct command *command)
{
	struct arena *arena = arena_new();

	print(arena_printf(arena, "Usage: rootfence %s%s%s\n\n%s.\n", command->name,
			   command->usage[0] != '\0' ? " " : "", command->usage, command->summary));
	print(arena_printf(arena, "\nOptions:\n%s  --help           this text\n",
			   command->options != NULL ? command->options : ""));
	print(arena_printf(arena, "\nExamples:\n%s\nExit codes:\n%s", command->examples,
			   command->exits));
	arena_free(arena);
}

static int unknown_option(const struct option *options, size_t n_options, const char *arg,
			  struct err *err)
{
	const char *words[OPTIONS_MAX + 2] = { "help" };
	struct str_hint hint = { "" };
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < n_options && i < OPTIONS_MAX; i++)
		words[i + 1] = options[i].name;
	if (strncmp(arg, "--help=", 7) == 0)
		return err_set(err, EINVAL, EXIT_USAGE, "option --help takes no value");
	if (strncmp(arg, "--", 2) == 0)
		hint = str_hint((struct str){ arg + 2, len - 2 }, words, "--", "?");
	return err_set(err, EINVAL, EXIT_USAGE, "unknown option '%.*s'%s", (int)len, arg,
		       hint.text[0] != '\0' ? hint.text : "; see --help");
}

/* Reads the option at argv[*i]. Increments *i if its value is the next argument. */
static int parse_one(const struct option *options, size_t n_options, int argc, char **argv, int *i,
		     struct err *err)
{
	const char *arg = argv[*i];
	const char *equals = strchr(arg, '=');
	size_t len = strcspn(arg, "=");

	for (size_t k = 0; k < n_options; k++) {
		const struct option *option = &options[k];

		if (strncmp(arg, "--", 2) != 0 || strlen(option->name) != len - 2 ||
		    strncmp(arg + 2, option->name, len - 2) != 0)
			continue;
		if (option->value == NULL && equals != NULL)
			return err_set(err, EINVAL, EXIT_USAGE, "option --%s takes no value",
				       option->name);
		if (option->value == NULL) {
			*option->flag = true;
			return 0;
		}
		if (equals == NULL && *i + 1 == argc)
			return err_set(err, EINVAL, EXIT_USAGE, "option --%s needs a value",
				       option->name);
		*option->value = equals != NULL ? equals + 1 : argv[++*i];
		if (**option->value == '\0')
			return err_set(err, EINVAL, EXIT_USAGE, "option --%s has an empty value",
				       option->name);
		return 0;
	}
	return unknown_option(options, n_options, arg, err);
}

int options_parse(const struct command *command, const struct option *options, size_t n_options,
		  int argc, char **argv, int *ret_n, struct err *err)
{
	bool ended = false;
	int n = 0;

	for (int i = 0; i < argc; i++) {
		int error;

		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
			continue;
		}
		if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[n++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			print_help(command);
			exit(EXIT_ALLOWED);
		}
		error = parse_one(options, n_options, argc, argv, &i, err);
		if (error < 0)
			return error;
	}
	*ret_n = n;
	return 0;
}

int options_no_arguments(const struct command *command, int n, struct err *err)
{
	if (n == 0)
		return 0;
	return err_set(err, EINVAL, EXIT_USAGE, "%s takes no arguments; see rootfence %s --help",
		       command->name, command->name);
}

int report_error(const struct err *err)
{
	auto_buf struct buf line = { 0 };
	struct err ignored;

	/* One write, so that lines of concurrent processes do not mix. */
	buf_printf(&line, "rootfence: %s\n", err->text);
	io_write_shown(STDERR_FILENO, "standard error", (struct str){ line.data, line.len },
		       &ignored);
	return err->exit;
}
