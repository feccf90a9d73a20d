/* SPDX-License-Identifier: Apache-2.0 */
/* resourceLimits: how much of the host the container may use up. */
#include "policy/judge.h"

#include "policy/fix.h"
#include "base/cleanup.h"

#define CPU_PERIOD 100000U /* microseconds: cgroups(7), and the default of runtimes */

/* The limits. Each is an argument. */
enum limit {
	LIMIT_PIDS,
	LIMIT_MEMORY,
	LIMIT_CPU,
	LIMIT_COUNT
};

static const struct {
	const char *parent, *member; /* of linux.resources */
	const char *unified;	     /* its file in cgroup v2, which runtimes write last */
	enum fix fix;
	uint64_t example; /* if the policy takes any */
} limits[LIMIT_COUNT] = {
	[LIMIT_PIDS] = { "pids", "limit", "pids.max", FIX_PIDS, 512 },
	[LIMIT_MEMORY] = { "memory", "limit", "memory.max", FIX_MEMORY, 536870912 },
	[LIMIT_CPU] = { "cpu", "quota", "cpu.max", FIX_CPU, 1000 },
};

/*
 * Does the policy ask for the limit? If it names none, it asks for those that stop a fork bomb or a
 * memory bomb.
 */
static bool is_asked(const struct rule_setting *setting, size_t limit)
{
	const struct rule_arg *args = setting->args;

	if (args[LIMIT_PIDS].set || args[LIMIT_MEMORY].set || args[LIMIT_CPU].set)
		return args[limit].set;
	return limit != LIMIT_CPU;
}

/* Returns the number of a limit; 0 if there is none, or if it means "no limit". */
static uint64_t limit_value(const struct json_node *node)
{
	uint64_t value = 0;

	if (node != NULL)
		str_to_uint(node->text, INT64_MAX, &value);
	return value;
}

/* max is the argument; 0 accepts any limit. */
static bool is_within(uint64_t value, uint64_t max)
{
	return value > 0 && (max == 0 || value <= max);
}

/* max is in thousandths of a CPU. If any limit will do, so do shares. */
static bool cpu_is_limited(const struct oci_resources *resources, uint64_t max)
{
	uint64_t quota = limit_value(resources->cpu_quota);
	uint64_t period = limit_value(resources->cpu_period);

	if (max == 0)
		return quota > 0 || limit_value(resources->cpu_shares) > 0;
	if (period == 0)
		period = CPU_PERIOD;
	return quota > 0 && (unsigned __int128)quota * 1000 <= (unsigned __int128)max * period;
}

static const struct json_node *limit_node(const struct oci_resources *resources, enum limit limit)
{
	switch (limit) {
	case LIMIT_PIDS:
		return resources->pids_limit;
	case LIMIT_MEMORY:
		return resources->memory_limit;
	default:
		return resources->cpu_quota;
	}
}

static bool is_limited(const struct oci_resources *resources, enum limit limit, uint64_t max)
{
	if (limit == LIMIT_CPU)
		return cpu_is_limited(resources, max);
	return is_within(limit_value(limit_node(resources, limit)), max);
}

/* Returns the file of cgroup v2 that takes the limit back, or NULL. */
static struct json_node *unified_excess(const struct oci_resources *resources, enum limit limit,
					uint64_t max)
{
	struct json_node *file = oci_map_get(&resources->unified, limits[limit].unified);
	uint64_t value = 0;

	if (file == NULL)
		return NULL;
	/* cpu.max has two numbers. If the policy bounds the CPU time, no value of it is
	 * accepted. */
	if (limit == LIMIT_CPU)
		return max == 0 && !str_starts_with(file->text, "max") ? NULL : file;
	return str_to_uint(file->text, UINT64_MAX, &value) && is_within(value, max) ? NULL : file;
}

static const struct json_node *parent_node(const struct oci_resources *resources, enum limit limit)
{
	const struct json_node *parents[] = { resources->pids, resources->memory, resources->cpu };

	return parents[limit];
}

/* Reports at the limit, or at the place where a rewrite adds it. */
static struct finding *add_finding(struct judge *judge, enum limit limit, struct finding_text text)
{
	const struct oci_resources *resources = &judge->config->linux_.resources;
	const struct json_node *node = limit_node(resources, limit);

	/* A rewrite sets quota and period, so their parent is the place. */
	if (limit == LIMIT_CPU)
		node = parent_node(resources, limit);
	if (node == NULL && parent_node(resources, limit) != NULL)
		return finding_add(judge, parent_node(resources, limit), limits[limit].member,
				   text);
	if (node == NULL && resources->node != NULL)
		return finding_add(judge, resources->node, limits[limit].parent, text);
	return judge_linux_finding(judge, node, "resources", text);
}

