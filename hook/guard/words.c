/* SPDX-License-Identifier: Apache-2.0 */
/* Words for levels, actions, reasons and hooks. Needs nothing of libbpf. */
#include "guard/guard.h"

#include "abi.h"
#include "base/cleanup.h"

_Static_assert((int)GUARD_ALLOW == ABI_ALLOW && (int)GUARD_LOG == ABI_LOG &&
		       (int)GUARD_ERRNO == ABI_ERRNO && (int)GUARD_KILL_PROCESS == ABI_KILL,
	       "actions have the same numbers in user space and in the kernel");
_Static_assert((int)GUARD_REASON_GAIN == ABI_REASON_GAIN &&
		       (int)GUARD_REASON_CEILING == ABI_REASON_CEILING &&
		       (int)GUARD_REASON_ROOT == ABI_REASON_ROOT &&
		       (int)GUARD_REASON_SET_ID == ABI_REASON_SET_ID &&
		       (int)GUARD_REASON_RULE == ABI_REASON_RULE &&
		       (int)GUARD_REASON_USERNS == ABI_REASON_USERNS,
	       "reasons have the same numbers in user space and in the kernel");
_Static_assert(GUARD_ID_MAX == ABI_ID_MAX && GUARD_PATH_MAX == ABI_PATH_MAX,
	       "strings have the same size in user space and in the kernel");

const char *guard_level_name(enum guard_level level)
{
	static const char *const names[] = {
		[GUARD_NONE] = "none",
		[GUARD_NNP] = "nnp",
		[GUARD_KILL] = "kill",
		[GUARD_DENY] = "deny",
	};

	return (size_t)level < ARRAY_SIZE(names) ? names[level] : "unknown";
}

const char *guard_action_name(enum guard_action action)
{
	static const char *const names[] = {
		[GUARD_ALLOW] = "RF_ACT_ALLOW",
		[GUARD_LOG] = "RF_ACT_LOG",
		[GUARD_ERRNO] = "RF_ACT_ERRNO",
		[GUARD_KILL_PROCESS] = "RF_ACT_KILL_PROCESS",
	};

	return (size_t)action < ARRAY_SIZE(names) ? names[action] : "unknown";
}

const char *guard_reason_name(enum guard_reason reason)
{
	static const char *const names[] = {
		[GUARD_REASON_NONE] = "none",
		[GUARD_REASON_GAIN] = "gain",
		[GUARD_REASON_CEILING] = "ceiling",
		[GUARD_REASON_ROOT] = "root",
		[GUARD_REASON_SET_ID] = "setId",
		[GUARD_REASON_RULE] = "rule",
		[GUARD_REASON_USERNS] = "userNamespace",
	};

	return (size_t)reason < ARRAY_SIZE(names) ? names[reason] : "unknown";
}

const char *guard_hook_name(unsigned int hook)
{
	static const char *const names[ABI_HOOK_COUNT] = {
		[ABI_HOOK_NONE] = "none",
		[ABI_HOOK_LSM] = "lsm/bprm_creds_from_file",
		[ABI_HOOK_PREPARE] = "tp_btf/sched_prepare_exec",
		[ABI_HOOK_COMMIT] = "fentry/security_bprm_committing_creds",
		[ABI_HOOK_EXEC] = "tp_btf/sched_process_exec",
		[ABI_HOOK_USERNS] = "lsm/userns_create",
		[ABI_HOOK_CATCH] = "kprobe/security_bprm_committing_creds",
	};

	return hook < ARRAY_SIZE(names) ? names[hook] : "unknown";
}
