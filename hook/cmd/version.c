/* SPDX-License-Identifier: Apache-2.0 */
/* version: prints the version of rootfence. */
#include "cmd.h"

#include <unistd.h>

#include "base/io.h"

int print_version(void)
{
	struct err err;
	int error = io_write(STDOUT_FILENO, "standard output",
			     STR("rootfence " ROOTFENCE_VERSION "\n"), &err);

	return error < 0 ? report_error(&err) : EXIT_ALLOWED;
}

int command_version(const struct command *command, int argc, char **argv)
{
	struct err err;
	int n, error = options_parse(command, NULL, 0, argc, argv, &n, &err);

	if (error == 0)
		error = options_no_arguments(command, n, &err);
	return error < 0 ? report_error(&err) : print_version();
}
