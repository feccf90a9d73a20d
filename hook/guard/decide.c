/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's decision for user space: finds the rule for a path and asks bpf/decide.h. Pure. */
#include "guard/guard.h"

#include <string.h>

#include "abi.h"
#include "decide.h"

static void creds_encode(const struct guard_creds *creds, struct abi_creds *ret_raw)
{
	*ret_raw = (struct abi_creds){
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

void guard_decide(const struct guard_creds *old_creds, const struct guard_creds *new_creds,
		  const struct guard_limits *limits, const char *path,
		  enum guard_action *ret_action, enum guard_reason *ret_reason,
		  uint64_t *ret_gained)
{
	struct abi_limits raw = {
		.ceiling = limits->ceiling,
		.bounding = limits->bounding,
		.exec_action = limits->exec_action,
		.ceiling_action = limits->ceiling_action,
		.root_action = limits->root_action,
		.set_ids_action = limits->set_ids_action,
		.userns_action = limits->userns_action,
		.errno_ret = limits->errno_ret,
	};
	struct decide_verdict verdict;
	struct abi_creds before, after;
	struct abi_rule rule = { 0 };
	bool found = false;

	for (size_t i = 0; path != NULL && i < limits->n_rules && !found; i++) {
		found = strcmp(limits->rules[i].path, path) == 0;
		rule.capabilities = limits->rules[i].capabilities;
		rule.action = limits->rules[i].action;
	}
	creds_encode(old_creds, &before);
	creds_encode(new_creds, &after);
	decide_exec(&before, &after, &raw, found ? &rule : NULL, 0, &verdict);
	*ret_action = (enum guard_action)verdict.action;
	*ret_reason = (enum guard_reason)verdict.reason;
	*ret_gained = verdict.gained;
}
