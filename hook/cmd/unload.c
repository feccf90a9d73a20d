/* SPDX-License-Identifier: Apache-2.0 */
/* unload: detaches the kernel guard, but not as a hook of a container. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "guard/guard.h"

#define PEEK_SIZE 64	  /* bytes; the first two that are not blank tell a state */
#define PEEK_WAIT_MS 1000 /* a runtime writes the state as soon as it has started the hook */

static ssize_t peek_pipe(char *text, size_t size)
{
	auto_close int reader = -1;
	auto_close int writer = -1;
	ssize_t len;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	reader = ends[0];
	writer = ends[1];
	len = tee(STDIN_FILENO, writer, size, SPLICE_F_NONBLOCK);
	return len > 0 ? read(reader, text, (size_t)len) : len;
}

/*
 * Looks at the start of standard input and takes nothing away: it may be a script that calls us.
 * Returns its length; 0 for no input and for input that takes too long; -1 with errno.
 */
static ssize_t peek(char *text, size_t size)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	struct stat st;
	int ready;

	if (fstat(STDIN_FILENO, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode))
		return pread(STDIN_FILENO, text, size, lseek(STDIN_FILENO, 0, SEEK_CUR));
	if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return 0;
	ready = poll(&input, 1, PEEK_WAIT_MS);
	if (ready <= 0)
		return ready;
	return S_ISFIFO(st.st_mode) ? peek_pipe(text, size)
				    : recv(STDIN_FILENO, text, size, MSG_PEEK | MSG_DONTWAIT);
}

/* A runtime gives a hook the container's state, which begins like any JSON object. */
static int check_not_hook(struct err *err)
{
	static const char blanks[] = " \t\r\n";
	char text[PEEK_SIZE + 1];
	ssize_t len = peek(text, PEEK_SIZE);
	const char *at = text;

	if (len < 0 && errno != EAGAIN)
		return err_set_system(err, errno, "cannot look at standard input");
	text[len > 0 ? len : 0] = '\0';
	at += strspn(at, blanks);
	if (*at++ != '{')
		return 0;
	at += strspn(at, blanks);
	if (*at != '"' && *at != '\0')
		return 0;
	return err_set(
		err, EPERM, EXIT_USAGE,
		"standard input is a JSON object, as a runtime gives it to a hook: a container's hook must not unload the guard; otherwise add </dev/null");
}

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
		error = check_not_hook(&err);
	if (error == 0)
		error = guard_unload(dir, &unloaded, &err);
	if (error == 0)
		error = io_write(STDOUT_FILENO, "standard output",
				 unloaded ? STR("guard unloaded\n") : STR("guard was not loaded\n"),
				 &err);
	return error < 0 ? report_error(&err) : EXIT_ALLOWED;
}
