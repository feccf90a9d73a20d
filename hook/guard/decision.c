/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides one execve without a kernel: policy test cases are decided by the code that the programs
 * in the kernel are compiled from.
 */
#include "guard/guard.h"

#include <string.h>

static const struct abi_rule *find_rule(const struct guard_rules *rules, const char *path)
{
	for (size_t i = 0; i < rules->n; i++)
		if (strcmp(rules->items[i].path, path) == 0)
			return &rules->items[i].rule;
	return NULL;
}

__u32 guard_attest(const struct abi_promise *promise, const struct attest_seen *seen,
		   struct decide_verdict *verdict)
{
	__u32 differences = attest_differences(promise, seen, 0);

	attest_raise(promise, differences, verdict);
	return differences;
}

void guard_decide(const struct abi_limits *limits, const struct guard_rules *rules,
		  const char *path, const struct abi_creds *old_creds,
		  const struct abi_creds *new_creds, struct decide_verdict *ret_verdict)
{
	decide_exec(old_creds, new_creds, limits, find_rule(rules, path), 0, ret_verdict);
}