static const char *required_text(const struct judge *judge, uint64_t max)
{
	return max == 0 ? "set"
			: arena_printf(judge->arena, "at most %llu", (unsigned long long)max);
}

/* Engines take CPUs as decimal numbers. */
static const char *limit_fix(const struct judge *judge, enum limit limit, uint64_t max)
{
	unsigned long long value = max != 0 ? max : limits[limit].example;

	return fix_about(judge, limits[limit].fix,
			 limit == LIMIT_CPU ? arena_printf(judge->arena, "%llu.%03llu",
							   value / 1000, value % 1000)
					    : arena_printf(judge->arena, "%llu", value));
}

static void check_unified(struct judge *judge, enum limit limit, uint64_t max)
{
	const struct oci_resources *resources = &judge->config->linux_.resources;
	struct json_node *file = unified_excess(resources, limit, max);
	const char *required = required_text(judge, max);
	struct finding *finding;

	if (file == NULL)
		return;
	finding = finding_add(judge, file, NULL,
			      (struct finding_text){
				      .observed = judge_source(judge, file),
				      .required = required,
				      .message = arena_printf(
					      judge->arena, "removes the limit for %s; must be %s",
					      limits[limit].parent, required),
				      .fix = limit_fix(judge, limit, max),
			      });
	finding_remove(judge, finding, file);
}

/* Sets a member of linux.resources.PARENT, with the parents that are missing. */
static void set_number(struct judge *judge, struct finding *finding, enum limit limit,
		       const char *member, uint64_t value)
{
	finding_set(
		judge, finding, judge->config->doc->root,
		arena_printf(judge->arena, "linux/resources/%s/%s", limits[limit].parent, member),
		arena_printf(judge->arena, "%llu", (unsigned long long)value));
}

static void set_limit(struct judge *judge, struct finding *finding, enum limit limit, uint64_t max)
{
	if (max == 0) {
		finding_block(finding, "args of resourceLimits give no value to set");
		return;
	}
	if (limit != LIMIT_CPU) {
		set_number(judge, finding, limit, limits[limit].member, max);
		return;
	}
	set_number(judge, finding, limit, "quota", max * (CPU_PERIOD / 1000));
	set_number(judge, finding, limit, "period", CPU_PERIOD);
}

static void check_limit(struct judge *judge, enum limit limit)
{
	const struct oci_resources *resources = &judge->config->linux_.resources;
	const struct json_node *node = limit_node(resources, limit);
	uint64_t max = judge_arg(judge, limit)->number;
	const char *required = required_text(judge, max);
	struct finding *finding;

	check_unified(judge, limit, max);
	if (is_limited(resources, limit, max))
		return;
	finding = add_finding(judge, limit,
			      (struct finding_text){
				      .observed = judge_source(judge, node),
				      .required = required,
				      .message = arena_printf(judge->arena, "%s for %s; must be %s",
							      node != NULL && limit_value(node) > 0
								      ? "is above the limit"
								      : "sets no limit",
							      limits[limit].parent, required),
				      .fix = limit_fix(judge, limit, max),
			      });
	set_limit(judge, finding, limit, max);
}

static void check(struct judge *judge)
{
	for (enum limit limit = 0; limit < LIMIT_COUNT; limit++)
		if (is_asked(judge->setting, limit))
			check_limit(judge, limit);
}

/* policy_lint(). */
static const char *limits_flaw(const struct rule_setting *setting)
{
	for (size_t limit = 0; limit < LIMIT_COUNT; limit++)
		if (setting->action == RULE_REWRITE && is_asked(setting, limit) &&
		    setting->args[limit].number == 0)
			return "a rewrite needs the limits to write, in args; without them a missing limit is refused";
	return NULL;
}

const struct rule rule_resource_limits = {
	.name = "resourceLimits",
	.title = "The container can use up what the host has",
	.reads = "/linux/resources",
	.args = {
		[LIMIT_PIDS] = { .name = "pids",
				 .kind = KIND_NUMBER,
				 .effect = EFFECT_ADMITS,
				 .none_is_all = true,
				 .meaning = "the most processes; 0: any limit" },
		[LIMIT_MEMORY] = { .name = "memory",
				   .kind = KIND_NUMBER,
				   .effect = EFFECT_ADMITS,
				   .none_is_all = true,
				   .meaning = "the most bytes; 0: any limit" },
		[LIMIT_CPU] = { .name = "cpu",
				.kind = KIND_NUMBER,
				.effect = EFFECT_ADMITS,
				.none_is_all = true,
				.meaning =
					"the most CPU time in thousandths of a CPU; 0: any quota or share" },
	},
	.references = REFERENCES("CIS Docker 5.11", "CIS Docker 5.12", "CIS Docker 5.29"),
	.rewrites = rewrites_spec,
	.check = check,
	.flaw = limits_flaw,
	.arg_in_force = is_asked,
};
