/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule table. To add a rule: a row here, a check function and, where it can be put right, a
 * fix function in the rules_*.c file of its subject. Rows stand in the order in which a refusal
 * names findings: what matters most first.
 */
#include "policy/rule.h"

#include "base/cleanup.h"
#include "policy/defaults.h"

/* Why a front end cannot carry a rewrite out, and what to do. */
#define NOT_REWRITTEN \
	"nothing rewrote it before this hook; register the front end that rewrites (precreate), see rootfence(8)"
#define NO_REWRITE "--no-rewrite was given"
#define USE_WRAPPER "use the runtime wrapper, see rootfence-runtime(8)"
#define NOT_AN_OPTION "options of exec are not rewritten"
#define REWRITES_SPEC                                                         \
	{                                                                     \
		[FRONT_HOOK] = NOT_REWRITTEN, [FRONT_READ_ONLY] = NO_REWRITE, \
		[FRONT_EXEC_OPTIONS] = NOT_AN_OPTION,                         \
	}
/* podman's exec, HOME, passwd and volumes keep the user that podman knows. */
#define REWRITES_USER                                                                    \
	{                                                                                \
		[FRONT_PRECREATE] =                                                      \
			"podman's exec would still start as the old user; " USE_WRAPPER, \
		[FRONT_HOOK] = "nothing rewrote it before this hook; " USE_WRAPPER,      \
		[FRONT_READ_ONLY] = NO_REWRITE, [FRONT_EXEC_OPTIONS] = NOT_AN_OPTION,    \
	}

#define REFERENCES(...)           \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

/* Of the rules about the kernel's files: what a user namespace changes, and since when. */
#define RELAXED_WHEN                                                          \
	{ .name = "when",                                                     \
	  .kind = ARG_WORD,                                                   \
	  .effect = ARG_ADMITS,                                               \
	  .words = relaxed_words,                                             \
	  .meaning = "hostUserNamespace: not in a private user namespace" },  \
	{                                                                     \
		.name = "version", .kind = ARG_VERSION, .effect = ARG_ADMITS, \
		.meaning = "below v1.35 always"                               \
	}

