/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which engine wrote a spec, and as what part of what. A user can forge every mark of it, so it
 * chooses words, and never a verdict.
 */
#ifndef ROOTFENCE_OCI_ENGINE_H
#define ROOTFENCE_OCI_ENGINE_H

#include "oci/config.h"

enum engine {
	ENGINE_UNKNOWN,
	ENGINE_PODMAN,
	ENGINE_DOCKER,
	ENGINE_KUBERNETES, /* through containerd or CRI-O */
	ENGINE_BUILDAH,	   /* a RUN step; also of podman build */
	ENGINE_BUILDKIT,   /* a RUN step of docker build */
	ENGINE_CONTAINERD, /* ctr and other clients */
	ENGINE_RUNTIME,	   /* nobody's: written by hand, or by `runc spec` */
};

struct engine_marks {
	enum engine engine;
	bool sandbox;	 /* the container that only holds the namespaces of a pod */
	bool pod_member; /* podman: it is in a pod, which has the namespaces */
	bool unit;	 /* podman: started by a quadlet */
	bool remapped;	 /* Docker: the daemon has userns-remap */
};

/* engine_of: bundle may be NULL. For an exec session, config has the container's annotations. */
struct engine_marks engine_of(const struct oci_config *config, const char *bundle);

#endif
