/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy says of execve, as the guard takes it: for registration and for test cases. */
#ifndef ROOTFENCE_CMD_POLICY_TO_GUARD_H
#define ROOTFENCE_CMD_POLICY_TO_GUARD_H

#include "guard/guard.h"
#include "policy/policy.h"

/* policy_to_guard_limits: all but the exec rules. */
struct abi_limits policy_to_guard_limits(const struct exec_limits *limits);

/* policy_to_guard_rules: the exec rules, in the arena; they borrow the policy's paths. */
struct guard_rules policy_to_guard_rules(struct arena *arena, const struct exec_limits *limits);

/* policy_to_guard_level: the least that the guard must give. */
enum guard_level policy_to_guard_level(const struct exec_limits *limits);

#endif
