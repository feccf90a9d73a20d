/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that is about to be created, run or restored: the bundle's config is judged and
 * rewritten, given our hooks, and put in the place of what the engine wrote.
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
	const char *record; /* path of the container's record, there or not */
	struct pipeline_result judged;
};

/*
 * creation_open: the bundle, and its config. Two creates of one bundle take turns: *ret_lock is held
 * until the real runtime takes over. Error: EXIT_SYSTEM, EXIT_SPEC.
 */
int creation_open(struct creation *creation, int *ret_lock, struct err *err);

/* creation_judge: see pipeline_judge(). The spec to use has our hooks. */
int creation_judge(struct creation *creation, const struct policy *policy, const char *record,
		   bool userns_needs_seal, struct err *err);

/*
 * creation_put_in_place: what was judged takes the place of what was read, and the record is there
 * before a hook asks. Error: EXIT_SYSTEM, and no record is left that was not there.
 */
int creation_put_in_place(const struct creation *creation, struct err *err);

#endif
