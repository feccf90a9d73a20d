/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces shared with the host. */
#include "policy/rule.h"

static void check_namespace(struct judge *judge, enum oci_namespace_type type, const char *fix)
{
	const struct oci_linux *config = &judge->config->linux_;
	const struct oci_namespace *namespace = &config->namespaces.types[type];
	enum namespace_fact fact = judge->facts->namespaces[type];
	const char *name = oci_namespace_name(type);
	struct finding_text text = {
		.required = arena_printf(judge->arena, "a %s namespace of its own", name),
		.fix = fix,
	};

	if (judge->obstacle == NULL && config->namespaces.node == NULL)
		judge->obstacle = "the spec has no list of namespaces to add to";
	if (fact == NS_FACT_UNKNOWN && judge->facts->scope == FACTS_LIVE) {
		text.observed = "\"unknown\"";
		text.message = arena_printf(judge->arena,
					    "cannot be looked up: %s; must not be the host's",
					    str_quote(judge->arena, namespace->path.value));
		finding_add(judge, namespace->path.node, NULL, text);
	} else if (fact == NS_FACT_HOST && namespace->node != NULL) {
		text.observed = "\"host\"";
		text.message =
			arena_printf(judge->arena, "is the host's %s namespace; must not be", name);
		finding_add(judge, namespace->path.node, NULL, text);
	} else if (fact == NS_FACT_HOST) {
		text.message = arena_printf(
			judge->arena, "has no %s namespace: the host's is used; must not be", name);
		if (config->namespaces.node != NULL)
			finding_add(judge, config->namespaces.node, NULL, text);
		else if (config->node != NULL)
			finding_add(judge, config->node, "namespaces", text);
		else
			finding_add(judge, judge->config->doc->root, "linux/namespaces", text);
	}
}

/*
 * A new namespace where the host's was: safe for those that start out as good as empty. The network
 * and the user namespace do not: the engine has made devices, addresses and storage for them.
 */
static void fix_namespace(struct judge *judge, enum oci_namespace_type type)
{
	const struct oci_linux *config = &judge->config->linux_;
	const struct oci_namespace *namespace = &config->namespaces.types[type];
	const char *entry =
		arena_printf(judge->arena, "{\"type\":\"%s\"}", oci_namespace_name(type));

	if (namespace->node != NULL)
		json_remove(namespace->path.node);
	else
		json_add(judge->config->doc, config->namespaces.node, NULL, entry);
}

void check_host_user_namespace(struct judge *judge)
{
	bool always = judge->setting->args[0].number == 0;

	if (judge_user_namespace_is_private(judge))
		return;
	if (!always && !judge_process_keeps_power(judge))
		return;
	check_namespace(
		judge, NAMESPACE_USER,
		always ? "--userns=auto, or userns-remap or hostUsers: false"
		       : "--user 65532:65532; or a user namespace: --userns=auto, userns-remap or hostUsers: false");
}

void check_host_pid_namespace(struct judge *judge)
{
	check_namespace(judge, NAMESPACE_PID, "drop --pid=host");
}

void fix_host_pid_namespace(struct judge *judge)
{
	fix_namespace(judge, NAMESPACE_PID);
}

void check_host_network_namespace(struct judge *judge)
{
	check_namespace(judge, NAMESPACE_NETWORK, "drop --network=host; publish ports with -p");
}

void check_host_ipc_namespace(struct judge *judge)
{
	check_namespace(judge, NAMESPACE_IPC, "drop --ipc=host");
}

void fix_host_ipc_namespace(struct judge *judge)
{
	fix_namespace(judge, NAMESPACE_IPC);
}

void check_host_uts_namespace(struct judge *judge)
{
	check_namespace(judge, NAMESPACE_UTS, "drop --uts=host");
}

void fix_host_uts_namespace(struct judge *judge)
{
	fix_namespace(judge, NAMESPACE_UTS);
}

void check_host_cgroup_namespace(struct judge *judge)
{
	check_namespace(judge, NAMESPACE_CGROUP, "--cgroupns=private");
}

void fix_host_cgroup_namespace(struct judge *judge)
{
	fix_namespace(judge, NAMESPACE_CGROUP);
}

void check_host_mount_namespace(struct judge *judge)
{
	const struct oci_namespace *namespace =
		&judge->config->linux_.namespaces.types[NAMESPACE_MOUNT];
	enum namespace_fact fact = judge->facts->namespaces[NAMESPACE_MOUNT];

	check_namespace(judge, NAMESPACE_MOUNT, "add a mount namespace; engines always do");
	if (fact == NS_FACT_HOST || namespace->path.node == NULL ||
	    (fact == NS_FACT_UNKNOWN && judge->facts->scope == FACTS_LIVE))
		return; /* said already, or nothing to say */
	/* There other files have the names that were looked at, and its root directory is replaced. */
	finding_add(judge, namespace->path.node, NULL,
		    (struct finding_text){
			    .observed = "\"joined\"",
			    .required = "a mount namespace of its own",
			    .message = "joins a mount namespace; must be a new one",
			    .fix = "drop the path; engines always make a new one",
		    });
}

void fix_host_mount_namespace(struct judge *judge)
{
	fix_namespace(judge, NAMESPACE_MOUNT);
}
