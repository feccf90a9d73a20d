/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles a container that is about to be created, run or restored: judges the bundle's config,
 * rewrites it, adds our hooks, and replaces what the engine wrote.
 */
#ifndef ROOTFENCE_WRAPPER_CREATE_H
#define ROOTFENCE_WRAPPER_CREATE_H

#include "verdict/pipeline.h"
#include "wrapper/bundle.h"
#include "wrapper/command_line.h"
#include "wrapper/real_runtime.h"

struct creation {
	struct arena *arena;
	const struct runtime_args *args;
	enum runtime_kind kind; /* of the real runtime */
	const char *bundle;	/* absolute path */
	struct bundle_file file;
	const char *record; /* path of the container's record, which need not exist */
	struct pipeline_result judged;
};

/*
 * Opens the bundle. Two creates of one bundle take turns: *ret_lock is held until the real runtime
 * takes over. Error: EXIT_SYSTEM.
 */
int creation_lock(struct creation *creation, int *ret_lock, struct err *err);

/* Reads the config of the bundle behind lock. Error: EXIT_SYSTEM, EXIT_SPEC. */
int creation_open(struct creation *creation, int lock, struct err *err);

/* Judges the config: see pipeline_judge(). The output has our hooks. */
int creation_judge(struct creation *creation, const struct policy *policy, const char *record,
		   bool userns_needs_seal, struct err *err);

/*
 * Reads the config that creation_judge() made, which the container gets: its model and facts are
 * those of the rewritten text.
 */
int creation_read_output(struct creation *creation, const struct policy *policy,
			 bool userns_needs_seal, struct pipeline_result *ret_output,
			 struct err *err);

/*
 * Writes the record, the generated files and then the judged config, so that the record exists
 * before a hook reads it. On an error a record that this call made is removed. Error: EXIT_SYSTEM.
 */
int creation_put_in_place(const struct creation *creation, struct err *err);

#endif
