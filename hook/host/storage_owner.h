/* SPDX-License-Identifier: Apache-2.0 */
/* Whose root a directory in podman's storage is, by containers/storage's own lists. */
#ifndef ROOTFENCE_HOST_STORAGE_OWNER_H
#define ROOTFENCE_HOST_STORAGE_OWNER_H

#include "host/lookup.h"

/*
 * path: STORAGE/overlay/LAYER/merged, or as another driver names it, without links. True if the
 * storage lists the layer as that of a container with another id; with an empty id, of any
 * container. False if it does not list it; offline, too.
 */
bool storage_root_is_others(struct lookup *lookup, struct str path, struct str id);

#endif
