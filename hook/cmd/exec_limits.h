/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy says of execve, as the guard takes it: for registration and for test cases. */
#ifndef ROOTFENCE_CMD_EXEC_LIMITS_H
#define ROOTFENCE_CMD_EXEC_LIMITS_H

#include "guard/guard.h"
#include "policy/policy.h"

/* exec_limits_for_guard: the exec rules are in the arena, and borrow the policy's paths. */
struct guard_limits exec_limits_for_guard(struct arena *arena, const struct exec_limits *limits);

#endif
