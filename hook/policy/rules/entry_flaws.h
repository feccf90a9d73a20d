/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What policy_lint() says of entries of lists that do nothing, or more harm than they look like:
 * rule_arg_spec.flaw. Each returns the rest of a sentence that starts with the entry, or NULL.
 */
#ifndef ROOTFENCE_POLICY_RULES_ENTRY_FLAWS_H
#define ROOTFENCE_POLICY_RULES_ENTRY_FLAWS_H

#include "base/arena.h"
#include "base/str.h"

const char *capability_flaw(struct arena *arena, struct str entry);
const char *sysctl_flaw(struct arena *arena, struct str entry);
const char *annotation_flaw(struct arena *arena, struct str entry);
const char *device_flaw(struct arena *arena, struct str entry);
const char *hook_flaw(struct arena *arena, struct str entry);
const char *denied_call_flaw(struct arena *arena, struct str entry);
const char *apparmor_flaw(struct arena *arena, struct str entry);

#endif
