/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths where podman, CRI-O, buildah, Docker, BuildKit, containerd and the kubelet keep their own
 * files. Only names are compared.
 */
#ifndef ROOTFENCE_HOST_ENGINE_PATHS_H
#define ROOTFENCE_HOST_ENGINE_PATHS_H

#include "oci/config.h"

enum engine_paths {
	ENGINE_NONE, /* not an engine's */
	ENGINE_ROOT, /* of root's engine */
	ENGINE_USER, /* of a rootless engine, whose user can put links to anywhere there */
};

/* Returns whose engine made this mount by itself, by its destination and source. */
enum engine_paths engine_mount(const struct oci_mount *mount);

/* Returns in whose storage this layer is: for image mounts, and for `-v SOURCE:DESTINATION:O`. */
enum engine_paths engine_layer(struct str path);

/* True if this is where root's engine assembles the root of a container. */
bool engine_root(struct str path);

/* True if the path is named like roots of containers, wherever the storage is. */
bool engine_root_by_name(struct str path);

/* True if the path is named like layers of such roots. */
bool engine_layer_by_name(struct str path);

/* True if the path is named like bundles of podman. */
bool engine_bundle_by_name(struct str path);

/* True if this is, or lies in, a volume that an engine of root's made. */
bool engine_volume(struct str path);

/* True if this is, or lies in, a volume that the kubelet made or mounted for a pod. */
bool engine_pod_volume(struct str path);

#endif
