/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends lines to the system's log, as syslog(3) does but without the time, which the log knows
 * itself: for it, libc would read the time zone's file at the start of every container. All lines
 * use one connection.
 */
#include "report.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"

static int log_connect(int type)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = _PATH_LOG };
	auto_close int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int log_fd = -1;
static size_t end; /* bytes that end a message: a NUL byte in a stream, else none */

void report_syslog_open(void)
{
	log_fd = log_connect(SOCK_DGRAM);
	if (log_fd == -EPROTOTYPE) {
		log_fd = log_connect(SOCK_STREAM);
		end = 1;
	}
}

void report_syslog(int severity, const char *container, const char *text)
{
	if (log_fd < 0)
		report_syslog_open();
	while (log_fd >= 0 && *text != '\0') {
		int len = (int)strcspn(text, "\n");
		auto_buf struct buf line = { 0 };

		buf_printf(&line, "<%d>rootfence[%d]: ", LOG_AUTHPRIV | severity, (int)getpid());
		if (container != NULL)
			buf_printf(&line, "container %s: ", container);
		buf_add_shown(&line, (struct str){ text, (size_t)len });
		/* Errors, and a log without room, are ignored: a log that nobody keeps must not
		 * decide about a container. */
		if (send(log_fd, line.data, line.len + end, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		text += len + (text[len] == '\n');
	}
}
