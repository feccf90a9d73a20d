/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that is restored from a checkpoint. Its config is judged like that of a new one, but
 * its processes come from the images: credentials, program, memory. crun runs no createRuntime
 * then, so the wrapper announces the container to the guard, which judges the processes before they
 * run.
 */
#ifndef ROOTFENCE_CMD_RUNTIME_RESTORE_H
#define ROOTFENCE_CMD_RUNTIME_RESTORE_H

#include "wrapper/create.h"

/*
 * After the config was judged: announces the restore that `runtime`, this process's parent, or a
 * child of it carries out. Loads the guard if that was not done yet. Error: EXIT_GUARD.
 */
int restore_announce(struct creation *creation, const struct policy *policy, pid_t runtime,
		     struct err *err);

/*
 * restore --detach: runs the real runtime, and asks the guard what came back. Returns the runtime's
 * exit code, or an error after everything that came back was killed: EXIT_REFUSED, EXIT_GUARD.
 * Without --detach the wrapper becomes the runtime, and the guard alone kills.
 */
int restore_run(struct arena *arena, const struct runtime_args *args, enum runtime_kind kind,
		const char *real, char **argv, struct err *err);

#endif
