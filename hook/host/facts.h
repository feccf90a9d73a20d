/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills in struct facts: looks up on this host what a spec names, which namespace a path stands for
 * and which file a mount source is.
 */
#ifndef ROOTFENCE_HOST_FACTS_H
#define ROOTFENCE_HOST_FACTS_H

#include "host/mountinfo.h"
#include "oci/facts.h"

/*
 * What of the facts is the same for every spec: looked up by the first facts_collect() that needs
 * it, for who judges many. Starts as zeroes but for the arena, which outlives them all.
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

/* What facts_collect() looks up besides what the config names, and where. */
struct facts_query {
	enum facts_scope scope;
	const char *bundle; /* the bundle directory, for relative mount sources, or NULL */
	const struct str *paths;
	size_t n_paths;
	/* Of the same query for another text of this spec, or NULL: what it found is not looked up again. */
	const struct facts *before;
	struct host_facts *host; /* kept for other specs and the same paths, or NULL */
};

/*
 * facts_collect: looks up what config and query name. What is not there, or not to be seen, is a fact
 * too. Error: EXIT_SYSTEM when looking itself fails, see io_is_failure().
 */
int facts_collect(struct arena *arena, const struct oci_config *config,
		  const struct facts_query *query, struct facts *ret_facts, struct err *err);

#endif
