/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of a spec, as plain data. hook/host/ fills it in and rules read it. Rules look up
 * nothing themselves, so a verdict depends only on its arguments.
 */
#ifndef ROOTFENCE_OCI_FACTS_H
#define ROOTFENCE_OCI_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/accounts.h"
#include "oci/config.h"
#include "oci/engine.h"
#include "oci/file_caps.h"
#include "oci/moved_storage.h"

/*
 * What a verdict depends on. A file is perhaps for another host: nothing is looked up but the bundle
 * beside it, so the verdict is the same everywhere. A live spec is about to start on this host, or
 * is judged as if it were.
 */
enum facts_scope {
	FACTS_OFFLINE, /* paths are compared as text */
	FACTS_LIVE,    /* failed lookups are refused */
};

enum namespace_fact {
	NS_FACT_HOST,	 /* no namespace in the spec, or a path to the host's */
	NS_FACT_NEW,	 /* the runtime creates a new one */
	NS_FACT_OTHER,	 /* joins one that is not the host's */
	NS_FACT_UNKNOWN, /* a path that cannot be looked up, or offline, to a user namespace */
};

enum seccomp_reach {
	SECCOMP_BLOCKED, /* for all arguments, on every architecture of the profile */
	SECCOMP_OPEN,	 /* the kernel carries it out for some arguments */
	SECCOMP_UNKNOWN, /* libseccomp cannot build a filter from the profile */
};

struct file_id {
	uint64_t device;
	uint64_t inode;
};

/* How another place has to do with a file. */
enum mount_place_kind {
	PLACE_SAME,   /* another name of the same file, through another mount */
	PLACE_INSIDE, /* a mount shows a directory that lies in this one */
	PLACE_LAYER,  /* its file in a layer of the overlay that shows it */
	PLACE_BELOW,  /* a mount below it, which a recursive bind mount brings along */
};

/* A path of the host, with all symbolic links resolved. */
struct path_fact {
	struct str path; /* as the spec or the policy spells it */
	int error;	/* 0, or the errno of the lookup; then all fields up to n_origins are empty.
		    * Offline always one: ENOENT for an absolute path */
	bool in_bundle; /* offline: the bundle has it, and no link on the way leads out */
	mode_t mode;
	const char *resolved;
	struct file_id *chain; /* [0] the file, then its parents up to the root directory */
	size_t n_chain;
	/* What is mounted there; looked up for sources and the root only. */
	struct str type;  /* of the file system; empty: not looked up */
	struct str point; /* where it is mounted */
	bool part;	  /* that mount shows a part of its file system, and no other shows more */
	bool upper;	  /* it is an overlay that can be written */
	bool snapshots;	  /* all that is unknown are containerd's layers, by their names */
	const char *unknown; /* why the other places of the file are not known, or NULL */
	/* other places of the same files, or of some of them */
	struct path_fact *origins;
	size_t n_origins;
	enum mount_place_kind how; /* in origins: why it is one */
	bool loose; /* in origins, of a layer: others than root can change what its name leads to */
	/* Whose directory it is, by its resolved name, or by its spelled one without that. */
	bool engine_root; /* named like a container's root; for sources, the root and its origins */
	bool engine_layer;  /* named like a layer of such a root; for the same */
	bool engine_volume; /* a volume of an engine or a pod under all its names; for sources */
	bool foreign;	    /* of another container or pod; for sources and the root */
};

/* A host path that a mount gives the container. */
struct mount_path {
	const struct oci_mount *mount;
	struct str path;
	bool layer; /* a layer of an overlay, not the mount's source */
	bool image; /* a layer where an engine mounts images, and roots of containers */
	/* an engine's own mount, if that engine is the rootless one of the directory's user */
	bool rootless;
	bool moved; /* an engine's own by its name, but not where engines are by default */
	bool made;  /* an engine's own name, for what it mounted there: only that is judged */
};

struct source_fact {
	struct mount_path from;
	struct path_fact path;
};

struct id_range {
	uint64_t inside, outside, count;
};

/*
 * The user that an image was made for, if it starts as root: whose data it has. It only goes into
 * the advice of findings.
 */
struct image_user {
	bool known;
	uint32_t uid, gid;
	const char *name; /* of letters, digits, dots, dashes and underscores */
	const char *owns; /* a directory of the container, or NULL */
};

/* What the front end knows of the container that starts. */
struct container_fact {
	const char *id;	     /* NULL: not known */
	const char *records; /* the directory of the wrapper's records; NULL: below a user's own */
};

/*
 * The program that the kernel starts first: process.args[0] as the runtime finds it in the
 * container's root directory, or if that is a script, the interpreter that its first line names.
 * Only if it is one that can gain something at execve.
 */
struct first_program {
	bool known;
	size_t arg;	    /* which of process.args names it */
	const char *path;   /* in the container, without links; printable */
	const char *script; /* the script that it is the interpreter of, or NULL */
	struct file_caps caps;
	bool set_uid, set_gid;
	uint32_t uid, gid; /* of the file, as this process's user namespace sees them */
};

struct facts {
	enum facts_scope scope;
	struct engine_marks engine; /* who wrote the spec; chooses words only */
	struct image_user image_user;
	const char *bundle;	  /* live: symbolic links resolved; NULL when not known */
	struct accounts accounts; /* of the container; read if the policy needs them, else empty */
	bool account_mounted[ACCOUNTS_COUNT]; /* the config already mounts our copy */
	/* a container starts, and no guard refuses new user namespaces */
	bool userns_needs_seal;
	bool user_namespace_initial; /* this process is in the initial user namespace */
	uint64_t given_capabilities; /* exec: what the engine gave the container at creation */
	enum namespace_fact namespaces[NAMESPACE_COUNT];
	/* uid_map and gid_map: of this process's user namespace, unless it is the initial one;
	 * of the namespace that the spec joins, if it joins one */
	struct id_range *own_uids, *own_gids, *joined_uids, *joined_gids;
	size_t n_own_uids, n_own_gids, n_joined_uids, n_joined_gids;
	/* of all mounts except those that the engine or a rewrite makes */
	struct source_fact *sources;
	size_t n_sources;
	struct moved_storages storages; /* of the engine of this container; live only */
	struct path_fact root;		/* root.path; empty if the spec has none */
	struct first_program first; /* not known in a session, nor where the root cannot be seen */
	/* of the policy, in the given order; none if the spec names no path */
	struct path_fact *paths;
	size_t n_paths;
	const enum seccomp_reach *syscalls; /* of the policy, in the given order */
	size_t n_syscalls;
	struct container_fact container;
	/* of the processes whose program a hook runs, those that are Docker's daemon; live only */
	pid_t *daemons;
	size_t n_daemons;
};

#endif
