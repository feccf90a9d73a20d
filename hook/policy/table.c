/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rules, in the order in which a refusal names findings: the most important first. A rule that
 * rewrites comes before the rules that look at what it changed.
 */
#include "policy/rule.h"

#include "base/cleanup.h"

#define TABLE(RULE)                  \
	RULE(privileged_container)   \
	RULE(root_user)              \
	RULE(root_group)             \
	RULE(user_range)             \
	RULE(capabilities)           \
	RULE(no_new_privileges)      \
	RULE(host_user_namespace)    \
	RULE(host_pid_namespace)     \
	RULE(host_network_namespace) \
	RULE(host_ipc_namespace)     \
	RULE(host_uts_namespace)     \
	RULE(host_cgroup_namespace)  \
	RULE(host_mount_namespace)   \
	RULE(identity_mapping)       \
	RULE(host_mounts)            \
	RULE(mount_options)          \
	RULE(mount_propagation)      \
	RULE(device_access)          \
	RULE(masked_paths)           \
	RULE(readonly_paths)         \
	RULE(proc_mount)             \
	RULE(seccomp_profile)        \
	RULE(apparmor_profile)       \
	RULE(selinux_label)          \
	RULE(sysctls)                \
	RULE(readonly_rootfs)        \
	RULE(resource_limits)        \
	RULE(foreign_hooks)          \
	RULE(unsafe_annotations)     \
	RULE(working_directory)      \
	RULE(unsafe_environment)     \
	RULE(net_devices)

#define DECLARATION(name) extern const struct rule rule_##name;
#define POINTER(name) &rule_##name,

TABLE(DECLARATION)

const struct rule *const rules[] = { TABLE(POINTER) };
const size_t n_rules = ARRAY_SIZE(rules);

_Static_assert(ARRAY_SIZE(rules) <= RULES_MAX, "rules are bits of a uint64_t");

size_t rule_row(const struct rule *rule)
{
	size_t row = 0;

	while (row < n_rules && rules[row] != rule)
		row++;
	return row;
}

int rule_find(struct str name)
{
	for (size_t row = 0; row < n_rules; row++)
		if (str_is(name, rules[row]->name))
			return (int)row;
	return -1;
}

const char *const *rule_names(void)
{
	static const char *names[RULES_MAX + 1];

	for (size_t row = 0; row < n_rules; row++)
		names[row] = rules[row]->name;
	return names;
}

bool rule_arg_is_list(enum rule_arg_kind kind)
{
	switch (kind) {
	case KIND_CAPABILITIES:
	case KIND_STRINGS:
	case KIND_PATHS:
	case KIND_INSIDE:
	case KIND_PATTERNS:
	case KIND_IDS:
	case KIND_RANGES:
		return true;
	default:
		return false;
	}
}
