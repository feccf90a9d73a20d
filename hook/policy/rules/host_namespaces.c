/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces shared with the host: hostUserNamespace, hostPidNamespace, hostNetworkNamespace,
 * hostIpcNamespace, hostUtsNamespace, hostCgroupNamespace, hostMountNamespace.
 */
#include "policy/judge.h"

#include "policy/fix.h"

enum user_arg {
	ARG_WHEN,
	ARG_ENGINE
};

static const char *const when_words[] = { "always", "root", NULL };
static const char *const engine_words[] = { "host", "private", NULL };

static struct finding *add_missing(struct judge *judge, struct finding_text text)
{
	const struct oci_linux *config = &judge->config->linux_;

	if (config->namespaces.node != NULL)
		return finding_add(judge, config->namespaces.node, NULL, text);
	return judge_linux_finding(judge, NULL, "namespaces", text);
}

/* Reports a process that is, or may be, in the host's namespace. Returns the finding, or NULL. */
static struct finding *check_namespace(struct judge *judge, enum oci_namespace_type type,
				       enum fix cause, enum fix joined)
{
	const struct oci_namespace *namespace = &judge->config->linux_.namespaces.types[type];
	enum namespace_fact fact = judge->facts->namespaces[type];
	const char *name = oci_namespace_name(type);
	struct finding_text text = {
		.required = arena_printf(judge->arena, "a %s namespace of its own", name),
		.fix = fix_user(judge, cause),
	};

	if (fact == NS_FACT_UNKNOWN && judge->facts->scope == FACTS_LIVE) {
		text.fix = fix(judge, FIX_NAMESPACE_UNSEEN);
		text.observed = "\"unknown\"";
		text.message = arena_printf(judge->arena,
					    "cannot be looked up: %s; must not be the host's",
					    str_quote(judge->arena, namespace->path.value));
		return finding_add(judge, namespace->path.node, NULL, text);
	}
	if (fact != NS_FACT_HOST)
		return NULL;
	if (namespace->node != NULL) {
		text.fix = fix_user(judge, joined);
		text.observed = "\"host\"";
		text.message =
			arena_printf(judge->arena, "is the host's %s namespace; must not be", name);
		return finding_add(judge, namespace->path.node, NULL, text);
	}
	text.message = arena_printf(judge->arena,
				    "has no %s namespace: the host's is used; must not be", name);
	return add_missing(judge, text);
}

/*
 * Replaces the host's namespace by a new one. That is safe for namespaces that start nearly empty.
 * It is not for network and user namespaces: the engine has made devices, addresses and storage for
 * them.
 */
static void renew_namespace(struct judge *judge, struct finding *finding,
			    enum oci_namespace_type type)
{
	const struct oci_namespaces *namespaces = &judge->config->linux_.namespaces;
	const struct oci_namespace *namespace = &namespaces->types[type];

	if (finding == NULL)
		return;
	if (namespaces->node == NULL)
		finding_block(finding, "the spec has no list of namespaces to add to");
	else if (namespace->node != NULL)
		finding_remove(judge, finding, namespace->path.node);
	else
		finding_set(
			judge, finding, namespaces->node, "-",
			arena_printf(judge->arena, "{\"type\":\"%s\"}", oci_namespace_name(type)));
}

bool judge_engine_is_private(const struct judge *judge)
{
	return rule_setting(judge->policy, &rule_host_user_namespace)->args[ARG_ENGINE].number == 1;
}

static enum fix user_cause(const struct judge *judge, bool always)
{
	const struct facts *facts = judge->facts;

	if (facts->engine.remapped)
		return FIX_USERNS_REMAPPED;
	if (facts->scope == FACTS_LIVE && !facts->user_namespace_initial)
		return FIX_USERNS_ROOTLESS;
	if (always)
		return FIX_USERNS_ALWAYS;
	return judge_host_id(judge, ID_USER, judge_id(judge, ID_USER)) == 0 ? FIX_USERNS
									    : FIX_USERNS_POWER;
}

static void check_user_namespace(struct judge *judge)
{
	bool always = judge_arg(judge, ARG_WHEN)->number == 0;
	enum fix cause;

	if (judge_user_namespace_is_private(judge))
		return;
	if (!always && !judge_process_keeps_power(judge))
		return;
	cause = user_cause(judge, always);
	check_namespace(judge, NAMESPACE_USER, cause, cause);
}

