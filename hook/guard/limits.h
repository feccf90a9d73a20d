/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares two sets of limits for one container: does the new one let through only what the old one
 * does? Pure. It follows bpf/decide.h: a rule that denies covers every execve of its path, one that
 * allows or logs those that need no capability outside its own; others get the action of the
 * predicate. An action is at least as strict if it comes later in enum abi_action.
 */
#ifndef ROOTFENCE_GUARD_LIMITS_H
#define ROOTFENCE_GUARD_LIMITS_H

#include <stdbool.h>

#include "abi.h"

/* Makes the limits at least as strict as those of outer, in whose cgroup the container is. */
void limits_narrow(struct abi_limits *limits, const struct abi_limits *outer);

/*
 * The same for an exec rule: the rules of outer hold only in its own mount namespace, so outer alone
 * would have answered with one of its actions. both: what limits_narrow() made of the two.
 */
void limits_narrow_rule(struct abi_rule *rule, const struct abi_limits *both,
			const struct abi_limits *outer);

/* Leaves what both promise: two containers with one entry. */
void promise_narrow(struct abi_promise *promise, const struct abi_promise *other);

/* Without exec rules: capabilities within the old ones, and each action at least as strict. */
bool limits_within(const struct abi_limits *now, const struct abi_limits *old);

/* The rules for one path, of limits that are within the old ones. NULL: there is none. */
bool limits_rule_within(const struct abi_limits *now, const struct abi_rule *now_rule,
			const struct abi_limits *old, const struct abi_rule *old_rule);

#endif
