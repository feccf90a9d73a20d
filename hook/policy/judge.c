/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From policy, config and facts to a verdict: which action each rule has for this container, what
 * its check finds, and whether this front end can put it right.
 */
#include <regex.h>
#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"
#include "policy/rule.h"

#define CAPABILITIES_RESTRICTED_SINCE 22 /* minor version of Kubernetes */

static bool regex_matches(const regex_t *regex, struct str text)
{
	regmatch_t range = { .rm_so = 0, .rm_eo = (regoff_t)text.len };

	return regexec(regex, text.data, 1, &range, REG_STARTEND) == 0;
}

/*
 * Compiled here, where they are freed again: an arena frees no regular expressions. The loader has
 * compiled them before, so only memory can be missing now. An exception may make a rule stricter:
 * passing over one is no way out.
 */
static void compile(regex_t *regex, const char *pattern)
{
	if (regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		mem_exhausted();
}

static bool match_holds(const struct exception_match *match, const struct oci_map *annotations)
{
	bool holds = false;
	regex_t key, value;

	compile(&key, match->key);
	compile(&value, match->value);
	json_each (annotation, annotations->node)
		holds = holds || (regex_matches(&key, annotation->key) &&
				  regex_matches(&value, annotation->text));
	regfree(&value);
	regfree(&key);
	return holds;
}

static bool exception_applies(const struct exception *exception, const struct oci_config *config,
			      unsigned int today)
{
	if (exception->expires != 0 && today > exception->expires)
		return false;
	for (size_t i = 0; i < exception->n_matches; i++)
		if (!match_holds(&exception->matches[i], &config->annotations))
			return false;
	return true;
}

void policy_actions(const struct policy *policy, const struct oci_config *config,
		    unsigned int today, struct rule_state *ret_states)
{
	for (size_t row = 0; row < n_rules; row++)
		ret_states[row] = (struct rule_state){
			.action = policy->settings[row].named ? policy->settings[row].action
							      : policy->default_action,
		};
	for (const struct exception *e = policy->exceptions; e != NULL; e = e->next) {
		if (!exception_applies(e, config, today))
			continue;
		for (size_t row = 0; row < n_rules; row++)
			if ((e->rules >> row & 1) != 0)
				ret_states[row] = (struct rule_state){ e->action, e, false };
	}
	for (size_t row = 0; policy->audit && row < n_rules; row++) {
		ret_states[row].audited = ret_states[row].action > RULE_LOG;
		if (ret_states[row].audited)
			ret_states[row].action = RULE_LOG;
	}
}

void finding_add(struct judge *judge, const struct json_node *node, const char *missing,
		 struct finding_text text)
{
	struct finding *finding = arena_new_object(judge->arena, struct finding);
	const char *pointer = json_pointer(judge->arena, node);
	const char *shown;

	if (missing != NULL)
		pointer = arena_printf(judge->arena, "%s/%s", pointer, missing);
	shown = str_show(judge->arena, str_from(pointer));
	*finding = (struct finding){
		.rule = judge->rule,
		.action = judge->action,
		.pointer = pointer,
		.node = node,
		.observed = text.observed != NULL ? text.observed : "null",
		.required = text.required,
		.message = arena_printf(judge->arena, "%s %s", shown[0] != '\0' ? shown : "/",
					text.message),
		.fix = text.fix,
		.obstacle = judge->action == RULE_REWRITE ? judge->obstacle : NULL,
	};
	*judge->verdict->findings_end = finding;
	judge->verdict->findings_end = &finding->next;
}

static enum verdict_kind finding_kind(const struct finding *finding)
{
	switch (finding->action) {
	case RULE_REJECT:
		return VERDICT_REJECT;
	case RULE_REWRITE:
		return finding->obstacle != NULL ? VERDICT_REJECT : VERDICT_REWRITE;
	case RULE_LOG:
		return VERDICT_LOG;
	case RULE_ALLOW:
		break;
	}
	return VERDICT_ALLOW;
}

static void judge_rule(struct judge *judge, const struct rule *rule, enum front_end front_end)
{
	struct verdict *verdict = judge->verdict;
	struct finding **added = verdict->findings_end;

	judge->rule = rule;
	judge->obstacle = rule->obstacles[front_end];
	if (rule->fix == NULL && judge->obstacle == NULL)
		judge->obstacle = "no rewrite makes this safe";
	rule->check(judge);
	if (*added != NULL && judge->action == RULE_REWRITE && judge->obstacle == NULL)
		rule->fix(judge);
	for (const struct finding *finding = *added; finding != NULL; finding = finding->next) {
		enum verdict_kind kind = finding_kind(finding);

		if (kind > verdict->kind)
			verdict->kind = kind;
		if (kind == VERDICT_REJECT)
			verdict->n_refusals++;
	}
}

void policy_judge(struct arena *arena, const struct policy *policy, const struct oci_config *config,
		  const struct facts *facts, enum front_end front_end, unsigned int today,
		  struct verdict *ret_verdict)
{
	int capabilities = rule_find(STR("capabilities"));
	bool at_exec = front_end == FRONT_EXEC || front_end == FRONT_EXEC_OPTIONS;
	struct rule_state states[RULES_MAX];
	struct judge judge = {
		.arena = arena,
		.config = config,
		.facts = facts,
		.policy = policy,
		.front_end = front_end,
		.verdict = ret_verdict,
	};

	*ret_verdict = (struct verdict){ .policy = policy };
	ret_verdict->findings_end = &ret_verdict->findings;
	policy_actions(policy, config, today, states);
	judge.drops_capabilities = states[capabilities].action == RULE_REWRITE &&
				   rules[capabilities].obstacles[front_end] == NULL;
	for (size_t row = 0; row < n_rules; row++) {
		if (states[row].action == RULE_ALLOW || (at_exec && !rules[row].process))
			continue;
		judge.action = states[row].action;
		judge.setting = &policy->settings[row];
		judge_rule(&judge, &rules[row], front_end);
	}
	judge_settle_user(&judge);
	if (facts->userns_needs_seal && !policy->audit && policy->exec.user_namespaces > EXEC_LOG) {
		judge.action = RULE_REWRITE;
		judge_rule(&judge, &rule_user_namespaces, front_end);
	}
}

/* What the guard does where a spec rule draws the line: nothing, an event, or the policy's action. */
static enum exec_action action_at_exec(enum rule_action action, enum exec_action enforced)
{
	switch (action) {
	case RULE_ALLOW:
		return EXEC_ALLOW;
	case RULE_LOG:
		return EXEC_LOG;
	case RULE_REWRITE:
	case RULE_REJECT:
		break;
	}
	return enforced;
}

static void audit_exec(struct exec_policy *exec)
{
	enum exec_action *actions[] = { &exec->default_action, &exec->user_namespaces,
					&exec->set_ids };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (*actions[i] > EXEC_LOG)
			*actions[i] = EXEC_LOG;
	for (size_t i = 0; i < exec->n_rules; i++)
		if (exec->rules[i].action > EXEC_LOG)
			exec->rules[i].action = EXEC_LOG;
	exec->guarantee = GUARANTEE_NONE; /* an audit refuses nothing, a missing guard included */
}

struct exec_policy policy_exec(const struct policy *policy)
{
	struct exec_policy exec = policy->exec;

	if (policy->audit)
		audit_exec(&exec);
	return exec;
}

void policy_exec_limits(const struct policy *policy, const struct oci_config *config,
			const struct facts *facts, unsigned int today,
			struct exec_limits *ret_limits)
{
	struct judge judge = { .config = config, .facts = facts, .policy = policy };
	int capabilities = rule_find(STR("capabilities")), root = rule_find(STR("rootUser"));
	struct rule_state states[RULES_MAX];

	policy_actions(policy, config, today, states);
	ret_limits->exec = policy_exec(policy);
	ret_limits->ceiling = judge_allowed_capabilities(&judge);
	ret_limits->bounding = ret_limits->ceiling | judge_exec_rule_capabilities(&judge);
	/* Where the ceiling is only logged, every execve would report a bounding set that stays as it was. */
	if (states[capabilities].action <= RULE_LOG || policy->audit)
		ret_limits->bounding = UINT64_MAX;
	ret_limits->ceiling_action =
		action_at_exec(states[capabilities].action, ret_limits->exec.default_action);
	ret_limits->root_action =
		action_at_exec(states[root].action, ret_limits->exec.default_action);
}

const char *verdict_name(enum verdict_kind kind)
{
	static const char *const names[] = {
		[VERDICT_ALLOW] = "allow",
		[VERDICT_LOG] = "log",
		[VERDICT_REWRITE] = "rewrite",
		[VERDICT_REJECT] = "reject",
	};

	return names[kind];
}

int rule_find(struct str name)
{
	for (size_t row = 0; row < n_rules; row++)
		if (str_is(name, rules[row].name))
			return (int)row;
	return -1;
}

static bool host_user_namespace_is_private(const struct judge *judge)
{
	const struct rule_setting *setting =
		&judge->policy->settings[rule_find(STR("hostUserNamespace"))];

	/* args.engine "private": the namespace that a rootless engine runs in counts. A file that is
	 * judged away from its engine cannot say, so the policy's word is taken for it. */
	return setting->args[1].number == 1 &&
	       (judge->facts->scope == FACTS_OFFLINE || !judge->facts->user_namespace_initial);
}

bool judge_user_namespace_is_private(const struct judge *judge)
{
	switch (judge->facts->namespaces[NAMESPACE_USER]) {
	case NS_FACT_NEW:
	case NS_FACT_OTHER:
		return true;
	case NS_FACT_UNKNOWN:
		/* A path of another host: engines write maps beside a namespace of the container's own. */
		if (judge->facts->scope == FACTS_OFFLINE &&
		    judge->config->linux_.uid_mappings.n > 0)
			return true;
		break;
	case NS_FACT_HOST:
		break;
	}
	return host_user_namespace_is_private(judge);
}

static uint64_t map_through(const struct id_range *ranges, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= ranges[i].inside && id - ranges[i].inside < ranges[i].count)
			return ranges[i].outside + (id - ranges[i].inside);
	return HOST_ID_NONE;
}

