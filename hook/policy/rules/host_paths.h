/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares paths of the host with the lists of rule hostMounts: by identity (device and inode)
 * after all symbolic links, and also by name.
 */
#ifndef ROOTFENCE_POLICY_RULES_HOST_PATHS_H
#define ROOTFENCE_POLICY_RULES_HOST_PATHS_H

#include "policy/judge.h"

enum path_relation {
	PATH_UNRELATED,
	PATH_SAME,     /* the source is the path */
	PATH_BELOW,    /* the source lies under the path */
	PATH_CONTAINS, /* the path lies under the source */
};

/*
 * A source is looked at twice: by its name in the spec, and by what it is after all links. Each
 * look is compared with both lists on its own, and both must pass. An entry of args.allow that
 * names a link does not allow the target of the link.
 */
struct path_look {
	const char *path;	      /* normalized */
	const struct path_fact *fact; /* NULL: the look by name */
};

/* An entry of args.allow or args.deny, prepared once for all mounts. */
struct path_entry {
	struct str text;
	const char *name;	      /* normalized; may hold "*" in args.allow */
	const struct path_fact *fact; /* only in args.deny */
	bool read_only;		      /* args.allow: the entry ends in ":ro" */
	size_t depth;
	size_t rank; /* the highest rank decides: deeper first, then without "*" */
};

struct path_lists {
	struct arena *arena;
	struct path_entry *allow, *deny;
	size_t n_allow, n_deny;
	/* An entry for a usual place counts in a moved storage, too; args.deny has such entries. */
	const struct moved_storages *storages;
};

/* Prepares the two lists for any number of paths. */
struct path_lists host_paths_prepare(const struct judge *judge, const struct rule_arg *allow,
				     const struct rule_arg *deny);

/* How a file that has another name than the denied path's comes to lie there. */
struct path_elsewhere {
	/* no name shows it, because it was mounted elsewhere: only its identity does */
	bool in_disguise;
	const char *rest; /* of its path, below the denied directory; NULL: it has that name */
};

/*
 * Compares what is looked at with an entry of args.deny. Names come first: the denied path's own
 * and the one it leads to. An entry of args.allow counts for the same file under both names, if the
 * denied directory alone has two.
 */
enum path_relation host_path_relate(const struct path_look *look, const struct path_entry *entry,
				    struct path_elsewhere *ret_elsewhere);

/* True if an entry of args.allow covers what is looked at. */
bool host_paths_listed(const struct path_lists *lists, const struct oci_mount *mount,
		       const struct path_look *look);

/* True if an entry of args.allow, perhaps with a "*", names this path, not one above it. */
bool host_paths_named(const struct path_lists *lists, const struct oci_mount *mount,
		      const struct path_look *look);

/* True if an entry of args.allow is exactly this path. */
bool host_paths_exact(const struct path_lists *lists, const struct oci_mount *mount,
		      const char *path);

/*
 * True if an entry of args.allow means what is mounted at `point`: it covers the path, and names a
 * place at or below the mount point. An entry above it, or with a "*", does not know of the mount.
 */
bool host_paths_meant(const struct path_lists *lists, const struct oci_mount *mount,
		      const char *path, struct str point);

/*
 * Returns why args.deny refuses what is looked at, or NULL. An entry of args.allow that names
 * exactly this path allows also what it contains.
 */
const char *host_paths_denied(const struct judge *judge, const struct path_lists *lists,
			      const struct oci_mount *mount, const struct path_look *look);

#endif
