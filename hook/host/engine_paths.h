/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where engines keep what is theirs: podman, CRI-O, buildah, Docker, BuildKit, containerd and the
 * kubelet. Told by names alone.
 */
#ifndef ROOTFENCE_HOST_ENGINE_PATHS_H
#define ROOTFENCE_HOST_ENGINE_PATHS_H

#include "oci/config.h"

enum engine_paths {
	ENGINE_NONE, /* not an engine's */
	ENGINE_ROOT, /* of root's engine */
	ENGINE_USER, /* of a rootless engine: its user can put links to anywhere there */
};

/* engine_mount: whose engine made this mount of its own accord, told by destination and source? */
enum engine_paths engine_mount(const struct oci_mount *mount);

/* engine_layer: in whose storage is this layer? Image mounts, and `-v SOURCE:DESTINATION:O`. */
enum engine_paths engine_layer(struct str path);

/* engine_root: is this where root's engine puts together the root of a container? */
bool engine_root(struct str path);

/* engine_root_by_name: is it called as roots of containers are, wherever the storage is? */
bool engine_root_by_name(struct str path);

/* engine_layer_by_name: is it called as layers of such roots are? */
bool engine_layer_by_name(struct str path);

/* engine_bundle_by_name: is it called as bundles of podman are? */
bool engine_bundle_by_name(struct str path);

/* engine_volume: is this, or does it lie in, a volume that an engine of root's made? */
bool engine_volume(struct str path);

/* engine_pod_volume: the same for what the kubelet made or mounted for a pod. */
bool engine_pod_volume(struct str path);

#endif