static uint64_t map_by_config(const struct oci_list *mappings, uint64_t id)
{
	const struct oci_mapping *items = mappings->items;

	for (size_t i = 0; i < mappings->n; i++) {
		uint64_t first = items[i].container_id.value;

		if (id >= first && id - first < items[i].size.value)
			return items[i].host_id.value + (id - first);
	}
	return HOST_ID_NONE;
}

/* From the engine's user namespace to the initial one. */
static uint64_t map_by_engine(const struct judge *judge, enum id_kind kind, uint64_t id)
{
	const struct facts *facts = judge->facts;

	if (facts->scope == FACTS_OFFLINE)
		return host_user_namespace_is_private(judge) ? HOST_ID_UNKNOWN : id;
	if (facts->user_namespace_initial)
		return id;
	return kind == ID_USER ? map_through(facts->own_uids, facts->n_own_uids, id)
			       : map_through(facts->own_gids, facts->n_own_gids, id);
}

uint64_t judge_host_id(const struct judge *judge, enum id_kind kind, uint32_t id)
{
	const struct oci_linux *config = &judge->config->linux_;
	const struct facts *facts = judge->facts;
	const struct oci_list *mappings =
		kind == ID_USER ? &config->uid_mappings : &config->gid_mappings;
	size_t n_joined = kind == ID_USER ? facts->n_joined_uids : facts->n_joined_gids;
	uint64_t mapped = id;

	switch (facts->namespaces[NAMESPACE_USER]) {
	case NS_FACT_HOST:
		break;
	case NS_FACT_NEW:
		mapped = map_by_config(mappings, id);
		break;
	case NS_FACT_OTHER:
	case NS_FACT_UNKNOWN:
		/* The kernel's map of a joined namespace counts, not what the spec says of it. Kernel
		 * maps are read from here, so they end in the engine's namespace already. */
		if (n_joined > 0)
			mapped = kind == ID_USER ? map_through(facts->joined_uids, n_joined, id)
						 : map_through(facts->joined_gids, n_joined, id);
		else if (facts->scope == FACTS_OFFLINE && mappings->n > 0)
			mapped = map_by_config(mappings, id);
		else
			return HOST_ID_UNKNOWN;
		break;
	}
	return mapped == HOST_ID_NONE ? HOST_ID_NONE : map_by_engine(judge, kind, mapped);
}

