/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts that engines put into a container by themselves, told by destination and source. Those
 * of another container, or of another pod, are not.
 */
#ifndef ROOTFENCE_HOST_ENGINE_MOUNTS_H
#define ROOTFENCE_HOST_ENGINE_MOUNTS_H

#include "host/engine_files.h"
#include "host/engine_paths.h"
#include "host/lookup.h"
#include "oci/moved_storage.h"

/* What engines' directories of a container are named after. Empty: not known. */
struct container_names {
	struct lookup *lookup;
	struct str id;
	bool build_step;    /* of buildah: the id is that of the container whose root it has */
	struct str sandbox; /* of a pod: its first container, by annotation */
	struct str pod;	    /* uid of the pod, by annotation */
	struct str cgroup;  /* linux.cgroupsPath, which has the uid of a pod, too */
	bool joins_network; /* of a process of another container */
	struct str ipc;	    /* path of the IPC namespace */
	struct moved_storages storages; /* of this container's engine; empty until they are known */
};

/* id: of the container, or empty; then it is taken from linux.cgroupsPath. */
struct container_names container_names(struct lookup *lookup, const struct oci_config *config,
				       struct str id);

/* Returns the name that a path in a moved storage would have in the usual place. */
struct str engine_usual_name(const struct container_names *names, struct str path);

/* Finds the storage by a file that an engine keeps for this very container or its pod. */
bool engine_own_file(struct str source, struct str destination, const struct container_names *names,
		     struct engine_file *ret_file);

struct engine_mount {
	enum engine_paths engine;
	bool made; /* the name is the engine's, but what it mounted there must be looked at */
};

/*
 * Returns whose engine made this mount by itself, by its source and destination. ENGINE_MOVED: by
 * names that hold the id of this container; where it starts, links must not lead elsewhere.
 */
struct engine_mount engine_mount(struct str source, struct str destination,
				 const struct container_names *names);

/* Returns whose engine made this layer for itself: for `-v SOURCE:DESTINATION:O`. */
enum engine_paths engine_layer(struct str layer, const struct container_names *names);

/* True if this lies in a directory of another container or pod, or is above those of all. */
bool engine_foreign(struct str path, const struct container_names *names);

#endif