const struct rule rules[] = {
	{
		.name = "privilegedContainer",
		.title = "The container was started with --privileged",
		.reads =
			"/annotations, /process/capabilities, /linux/resources/devices, /linux/maskedPaths, /linux/seccomp",
		.references = REFERENCES("PSS baseline: Privileged Containers", "CIS Docker 5.5"),
		.check = check_privileged_container,
	},
	{
		.name = "rootUser",
		.title = "The process is root on the host",
		.reads = "/process/user/uid, /linux/uidMappings, /linux/namespaces",
		.args = { { .name = "uid", .kind = ARG_ID, .meaning = "the uid to rewrite to" },
			  { .name = "version",
			    .kind = ARG_VERSION,
			    .effect = ARG_ADMITS,
			    .meaning =
				    "below v1.35 uid 0 is refused in a private user namespace too" } },
		.references = REFERENCES("PSS restricted: Running as Non-root user",
					 "CIS Docker 4.1", "CVE-2019-5736"),
		.process = true,
		.check = check_root_user,
		.fix = fix_root_user,
		.obstacles = REWRITES_USER,
	},
	{
		.name = "rootGroup",
		.title = "The process is in group 0 of the host",
		.reads = "/process/user/gid, /process/user/additionalGids, /linux/gidMappings",
		.args = { { .name = "gid", .kind = ARG_ID, .meaning = "the gid to rewrite to" } },
		.references = REFERENCES("CVE-2022-2989"),
		.process = true,
		.check = check_root_group,
		.fix = fix_root_group,
		.obstacles = REWRITES_USER,
	},
	{
		.name = "userRange",
		.title = "The process has an id outside the range that it was given",
		.reads = "/process/user, /annotations",
		.args = { { .name = "uids",
			    .kind = ARG_RANGES,
			    .effect = ARG_ADMITS,
			    .none_is_all = true,
			    .meaning = "ranges that the uid may be in" },
			  { .name = "gids",
			    .kind = ARG_RANGES,
			    .effect = ARG_ADMITS,
			    .none_is_all = true,
			    .meaning = "ranges that gid and additionalGids may be in" },
			  { .name = "uidAnnotation",
			    .kind = ARG_STRING,
			    .effect = ARG_SELECTS,
			    .meaning = "key of an annotation that has further ranges of uids" },
			  { .name = "gidAnnotation",
			    .kind = ARG_STRING,
			    .effect = ARG_SELECTS,
			    .meaning = "key of an annotation that has further ranges of gids" } },
		.references = REFERENCES("SCC restricted-v2: runAsUser MustRunAsRange",
					 "SCC restricted-v2: supplementalGroups, fsGroup",
					 "CIS Docker 4.1"),
		.process = true,
		.check = check_user_range,
		.fix = fix_user_range,
		.obstacles = REWRITES_USER,
	},
	{
		.name = "capabilities",
		.title = "The process keeps capabilities",
		.reads = "/process/capabilities",
		.args = { { .name = "allow",
			    .kind = ARG_CAPABILITIES,
			    .effect = ARG_ADMITS,
			    .meaning = "what any of the five sets may hold; none by default" },
			  { .name = "allowMapped",
			    .kind = ARG_CAPABILITIES,
			    .effect = ARG_ADMITS,
			    .meaning = "what they may hold besides in a private user namespace" },
			  { .name = "version",
			    .kind = ARG_VERSION,
			    .effect = ARG_DEMANDS,
			    .meaning =
				    "below v1.22 they may also hold what engines give by default" } },
		.references = REFERENCES("PSS restricted: Capabilities", "CIS Docker 5.4",
					 "CVE-2022-24769", "CVE-2022-27649"),
		.process = true,
		.check = check_capabilities,
		.fix = fix_capabilities,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "noNewPrivileges",
		.title = "The process may gain privileges at execve",
		.reads = "/process/noNewPrivileges",
		.args = { { .name = "version",
			    .kind = ARG_VERSION,
			    .effect = ARG_DEMANDS,
			    .meaning = "below v1.8 nothing is asked" } },
		.references = REFERENCES("PSS restricted: Privilege Escalation", "CIS Docker 5.26"),
		.process = true,
		.check = check_no_new_privileges,
		.fix = fix_no_new_privileges,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "hostUserNamespace",
		.title = "The container is in the host's user namespace",
		.reads = "/linux/namespaces, /process/user, /process/capabilities",
		.args = { { .name = "when",
			    .kind = ARG_WORD,
			    .effect = ARG_ADMITS,
			    .words = when_words,
			    .meaning =
				    "root: only for a process that is root or keeps a capability" },
			  { .name = "engine",
			    .kind = ARG_WORD,
			    .effect = ARG_ADMITS,
			    .words = engine_words,
			    .meaning =
				    "private: the user namespace of a rootless engine counts as private" } },
		.references = REFERENCES("CIS Docker 5.31"),
		.check = check_host_user_namespace,
	},
	{
		.name = "hostPidNamespace",
		.title = "The container sees the host's processes",
		.reads = "/linux/namespaces",
		.references = REFERENCES("PSS baseline: Host Namespaces", "CIS Docker 5.16"),
		.check = check_host_pid_namespace,
		.fix = fix_host_pid_namespace,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "hostNetworkNamespace",
		.title = "The container is on the host's network",
		.reads = "/linux/namespaces",
		.references = REFERENCES("PSS baseline: Host Namespaces", "CIS Docker 5.10"),
		.check = check_host_network_namespace,
	},
	{
		.name = "hostIpcNamespace",
		.title = "The container shares the host's System V IPC and POSIX message queues",
		.reads = "/linux/namespaces",
		.references = REFERENCES("PSS baseline: Host Namespaces", "CIS Docker 5.17"),
		.check = check_host_ipc_namespace,
		.fix = fix_host_ipc_namespace,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "hostUtsNamespace",
		.title = "The container shares the host's name",
		.reads = "/linux/namespaces",
		.references = REFERENCES("CIS Docker 5.21"),
		.check = check_host_uts_namespace,
		.fix = fix_host_uts_namespace,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "hostCgroupNamespace",
		.title = "The container sees the host's cgroup tree",
		.reads = "/linux/namespaces",
		.references = REFERENCES("CVE-2022-0492"),
		.check = check_host_cgroup_namespace,
		.fix = fix_host_cgroup_namespace,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "hostMountNamespace",
		.title = "The container is in the host's mount namespace",
		.reads = "/linux/namespaces",
		.references = REFERENCES("config-linux.md#namespaces"),
		.check = check_host_mount_namespace,
		.fix = fix_host_mount_namespace,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "identityMapping",
		.title = "A mapping of the user namespace reaches root of the host",
		.reads = "/linux/uidMappings, /linux/gidMappings",
		.args = { { .name = "ids",
			    .kind = ARG_IDS,
			    .effect = ARG_DEMANDS,
			    .meaning = "ids of the host besides 0 that no mapping may reach" } },
		.references = REFERENCES("user_namespaces(7)"),
		.check = check_identity_mapping,
	},
	{
		.name = "hostMounts",
		.title = "A mount brings in what is the host's",
		.reads = "/mounts, /root/path",
		.args = { { .name = "allow",
			    .kind = ARG_PATTERNS,
			    .effect = ARG_ADMITS,
			    .defaults = allowed_paths,
			    .meaning = "exceptions from deny; the most specific entry decides" },
			  { .name = "deny",
			    .kind = ARG_PATHS,
			    .effect = ARG_DEMANDS,
			    .defaults = denied_paths,
			    .meaning = "what a source must not be, lie under or contain" },
			  { .name = "others",
			    .kind = ARG_WORD,
			    .effect = ARG_DEMANDS,
			    .words = others_words,
			    .meaning =
				    "denied: so is every source that no entry of allow covers" } },
		.references = REFERENCES("PSS baseline: HostPath Volumes", "CIS Docker 5.6",
					 "CIS Docker 5.32"),
		.check = check_host_mounts,
	},
	{
		.name = "mountOptions",
		.title = "A bind mount lets set-user-ID files or devices of the host work",
		.reads = "/mounts",
		.args = { { .name = "options",
			    .kind = ARG_STRINGS,
			    .effect = ARG_DEMANDS,
			    .defaults = mount_options,
			    .meaning = "options that every bind mount must have" } },
		.references = REFERENCES("mount(8)"),
		.check = check_mount_options,
		.fix = fix_mount_options,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "mountPropagation",
		.title = "What is mounted in the container appears on the host",
		.reads = "/mounts, /linux/rootfsPropagation",
		.references = REFERENCES("CIS Docker 5.20", "mount_namespaces(7)"),
		.check = check_mount_propagation,
		.fix = fix_mount_propagation,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "deviceAccess",
		.title = "The container reaches devices of the host",
		.reads = "/linux/devices, /linux/resources/devices",
		.args = { { .name = "allow",
			    .kind = ARG_STRINGS,
			    .effect = ARG_ADMITS,
			    .defaults = allowed_devices,
			    .meaning =
				    "what it may reach: type, major:minor and access, as \"c 10:200 rw\"; * is any number" } },
		.references = REFERENCES("CIS Docker 5.18", "devices.allow of cgroup v1"),
		.check = check_device_access,
		.fix = fix_device_access,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "maskedPaths",
		.title = "Files of the kernel that engines hide are in sight",
		.reads = "/linux/maskedPaths, /mounts",
		.args = { { .name = "paths",
			    .kind = ARG_INSIDE,
			    .effect = ARG_DEMANDS,
			    .defaults = masked_paths,
			    .meaning = "what must be masked, or a directory above it" },
			  { .name = "also",
			    .kind = ARG_INSIDE,
			    .defaults = also_masked_paths,
			    .meaning = "what a rewrite masks besides" },
			  RELAXED_WHEN },
		.references = REFERENCES("PSS baseline: /proc Mount Type",
					 "config-linux.md#masked-paths"),
		.check = check_masked_paths,
		.fix = fix_masked_paths,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "readonlyPaths",
		.title = "Files of the kernel that engines make read-only can be written",
		.reads = "/linux/readonlyPaths, /linux/maskedPaths",
		.args = { { .name = "paths",
			    .kind = ARG_INSIDE,
			    .effect = ARG_DEMANDS,
			    .defaults = readonly_paths,
			    .meaning =
				    "what must be read-only or masked, or a directory above it" },
			  { .name = "also",
			    .kind = ARG_INSIDE,
			    .meaning = "what a rewrite makes read-only besides" },
			  RELAXED_WHEN },
		.references = REFERENCES("PSS baseline: /proc Mount Type"),
		.check = check_readonly_paths,
		.fix = fix_readonly_paths,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "procMount",
		.title =
			"The container sees the kernel's files in another way than runtimes show them",
		.reads = "/mounts, /linux/readonlyPaths, /linux/maskedPaths",
		.args = { RELAXED_WHEN },
		.references = REFERENCES("PSS baseline: /proc Mount Type", "CVE-2019-16884",
					 "CVE-2023-27561"),
		.check = check_proc_mount,
	},
	{
		.name = "seccompProfile",
		.title = "System calls that no container needs get through",
		.reads = "/linux/seccomp",
		.args = { { .name = "deny",
			    .kind = ARG_STRINGS,
			    .effect = ARG_DEMANDS,
			    .defaults = denied_calls,
			    .meaning = "system calls that the profile must refuse" },
			  { .name = "version",
			    .kind = ARG_VERSION,
			    .effect = ARG_DEMANDS,
			    .meaning = "below v1.19 a spec without a profile has no finding" } },
		.references = REFERENCES("PSS restricted: Seccomp", "CIS Docker 5.22",
					 "SCC: seccompProfiles", "CVE-2016-0728"),
		.check = check_seccomp_profile,
		.fix = fix_seccomp_profile,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "apparmorProfile",
		.title = "AppArmor does not confine the process",
		.reads = "/process/apparmorProfile",
		.args = { { .name = "allow",
			    .kind = ARG_STRINGS,
			    .effect = ARG_ADMITS,
			    .none_is_all = true,
			    .meaning =
				    "profiles that it may have; a final * stands for any rest; none: any but unconfined" },
			  { .name = "required",
			    .kind = ARG_WORD,
			    .effect = ARG_DEMANDS,
			    .words = required_words,
			    .meaning = "yes: a spec without a profile has a finding" } },
		.references = REFERENCES("PSS baseline: AppArmor", "CIS Docker 5.2"),
		.process = true,
		.check = check_apparmor_profile,
	},
	{
		.name = "selinuxLabel",
		.title = "SELinux does not confine the process as a container",
		.reads = "/process/selinuxLabel",
		.args = { { .name = "allow",
			    .kind = ARG_STRINGS,
			    .effect = ARG_ADMITS,
			    .defaults = selinux_types,
			    .meaning = "types that it may have; a final * stands for any rest" },
			  { .name = "required",
			    .kind = ARG_WORD,
			    .effect = ARG_DEMANDS,
			    .words = required_words,
			    .meaning = "yes: a spec without a label has a finding" },
			  { .name = "version",
			    .kind = ARG_VERSION,
			    .effect = ARG_ADMITS,
			    .meaning =
				    "below v1.31 the default of allow has no container_engine_t" } },
		.references = REFERENCES("PSS baseline: SELinux", "CIS Docker 5.3",
					 "SCC: seLinuxContext"),
		.process = true,
		.check = check_selinux_label,
	},
	{
		.name = "sysctls",
		.title =
			"The container starts with settings of the kernel that are not known to be safe",
		.reads = "/linux/sysctl, /mounts",
		.args = { { .name = "allow",
			    .kind = ARG_STRINGS,
			    .effect = ARG_ADMITS,
			    .defaults = safe_sysctls,
			    .meaning = "keys that it may set; a final * stands for any rest" },
			  { .name = "version",
			    .kind = ARG_VERSION,
			    .effect = ARG_ADMITS,
			    .none_is_all = true,
			    .meaning =
				    "the Pod Security Standards whose safe set is the default of allow" } },
		.references = REFERENCES("PSS baseline: Sysctls", "SCC: forbiddenSysctls",
					 "CVE-2022-0811"),
		.check = check_sysctls,
		.fix = fix_sysctls,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "readonlyRootfs",
		.title = "The container can write its root directory",
		.reads = "/root/readonly",
		.references = REFERENCES("CIS Docker 5.13", "SCC: readOnlyRootFilesystem"),
		.check = check_readonly_rootfs,
		.fix = fix_readonly_rootfs,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "resourceLimits",
		.title = "The container can use up what the host has",
		.reads = "/linux/resources",
		.args = { { .name = "pids",
			    .kind = ARG_NUMBER,
			    .effect = ARG_ADMITS,
			    .none_is_all = true,
			    .meaning = "the most processes; 0: any limit" },
			  { .name = "memory",
			    .kind = ARG_NUMBER,
			    .effect = ARG_ADMITS,
			    .none_is_all = true,
			    .meaning = "the most bytes; 0: any limit" },
			  { .name = "cpu",
			    .kind = ARG_NUMBER,
			    .effect = ARG_ADMITS,
			    .none_is_all = true,
			    .meaning =
				    "the most CPU time in thousandths of a CPU; 0: any quota or share" } },
		.references = REFERENCES("CIS Docker 5.11", "CIS Docker 5.12", "CIS Docker 5.29"),
		.check = check_resource_limits,
		.fix = fix_resource_limits,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "foreignHooks",
		.title = "Programs of others run on the host for the container",
		.reads = "/hooks",
		.args = { { .name = "allow",
			    .kind = ARG_STRINGS,
			    .effect = ARG_ADMITS,
			    .defaults = own_hooks,
			    .meaning = "paths of hooks; a final * stands for any rest" } },
		.references = REFERENCES("config.md#posix-platform-hooks", "CVE-2025-23266"),
		.check = check_foreign_hooks,
	},
	{
		.name = "unsafeAnnotations",
		.title = "An annotation tells the runtime what no field of the spec shows",
		.reads = "/annotations",
		.args = { { .name = "allow",
			    .kind = ARG_STRINGS,
			    .effect = ARG_ADMITS,
			    .defaults = allowed_annotations,
			    .meaning = "keys that may be there; a final * stands for any rest" } },
		.references = REFERENCES("crun(1)"),
		.check = check_unsafe_annotations,
		.fix = fix_unsafe_annotations,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "workingDirectory",
		.title = "The working directory can be a leaked descriptor of the host",
		.reads = "/process/cwd",
		.references = REFERENCES("CVE-2024-21626"),
		.process = true,
		.check = check_working_directory,
	},
	{
		.name = "unsafeEnvironment",
		.title = "Hooks on the host load what the container's environment names",
		.reads = "/process/env, /hooks/createContainer",
		.args = { { .name = "names",
			    .kind = ARG_STRINGS,
			    .effect = ARG_DEMANDS,
			    .defaults = loader_variables,
			    .meaning = "variables; a final * stands for any rest" } },
		.references = REFERENCES("CVE-2025-23266", "ld.so(8)"),
		.check = check_unsafe_environment,
		.fix = fix_unsafe_environment,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "netDevices",
		.title = "The container takes network interfaces of the host",
		.reads = "/linux/netDevices",
		.references = REFERENCES("config-linux.md#network-devices"),
		.check = check_net_devices,
	},
};

