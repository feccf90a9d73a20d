/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short way through the wrapper: a verb that starts nothing, written as engines write it, is
 * handed over to the real runtime before libc is set up, which costs more than all else that the
 * wrapper does for it (docs/performance.md). Whatever is unusual takes the long way, by main(), which
 * knows every spelling and says what is wrong; so nothing is decided here that is not decided there.
 */
#ifndef ROOTFENCE_WRAPPER_HANDOVER_H
#define ROOTFENCE_WRAPPER_HANDOVER_H

#include <stdbool.h>

/*
 * handover_takes: whether these words, ended by NULL, begin with the name of a runtime, plain global
 * options and a verb that starts nothing. runtime_args_parse() calls the verb of each of them
 * VERB_OTHER, without an error.
 */
bool handover_takes(char *const *argv);

#endif
