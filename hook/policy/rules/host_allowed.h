/* SPDX-License-Identifier: Apache-2.0 */
/* Rule hostMounts: entries of args.allow that give the container more than they look like. */
#ifndef ROOTFENCE_POLICY_RULES_HOST_ALLOWED_H
#define ROOTFENCE_POLICY_RULES_HOST_ALLOWED_H

#include "policy/rule.h"

/* policy_lint(): why this entry is probably not meant, or NULL. */
const char *host_allowed_flaw(struct arena *arena, struct str entry);

#endif
