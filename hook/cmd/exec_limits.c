/* SPDX-License-Identifier: Apache-2.0 */
/* See exec_limits.h. The guard knows no policies, and policies no guard: they meet here. */
#include "exec_limits.h"

_Static_assert((int)EXEC_ALLOW == (int)GUARD_ALLOW && (int)EXEC_LOG == (int)GUARD_LOG &&
		       (int)EXEC_ERRNO == (int)GUARD_ERRNO &&
		       (int)EXEC_KILL_PROCESS == (int)GUARD_KILL_PROCESS,
	       "policy and guard name the same actions");

struct guard_limits exec_limits_for_guard(struct arena *arena, const struct exec_limits *limits)
{
	const struct exec_policy *exec = &limits->exec;
	struct guard_exec_rule *rules = arena_array(arena, exec->n_rules, sizeof(*rules));

	for (size_t i = 0; i < exec->n_rules; i++)
		rules[i] =
			(struct guard_exec_rule){ exec->rules[i].path, exec->rules[i].capabilities,
						  (enum guard_action)exec->rules[i].action };
	return (struct guard_limits){
		.ceiling = limits->ceiling,
		.bounding = limits->bounding,
		.exec_action = (enum guard_action)exec->default_action,
		.ceiling_action = (enum guard_action)limits->ceiling_action,
		.root_action = (enum guard_action)limits->root_action,
		.set_ids_action = (enum guard_action)exec->set_ids,
		.userns_action = (enum guard_action)exec->user_namespaces,
		.errno_ret = exec->errno_ret,
		.rules = rules,
		.n_rules = exec->n_rules,
	};
}
