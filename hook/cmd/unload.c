/* SPDX-License-Identifier: Apache-2.0 */
/* unload: detaches the kernel guard. */
#include "cmd.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "guard/guard.h"

int command_unload(const struct command *command, int argc, char **argv)
{
	const char *dir = GUARD_DIR;
	const struct option options[] = { { "guard", &dir, NULL } };
	bool unloaded = false;
	struct err err;
	int n, error;

	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err);
	if (error == 0)
		error = options_no_arguments(command, n, &err);
	if (error == 0)
		error = guard_unload(dir, &unloaded, &err);
	if (error == 0)
		error = io_write(STDOUT_FILENO, "standard output",
				 unloaded ? STR("guard unloaded\n") : STR("guard was not loaded\n"),
				 &err);
	return error < 0 ? report_error(&err) : EXIT_ALLOWED;
}
