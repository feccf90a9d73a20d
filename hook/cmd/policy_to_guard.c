/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translates a policy for the guard: see policy_to_guard.h. The guard knows no policies, and
 * policies know no guard. Only this file turns the words of one into the numbers of the other.
 */
#include "policy_to_guard.h"

#include <linux/capability.h>

#include "base/cleanup.h"

_Static_assert((int)EXEC_ALLOW == (int)ABI_ALLOW && (int)EXEC_LOG == (int)ABI_LOG &&
		       (int)EXEC_ERRNO == (int)ABI_ERRNO && (int)EXEC_KILL_PROCESS == (int)ABI_KILL,
	       "policy and guard name the same actions");
_Static_assert((int)GUARANTEE_NONE == (int)GUARD_NONE && (int)GUARANTEE_NNP == (int)GUARD_NNP &&
		       (int)GUARANTEE_KILL == (int)GUARD_KILL &&
		       (int)GUARANTEE_DENY == (int)GUARD_DENY,
	       "policy and guard name the same levels");
_Static_assert(EXEC_RULES_MAX == GUARD_RULES_MAX, "the guard takes as many rules as a policy has");
_Static_assert(UNREGISTERED_EXEMPT_MAX == GUARD_EXEMPT_MAX, "and as many exempt cgroups");

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

static bool has_own(const struct facts *facts, enum oci_namespace_type type)
{
	enum namespace_fact fact = facts->namespaces[type];

	return fact == NS_FACT_NEW || fact == NS_FACT_OTHER;
}

static __u32 promised_namespaces(const struct facts *facts)
{
	static const struct {
		enum oci_namespace_type type;
		__u32 promised;
	} rows[] = {
		{ NAMESPACE_USER, ABI_PROMISED_USERNS },
		{ NAMESPACE_MOUNT, ABI_PROMISED_MNTNS | ABI_PROMISED_CWD },
		{ NAMESPACE_PID, ABI_PROMISED_PIDNS },
		{ NAMESPACE_IPC, ABI_PROMISED_IPCNS },
		{ NAMESPACE_UTS, ABI_PROMISED_UTSNS },
		{ NAMESPACE_NETWORK, ABI_PROMISED_NETNS },
		{ NAMESPACE_CGROUP, ABI_PROMISED_CGROUPNS },
	};
	__u32 promised = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (has_own(facts, rows[i].type))
			promised |= rows[i].promised;
	return promised;
}

/* The kernel sorts longer maps. */
static void promise_uid_map(struct abi_promise *promise, const struct oci_config *config,
			    const struct facts *facts)
{
	const struct oci_list *maps = &config->linux_.uid_mappings;
	const struct oci_mapping *first = maps->items;

	if (facts->namespaces[NAMESPACE_USER] != NS_FACT_NEW || maps->n == 0 ||
	    maps->n > ABI_UID_MAP_UNSORTED)
		return;
	promise->flags |= ABI_PROMISED_UID_MAP;
	promise->uid_map[0] = first->container_id.value;
	promise->uid_map[1] = first->host_id.value;
	promise->uid_map[2] = first->size.value;
}

/* A profile that allows everything may be left out. */
static bool has_filter(const struct oci_seccomp *seccomp)
{
	return seccomp->node != NULL && seccomp->default_action.node != NULL &&
	       (seccomp->syscalls.n > 0 ||
		!str_is(seccomp->default_action.value, "SCMP_ACT_ALLOW"));
}

/*
 * What every process keeps, init's children and exec sessions alike. Engines do not give a session
 * the noNewPrivileges that a hook wrote into the spec. A process that sees the host's processes, or
 * that may join namespaces of the host, is free to.
 */
static __u32 promised_of_others(const struct exec_limits *limits, const struct facts *facts,
				__u32 promised)
{
	const uint64_t joins = UINT64_C(1) << CAP_SYS_ADMIN;
	__u32 kept = promised & ~(__u32)(ABI_PROMISED_NNP | ABI_PROMISED_UID_MAP);

	if (has_own(facts, NAMESPACE_PID) &&
	    (has_own(facts, NAMESPACE_USER) || !(limits->ceiling & joins)))
		return kept;
	return kept & (ABI_PROMISED_SECCOMP | ABI_PROMISED_USERNS);
}

struct abi_promise policy_to_guard_promise(const struct exec_limits *limits,
					   const struct oci_config *config,
					   const struct facts *facts)
{
	struct abi_promise promise = { .action = limits->promise_action };

	promise.flags = promised_namespaces(facts);
	promise_uid_map(&promise, config, facts);
	if (config->process.no_new_privileges.value)
		promise.flags |= ABI_PROMISED_NNP;
	if (has_filter(&config->linux_.seccomp)) {
		promise.flags |= ABI_PROMISED_SECCOMP;
		promise.filters = 1;
	}
	promise.others = promised_of_others(limits, facts, promise.flags);
	return promise;
}

enum guard_level policy_to_guard_level(const struct exec_limits *limits)
{
	return (enum guard_level)limits->exec.guarantee;
}

int policy_to_guard_unregistered(const char *dir, const struct policy *policy, struct err *err)
{
	const struct guard_unregistered unregistered = {
		.action = (enum abi_action)policy_unregistered_action(policy),
		.errno_ret = policy->exec.errno_ret,
		.exempt = policy->unregistered.exempt,
		.n_exempt = policy->unregistered.n_exempt,
	};

	return guard_set_unregistered(dir, &unregistered, err);
}
