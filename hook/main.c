/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the command that was asked for, or stands for the runtime whose name this program was called
 * by.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

/*
 * The next file that is opened would get the number of a closed standard descriptor, and be written
 * to. /dev/full, opened for writing only, takes the place: writes fail, and so do reads, which
 * would otherwise return zeroes without end. O_CLOEXEC closes it when the wrapper becomes the real
 * runtime.
 */
static int open_standard_files(void)
{
	struct err err;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) == 0 || open("/dev/full", O_WRONLY | O_CLOEXEC) == fd)
			continue;
		err_set_system(&err, errno, "cannot put /dev/full in place of closed descriptor %d",
			       fd);
		return report_error(&err);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct err err;

	if (open_standard_files() != 0)
		return EXIT_SYSTEM;
	if (argc > 0 && runtime_is_called(argv[0]))
		return runtime_main(argc, argv);
	if (argc < 2) {
		print_usage(STDERR_FILENO);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_usage(STDOUT_FILENO);
	if (strcmp(argv[1], "--version") == 0)
		return print_version();
	if (command_find(argv[1], &command, &err) < 0)
		return report_error(&err);
	return command->run(command, argc - 2, argv + 2);
}
