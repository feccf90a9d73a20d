/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks up paths of this host: the file of a name after all symbolic links, where it lies, and its
 * other names.
 */
#ifndef ROOTFENCE_HOST_LOOKUP_H
#define ROOTFENCE_HOST_LOOKUP_H

#include "host/mountinfo.h"
#include "oci/facts.h"

#define FACTS_CHAIN_MAX 64 /* components of a path; a deeper one is an error, and refused live */

/*
 * The state of many look-ups, since most paths share their first directories. The caller sets the
 * first three.
 */
struct lookup {
	struct arena *arena;
	enum facts_scope scope;
	struct mountinfo *mountinfo;
	const char *bundle; /* offline: its absolute name, or NULL */
	size_t n_dirs;
	struct known_dir {
		struct str path;
		struct file_id id;
		struct known_dir *next;
	} * dirs;
	int failure; /* the first error that is not a fact: an errno, and its path */
	const char *failed_at;
};

/*
 * Notes `error` (an errno) of a look-up at `path`. Most errors say what is there, which is a fact.
 * Some say nothing; the first of those is the failure of the look-up. Returns error.
 */
int lookup_note(struct lookup *lookup, int error, const char *path);

/*
 * Like lookup_note(), for files that always exist when a container starts: its bundle, and those of
 * this process in /proc. Any error is a failure then.
 */
void lookup_note_own(struct lookup *lookup, int error, const char *path);

/*
 * Opens the file that the path names. *ret_resolved is where it is after all symbolic links; the
 * magic links of /proc are not followed. Error: -errno.
 */
int lookup_open(struct arena *arena, const char *name, const char **ret_resolved);

enum origins {
	ORIGINS_IGNORED,
	ORIGINS_WANTED,
	ORIGINS_AND_MOUNTS, /* and those of all mounts below, for a recursive bind mount */
};

/*
 * Opens what the bundle has at a path, with flags of open(2). No link on the way may lead out of it.
 * bundle is an absolute path or NULL. Error: -errno; -EXDEV for a path that leads out.
 */
int lookup_open_in_bundle(struct arena *arena, const char *bundle, struct str path, uint64_t flags);

/* Looks up a path. A relative one starts in bundle, which may be NULL. */
struct path_fact lookup_path(struct lookup *lookup, struct str path, const char *bundle,
			     enum origins wanted);

/* Can others than root change what an absolute path leads to? Also if it cannot be looked up. */
bool lookup_is_loose(struct lookup *lookup, struct str path);

#endif
