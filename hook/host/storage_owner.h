/* SPDX-License-Identifier: Apache-2.0 */
/* Whose root a directory in podman's storage is, by containers/storage's own lists. */
#ifndef ROOTFENCE_HOST_STORAGE_OWNER_H
#define ROOTFENCE_HOST_STORAGE_OWNER_H

#include "host/lookup.h"

/*
 * path: STORAGE/overlay/LAYER/merged, or as another driver names it, without links. Returns the id
 * of the container that the storage lists with the layer; empty if it lists none; offline, too.
 */
struct str storage_root_owner(struct lookup *lookup, struct str path);

/* True if that is a container with another id; with an empty id, any container. */
bool storage_root_is_others(struct lookup *lookup, struct str path, struct str id);

#endif
