/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills in struct facts: looks up on this host what a spec names, such as the namespace of a path
 * or the file of a mount source.
 */
#ifndef ROOTFENCE_HOST_FACTS_H
#define ROOTFENCE_HOST_FACTS_H

#include "host/mountinfo.h"
#include "oci/facts.h"

/*
 * Facts that are the same for every spec, for callers that judge many. The first facts_collect()
 * that needs them looks them up. Initialize with zeroes, and with an arena that outlives all specs.
 */
struct host_facts {
	struct arena *arena;
	bool known, paths_known;
	bool user_namespace_initial;
	struct id_range *own_uids, *own_gids;
	size_t n_own_uids, n_own_gids;
	struct path_fact *paths;
	struct mountinfo mountinfo;
};

/* Paths to look up in addition to those of the config, and where to look. */
struct facts_query {
	enum facts_scope scope;
	const char *bundle; /* the bundle directory, for relative mount sources, or NULL */
	const char *id;	    /* the container's, or NULL */
	const struct str *paths;
	size_t n_paths;
	/* Facts of the same query for another text of this spec, or NULL. They are not looked up
	 * again. */
	const struct facts *before;
	struct host_facts *host; /* kept for other specs with the same paths, or NULL */
};

/*
 * Looks up what config and query name. A file that is missing or cannot be seen is a fact, too.
 * Error: EXIT_SYSTEM if the look-up itself fails, see io_is_failure().
 */
int facts_collect(struct arena *arena, const struct oci_config *config,
		  const struct facts_query *query, struct facts *ret_facts, struct err *err);

#endif
