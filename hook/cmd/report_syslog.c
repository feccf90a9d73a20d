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

void report_syslog(int severity, const char *container, const char *text)
{
	auto_close int fd = log_connect(SOCK_DGRAM);
	size_t end = 0; /* what ends a message: in a stream, its NUL byte */

	if (fd == -EPROTOTYPE) {
		fd = log_connect(SOCK_STREAM);
		end = 1;
	}
	while (fd >= 0 && *text != '\0') {
		int len = (int)strcspn(text, "\n");
		auto_buf struct buf line = { 0 };

		buf_printf(&line, "<%d>rootfence[%d]: ", LOG_AUTHPRIV | severity, (int)getpid());
		if (container != NULL)
			buf_printf(&line, "container %s: ", container);
		buf_add(&line, text, (size_t)len);
		/* Whatever fails: a log that nobody keeps is no reason for or against a container. */
		if (send(fd, line.data, line.len + end, MSG_NOSIGNAL) < 0)
			return;
		text += len + (text[len] == '\n');
	}
}
