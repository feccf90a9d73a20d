/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at paths of this host: what a name stands for after every symbolic link, where that lies, and
 * under which other names it is known.
 */
#ifndef ROOTFENCE_HOST_LOOKUP_H
#define ROOTFENCE_HOST_LOOKUP_H

#include "host/mountinfo.h"
#include "oci/facts.h"

#define FACTS_CHAIN_MAX 64 /* components of a path; deeper ones are cut, and refused when live */

/* One look-up of many: most paths share their first directories. The first three are given. */
struct lookup {
	struct arena *arena;
	enum facts_scope scope;
	struct mountinfo *mountinfo;
	size_t n_dirs;
	struct known_dir {
		struct str path;
		struct file_id id;
		struct known_dir *next;
	} * dirs;
	int failure; /* the first that is no fact: an errno, and of what */
	const char *failed_at;
};

/*
 * lookup_note: of a look that gave `error` (an errno) at `path`; most say what is there, which is a
 * fact, and some say nothing: the first of those is the look-up's failure. Returns error.
 */
int lookup_note(struct lookup *lookup, int error, const char *path);

/*
 * lookup_note_own: the same of what is always there when a container starts: its bundle, and what
 * /proc says of this process. Any error is a failure then.
 */
void lookup_note_own(struct lookup *lookup, int error, const char *path);

/*
 * lookup_open: opens what the path names and says where that is, after every symbolic link, but none
 * of /proc's. Error: -errno.
 */
int lookup_open(struct arena *arena, const char *name, const char **ret_resolved);

enum origins {
	ORIGINS_IGNORED,
	ORIGINS_WANTED,
};

/* lookup_path: what is at path; relative ones are looked for in bundle, which may be NULL. */
struct path_fact lookup_path(struct lookup *lookup, struct str path, const char *bundle,
			     enum origins wanted);

#endif
