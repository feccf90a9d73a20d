/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule hostMounts: what is mounted behind a source or the root directory, by the mount table: the
 * type of the file system, and the other places of its files.
 */
#ifndef ROOTFENCE_POLICY_RULES_HOST_PLACES_H
#define ROOTFENCE_POLICY_RULES_HOST_PLACES_H

#include "policy/rules/host_paths.h"

/* What is judged: a source of a mount, or the root directory. */
struct host_subject {
	const struct judge *judge;
	const struct path_lists *entries;
	const struct rule_arg *file_systems;
	const struct oci_mount *mount; /* NULL: the root directory */
	bool engine;	   /* an engine mounted it, from layers under names of its own */
	const char *whole; /* an entry of args.allow names exactly this path and what lies in it */
	/* Returns why this place of the judged files is the host's, or NULL. */
	const char *(*place_reason)(const struct host_subject *subject,
				    const struct path_fact *fact);
};

/* Looks at another place of a file, by its name if it cannot be looked up. */
struct path_look host_place_look(const struct judge *judge, const struct path_fact *fact);

/* Returns why what is mounted at a place is not a file system of files, or NULL. */
const char *host_place_type_reason(const struct host_subject *subject,
				   const struct path_fact *fact);

/* Returns why one of the other places of the file must not be mounted, or NULL. */
const char *host_place_origins_reason(const struct host_subject *subject,
				      const struct path_fact *fact);

#endif
