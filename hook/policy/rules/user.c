/* SPDX-License-Identifier: Apache-2.0 */
/* rootUser, rootGroup: whether the process is root, or in group 0, on the host. */
#include "policy/judge.h"

#include "policy/fix.h"

#define MAPPED_ROOT_SINCE 35 /* minor version of Kubernetes, in its restricted standard */

/* ARG_TARGET is the id to rewrite to, in both rules. */
enum arg {
	ARG_TARGET,
	ARG_SINCE /* args.version of rootUser */
};

/* Returns what is wrong with an id that must not be root of the host, or NULL. */
static const char *root_flaw(const struct judge *judge, enum id_kind kind, uint32_t id)
{
	const char *what = kind == ID_USER ? "uid" : "gid";
	uint64_t host = judge_host_id(judge, kind, id);

	if (host == 0 && id == 0 && !judge_user_namespace_is_private(judge))
		return "must not be 0";
	if (host == 0)
		return arena_printf(judge->arena, "it is %s 0 on the host", what);
	if (host == HOST_ID_NONE)
		return arena_printf(judge->arena, "no mapping of the user namespace has this %s",
				    what);
	/* Offline, maps that only the engine's host has are not required. */
	if (host == HOST_ID_UNKNOWN && judge->facts->scope == FACTS_LIVE)
		return "the map of the user namespace that it joins cannot be read";
	if (host == HOST_ID_UNKNOWN && id == 0 && !judge_user_namespace_is_private(judge))
		return "must not be 0";
	return NULL;
}

/*
 * Returns what is wrong with the id for this rule, or NULL. Before v1.35 the restricted standard
 * looked only at the uid in the container, whatever it is on the host.
 */
static const char *rule_flaw(const struct judge *judge, enum id_kind kind, uint32_t id)
{
	const char *flaw = root_flaw(judge, kind, id);

	if (flaw == NULL && kind == ID_USER && id == 0 &&
	    judge_before(judge_arg(judge, ARG_SINCE), MAPPED_ROOT_SINCE))
		return "must not be 0 in a user namespace either, before v1.35";
	return flaw;
}

/* Returns why this rule's argument does not fix the id, or NULL. */
static const char *rewrite_obstacle(const struct judge *judge, enum id_kind kind)
{
	const struct rule_arg *arg = judge_arg(judge, ARG_TARGET);
	const char *name = judge->rule->args[ARG_TARGET].name, *flaw;

	if (!arg->set)
		return arena_printf(judge->arena,
				    "the policy must set args.%s, the id to rewrite to", name);
	flaw = rule_flaw(judge, kind, (uint32_t)arg->number);
	if (flaw != NULL)
		return arena_printf(judge->arena, "args.%s of the policy is %u; %s", name,
				    (uint32_t)arg->number, flaw);
	return judge_accounts_obstacle(judge);
}

/* Reports the uid or gid of the process. */
static void report_id(struct judge *judge, enum id_kind kind, const struct finding_text *text,
		      const char *obstacle)
{
	const struct oci_user *user = &judge->config->process.user;
	struct finding *finding =
		judge_id_finding(judge, kind, kind == ID_USER ? &user->uid : &user->gid, *text);

	finding_block(finding, obstacle);
	if (obstacle == NULL)
		judge_change_id(judge, finding, kind,
				(uint32_t)judge_arg(judge, ARG_TARGET)->number);
}

/* Keeps the user's own id, with a group of the same number, as engines do for unknown ids. */
static const char *group_fix(const struct judge *judge, enum fix cause)
{
	const struct oci_user *user = &judge->config->process.user;
	uint32_t gid = user->gid.value != 0 ? user->gid.value : user->uid.value;

	if (user->uid.value == 0)
		return fix_user(judge, cause);
	return fix_ids(judge, cause, user->uid.value, gid);
}

/* What a user changes depends on why the id is root of the host. */
static const char *root_fix(const struct judge *judge, enum id_kind kind, uint32_t id)
{
	uint64_t host = judge_host_id(judge, kind, id);

	if (host == HOST_ID_NONE)
		return fix(judge, FIX_UNMAPPED_USER);
	if (host == 0 && id != 0)
		return fix(judge, FIX_MAPPING);
	return kind == ID_USER ? fix_user(judge, FIX_ROOT_USER) : group_fix(judge, FIX_GROUP);
}

