/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translates what the policy says about execve into what the guard takes, for registration and for
 * test cases.
 */
#ifndef ROOTFENCE_CMD_POLICY_TO_GUARD_H
#define ROOTFENCE_CMD_POLICY_TO_GUARD_H

#include "guard/guard.h"
#include "policy/policy.h"

/* Returns everything but the exec rules. */
struct abi_limits policy_to_guard_limits(const struct exec_limits *limits);

/* Returns the exec rules, in the arena. They borrow the policy's paths. */
struct guard_rules policy_to_guard_rules(struct arena *arena, const struct exec_limits *limits);

/*
 * Returns what the spec promises of the container's processes, and what the guard does where it is
 * not kept. config and facts are those that the spec was approved by.
 */
struct abi_promise policy_to_guard_promise(const struct exec_limits *limits,
					   const struct oci_config *config,
					   const struct facts *facts);

/* Returns the lowest level that the guard must give. */
enum guard_level policy_to_guard_level(const struct exec_limits *limits);

/* Tells the guard at dir what the host's policy says about containers that nobody registered. */
int policy_to_guard_unregistered(const char *dir, const struct policy *policy, struct err *err);

#endif
