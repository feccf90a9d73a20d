/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a spec says about the host, looked up on the host: which namespace a path stands for, which
 * file a mount source is. Policies judge from these facts and look nothing up themselves, so that
 * a verdict depends on nothing but its arguments.
 */
#ifndef ROOTFENCE_HOST_FACTS_H
#define ROOTFENCE_HOST_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/accounts.h"
#include "oci/config.h"
#include "host/lookup.h"
#include "host/mountinfo.h"
#include "host/mount_paths.h"
#include "oci/seccomp.h"

enum namespace_fact {
	NS_FACT_HOST,	 /* no namespace of its own, or a path to the host's */
	NS_FACT_NEW,	 /* the runtime makes a new one */
	NS_FACT_OTHER,	 /* joins one that is not the host's */
	NS_FACT_UNKNOWN, /* a path that cannot be looked up */
};

/* One host path that a mount gives the container: see mount_paths(). */
struct source_fact {
	struct mount_path from;
	struct path_fact path;
};

struct id_range {
	uint64_t inside, outside, count;
};

struct facts {
	enum facts_scope scope;
	const char *bundle;	  /* after every symbolic link; NULL when none is known */
	struct accounts accounts; /* of facts_collect_accounts(); else empty */
	bool account_mounted[ACCOUNTS_COUNT]; /* the config mounts our copy already */
	bool userns_needs_seal; /* a container starts, and no kernel guard refuses new user namespaces */
	bool user_namespace_initial; /* this process is in the initial user namespace */
	uint64_t
		given_capabilities; /* exec: what the engine gave the container when it was created */
	enum namespace_fact namespaces[NAMESPACE_COUNT];
	/* uid_map and gid_map of this process's user namespace, where it is not the initial one; of a
	 * joined one, when the spec joins one */
	struct id_range *own_uids, *own_gids, *joined_uids, *joined_gids;
	size_t n_own_uids, n_own_gids, n_joined_uids, n_joined_gids;
	struct source_fact
		*sources; /* of all mounts but those that the engine, or a rewrite, makes */
	size_t n_sources;
	struct path_fact root;	 /* root.path; empty when the spec has none */
	struct path_fact *paths; /* of the policy, in the order given; empty when all else is */
	size_t n_paths;
	const enum seccomp_reach *syscalls; /* of the policy, in the order given */
	size_t n_syscalls;
};

/*
 * What of the facts is the same for every spec: looked up by the first facts_collect() that needs
 * it, for who judges many. Starts as zeroes but for the arena, which outlives them all.
 */
struct host_facts {
	struct arena *arena;
	struct arena *bundle_arena; /* of the last bundle alone; NULL: it is not kept */
	const char *bundle_name, *bundle;
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

/*
 * facts_collect_accounts: adds the container's users and groups, for a policy that may rewrite the
 * user. What cannot be read is a fact as well.
 */
void facts_collect_accounts(struct arena *arena, const struct oci_config *config,
			    struct facts *facts);

#endif
