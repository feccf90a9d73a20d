/* SPDX-License-Identifier: Apache-2.0 */
/* Lists what mounts of a spec take from the host, by the spec alone: config.md#mounts. */
#ifndef ROOTFENCE_HOST_MOUNT_PATHS_H
#define ROOTFENCE_HOST_MOUNT_PATHS_H

#include "host/engine_mounts.h"
#include "oci/facts.h"

/*
 * Returns every host path that the config's mounts give the container: sources of bind mounts,
 * layers of overlays, sources of file systems on devices, and mounts that change another (remount).
 * Mounts that root's engine puts into every container (hosts, resolv.conf, secrets, shm, ...), told
 * by the container's names, and file systems without a source are left out. The array is in the
 * arena.
 */
struct mount_path *mount_paths(struct arena *arena, const struct oci_config *config,
			       const struct container_names *names, size_t *ret_n);

#endif
