/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows paths in the root directory of a container as its processes will: a link leads nowhere
 * outside, and ".." ends at the root. The files come from the image, and are only looked at.
 */
#ifndef ROOTFENCE_HOST_CONTAINER_ROOT_H
#define ROOTFENCE_HOST_CONTAINER_ROOT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* A path that was passed on the way to a file: a directory, a link, or one that is not there. */
struct passed_path {
	const char *path;
	bool missing;
	struct passed_path *next;
};

struct container_root {
	struct arena *arena;
	int fd;			    /* O_PATH of the root directory */
	struct passed_path *passed; /* grows with every look; NULL at first */
};

/*
 * container_root_open: opens a path with O_PATH, a relative one from `cwd`. *ret_path is where it
 * is after all links, "/usr/bin/x". The caller closes the descriptor. Error: -errno; *ret_path is
 * set for -ENOENT too, to where the file would be.
 */
int container_root_open(struct container_root *root, const char *cwd, const char *path,
			const char **ret_path);

/*
 * container_root_depends: would a mount at this path, which has no links, change what was opened?
 * True for every path that was passed, and for those in a directory that is not there.
 */
bool container_root_depends(const struct container_root *root, const char *path);

#endif
