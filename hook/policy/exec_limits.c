/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel guard's part of a policy: with the mode applied, and with the limits of one container.
 */
#include "policy/judge.h"

#include "base/cleanup.h"

/*
 * The guard's action at a limit that comes from a spec rule: none, an event, or the policy's
 * action.
 */
static enum exec_action action_at_exec(enum rule_action action, enum exec_action enforced)
{
	switch (action) {
	case RULE_ALLOW:
		return EXEC_ALLOW;
	case RULE_LOG:
		return EXEC_LOG;
	case RULE_REWRITE:
	case RULE_REJECT:
		break;
	}
	return enforced;
}

static void audit_exec(struct exec_policy *exec)
{
	enum exec_action *actions[] = { &exec->default_action, &exec->user_namespaces,
					&exec->set_ids };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (*actions[i] > EXEC_LOG)
			*actions[i] = EXEC_LOG;
	for (size_t i = 0; i < exec->n_rules; i++)
		if (exec->rules[i].action > EXEC_LOG)
			exec->rules[i].action = EXEC_LOG;
	exec->guarantee = GUARANTEE_NONE; /* audit mode refuses nothing, even without a guard */
}

struct exec_policy policy_exec(const struct policy *policy)
{
	struct exec_policy exec = policy->exec;

	if (policy->audit)
		audit_exec(&exec);
	return exec;
}

enum exec_action policy_unregistered_action(const struct policy *policy)
{
	enum exec_action action = policy->unregistered.action;

	return policy->audit && action > EXEC_LOG ? EXEC_LOG : action;
}

static uint64_t all_rule_capabilities(const struct exec_policy *exec)
{
	uint64_t capabilities = 0;

	for (size_t i = 0; i < exec->n_rules; i++)
		if (exec->rules[i].action == EXEC_ALLOW)
			capabilities |= exec->rules[i].capabilities;
	return capabilities;
}

void policy_exec_limits(const struct policy *policy, const struct oci_config *config,
			const struct facts *facts, unsigned int today,
			struct exec_limits *ret_limits)
{
	struct judge judge = { .config = config, .facts = facts, .policy = policy };
	struct rule_state states[RULES_MAX];
	enum rule_action capabilities, root;

	policy_actions(policy, config, today, states);
	capabilities = states[rule_row(&rule_capabilities)].action;
	root = states[rule_row(&rule_root_user)].action;
	ret_limits->exec = policy_exec(policy);
	ret_limits->ceiling = judge_ceiling_capabilities(&judge);
	ret_limits->bounding = ret_limits->ceiling | all_rule_capabilities(&policy->exec);
	/* Engines give a session as root of the container's user namespace the bounding set of the
	 * container. Nobody else comes to these capabilities without a gain. */
	if (judge_user_namespace_is_private(&judge))
		ret_limits->ceiling |= judge_exec_rule_capabilities(&judge);
	/* If exceeding the ceiling is only logged, nothing reduces the bounding set, and every
	 * execve would report it. */
	if (capabilities <= RULE_LOG || policy->audit)
		ret_limits->bounding = UINT64_MAX;
	ret_limits->ceiling_action = action_at_exec(capabilities, ret_limits->exec.default_action);
	ret_limits->root_action = action_at_exec(root, ret_limits->exec.default_action);
	/* A policy that lets programs gain does not let runtimes make another container. */
	ret_limits->promise_action = ret_limits->exec.default_action;
	if (ret_limits->promise_action < EXEC_ERRNO)
		ret_limits->promise_action = policy->audit ? EXEC_LOG : EXEC_ERRNO;
}

uint64_t judge_exec_rule_capabilities(const struct judge *judge)
{
	uint64_t capabilities = all_rule_capabilities(&judge->policy->exec);

	return judge_id(judge, ID_USER) == 0 ? capabilities & judge_allowed_capabilities(judge)
					     : capabilities;
}
