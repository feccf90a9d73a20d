/* SPDX-License-Identifier: Apache-2.0 */
/* What a mount of the spec takes from the host, told from the spec alone: config.md#mounts. */
#ifndef ROOTFENCE_HOST_MOUNT_PATHS_H
#define ROOTFENCE_HOST_MOUNT_PATHS_H

#include "oci/config.h"

struct mount_path {
	const struct oci_mount *mount;
	struct str path;
	bool layer; /* a layer of an overlay, not the mount's source */
	bool rootless; /* made by an engine, where it is the rootless one of the user whose directory it is */
};

/*
 * mount_paths: every host path that the config's mounts give the container: sources of bind
 * mounts, layers of overlays, sources of file systems on devices, and mounts that change another
 * (remount). What root's engine puts into every container (hosts, resolv.conf, secrets, shm, ...)
 * and file systems without a source are left out. The array is in the arena.
 */
struct mount_path *mount_paths(struct arena *arena, const struct oci_config *config, size_t *ret_n);

/* mount_type_is_virtual: does a file system of this type show nothing that is the host's? */
bool mount_type_is_virtual(struct str type);

#endif
