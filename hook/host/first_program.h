/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the program that a container starts first, and what it may gain: struct first_program. */
#ifndef ROOTFENCE_HOST_FIRST_PROGRAM_H
#define ROOTFENCE_HOST_FIRST_PROGRAM_H

#include "host/lookup.h"
#include "oci/facts.h"

/*
 * Looks at process.args[0] in facts->root, as the runtime will find it there. Not known: a file
 * that is not there or cannot be seen, and one that a mount of the spec may replace. Of a spec that
 * need not be of this host, only a root directory in its bundle is looked at.
 */
struct first_program first_program_look(struct lookup *lookup, const struct oci_config *config,
					const struct facts *facts);

#endif
