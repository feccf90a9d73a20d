/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded input and whole output: no short read or write, and no partial file, gets past here. */
#ifndef ROOTFENCE_BASE_IO_H
#define ROOTFENCE_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * io_read: all that fd gives until its end, at most max bytes. `name` is what messages call it.
 * Errors: EXIT_SPEC with -EFBIG when there is more than max, EXIT_SYSTEM when reading fails.
 */
int io_read(struct arena *arena, int fd, const char *name, size_t max, struct str *ret_data,
	    struct err *err);

/*
 * io_read_file: the regular file at path, relative to dirfd (AT_FDCWD allowed). Anything but a
 * regular file is refused without waiting on it. Errors: -ENOENT and others as EXIT_SYSTEM.
 */
int io_read_file(struct arena *arena, int dirfd, const char *path, size_t max, struct str *ret_data,
		 struct err *err);

/*
 * io_is_failure: does this errno say that the system could not look, and nothing of what was to be
 * looked at? Nothing may be concluded from it.
 */
bool io_is_failure(int error);

/*
 * io_file_type: what path leads to, as S_IFMT of st_mode; 0: nothing, or nothing that is to be seen.
 * Error: EXIT_SYSTEM when looking fails.
 */
int io_file_type(const char *path, mode_t *ret_type, struct err *err);

/* io_write: all of data to fd. EXIT_SYSTEM when that fails, a full disk or closed pipe included. */
int io_write(int fd, const char *name, struct str data, struct err *err);

#endif
