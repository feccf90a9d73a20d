/* SPDX-License-Identifier: Apache-2.0 */
/*
 * userRange: ids in the ranges of the policy, or of an annotation that the policy names. Ids are
 * those in the container, as in OpenShift's ranges.
 */
#include "policy/judge.h"

#include "policy/fix.h"
#include "policy/id_ranges.h"

enum arg {
	ARG_UIDS,
	ARG_GIDS,
	ARG_UID_ANNOTATION,
	ARG_GID_ANNOTATION
};

struct wanted {
	enum id_kind kind;
	struct id_ranges ranges;
	const char *flaw; /* why the ranges are unknown; NULL: they are known */
};

static void add_annotation(const struct judge *judge, struct str key, struct wanted *wanted)
{
	const char *name = arena_copy(judge->arena, key.data, key.len);
	const struct json_node *value = oci_map_get(&judge->config->annotations, name);
	const char *shown = str_quote(judge->arena, key);

	if (value == NULL && wanted->ranges.n == 0)
		wanted->flaw = arena_printf(
			judge->arena, "annotation %s, which has the range, is missing", shown);
	if (value != NULL && !id_ranges_add(&wanted->ranges, value->text))
		wanted->flaw = arena_printf(
			judge->arena,
			"annotation %s is %s; expected FIRST/COUNT or FIRST-LAST, at most %u of them",
			shown, str_quote(judge->arena, value->text), ID_RANGES_MAX);
}

/* Reads the ranges that the arguments ask for. False if they ask for none. */
static bool read_wanted(const struct judge *judge, enum id_kind kind, struct wanted *ret_wanted)
{
	const struct rule_arg *fixed = judge_arg(judge, kind == ID_USER ? ARG_UIDS : ARG_GIDS);
	const struct rule_arg *key =
		judge_arg(judge, kind == ID_USER ? ARG_UID_ANNOTATION : ARG_GID_ANNOTATION);

	*ret_wanted = (struct wanted){ .kind = kind };
	for (size_t i = 0; i < fixed->n; i++)
		id_ranges_add(&ret_wanted->ranges, fixed->strings[i]); /* checked by the loader */
	if (key->set)
		add_annotation(judge, key->strings[0], ret_wanted);
	return fixed->set || key->set;
}

static bool is_within(const struct wanted *wanted, uint32_t id)
{
	return wanted->flaw == NULL && id_ranges_have(&wanted->ranges, id);
}

/* Returns why the id cannot be brought into the ranges, or NULL. */
static const char *range_obstacle(const struct judge *judge, const struct wanted *wanted,
				  uint32_t id)
{
	uint32_t target;

	if (wanted->flaw != NULL)
		return "the range is not known";
	if (!id_ranges_nearest(&wanted->ranges, id, &target))
		return "the range has no id but 0";
	if (judge_host_id(judge, wanted->kind, target) == HOST_ID_NONE)
		return arena_printf(judge->arena, "no mapping of the user namespace has %s %u",
				    wanted->kind == ID_USER ? "uid" : "gid", target);
	return judge_accounts_obstacle(judge);
}

static const char *range_message(const struct judge *judge, const struct wanted *wanted,
				 const struct oci_id *field, uint32_t id)
{
	const char *range = id_ranges_text(judge->arena, &wanted->ranges);
	const char *is = arena_printf(judge->arena, "is %u", id);

	if (field->node == NULL && field->value == id)
		is = "is missing, which means 0";
	else if (field->value != id)
		is = arena_printf(judge->arena, "becomes %u", id);
	if (wanted->flaw != NULL)
		return arena_printf(judge->arena, "%s; %s", is, wanted->flaw);
	return arena_printf(judge->arena, "%s; must be in %s", is, range);
}

/* Names the nearest id of the range, for the group too: the ranges of both are the same as a rule. */
static const char *range_fix(const struct judge *judge, const struct wanted *wanted, uint32_t id)
{
	const struct oci_user *user = &judge->config->process.user;
	uint32_t near;

	if (wanted->flaw != NULL || !id_ranges_nearest(&wanted->ranges, id, &near))
		return fix(judge, FIX_RANGE_UNKNOWN);
	if (wanted->kind == ID_GROUP)
		return fix_ids(judge, FIX_RANGE, user->uid.value != 0 ? user->uid.value : near,
			       near);
	return fix_ids(judge, FIX_RANGE, near, user->gid.value != 0 ? user->gid.value : near);
}

