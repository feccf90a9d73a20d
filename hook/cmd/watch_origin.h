/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container of an event is to its engine: found by its id in the wrapper's records and where
 * engines keep bundles. For people to read: who starts a
 * container chooses most of it.
 */
#ifndef ROOTFENCE_CMD_WATCH_ORIGIN_H
#define ROOTFENCE_CMD_WATCH_ORIGIN_H

#include "base/arena.h"

struct origin {
	const char
		*engine; /* "podman", "docker", "kubernetes", ...; NULL, as the rest: not known */
	const char *name;
	const char *image;
	const char *pod;
	const char *namespace; /* of the pod */
};

/* origin_find: what is known of a container that runs, or ran lately. */
struct origin origin_find(struct arena *arena, const char *id);

#endif
