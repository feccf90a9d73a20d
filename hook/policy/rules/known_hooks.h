/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks that engines and rootfence itself put into specs, known by all that they are. */
#ifndef ROOTFENCE_RULES_KNOWN_HOOKS_H
#define ROOTFENCE_RULES_KNOWN_HOOKS_H

#include "policy/judge.h"

#define OWN_PROGRAM ROOTFENCE_BINDIR "/rootfence"

/*
 * True if it is a hook of this container as the files for hooks.d or the wrapper write it, or the
 * one by which Docker makes the network. Neither has an environment.
 */
bool hook_is_known(const struct judge *judge, enum oci_hook_stage stage,
		   const struct oci_hook *hook);

/* True if it calls itself Docker's hook for the network. */
bool hook_is_like_docker(const struct oci_hook *hook);

#endif