const struct rule rule_host_user_namespace = {
	.name = "hostUserNamespace",
	.title = "The container is in the host's user namespace",
	.reads = "/linux/namespaces, /process/user, /process/capabilities",
	.args = {
		[ARG_WHEN] = { .name = "when",
			       .kind = KIND_WORD,
			       .effect = EFFECT_ADMITS,
			       .words = when_words,
			       .meaning =
				       "root: only for a process that is root or keeps a capability" },
		[ARG_ENGINE] = { .name = "engine",
				 .kind = KIND_WORD,
				 .effect = EFFECT_ADMITS,
				 .words = engine_words,
				 .meaning =
					 "private: the user namespace of a rootless engine counts as private" },
	},
	.references = REFERENCES("CIS Docker 5.31"),
	.check = check_user_namespace,
};

static void check_pid_namespace(struct judge *judge)
{
	renew_namespace(judge, check_namespace(judge, NAMESPACE_PID, FIX_PID, FIX_PID_JOINED),
			NAMESPACE_PID);
}

const struct rule rule_host_pid_namespace = {
	.name = "hostPidNamespace",
	.title = "The container sees the host's processes",
	.reads = "/linux/namespaces",
	.references = REFERENCES("PSS baseline: Host Namespaces", "CIS Docker 5.16"),
	.rewrites = rewrites_spec,
	.check = check_pid_namespace,
};

static void check_network_namespace(struct judge *judge)
{
	check_namespace(judge, NAMESPACE_NETWORK, FIX_NETWORK, FIX_NETWORK_JOINED);
}

const struct rule rule_host_network_namespace = {
	.name = "hostNetworkNamespace",
	.title = "The container is on the host's network",
	.reads = "/linux/namespaces",
	.references = REFERENCES("PSS baseline: Host Namespaces", "CIS Docker 5.10"),
	.check = check_network_namespace,
};

static void check_ipc_namespace(struct judge *judge)
{
	renew_namespace(judge, check_namespace(judge, NAMESPACE_IPC, FIX_IPC, FIX_IPC_JOINED),
			NAMESPACE_IPC);
}

const struct rule rule_host_ipc_namespace = {
	.name = "hostIpcNamespace",
	.title = "The container shares the host's System V IPC and POSIX message queues",
	.reads = "/linux/namespaces",
	.references = REFERENCES("PSS baseline: Host Namespaces", "CIS Docker 5.17"),
	.rewrites = rewrites_spec,
	.check = check_ipc_namespace,
};

static void check_uts_namespace(struct judge *judge)
{
	renew_namespace(judge, check_namespace(judge, NAMESPACE_UTS, FIX_UTS, FIX_UTS_JOINED),
			NAMESPACE_UTS);
}

const struct rule rule_host_uts_namespace = {
	.name = "hostUtsNamespace",
	.title = "The container shares the host's name",
	.reads = "/linux/namespaces",
	.references = REFERENCES("CIS Docker 5.21"),
	.rewrites = rewrites_spec,
	.check = check_uts_namespace,
};

static void check_cgroup_namespace(struct judge *judge)
{
	renew_namespace(judge,
			check_namespace(judge, NAMESPACE_CGROUP, FIX_CGROUP, FIX_CGROUP_JOINED),
			NAMESPACE_CGROUP);
}

const struct rule rule_host_cgroup_namespace = {
	.name = "hostCgroupNamespace",
	.title = "The container sees the host's cgroup tree",
	.reads = "/linux/namespaces",
	.references = REFERENCES("CVE-2022-0492"),
	.rewrites = rewrites_spec,
	.check = check_cgroup_namespace,
};

/* In a joined mount namespace the checked paths name other files, and its root is replaced. */
static struct finding *check_joined(struct judge *judge)
{
	const struct oci_namespace *namespace =
		&judge->config->linux_.namespaces.types[NAMESPACE_MOUNT];

	if (namespace->path.node == NULL)
		return NULL;
	return finding_add(judge, namespace->path.node, NULL,
			   (struct finding_text){
				   .observed = "\"joined\"",
				   .required = "a mount namespace of its own",
				   .message = "joins a mount namespace; must be a new one",
				   .fix = fix(judge, FIX_MOUNT_NAMESPACE_JOINED),
			   });
}

static void check_mount_namespace(struct judge *judge)
{
	struct finding *finding = check_namespace(judge, NAMESPACE_MOUNT, FIX_MOUNT_NAMESPACE,
						  FIX_MOUNT_NAMESPACE_JOINED);

	if (finding == NULL)
		finding = check_joined(judge);
	renew_namespace(judge, finding, NAMESPACE_MOUNT);
}

const struct rule rule_host_mount_namespace = {
	.name = "hostMountNamespace",
	.title = "The container is in the host's mount namespace",
	.reads = "/linux/namespaces",
	.references = REFERENCES("config-linux.md#namespaces"),
	.rewrites = rewrites_spec,
	.check = check_mount_namespace,
};
