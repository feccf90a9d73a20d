/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and directories that engines keep for one container, or one pod, and mount into it. The
 * names below the storage tell them; where the storage is depends on the engine's configuration.
 */
#ifndef ROOTFENCE_HOST_ENGINE_FILES_H
#define ROOTFENCE_HOST_ENGINE_FILES_H

#include "host/engine_paths.h"

#define ID_LEN 64 /* of podman, CRI-O, Docker and containerd's CRI: hexadecimal digits */

/* Whose directory it is. */
enum engine_owner {
	OWNER_NOBODY,	 /* there is none */
	OWNER_CONTAINER, /* the container itself */
	OWNER_SANDBOX,	 /* the container, or its sandbox */
	OWNER_NETWORK,	 /* the container, its sandbox, or the one whose network it joins */
	OWNER_IPC,	 /* the container, its sandbox, or the one whose IPC namespace it joins */
	OWNER_POD,
};

struct engine_file {
	enum engine_paths engine; /* of which engine's storage; ENGINE_NONE: no such file */
	enum engine_owner owner;
	struct str who;		   /* the id in the path */
	struct str storage;	   /* the directory that the engine keeps all of it in */
	const char *usual_storage; /* where that is unless configured; NULL: several places */
	bool usual;		   /* it is mounted where the engine mounts it without being told */
	/* The engine made the name; what it mounted there is somebody's, and must be looked at. */
	bool made;
};

/*
 * Finds the n-th reading of a mount, from 0; one path may fit several. engine is ENGINE_MOVED if
 * only the names below the storage fit. False: there is no further reading.
 */
bool engine_file(struct str source, struct str destination, size_t n, struct engine_file *ret_file);

/* Finds whose layer this is, that an engine made for `-v SOURCE:DESTINATION:O`. */
bool engine_file_layer(struct str path, struct engine_file *ret_file);

/*
 * Finds whose directory the first *len bytes of the path are, or lie in: the longest. *len is then
 * what is above it, where the next may be. Start with the length of the path.
 */
bool engine_directory(struct str path, size_t *len, struct engine_file *ret_file);

/*
 * Finds the storage in the path of a bundle that an engine made. who is the container's id. False:
 * the path is not named like one.
 */
bool engine_file_bundle(struct str path, struct engine_file *ret_file);

/* Finds the storage in the name of a root directory; whose engine's it is, the name leaves open. */
bool engine_file_root(struct str path, struct str *ret_storage);

/* The same as engine_file_bundle() for a layer of containerd's. who is of no use. */
bool engine_file_snapshot(struct str path, struct engine_file *ret_file);

/*
 * dockerd 28 and 29 with containerd's image store mount an image (type=image) at
 * rootfs/SNAPSHOTTER/NAME, beside the roots of containers. The name is made of the container's id and
 * the mount's source and destination. True: it is one of this container.
 */
bool engine_file_image(struct str path, struct str id);

#endif
