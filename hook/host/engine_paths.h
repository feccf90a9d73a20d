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
	/* named like an engine's, but not where engines keep theirs unless they are configured */
	ENGINE_MOVED,
};

/*
 * Patterns: `*` is one path component, `@` too; *ret_who is what stands in its place, or empty. A pattern that
 * starts with `*` starts in any storage of containers/storage.
 */
enum engine_paths engine_path(const char *pattern, struct str path, struct str *ret_who);

/* The same for a path that the pattern, or one above the path, matches. Without storages. */
bool engine_path_starts(const char *pattern, struct str path, struct str *ret_who);

/* The same for any path, also a relative one, that the pattern matches whole. */
bool engine_path_owned(const char *pattern, struct str path, struct str *ret_who);

/* Returns whose storage of containers/storage this directory is, by default; or ENGINE_MOVED. */
enum engine_paths engine_storage_root(struct str directory);

/* Does the first component name a storage driver, as in vfs-containers? */
bool engine_has_driver(struct str path);

/* Does the path match a pattern without `@`? */
bool engine_path_matches(const char *pattern, struct str path);

/* Returns in whose storage this is the place of a layer that is mounted: an image, or a root. */
enum engine_paths engine_mounted_layer(struct str path);

/* True if this is where root's engine assembles the root of a container. */
bool engine_root(struct str path);

/* True if the path is named like roots of containers, wherever the storage is. */
bool engine_root_by_name(struct str path);

/* True if the path is named like layers of such roots. */
bool engine_layer_by_name(struct str path);

/* True if the path lies in the storage of an engine, where that is by default. */
bool engine_storage(struct str path);

/* True if an engine mounts an overlay of its own here. */
bool engine_overlay(struct str path);

/* True if the path is named like the short links to such layers. */
bool engine_layer_link(struct str path);

/* True if the path is named like a layer that a driver without overlays keeps. */
bool engine_copied_layer(struct str path);

/* True if the path is named like bundles of podman. */
bool engine_bundle_by_name(struct str path);

/* True if this is, or lies in, a volume that an engine of root's made. */
bool engine_volume(struct str path);

/* True if this lies where the kubelet's plugins mount a volume before it goes to its pods. */
bool engine_pod_staging(struct str path);

/* True if this is, or lies in, a volume that the kubelet made or mounted for a pod. */
bool engine_pod_volume(struct str path);

#endif
