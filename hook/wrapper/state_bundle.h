/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hook learns from the command line of its runtime. It finds the bundle of a container. crun (1.8.1 to 1.29) writes its own working directory
 * into the state, and loses it when it makes devices for a new user namespace: it comes back from
 * another mount namespace, and the kernel then sets the working directory to "/". So "/" in a state
 * says nothing; /proc/PID/cwd of the runtime says the same.
 */
#ifndef ROOTFENCE_WRAPPER_STATE_BUNDLE_H
#define ROOTFENCE_WRAPPER_STATE_BUNDLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "oci/state.h"

/*
 * Returns the absolute path of the bundle. recorded is where the wrapper judged it, or NULL; another
 * directory than that is an error. If the state lost the bundle, it is taken from the command line
 * of the runtime, which is the process that started the hook, and otherwise from recorded. Error:
 * EXIT_SYSTEM.
 */
int state_bundle_find(struct arena *arena, const struct oci_state *state, pid_t runtime,
		      const char *recorded, const char **ret_bundle, struct err *err);

/*
 * Does that runtime restore the container from a checkpoint? runc calls createRuntime then too, in
 * the middle of it. False if its command line cannot be read.
 */
bool runtime_is_restoring(struct arena *arena, pid_t runtime, const char *id);

#endif
