/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translates a policy for the guard: see policy_to_guard.h. The guard knows no policies, and
 * policies know no guard. Only this file turns the words of one into the numbers of the other.
 */
#include "policy_to_guard.h"

_Static_assert((int)EXEC_ALLOW == (int)ABI_ALLOW && (int)EXEC_LOG == (int)ABI_LOG &&
		       (int)EXEC_ERRNO == (int)ABI_ERRNO && (int)EXEC_KILL_PROCESS == (int)ABI_KILL,
	       "policy and guard name the same actions");
_Static_assert((int)GUARANTEE_NONE == (int)GUARD_NONE && (int)GUARANTEE_NNP == (int)GUARD_NNP &&
		       (int)GUARANTEE_KILL == (int)GUARD_KILL &&
		       (int)GUARANTEE_DENY == (int)GUARD_DENY,
	       "policy and guard name the same levels");
_Static_assert(EXEC_RULES_MAX == GUARD_RULES_MAX, "the guard takes as many rules as a policy has");

struct abi_limits policy_to_guard_limits(const struct exec_limits *limits)
{
	const struct exec_policy *exec = &limits->exec;

	return (struct abi_limits){
		.ceiling = limits->ceiling,
		.bounding = limits->bounding,
		.exec_action = exec->default_action,
		.ceiling_action = limits->ceiling_action,
		.root_action = limits->root_action,
		.set_ids_action = exec->set_ids,
		.userns_action = exec->user_namespaces,
		.errno_ret = exec->errno_ret,
	};
}

struct guard_rules policy_to_guard_rules(struct arena *arena, const struct exec_limits *limits)
{
	const struct exec_policy *exec = &limits->exec;
	struct guard_rule *items = arena_array(arena, exec->n_rules, sizeof(*items));

	for (size_t i = 0; i < exec->n_rules; i++)
		items[i] = (struct guard_rule){
			.path = exec->rules[i].path,
			.rule = { .capabilities = exec->rules[i].capabilities,
				  .action = exec->rules[i].action },
		};
	return (struct guard_rules){ items, exec->n_rules };
}

enum guard_level policy_to_guard_level(const struct exec_limits *limits)
{
	return (enum guard_level)limits->exec.guarantee;
}
