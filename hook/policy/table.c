/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule table. To add a rule: a row here, a check function and, where it can be put right, a
 * fix function in the rules_*.c file of its subject. Rows stand in the order in which a refusal
 * names findings: what matters most first.
 */
#include "policy/rule.h"

#include "base/cleanup.h"

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

static const char *const when_words[] = { "always", "root", NULL };
static const char *const engine_words[] = { "host", "private", NULL };

static const char *const denied_paths[] = {
	"/",
	"/etc",
	"/proc",
	"/sys",
	"/dev",
	"/boot",
	"/root",
	"/run",
	"/var/run",
	"/var/lib/kubelet",
	"/var/lib/docker",
	"/var/lib/containerd",
	"/var/lib/containers",
	NULL,
};

static const char *const allowed_paths[] = {
	"/etc/localtime:ro",
	"/etc/timezone:ro",
	"/etc/ssl/certs:ro",
	"/etc/pki/tls/certs:ro",
	"/etc/pki/ca-trust/extracted:ro",
	"/etc/ca-certificates:ro",
	"/var/lib/containers/storage/volumes/*/_data",
	"/var/lib/docker/volumes/*/_data",
	"/var/lib/docker/*/volumes/*/_data",
	"/var/lib/kubelet/pods/*/volumes",
	"/var/lib/kubelet/pods/*/volume-subpaths",
	NULL,
};

static const char *const mount_options[] = { "nosuid", "nodev", NULL };

/* podman sets these two on containers that run systemd; they bound how such a container stops. */
static const char *const allowed_annotations[] = {
	"org.systemd.property.KillSignal",
	"org.systemd.property.TimeoutStopUSec",
	NULL,
};

#define REFERENCES(...)           \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
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
		.args = { { .name = "uid", .kind = ARG_ID, .meaning = "the uid to rewrite to" } },
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
			    .meaning = "ranges that the uid may be in" },
			  { .name = "gids",
			    .kind = ARG_RANGES,
			    .meaning = "ranges that gid and additionalGids may be in" },
			  { .name = "uidAnnotation",
			    .kind = ARG_STRING,
			    .meaning = "key of an annotation that has further ranges of uids" },
			  { .name = "gidAnnotation",
			    .kind = ARG_STRING,
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
			    .meaning = "what any of the five sets may hold; none by default" },
			  { .name = "allowMapped",
			    .kind = ARG_CAPABILITIES,
			    .meaning = "what they may hold besides in a private user namespace" } },
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
			    .words = when_words,
			    .meaning =
				    "root: only for a process that is root or keeps a capability" },
			  { .name = "engine",
			    .kind = ARG_WORD,
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
			    .defaults = allowed_paths,
			    .meaning = "exceptions from deny; the most specific entry decides" },
			  { .name = "deny",
			    .kind = ARG_PATHS,
			    .defaults = denied_paths,
			    .meaning = "what a source must not be, lie under or contain" } },
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
			    .defaults = mount_options,
			    .meaning = "options that every bind mount must have" } },
		.references = REFERENCES("mount(8)"),
		.check = check_mount_options,
		.fix = fix_mount_options,
		.obstacles = REWRITES_SPEC,
	},
	{
		.name = "unsafeAnnotations",
		.title = "An annotation tells the runtime what no field of the spec shows",
		.reads = "/annotations",
		.args = { { .name = "allow",
			    .kind = ARG_STRINGS,
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