uint64_t judge_allowed_capabilities(const struct judge *judge)
{
	const struct rule_setting *setting =
		&judge->policy->settings[rule_find(STR("capabilities"))];
	uint64_t allowed = setting->args[0].number;

	/* Before, restricted asked nothing of its own: what baseline lets a pod have may stay. */
	if (rule_arg_before(&setting->args[2], CAPABILITIES_RESTRICTED_SINCE))
		allowed |= CAP_ENGINE_DEFAULT;
	if (judge_user_namespace_is_private(judge))
		allowed |= setting->args[1].number;
	return allowed;
}

uint64_t judge_exec_rule_capabilities(const struct judge *judge)
{
	const struct exec_policy *exec = &judge->policy->exec;
	uint64_t capabilities = 0;

	for (size_t i = 0; i < exec->n_rules; i++)
		if (exec->rules[i].action == EXEC_ALLOW)
			capabilities |= exec->rules[i].capabilities;
	return capabilities;
}

bool judge_process_keeps_power(const struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	const struct oci_cap_set *sets = process->capabilities.sets;
	uint64_t kept = 0;

	/* In the bounding set alone, what an exec rule may gain is the guard's affair. */
	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		kept |= i == CAP_SET_BOUNDING ? sets[i].bits & ~judge_exec_rule_capabilities(judge)
					      : sets[i].bits;
	/* What the capabilities rule takes away on the way is not kept. */
	if (judge->drops_capabilities)
		kept &= judge_allowed_capabilities(judge);
	return kept != 0 || judge_host_id(judge, ID_USER, judge_id(judge, ID_USER)) == 0;
}

const struct finding *finding_that_counts(const struct finding *findings)
{
	while (findings != NULL && findings->action < RULE_REWRITE)
		findings = findings->next;
	return findings;
}
