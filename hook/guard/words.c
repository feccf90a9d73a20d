/* SPDX-License-Identifier: Apache-2.0 */
/* Names of levels, actions, reasons and hooks. Does not need libbpf. */
#include "guard/guard.h"

#include "base/cleanup.h"

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

const char *guard_action_name(enum abi_action action)
{
	static const char *const names[] = {
		[ABI_ALLOW] = "RF_ACT_ALLOW",
		[ABI_LOG] = "RF_ACT_LOG",
		[ABI_ERRNO] = "RF_ACT_ERRNO",
		[ABI_KILL] = "RF_ACT_KILL_PROCESS",
	};

	return (size_t)action < ARRAY_SIZE(names) ? names[action] : "unknown";
}

const char *guard_reason_name(enum abi_reason reason)
{
	static const char *const names[] = {
		[ABI_REASON_NONE] = "none",
		[ABI_REASON_GAIN] = "gain",
		[ABI_REASON_CEILING] = "ceiling",
		[ABI_REASON_ROOT] = "root",
		[ABI_REASON_SET_ID] = "setId",
		[ABI_REASON_RULE] = "rule",
		[ABI_REASON_USERNS] = "userNamespace",
		[ABI_REASON_PROMISE] = "promise",
		[ABI_REASON_UNREGISTERED] = "unregistered",
	};

	return (size_t)reason < ARRAY_SIZE(names) ? names[reason] : "unknown";
}

const char *guard_promised_name(unsigned int i)
{
	static const char *const names[ABI_PROMISED_COUNT] = {
		"noNewPrivileges",  "seccomp",	       "userNamespace",	   "uidMap",
		"mountNamespace",   "pidNamespace",    "ipcNamespace",	   "utsNamespace",
		"networkNamespace", "cgroupNamespace", "workingDirectory",
	};

	return i < ARRAY_SIZE(names) ? names[i] : "unknown";
}

const char *guard_hook_name(enum abi_hook hook)
{
	static const char *const names[ABI_HOOK_COUNT] = {
		[ABI_HOOK_NONE] = "none",
		[ABI_HOOK_LSM] = "lsm/bprm_creds_from_file",
		[ABI_HOOK_PREPARE] = "tp_btf/sched_prepare_exec",
		[ABI_HOOK_COMMIT] = "fentry/security_bprm_committing_creds",
		[ABI_HOOK_EXEC] = "tp_btf/sched_process_exec",
		[ABI_HOOK_USERNS] = "lsm/userns_create",
		[ABI_HOOK_CATCH] = "kprobe/security_bprm_committing_creds",
		[ABI_HOOK_RESTORE] = "fentry/__ptrace_unlink",
	};

	return (size_t)hook < ARRAY_SIZE(names) ? names[hook] : "unknown";
}
