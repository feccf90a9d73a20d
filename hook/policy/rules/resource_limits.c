/* SPDX-License-Identifier: Apache-2.0 */
/* What the container may use up of the host: resourceLimits. */
#include "policy/rule.h"

#include "base/cleanup.h"

#define CPU_PERIOD 100000U /* microseconds: cgroups(7), and what runtimes take for none */

/* The arguments in their order. */
enum limit {
	LIMIT_PIDS,
	LIMIT_MEMORY,
	LIMIT_CPU,
	LIMIT_COUNT
};

static const struct {
	const char *parent, *member; /* of linux.resources */
	const char *unified;	     /* the file of cgroup v2, which is written last */
	const char *fix;
} limits[LIMIT_COUNT] = {
	[LIMIT_PIDS] = { "pids", "limit", "pids.max", "--pids-limit" },
	[LIMIT_MEMORY] = { "memory", "limit", "memory.max", "--memory" },
	[LIMIT_CPU] = { "cpu", "quota", "cpu.max", "--cpus" },
};

/* Limits that the policy asks for; where it names none, those that stop a fork or a memory bomb. */
bool resource_limit_is_asked(const struct rule_setting *setting, size_t limit)
{
	const struct rule_arg *args = setting->args;

	if (args[LIMIT_PIDS].set || args[LIMIT_MEMORY].set || args[LIMIT_CPU].set)
		return args[limit].set;
	return limit != LIMIT_CPU;
}

/* The number of a limit; 0 where there is none, or it says "no limit". */
static uint64_t limit_value(const struct json_node *node)
{
	uint64_t value = 0;

	if (node != NULL)
		str_to_uint(node->text, INT64_MAX, &value);
	return value;
}

/* max is the argument: 0 takes any limit. */
static bool is_within(uint64_t value, uint64_t max)
{
	return value > 0 && (max == 0 || value <= max);
}

/* max in thousandths of a CPU; a share of what there is counts where any limit will do. */
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

/* A file of cgroup v2 that takes the limit back, or NULL. */
static struct json_node *unified_excess(const struct oci_resources *resources, enum limit limit,
					uint64_t max)
{
	struct json_node *file = oci_map_get(&resources->unified, limits[limit].unified);
	uint64_t value = 0;

	if (file == NULL)
		return NULL;
	/* cpu.max has two numbers: nothing that the policy bounds is left to it. */
	if (limit == LIMIT_CPU)
		return max == 0 && !str_starts_with(file->text, "max") ? NULL : file;
	return str_to_uint(file->text, UINT64_MAX, &value) && is_within(value, max) ? NULL : file;
}

static const struct json_node *parent_node(const struct oci_resources *resources, enum limit limit)
{
	const struct json_node *parents[] = { resources->pids, resources->memory, resources->cpu };

	return parents[limit];
}

/* At the limit, or where it would stand: the pointer is that of what a rewrite adds. */
static void add_limit_finding(struct judge *judge, enum limit limit, struct finding_text text)
{
	const struct oci_resources *resources = &judge->config->linux_.resources;
	const struct json_node *node = limit_node(resources, limit);

	/* A rewrite sets quota and period. */
	if (limit == LIMIT_CPU)
		node = parent_node(resources, limit);
	if (node == NULL && parent_node(resources, limit) != NULL)
		finding_add(judge, parent_node(resources, limit), limits[limit].member, text);
	else if (node == NULL && resources->node != NULL)
		finding_add(judge, resources->node, limits[limit].parent, text);
	else
		judge_linux_finding(judge, node, "resources", text);
}

static void check_limit(struct judge *judge, enum limit limit)
{
	const struct oci_resources *resources = &judge->config->linux_.resources;
	uint64_t max = judge->setting->args[limit].number;
	struct json_node *file = unified_excess(resources, limit, max);
	const struct json_node *node = limit_node(resources, limit);
	struct finding_text text = {
		.required = max == 0 ? "set"
				     : arena_printf(judge->arena, "at most %llu",
						    (unsigned long long)max),
		.fix = limits[limit].fix,
	};

	if (file != NULL) {
		text.observed = judge_source(judge, file);
		text.message = arena_printf(judge->arena, "takes the limit for %s back; must be %s",
					    limits[limit].parent, text.required);
		finding_add(judge, file, NULL, text);
	}
	if (is_limited(resources, limit, max))
		return;
	if (max == 0 && judge->action == RULE_REWRITE)
		judge->obstacle = "args of resourceLimits name no value to set";
	text.observed = node != NULL ? judge_source(judge, node) : NULL;
	text.message = arena_printf(judge->arena, "%s for %s; must be %s",
				    node != NULL && limit_value(node) > 0 ? "is above the limit"
									  : "sets no limit",
				    limits[limit].parent, text.required);
	add_limit_finding(judge, limit, text);
}

void check_resource_limits(struct judge *judge)
{
	for (enum limit limit = 0; limit < LIMIT_COUNT; limit++)
		if (resource_limit_is_asked(judge->setting, limit))
			check_limit(judge, limit);
}

static void set_member(struct judge *judge, struct json_node *parent, struct json_node *node,
		       const char *name, uint64_t value)
{
	const char *text = arena_printf(judge->arena, "%llu", (unsigned long long)value);

	if (node != NULL)
		json_replace(judge->config->doc, node, text);
	else
		json_add(judge->config->doc, parent, name, text);
}

/* What a limit is where its object is missing. */
static const char *limit_text(const struct judge *judge, enum limit limit)
{
	unsigned long long max = judge->setting->args[limit].number;

	if (limit == LIMIT_CPU)
		return arena_printf(judge->arena, "{\"quota\":%llu,\"period\":%u}",
				    max * (CPU_PERIOD / 1000), CPU_PERIOD);
	return arena_printf(judge->arena, "{\"limit\":%llu}", max);
}

static void set_limit(struct judge *judge, enum limit limit)
{
	const struct oci_resources *resources = &judge->config->linux_.resources;
	uint64_t max = judge->setting->args[limit].number;

	if (limit == LIMIT_PIDS && resources->pids != NULL) {
		set_member(judge, resources->pids, resources->pids_limit, "limit", max);
	} else if (limit == LIMIT_MEMORY && resources->memory != NULL) {
		set_member(judge, resources->memory, resources->memory_limit, "limit", max);
	} else if (limit == LIMIT_CPU && resources->cpu != NULL) {
		set_member(judge, resources->cpu, resources->cpu_quota, "quota",
			   max * (CPU_PERIOD / 1000));
		set_member(judge, resources->cpu, resources->cpu_period, "period", CPU_PERIOD);
	} else {
		json_add(judge->config->doc, resources->node, limits[limit].parent,
			 limit_text(judge, limit));
	}
}

void fix_resource_limits(struct judge *judge)
{
	const struct oci_resources *resources = &judge->config->linux_.resources;
	auto_buf struct buf members = { 0 };

	for (enum limit limit = 0; limit < LIMIT_COUNT; limit++) {
		uint64_t max = judge->setting->args[limit].number;
		struct json_node *file = unified_excess(resources, limit, max);

		if (!resource_limit_is_asked(judge->setting, limit))
			continue;
		if (file != NULL)
			json_remove(file);
		if (is_limited(resources, limit, max))
			continue;
		if (resources->node != NULL)
			set_limit(judge, limit);
		else
			buf_printf(&members, "%s\"%s\":%s", members.len > 0 ? "," : "{",
				   limits[limit].parent, limit_text(judge, limit));
	}
	buf_printf(&members, "}");
	if (members.len > 1)
		judge_linux_add(judge, "resources", members.data);
}