static struct finding_text range_text(const struct judge *judge, const struct wanted *wanted,
				      const struct oci_id *field, uint32_t id)
{
	return (struct finding_text){
		.required = id_ranges_text(judge->arena, &wanted->ranges),
		.message = range_message(judge, wanted, field, id),
		.fix = range_fix(judge, wanted, id),
	};
}

/* Checks the uid or gid as the rules before this one leave it. */
static void check_id(struct judge *judge, const struct wanted *wanted, const struct oci_id *field)
{
	uint32_t id = judge_id(judge, wanted->kind);
	const char *obstacle;
	struct finding *finding;

	if (is_within(wanted, id))
		return;
	obstacle = range_obstacle(judge, wanted, id);
	finding =
		judge_id_finding(judge, wanted->kind, field, range_text(judge, wanted, field, id));
	finding_block(finding, obstacle);
	if (obstacle == NULL && id_ranges_nearest(&wanted->ranges, id, &id))
		judge_change_id(judge, finding, wanted->kind, id);
}

static void check_additional_group(struct judge *judge, const struct wanted *wanted,
				   const struct oci_id *gid)
{
	uint32_t id = gid->value;
	const char *obstacle;
	struct finding *finding;

	if (gid->node->edit == JSON_REMOVED || is_within(wanted, id))
		return;
	obstacle = range_obstacle(judge, wanted, id);
	finding = judge_id_finding(judge, ID_GROUP, gid, range_text(judge, wanted, gid, id));
	finding_block(finding, obstacle);
	if (obstacle == NULL && id_ranges_nearest(&wanted->ranges, id, &id))
		finding_set(judge, finding, gid->node, "", arena_printf(judge->arena, "%u", id));
}

static void check(struct judge *judge)
{
	const struct oci_user *user = &judge->config->process.user;
	struct wanted wanted;

	if (read_wanted(judge, ID_USER, &wanted))
		check_id(judge, &wanted, &user->uid);
	if (!read_wanted(judge, ID_GROUP, &wanted))
		return;
	check_id(judge, &wanted, &user->gid);
	for (size_t i = 0; i < user->additional_gids.n; i++)
		check_additional_group(judge, &wanted, &user->additional_gids.items[i]);
}

/* policy_lint(). */
static const char *ranges_flaw(const struct rule_setting *setting)
{
	const struct rule_arg *args = setting->args;

	if (args[ARG_UIDS].n > 0 || args[ARG_GIDS].n > 0 || args[ARG_UID_ANNOTATION].set ||
	    args[ARG_GID_ANNOTATION].set)
		return NULL;
	return "without a range in args it checks nothing";
}

const struct rule rule_user_range = {
	.name = "userRange",
	.title = "The process has an id outside the range that it was given",
	.reads = "/process/user, /annotations",
	.args = {
		[ARG_UIDS] = { .name = "uids",
			       .kind = KIND_RANGES,
			       .effect = EFFECT_ADMITS,
			       .none_is_all = true,
			       .meaning = "ranges that the uid may be in" },
		[ARG_GIDS] = { .name = "gids",
			       .kind = KIND_RANGES,
			       .effect = EFFECT_ADMITS,
			       .none_is_all = true,
			       .meaning = "ranges that gid and additionalGids may be in" },
		[ARG_UID_ANNOTATION] = { .name = "uidAnnotation",
					 .kind = KIND_STRING,
					 .effect = EFFECT_SELECTS,
					 .meaning =
						 "key of an annotation that has further ranges of uids" },
		[ARG_GID_ANNOTATION] = { .name = "gidAnnotation",
					 .kind = KIND_STRING,
					 .effect = EFFECT_SELECTS,
					 .meaning =
						 "key of an annotation that has further ranges of gids" },
	},
	.references = REFERENCES("SCC restricted-v2: runAsUser MustRunAsRange",
				 "SCC restricted-v2: supplementalGroups, fsGroup", "CIS Docker 4.1"),
	.process = true,
	.rewrites = rewrites_user,
	.check = check,
	.flaw = ranges_flaw,
};