/* policy_lint(). */
static const char *target_flaw(const struct rule_setting *setting)
{
	const struct rule_arg *target = &setting->args[ARG_TARGET];

	if (setting->action != RULE_REWRITE)
		return NULL;
	if (!target->set)
		return "a rewrite needs an id to rewrite to, in args; without it root is refused";
	return target->number == 0 ? "a rewrite to 0 is refused; name another id in args" : NULL;
}

static void check_root_user(struct judge *judge)
{
	const struct oci_id *uid = &judge->config->process.user.uid;
	const char *flaw = rule_flaw(judge, ID_USER, uid->value);

	if (flaw == NULL)
		return;
	report_id(
		judge, ID_USER,
		&(struct finding_text){
			.required = "not 0 on the host",
			.message =
				uid->node != NULL
					? arena_printf(judge->arena, "is %u; %s", uid->value, flaw)
					: arena_printf(judge->arena,
						       "is missing, which means root; %s", flaw),
			.fix = root_fix(judge, ID_USER, uid->value),
		},
		rewrite_obstacle(judge, ID_USER));
}

const struct rule rule_root_user = {
	.name = "rootUser",
	.title = "The process is root on the host",
	.reads = "/process/user/uid, /linux/uidMappings, /linux/namespaces",
	.args = {
		[ARG_TARGET] = { .name = "uid",
				 .kind = KIND_ID,
				 .meaning = "the uid to rewrite to" },
		[ARG_SINCE] = { .name = "version",
				.kind = KIND_VERSION,
				.effect = EFFECT_ADMITS,
				.meaning =
					"below v1.35 uid 0 is refused in a private user namespace too" },
	},
	.references = REFERENCES("PSS restricted: Running as Non-root user", "CIS Docker 4.1",
				 "CVE-2019-5736"),
	.process = true,
	.rewrites = rewrites_user,
	.check = check_root_user,
	.flaw = target_flaw,
};

static void check_additional_group(struct judge *judge, const struct oci_id *gid,
				   const char *obstacle)
{
	const char *flaw = root_flaw(judge, ID_GROUP, gid->value);
	struct finding *finding;

	if (flaw == NULL)
		return;
	finding = finding_add(
		judge, gid->node, NULL,
		(struct finding_text){
			.observed = arena_printf(judge->arena, "%u", gid->value),
			.required = "not 0 on the host",
			.message = arena_printf(judge->arena, "is %u; %s", gid->value, flaw),
			.fix = gid->value == 0 ? group_fix(judge, FIX_ADDITIONAL_GROUP)
					       : root_fix(judge, ID_GROUP, gid->value),
		});
	finding_block(finding, obstacle);
	finding_remove(judge, finding, gid->node);
}

/* If the process keeps group 0 as its gid, removing it from additionalGids does not help. */
static void check_root_group(struct judge *judge)
{
	const struct oci_user *user = &judge->config->process.user;
	const char *flaw = root_flaw(judge, ID_GROUP, user->gid.value);
	const char *obstacle = flaw != NULL ? rewrite_obstacle(judge, ID_GROUP) : NULL;
	struct finding_text text = { .required = "not 0 on the host",
				     .fix = root_fix(judge, ID_GROUP, user->gid.value) };

	if (flaw != NULL) {
		text.message =
			user->gid.node != NULL
				? arena_printf(judge->arena, "is %u; %s", user->gid.value, flaw)
				: arena_printf(judge->arena, "is missing, which means group 0; %s",
					       flaw);
		report_id(judge, ID_GROUP, &text, obstacle);
	}
	for (size_t i = 0; i < user->additional_gids.n; i++)
		check_additional_group(judge, &user->additional_gids.items[i], obstacle);
}

const struct rule rule_root_group = {
	.name = "rootGroup",
	.title = "The process is in group 0 of the host",
	.reads = "/process/user/gid, /process/user/additionalGids, /linux/gidMappings",
	.args = {
		[ARG_TARGET] = { .name = "gid",
				 .kind = KIND_ID,
				 .meaning = "the gid to rewrite to" },
	},
	.references = REFERENCES("CVE-2022-2989"),
	.process = true,
	.rewrites = rewrites_user,
	.check = check_root_group,
	.flaw = target_flaw,
};
