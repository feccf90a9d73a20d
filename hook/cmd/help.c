/* SPDX-License-Identifier: Apache-2.0 */
/* help: prints the commands, or the help text of one. */
#include "cmd.h"

#include <errno.h>
#include <unistd.h>

#include "base/io.h"

int print_usage(int fd)
{
	struct arena *arena = arena_new();
	auto_buf struct buf text = { 0 };
	struct err err;
	int error;

	buf_printf(&text,
		   "Usage: rootfence COMMAND [OPTIONS] [ARGUMENTS]\n\n"
		   "Keeps containers from having, keeping or regaining root.\n\nCommands:\n");
	for (const struct command *command = commands; command->name != NULL; command++)
		buf_printf(&text, "  %-14s %s\n", command->name, command->summary);
	buf_printf(&text, "\nrootfence COMMAND --help tells more; so does rootfence(8).\n"
			  "rootfence --version prints the version.\n");
	error = io_write(fd, "output", (struct str){ text.data, text.len }, &err);
	arena_free(arena);
	return error < 0 ? report_error(&err) : EXIT_ALLOWED;
}

int command_help(const struct command *command, int argc, char **argv)
{
	const struct command *wanted;
	struct err err;
	int n, error = options_parse(command, NULL, 0, argc, argv, &n, &err);

	if (error == 0 && n == 0)
		return print_usage(STDOUT_FILENO);
	if (error == 0 && n > 1)
		error = err_set(&err, EINVAL, EXIT_USAGE,
				"help takes at most one COMMAND; see rootfence --help");
	if (error == 0)
		error = command_find(argv[0], &wanted, &err);
	if (error < 0)
		return report_error(&err);
	print_help(wanted);
	return EXIT_ALLOWED;
}
