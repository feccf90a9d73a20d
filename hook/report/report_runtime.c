/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the wrapper's messages reach people: through the runtime's --log, from which engines take
 * what they show to users, and in every way that a hook's messages do. Engines print one line, so
 * the log gets all in one.
 */
#include "report.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

/* One line of text, without the columns for a terminal: "rule: message; fix: what". */
static void add_line(struct buf *buf, const char *text, size_t len)
{
	const char *separator = ": ";

	for (size_t i = 0; i < len;) {
		size_t spaces = 0;

		while (i + spaces < len && text[i + spaces] == ' ')
			spaces++;
		if (spaces > 1 && i > 0) {
			buf_add(buf, separator, 2);
			separator = "; ";
		} else if (spaces <= 1) {
			buf_add(buf, text + i, 1);
			spaces = 1;
		}
		i += spaces;
	}
}

/* "refused by policy 'P': 2 findings: FIRST | SECOND" */
static void add_one_line(struct buf *buf, const char *text)
{
	const char *separator = NULL;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (separator != NULL)
			buf_printf(buf, "%s", separator);
		add_line(buf, text, len);
		separator = separator == NULL ? ": " : " | ";
		text += len + (text[len] == '\n');
	}
}

static void add_entry(struct buf *entry, const char *format, const char *text)
{
	bool json = format != NULL && strcmp(format, "json") == 0;
	auto_buf struct buf line = { 0 };
	time_t now = time(NULL);
	struct tm tm = { 0 };
	char when[32];

	buf_printf(&line, "rootfence: ");
	add_one_line(&line, text);
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_printf(entry,
		   json ? "{\"level\":\"error\",\"msg\":" : "time=\"%s\" level=error msg=", when);
	json_quote(entry, (struct str){ line.data, line.len });
	if (json)
		buf_printf(entry, ",\"time\":\"%s\"}", when);
	buf_add(entry, "\n", 1);
}

/* Failing to write the log is ignored: the refusal stands, and is also reported elsewhere. */
static void write_log(const char *path, struct str entry)
{
	struct err ignored;
	auto_close int fd = -1;

	/* crun's --log may name another kind of log. */
	if (strncmp(path, "journald:", 9) == 0 || strncmp(path, "syslog:", 7) == 0)
		return;
	if (strncmp(path, "file:", 5) == 0)
		path += 5;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	if (fd >= 0)
		io_write_shown(fd, path, entry, &ignored);
}

void report_from_runtime(const char *log, const char *log_format, const char *container,
			 const char *text)
{
	auto_buf struct buf entry = { 0 };

	signal(SIGPIPE, SIG_IGN); /* not earlier: the real runtime would inherit it */
	if (log != NULL) {
		add_entry(&entry, log_format, text);
		write_log(log, (struct str){ entry.data, entry.len });
	}
	report_open();
	report_from_hook(container, text);
}
