/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits in the form of the ABI, and the decision on one execve made from them here: what
 * registration writes into the maps and what a policy's test cases are decided by is the same.
 */
#include "guard/decision.h"

#include <string.h>

#include "decide.h"

struct abi_limits limits_encode(const struct guard_limits *limits)
{
	return (struct abi_limits){
		.ceiling = limits->ceiling,
		.bounding = limits->bounding,
		.exec_action = limits->exec_action,
		.ceiling_action = limits->ceiling_action,
		.root_action = limits->root_action,
		.set_ids_action = limits->set_ids_action,
		.userns_action = limits->userns_action,
		.errno_ret = limits->errno_ret,
	};
}

bool limits_rule(const struct guard_limits *limits, const char *path, struct abi_rule *ret_rule)
{
	for (size_t i = 0; i < limits->n_rules; i++) {
		if (strcmp(limits->rules[i].path, path) != 0)
			continue;
		*ret_rule = (struct abi_rule){ .capabilities = limits->rules[i].capabilities,
					       .action = limits->rules[i].action };
		return true;
	}
	return false;
}

static struct abi_creds creds_encode(const struct guard_creds *creds)
{
	return (struct abi_creds){
		.permitted = creds->permitted,
		.effective = creds->effective,
		.bounding = creds->bounding,
		.ambient = creds->ambient,
		.uid = creds->uid,
		.euid = creds->euid,
		.suid = creds->suid,
		.gid = creds->gid,
		.egid = creds->egid,
		.root = creds->root,
	};
}

void guard_decide(const struct guard_limits *limits, const char *path,
		  const struct guard_creds *old_creds, const struct guard_creds *new_creds,
		  struct guard_decision *ret_decision)
{
	const struct abi_limits raw_limits = limits_encode(limits);
	const struct abi_creds raw_old = creds_encode(old_creds);
	const struct abi_creds raw_new = creds_encode(new_creds);
	struct decide_verdict verdict;
	struct abi_rule rule;
	bool has_rule = limits_rule(limits, path, &rule);

	decide_exec(&raw_old, &raw_new, &raw_limits, has_rule ? &rule : NULL, 0, &verdict);
	*ret_decision = (struct guard_decision){
		.action = (enum guard_action)verdict.action,
		.reason = (enum guard_reason)verdict.reason,
		.gained = verdict.gained,
	};
}
