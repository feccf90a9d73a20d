/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How paths of the host stand to the lists of rule hostMounts. They are compared by identity
 * (device and inode) after every symbolic link, and by name besides.
 */
#ifndef ROOTFENCE_POLICY_RULES_HOST_PATHS_H
#define ROOTFENCE_POLICY_RULES_HOST_PATHS_H

#include "policy/judge.h"

enum path_relation {
	PATH_UNRELATED,
	PATH_SAME,     /* the source is the path */
	PATH_BELOW,    /* the source lies under the path */
	PATH_CONTAINS, /* the source has the path in it */
};

/*
 * A source is looked at twice: by the name that the spec has, and by what it is after every link.
 * Each look is held against both lists on its own, and both must pass: an entry of args.allow that
 * names a link says nothing about where the link leads.
 */
struct path_look {
	const char *path;	      /* normalized */
	const struct path_fact *fact; /* NULL: the look by name */
};

/* An entry of args.allow or args.deny, made ready once for all mounts. */
struct path_entry {
	struct str text;
	const char *name;	      /* normalized; may hold "*" in args.allow */
	const struct path_fact *fact; /* args.deny */
	bool read_only;		      /* args.allow: ended in ":ro" */
	size_t depth;
	size_t rank; /* the entry of the highest rank decides: deeper first, then without "*" */
};

struct path_lists {
	struct path_entry *allow, *deny;
	size_t n_allow, n_deny;
};

/* host_paths_prepare: the two lists, ready for any number of paths. */
struct path_lists host_paths_prepare(const struct judge *judge, const struct rule_arg *allow,
				     const struct rule_arg *deny);

/*
 * host_path_relate: how what is looked at stands to an entry of args.deny. By name first, the denied
 * path's own and where that leads. *ret_in_disguise: it is the denied file or lies under it, but no
 * name says so, because somebody mounted it there. No entry of args.allow has meant that.
 */
enum path_relation host_path_relate(const struct path_look *look, const struct path_entry *entry,
				    bool *ret_in_disguise);

/* host_paths_listed: does an entry of args.allow cover what is looked at? */
bool host_paths_listed(const struct path_lists *lists, const struct oci_mount *mount,
		       const struct path_look *look);

/*
 * host_paths_denied: why args.deny refuses what is looked at, or NULL. Who names exactly this path
 * in args.allow has meant it, and what it contains.
 */
const char *host_paths_denied(const struct judge *judge, const struct path_lists *lists,
			      const struct oci_mount *mount, const struct path_look *look);

#endif
