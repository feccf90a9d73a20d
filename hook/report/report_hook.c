/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a hook's messages reach people. runc prints the standard error of a failing hook. podman and
 * crun give hooks /dev/null and show only an exit code; then messages also go to the standard error
 * of the process that runs the hook, which is usually the user's terminal. They always go to
 * syslog.
 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "policy/rule.h"

#define LOGGED_MAX 32 /* lines that one container may write to syslog */

static bool stderr_is_dev_null(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/*
 * Returns the parent's own standard error, with its offset; -1 if the kernel or ptrace rules
 * refuse. It gets the lowest number, for restrain().
 */
static int borrow_parent_stderr(void)
{
	auto_close int process = (int)syscall(SYS_pidfd_open, getppid(), 0);
	auto_close int borrowed =
		process >= 0 ? (int)syscall(SYS_pidfd_getfd, process, STDERR_FILENO, 0) : -1;

	if (borrowed < 0 || dup3(borrowed, process, O_CLOEXEC) < 0)
		return -1;
	return TAKE_FD(process);
}

/*
 * A terminal or pipe is opened a second time, so that writes do not wait. A socket cannot be
 * opened. In a file, the parent would overwrite what another descriptor appends.
 */
static int open_parent_stderr(void)
{
	char path[64];
	struct stat st;
	int borrowed = -1;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getppid(), STDERR_FILENO);
	if (stat(path, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode))
		borrowed = borrow_parent_stderr();
	if (borrowed >= 0 || S_ISSOCK(st.st_mode))
		return borrowed;
	return open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

static int parent_stderr = -1;

/* Perhaps nobody reads at the other end, so this never waits. On any error the refusal stands. */
static void write_parent_stderr(struct str text)
{
	struct err ignored;

	if (send(parent_stderr, text.data, text.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno == ENOTSOCK)
		io_write(parent_stderr, "the engine's standard error", text, &ignored);
}

void report_open(void)
{
	if (stderr_is_dev_null())
		parent_stderr = open_parent_stderr();
}

void report_begin_hook(void)
{
	signal(SIGPIPE, SIG_IGN);
	closefrom(STDERR_FILENO + 1);
	report_open();
	report_syslog_open();
}

void report_from_hook(const char *container, const char *text)
{
	struct arena *arena = arena_new();
	const char *line_end = text[0] != '\0' && text[strlen(text) - 1] == '\n' ? "" : "\n";
	const char *whole = arena_printf(arena, "rootfence: %s%s", text, line_end);
	auto_buf struct buf shown = { 0 };
	struct err ignored;

	buf_add_shown(&shown, str_from(whole));
	io_write(STDERR_FILENO, "standard error", (struct str){ shown.data, shown.len }, &ignored);
	if (parent_stderr >= 0)
		write_parent_stderr((struct str){ shown.data, shown.len });
	report_syslog(LOG_ERR, container, text);
	arena_free(arena);
}

static void add_logged(struct buf *lines, const struct verdict *verdict, const struct finding *f,
		       const char *what)
{
	buf_printf(lines, "%s by policy '%s': %s: %s", what, verdict->policy->name, f->rule->name,
		   f->message);
	if (f->exception != NULL)
		buf_printf(lines, " (exception: %s)", f->exception->reason);
	buf_printf(lines, "\n");
}

void report_logged(const char *container, const struct verdict *verdict)
{
	auto_buf struct buf lines = { 0 };
	unsigned int n = 0;

	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		if (f->action == RULE_LOG && n++ < LOGGED_MAX)
			add_logged(&lines, verdict, f, "logged");
	for (const struct finding *f = verdict->excepted; f != NULL; f = f->next)
		if (n++ < LOGGED_MAX)
			add_logged(&lines, verdict, f, "let through");
	if (n > LOGGED_MAX)
		buf_printf(&lines, "logged by policy '%s': and %u more findings\n",
			   verdict->policy->name, n - LOGGED_MAX);
	if (n > 0)
		report_syslog(LOG_NOTICE, container, lines.data);
}
