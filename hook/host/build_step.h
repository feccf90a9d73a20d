/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts of a RUN step of buildah and podman build. It has no id of its own, and buildah binds
 * its root and all sources to places in the bundle first: BUNDLE/mnt/buildah-bind-target-N.
 */
#ifndef ROOTFENCE_HOST_BUILD_STEP_H
#define ROOTFENCE_HOST_BUILD_STEP_H

#include "host/engine_mounts.h"

/* Returns the id of the working container that has this root, or an empty string. */
struct str build_step_owner(struct lookup *lookup, const struct path_fact *root);

/*
 * Is the source the engine's own: a secret of this step's container, an image, or for an overlay on
 * it, a directory of its own root? Facts: bundle and root are there.
 */
bool build_step_mount(struct lookup *lookup, const struct source_fact *source,
		      const struct container_names *names, const struct facts *facts);

#endif
