/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps what a container was created under: its whole policy, and where its config is. A session in
 * the container is judged by that, even if the host's policy has changed since. Each container has
 * one JSON document, BASE/ROOT/ID.json:
 *
 *	{ "version": 1, "bundle": PATH, "capabilities": [ NAME... ], "policy": { ... } }
 */
#ifndef ROOTFENCE_WRAPPER_RECORD_H
#define ROOTFENCE_WRAPPER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "policy/policy.h"
#include "wrapper/command_line.h"
#include "wrapper/real_runtime.h"

#define RECORD_END ".json"
#define RECORD_APPROVED "%approved" /* in place of RECORD_END: see promise.h; ids have no % */

/*
 * Returns /run/rootfence/containers, or $XDG_RUNTIME_DIR/rootfence/containers for rootless engines;
 * without XDG_RUNTIME_DIR below /run/user/UID, or /tmp/rootfence-run-UID, which it makes. Error:
 * EXIT_SYSTEM.
 */
int record_base(struct arena *arena, const char **ret_base, struct err *err);

/*
 * Returns where the record of this container is or would be. A container is identified by its id
 * and by the directory that the runtime keeps it in, however --root spells that. Error: EXIT_USAGE
 * for a --root that cannot become a file name, EXIT_SYSTEM for one that cannot be looked up.
 */
int record_path(struct arena *arena, const char *base, const struct runtime_args *args,
		enum runtime_kind kind, const char **ret_path, struct err *err);

/* Returns BASE of BASE/ROOT/ID.json. */
const char *record_parent(struct arena *arena, const char *path);

/*
 * Sets *ret_base to the base for containers of the host's root, else to NULL: a rootless hook has no
 * environment to find it by. Error: EXIT_SYSTEM.
 */
int record_known_base(const char **ret_base, struct err *err);

/* True if the path has the form of the record of the container of that id. */
bool record_is_of(const char *path, const char *id);

struct record {
	const char *bundle;
	uint64_t capabilities; /* in any set of the engine's config, before the rewrite */
	const struct policy *policy;
};

/*
 * Writes the record, whole or not at all. A container of that id that exists keeps the record it
 * has, or stays without: the real runtime will refuse to create another, and *ret_made is false.
 * Error: EXIT_SYSTEM.
 */
int record_write(struct arena *arena, const char *path, const char *state_dir,
		 const struct record *record, bool *ret_made, struct err *err);

/* Returns where the real runtime, runc or crun, keeps the container. Error: EXIT_SYSTEM. */
int record_state_dir(struct arena *arena, const struct runtime_args *args, enum runtime_kind kind,
		     const char **ret_dir, struct err *err);

/*
 * Reads a record. Error: -ENOENT when there is none. Any other error is EXIT_SYSTEM, or EXIT_POLICY
 * for the policy in it, or EXIT_USAGE for a wrong path, and never -ENOENT, which would make the
 * caller use another policy.
 */
int record_read(struct arena *arena, const char *path, struct record *ret_record, struct err *err);

/*
 * Opens a file that is kept beside the record BASE/ROOT/ID.json: BASE/ROOT/ID and `end`, with flags
 * of open(2); it is made with mode 600. Error: -ENOENT if there is none, EXIT_SYSTEM, EXIT_USAGE for
 * a wrong path.
 */
int record_open_beside(struct arena *arena, const char *path, const char *end, int flags,
		       int *ret_fd, struct err *err);

/* Removes such a file. A missing one is success. */
void record_remove_beside(struct arena *arena, const char *path, const char *end);

/*
 * Removes a record and what is beside it, for the poststop hook, which has no environment to find the base by. path must
 * be what record_path() makes for this id, or made before records were documents. A missing record
 * is success.
 */
int record_remove(struct arena *arena, const char *path, const char *id, struct err *err);

#endif
