/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines to the system's log, as syslog(3) sends them but for the time, which the log knows itself:
 * libc reads the time zone's file for it, in every container's start. One connection for all lines.
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
static size_t end; /* what ends a message: in a stream, its NUL byte */

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
		buf_add(&line, text, (size_t)len);
		/* Whatever fails, or has no room: a log that nobody keeps is no reason for or against a
		 * container. */
		if (send(log_fd, line.data, line.len + end, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		text += len + (text[len] == '\n');
	}
}
