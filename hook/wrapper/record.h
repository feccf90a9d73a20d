/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container was created under: its policy, whole, and where its config is. A session in the
 * container is judged by that, whatever has become of the host's policy since. Each container has
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

/* record_base: /run/rootfence/containers, or $XDG_RUNTIME_DIR/rootfence/containers for rootless
 * engines. Error: EXIT_SYSTEM. */
int record_base(struct arena *arena, const char **ret_base, struct err *err);

/*
 * record_path: where the record of this container is, or would be. Containers are told apart by id
 * and by the directory that the runtime keeps them in, however --root spells it. Error: EXIT_USAGE
 * for a --root that makes no file name, EXIT_SYSTEM for one that cannot be looked up.
 */
int record_path(struct arena *arena, const char *base, const struct runtime_args *args,
		enum runtime_kind kind, const char **ret_path, struct err *err);

struct record {
	const char *bundle;
	uint64_t capabilities; /* that the engine's config had in any set, before the rewrite */
	const struct policy *policy;
};

/*
 * record_write: whole or not at all. A container of that id that exists keeps the record it has,
 * or stays without: the real runtime will refuse to make another, and *ret_made is false. Error:
 * EXIT_SYSTEM.
 */
int record_write(struct arena *arena, const char *path, const char *state_dir,
		 const struct record *record, bool *ret_made, struct err *err);

/* record_state_dir: where the real runtime keeps the container, by runc and crun alike. Error:
 * EXIT_SYSTEM. */
int record_state_dir(struct arena *arena, const struct runtime_args *args, enum runtime_kind kind,
		     const char **ret_dir, struct err *err);

/*
 * record_read: Error: -ENOENT when there is no record; any other is EXIT_SYSTEM, or EXIT_POLICY for
 * the policy in it, and not "none": that would be another policy.
 */
int record_read(struct arena *arena, const char *path, struct record *ret_record, struct err *err);

/*
 * record_remove: for the poststop hook, which has no environment to find the base by. path must be
 * what record_path() makes for this id, or made before records were documents. None is success.
 */
int record_remove(struct arena *arena, const char *path, const char *id, struct err *err);

#endif
