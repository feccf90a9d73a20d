/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the host that the mounts of a spec bring into the container. */
#ifndef ROOTFENCE_HOST_SOURCE_FACTS_H
#define ROOTFENCE_HOST_SOURCE_FACTS_H

#include "host/engine_mounts.h"
#include "host/facts.h"
#include "host/lookup.h"

/* Looks up a path of the spec, unless it was looked up before the spec was rewritten. */
struct path_fact source_path_fact(struct lookup *lookup, struct str path, const char *bundle,
				  enum origins wanted, const struct path_fact *before);

/* Fills in facts->sources, without the mounts that the engine or a rewrite makes. */
void source_facts(struct lookup *lookup, const struct oci_config *config,
		  const struct facts_query *query, const struct container_names *names,
		  struct facts *facts);

#endif
