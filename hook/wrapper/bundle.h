/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the bundle that the real runtime is about to read, and replaces files in it. At any time a
 * file is whole, either the old one or the new one.
 */
#ifndef ROOTFENCE_WRAPPER_BUNDLE_H
#define ROOTFENCE_WRAPPER_BUNDLE_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Opens the bundle directory and returns its absolute path. A path of NULL is the working
 * directory. A symbolic link is refused, because it could point elsewhere when the real runtime
 * follows it. BUNDLE_LOCK waits until no other wrapper works on this bundle; closing the descriptor
 * unlocks it. Error: EXIT_SYSTEM.
 */
enum bundle_use {
	BUNDLE_READ,
	BUNDLE_LOCK
};

int bundle_open(struct arena *arena, const char *path, enum bundle_use use, int *ret_fd,
		const char **ret_path, struct err *err);

/* A file as it was read. Its replacement keeps owner and mode. */
struct bundle_file {
	int dir;
	const char *name; /* in dir, without slashes */
	struct stat st;
	struct str text;
};

/*
 * Reads the regular file of that name, of at most max bytes. name must outlive the file. Symbolic
 * links are refused. For root of the host, so are files that others can change or replace. Error:
 * EXIT_SYSTEM, or EXIT_SPEC when the file is too large.
 */
int bundle_file_read(struct arena *arena, int dir, const char *name, size_t max,
		     struct bundle_file *ret_file, struct err *err);

/*
 * Replaces the file by rename; the new text is synced to the disk. The temporary file of a killed
 * wrapper is removed. On an error the old file stays.
 */
int bundle_file_replace(const struct bundle_file *file, struct str text, struct err *err);

/* Removes the temporary file of a killed wrapper. Errors are ignored. */
void bundle_file_clean(const struct bundle_file *file);

#endif
