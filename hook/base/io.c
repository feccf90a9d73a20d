/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded input and complete output; see io.h. */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define READ_STEP \
	(16 * 1024) /* a typical spec of 10 kB takes one read, and one more that sees the end */

int io_read(struct arena *arena, int fd, const char *name, size_t max, struct str *ret_data,
	    struct err *err)
{
	size_t size, len = 0;
	char *data = arena_room(arena, READ_STEP, &size);

	for (;;) {
		ssize_t got;

		if (len + 1 == size) {
			char *wider = arena_room(arena, size * 2, &size);

			data = memcpy(wider, data, len);
		}
		got = read(fd, data + len, size - len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set_system(err, errno, "cannot read %s", name);
		if (got == 0)
			break;
		len += (size_t)got;
		if (len > max)
			return err_set(err, EFBIG, EXIT_SPEC,
				       "%s is larger than the limit of %zu bytes", name, max);
	}
	data[len] = '\0';
	arena_keep(arena, len + 1);
	*ret_data = (struct str){ data, len };
	return 0;
}

int io_read_file(struct arena *arena, int dirfd, const char *path, size_t max, struct str *ret_data,
		 struct err *err)
{
	/* O_NONBLOCK: a FIFO in place of the file must not block the engine. */
	auto_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, EXIT_SYSTEM, "%s is not a regular file", path);
	return io_read(arena, fd, path, max, ret_data, err);
}

bool io_is_failure(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO ||
	       error == EINTR;
}

int io_file_type(const char *path, mode_t *ret_type, struct err *err)
{
	struct stat st = { 0 };

	if (stat(path, &st) < 0 && io_is_failure(errno))
		return err_set_system(err, errno, "cannot look up %s", path);
	*ret_type = st.st_mode & S_IFMT;
	return 0;
}

int io_write(int fd, const char *name, struct str data, struct err *err)
{
	while (data.len > 0) {
		ssize_t put = write(fd, data.data, data.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_set_system(err, errno, "cannot write to %s", name);
		data.data += put;
		data.len -= (size_t)put;
	}
	return 0;
}

int io_write_shown(int fd, const char *name, struct str text, struct err *err)
{
	auto_buf struct buf shown = { 0 };

	buf_add_shown(&shown, text);
	return io_write(fd, name, (struct str){ shown.data, shown.len }, err);
}