const struct rule rule_spec = {
	.name = "spec",
	.title = "The spec is malformed, ambiguous or unsafe to read",
	.reads = "every byte",
	.references = REFERENCES("RFC 8259", "config.md"),
};

const struct rule rule_user_namespaces = {
	.name = "exec.userNamespaces",
	.title = "The container can make user namespaces, and in them has every capability",
	.reads = "/linux/seccomp",
	.references = REFERENCES("CVE-2022-0185", "CVE-2023-0386", "CVE-2024-1086"),
	.check = check_new_user_namespaces,
	.fix = fix_new_user_namespaces,
	.obstacles = REWRITES_SPEC,
};

const size_t n_rules = ARRAY_SIZE(rules);

_Static_assert(ARRAY_SIZE(rules) <= RULES_MAX, "rules are bits of a uint64_t");

const char *const *rule_names(void)
{
	static const char *names[RULES_MAX + 1];

	for (size_t row = 0; row < n_rules; row++)
		names[row] = rules[row].name;
	return names;
}

bool rule_arg_is_list(enum rule_arg_kind kind)
{
	switch (kind) {
	case ARG_CAPABILITIES:
	case ARG_STRINGS:
	case ARG_PATHS:
	case ARG_INSIDE:
	case ARG_PATTERNS:
	case ARG_IDS:
	case ARG_RANGES:
		return true;
	default:
		return false;
	}
}
