/* SPDX-License-Identifier: Apache-2.0 */
/* Why the kernel refuses one of the guard's hooks, in a sentence that says what helps. */
#ifndef ROOTFENCE_GUARD_REFUSAL_H
#define ROOTFENCE_GUARD_REFUSAL_H

#include "abi.h"
#include "base/err.h"

/* refusal_listen: forgets libbpf's complaints so far, and listens to those of the next load. */
void refusal_listen(void);

/*
 * refusal_to_load: why loading failed with `error`, an errno. EXIT_SYSTEM if it may pass, else
 * EXIT_GUARD. name is that of the hook, for the sentence.
 */
void refusal_to_load(enum abi_hook hook, const char *name, int error, struct err *err);

/* refusal_to_call: why an attached program was not called by the trial. EXIT_GUARD. */
void refusal_to_call(enum abi_hook hook, const char *name, struct err *err);

#endif
