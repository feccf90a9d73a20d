/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle that the real runtime is about to read, and the files in it that the wrapper changes:
 * always whole, the old one or the new one, whatever happens meanwhile.
 */
#ifndef ROOTFENCE_WRAPPER_BUNDLE_H
#define ROOTFENCE_WRAPPER_BUNDLE_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * bundle_open: a descriptor of the bundle directory and its absolute path. path NULL is the working
 * directory. A symbolic link is refused: it could point elsewhere by the time the real runtime
 * follows it. With `lock`, waits until no other wrapper works on this bundle; closing the
 * descriptor ends that. Error: EXIT_SYSTEM.
 */
enum bundle_use {
	BUNDLE_READ,
	BUNDLE_LOCK
};

int bundle_open(struct arena *arena, const char *path, enum bundle_use use, int *ret_fd,
		const char **ret_path, struct err *err);

/* A file as it was read: what takes its place keeps owner and mode. */
struct bundle_file {
	int dir;
	const char *name; /* in dir, without slashes */
	struct stat st;
	struct str text;
};

/*
 * bundle_file_read: the regular file of that name, of at most max bytes. name must outlive file.
 * Symbolic links are refused, and for root of the host what others can change, or can put another file
 * in the place of. Error: EXIT_SYSTEM, or EXIT_SPEC when it is too large.
 */
int bundle_file_read(struct arena *arena, int dir, const char *name, size_t max,
		     struct bundle_file *ret_file, struct err *err);

/*
 * bundle_file_replace: puts text into the file's place by rename, written through to the disk.
 * What a killed wrapper left beside it is removed. On an error the old file stays.
 */
int bundle_file_replace(const struct bundle_file *file, struct str text, struct err *err);

/* bundle_file_clean: removes what a killed wrapper left beside the file; failing to is no error. */
void bundle_file_clean(const struct bundle_file *file);

#endif
