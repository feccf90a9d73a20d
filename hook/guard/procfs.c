/* SPDX-License-Identifier: Apache-2.0 */
/* See procfs.h. */
#include "guard/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"

int procfs_read(int dir_fd, const char *name, char *text, size_t size, struct err *err)
{
	auto_close int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0 && (errno == ENOENT || errno == ESRCH))
		return err_set_system(err, ESRCH, "cannot open %s of a process", name);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", name);
	for (;;) {
		ssize_t len = read(fd, text + used, size - used);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_set_system(err, errno, "cannot read %s", name);
		if (len == 0)
			break;
		used += (size_t)len;
		if (used == size)
			return err_set_system(err, E2BIG, "cannot read %s", name);
	}
	text[used] = '\0';
	return 0;
}
