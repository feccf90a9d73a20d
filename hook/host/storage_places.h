/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the engine of this container keeps its storage, if that is not the usual place. Nothing is
 * parsed for it: the engine's own files for this container lie there.
 */
#ifndef ROOTFENCE_HOST_STORAGE_PLACES_H
#define ROOTFENCE_HOST_STORAGE_PLACES_H

#include "host/engine_mounts.h"

/*
 * Finds the storages in the names of the bundle, of the root directory and its layers, and of the
 * files that the engine mounts. facts: bundle and root are there. A user may choose any of the
 * names but the bundle's; so the storage must hold a directory of this container's id, and nobody
 * but root may be able to change it. Live, for engines that root runs; else there are none.
 */
struct moved_storages storage_places(struct lookup *lookup, const struct oci_config *config,
				     const struct container_names *names,
				     const struct facts *facts);

#endif
