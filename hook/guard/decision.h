/* SPDX-License-Identifier: Apache-2.0 */
/* What a container may do at execve, as the programs in the kernel read it. */
#ifndef ROOTFENCE_GUARD_DECISION_H
#define ROOTFENCE_GUARD_DECISION_H

#include "abi.h"
#include "guard/guard.h"

/* limits_encode: all but the exec rules, which are in a map of their own. */
struct abi_limits limits_encode(const struct guard_limits *limits);

/* limits_rule: the exec rule of that very path, as the map of rules has it. False: there is none. */
bool limits_rule(const struct guard_limits *limits, const char *path, struct abi_rule *ret_rule);

#endif
