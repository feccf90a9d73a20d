/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded input and complete output: callers see no short read or write, and no partial file. */
#ifndef ROOTFENCE_BASE_IO_H
#define ROOTFENCE_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Reads fd to its end, at most max bytes. Messages call it `name`. Errors: EXIT_SPEC with -EFBIG if
 * there is more than max, EXIT_SYSTEM if reading fails.
 */
int io_read(struct arena *arena, int fd, const char *name, size_t max, struct str *ret_data,
	    struct err *err);

/*
 * Reads the regular file at path, relative to dirfd (AT_FDCWD is allowed). Any other file is
 * refused without waiting for it. Errors: those of io_read(), and -ENOENT and others as
 * EXIT_SYSTEM.
 */
int io_read_file(struct arena *arena, int dirfd, const char *path, size_t max, struct str *ret_data,
		 struct err *err);

/* True if this errno means that the system could not look, which says nothing about the file. */
bool io_is_failure(int error);

/*
 * Sets *ret_type to what path leads to, as S_IFMT of st_mode; 0: nothing, or nothing that can be
 * seen. Error: EXIT_SYSTEM if the look-up fails.
 */
int io_file_type(const char *path, mode_t *ret_type, struct err *err);

/* Writes all of data to fd. Error: EXIT_SYSTEM, also for a full disk or a closed pipe. */
int io_write(int fd, const char *name, struct str data, struct err *err);

/* Like io_write(), for what people read, also as JSON: buf_add_shown() says how it is shown. */
int io_write_shown(int fd, const char *name, struct str text, struct err *err);

#endif
