/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a spec names, as it was found on a host: plain data. hook/host/ fills it in, rules read it,
 * and look nothing up themselves: a verdict depends on nothing but its arguments.
 */
#ifndef ROOTFENCE_OCI_FACTS_H
#define ROOTFENCE_OCI_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/accounts.h"
#include "oci/config.h"

/* Where a spec is judged. Only a live one is about to start here, on this host. */
enum facts_scope {
	FACTS_OFFLINE, /* a file, perhaps made for another host: what is not here is not held against it */
	FACTS_LIVE, /* what cannot be looked up is refused */
};

enum namespace_fact {
	NS_FACT_HOST,	 /* no namespace of its own, or a path to the host's */
	NS_FACT_NEW,	 /* the runtime makes a new one */
	NS_FACT_OTHER,	 /* joins one that is not the host's */
	NS_FACT_UNKNOWN, /* a path that cannot be looked up */
};

enum seccomp_reach {
	SECCOMP_BLOCKED, /* whatever its arguments are, on every architecture of the profile */
	SECCOMP_OPEN,	 /* for some arguments the kernel carries it out */
	SECCOMP_UNKNOWN, /* libseccomp makes no filter of the profile */
};

struct file_id {
	uint64_t device;
	uint64_t inode;
};

/* A path of the host, after every symbolic link. */
struct path_fact {
	struct str path; /* as the spec or the policy spells it */
	int error;	 /* 0, or the errno of looking it up; then the rest is empty */
	mode_t mode;
	const char *resolved;
	struct file_id *chain; /* [0] the file, then its parents; the root directory comes last */
	size_t n_chain;
	struct path_fact
		*origins; /* the same file elsewhere: what is mounted here, or its layers */
	size_t n_origins;
	/* Whose place it is, told by the resolved name, or without one by the name as spelled. */
	bool engine_root;   /* called as roots of containers are: of facts.root and its origins */
	bool engine_layer;  /* called as layers of such roots are: of the same */
	bool engine_volume; /* a volume of an engine or a pod under all its names: of a source */
};

/* One host path that a mount gives the container. */
struct mount_path {
	const struct oci_mount *mount;
	struct str path;
	bool layer; /* a layer of an overlay, not the mount's source */
	bool rootless; /* made by an engine, where it is the rootless one of the user whose directory it is */
};

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
	struct accounts accounts; /* of the container, where the policy needs them; else empty */
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

#endif
