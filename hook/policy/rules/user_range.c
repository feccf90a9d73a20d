/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids within the ranges that a policy, or an annotation that it names, gives out: userRange. Ids
 * are those in the container, as OpenShift's ranges are.
 */
#include "policy/rule.h"

#include "policy/id_ranges.h"

/* The arguments, by their place in the table. */
enum {
	ARG_UIDS,
	ARG_GIDS,
	ARG_UID_ANNOTATION,
	ARG_GID_ANNOTATION
};

struct wanted {
	enum id_kind kind;
	struct id_ranges ranges;
	const char *flaw; /* why nobody knows the ranges; NULL: they are known */
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

/* What the arguments ask of ids of the kind; false: nothing. */
static bool read_wanted(const struct judge *judge, enum id_kind kind, struct wanted *ret_wanted)
{
	const struct rule_arg *args = judge->setting->args;
	const struct rule_arg *fixed = &args[kind == ID_USER ? ARG_UIDS : ARG_GIDS];
	const struct rule_arg *key =
		&args[kind == ID_USER ? ARG_UID_ANNOTATION : ARG_GID_ANNOTATION];

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

/* Why the id cannot be brought into the range, or NULL. */
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

/* id: what the rules before this one have made of the field. */
static void check_id(struct judge *judge, const struct wanted *wanted, const struct oci_id *field,
		     const char *name, uint32_t id)
{
	const struct oci_user *user = &judge->config->process.user;
	const struct json_node *node = field->node;
	const char *missing = NULL;

	if (is_within(wanted, id))
		return;
	if (judge->obstacle == NULL)
		judge->obstacle = range_obstacle(judge, wanted, id);
	if (node == NULL && user->node != NULL) {
		node = user->node;
		missing = name;
	} else if (node == NULL) {
		node = judge->config->process.node;
		missing = arena_printf(judge->arena, "user/%s", name);
	}
	finding_add(judge, node, missing,
		    (struct finding_text){
			    .observed = field->node != NULL
						? arena_printf(judge->arena, "%u", field->value)
						: NULL,
			    .required = id_ranges_text(judge->arena, &wanted->ranges),
			    .message = range_message(judge, wanted, field, id),
			    .fix = "--user UID:GID, and --group-add, with ids of the range",
		    });
}

void check_user_range(struct judge *judge)
{
	const struct oci_user *user = &judge->config->process.user;
	struct wanted wanted;

	if (read_wanted(judge, ID_USER, &wanted))
		check_id(judge, &wanted, &user->uid, "uid", judge_id(judge, ID_USER));
	if (!read_wanted(judge, ID_GROUP, &wanted))
		return;
	check_id(judge, &wanted, &user->gid, "gid", judge_id(judge, ID_GROUP));
	for (size_t i = 0; i < user->additional_gids.n; i++) {
		const struct oci_id *gid = &user->additional_gids.items[i];

		if (gid->node->edit != JSON_REMOVED)
			check_id(judge, &wanted, gid, NULL, gid->value);
	}
}

static void move_id(struct judge *judge, enum id_kind kind, const struct wanted *wanted)
{
	uint32_t id = judge_id(judge, kind);

	if (!is_within(wanted, id) && id_ranges_nearest(&wanted->ranges, id, &id))
		judge_set_id(judge, kind, id);
}

void fix_user_range(struct judge *judge)
{
	const struct oci_ids *gids = &judge->config->process.user.additional_gids;
	struct wanted wanted;

	if (read_wanted(judge, ID_USER, &wanted))
		move_id(judge, ID_USER, &wanted);
	if (!read_wanted(judge, ID_GROUP, &wanted))
		return;
	move_id(judge, ID_GROUP, &wanted);
	for (size_t i = 0; i < gids->n; i++) {
		uint32_t id = gids->items[i].value;

		if (gids->items[i].node->edit != JSON_REMOVED && !is_within(&wanted, id) &&
		    id_ranges_nearest(&wanted.ranges, id, &id))
			json_replace(judge->config->doc, gids->items[i].node,
				     arena_printf(judge->arena, "%u", id));
	}
}
