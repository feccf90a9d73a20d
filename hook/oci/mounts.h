/* SPDX-License-Identifier: Apache-2.0 */
/* What a mount of the spec takes from the host, told from the spec alone: config.md#mounts. */
#ifndef ROOTFENCE_OCI_MOUNTS_H
#define ROOTFENCE_OCI_MOUNTS_H

#include "oci/config.h"

/*
 * mount_is_engine_made: is this one of the files and directories that an engine puts into every
 * container (hosts, resolv.conf, secrets, shm, ...), told by destination and source?
 */
bool mount_is_engine_made(const struct oci_mount *mount);

struct mount_path {
	const struct oci_mount *mount;
	struct str path;
	bool layer; /* a layer of an overlay, not the mount's source */
};

/*
 * mount_paths: every host path that the config's mounts give the container: sources of bind
 * mounts, lowerdir and upperdir of overlays, sources of file systems on devices. Engine-made
 * mounts and file systems without a source are left out. The array is in the arena.
 */
struct mount_path *mount_paths(struct arena *arena, const struct oci_config *config, size_t *ret_n);

/* mount_type_is_virtual: does a file system of this type show nothing that is the host's? */
bool mount_type_is_virtual(struct str type);

#endif
