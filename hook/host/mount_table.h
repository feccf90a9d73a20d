/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the table of mounts, for mountinfo.c, which reads it, and mount_places.c. */
#ifndef ROOTFENCE_HOST_MOUNT_TABLE_H
#define ROOTFENCE_HOST_MOUNT_TABLE_H

#include "host/mountinfo.h"

struct mount_line {
	unsigned int id;
	struct str device; /* major:minor */
	struct str root;   /* of the mount in its file system */
	struct str point;
	struct str type;
	struct str source;  /* of the mount: a device, or what the file system likes */
	struct str options; /* of the file system, as the kernel escapes them */
};

/* A directory that an overlay of the host shows at `point`. */
struct overlay_layer {
	struct str path, point;
};

/* Reads the table, unless it was read. Returns 0 or -errno; callers have their own messages. */
int mountinfo_read(struct mountinfo *mountinfo);

#endif
