/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds where a mounted file comes from: proc_pid_mountinfo(5). A directory that is bind-mounted,
 * or that is a layer of an overlay, is the same directory under another name, and ".." does not
 * lead back to it.
 */
#ifndef ROOTFENCE_HOST_MOUNTINFO_H
#define ROOTFENCE_HOST_MOUNTINFO_H

#include "base/arena.h"
#include "base/str.h"

struct mount_line;

/* The mount table of this process, read into the arena when it is first needed. */
struct mountinfo {
	struct arena *arena;
	bool read;
	struct mount_line *lines;
	size_t n;
};

/* Parses text as the mount table; paths point into it. */
void mountinfo_parse(struct mountinfo *mountinfo, struct str text);

/*
 * Returns other paths of the file that fd is open on and `path` names: in the mount that shows most
 * of its file system, and in the layers of its overlay. *ret_paths is in the arena, *ret_n their
 * number. Error: -errno if the kernel's mount table cannot be read.
 */
int mountinfo_origins(struct arena *arena, struct mountinfo *mountinfo, int fd, const char *path,
		      struct str **ret_paths, size_t *ret_n);

#endif
