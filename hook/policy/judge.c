/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns policy, config and facts into a verdict. The check of each rule reports findings with their
 * edits. If the policy rewrites and the front end can, the edits are carried out before the next
 * rule.
 */
#include "policy/judge.h"

#include <string.h>

#include "base/cleanup.h"
#include "json/writer.h"

#define USE_WRAPPER "use the runtime wrapper, see rootfence-runtime(8)"
#define NO_REWRITE "--no-rewrite was given"
#define NOT_AN_OPTION "options of exec are not rewritten"

const char *const rewrites_spec[FRONT_COUNT] = {
	[FRONT_HOOK] =
		"nothing rewrote it before this hook; register the front end that rewrites (precreate), see rootfence(8)",
	[FRONT_READ_ONLY] = NO_REWRITE,
	[FRONT_EXEC_OPTIONS] = NOT_AN_OPTION,
};

/* podman knows only the old user, and so do its exec, HOME, passwd and volumes. */
const char *const rewrites_user[FRONT_COUNT] = {
	[FRONT_PRECREATE] = "podman's exec would still start as the old user; " USE_WRAPPER,
	[FRONT_HOOK] = "nothing rewrote it before this hook; " USE_WRAPPER,
	[FRONT_READ_ONLY] = NO_REWRITE,
	[FRONT_EXEC_OPTIONS] = NOT_AN_OPTION,
};

struct finding *finding_add(struct judge *judge, const struct json_node *node, const char *missing,
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
		.exception = judge->exception,
		.pointer = pointer,
		.node = node,
		.observed = text.observed != NULL ? text.observed : "null",
		.required = text.required,
		.message = arena_printf(judge->arena, "%s %s", shown[0] != '\0' ? shown : "/",
					text.message),
		.fix = text.fix,
	};
	finding->edits_end = &finding->edits;
	if (judge->rule->rewrites != NULL)
		finding_block(finding, judge->rule->rewrites[judge->front_end]);
	*judge->verdict->findings_end = finding;
	judge->verdict->findings_end = &finding->next;
	return finding;
}

void finding_set(struct judge *judge, struct finding *finding, struct json_node *node,
		 const char *path, const char *value)
{
	struct edit *edit = arena_new_object(judge->arena, struct edit);

	*edit = (struct edit){ .node = node, .path = path, .value = value };
	*finding->edits_end = edit;
	finding->edits_end = &edit->next;
}

void finding_remove(struct judge *judge, struct finding *finding, struct json_node *node)
{
	finding_set(judge, finding, node, "", NULL);
}

void finding_block(struct finding *finding, const char *obstacle)
{
	if (finding->action == RULE_REWRITE && finding->obstacle == NULL)
		finding->obstacle = obstacle;
}

void finding_changes(struct finding *finding, enum change_kind kind, const char *text)
{
	finding->change = text;
	finding->asked = kind == CHANGE_ASKED;
}

bool finding_is_rewritten(const struct finding *finding)
{
	return finding->action == RULE_REWRITE && finding->obstacle == NULL;
}

struct finding *judge_linux_finding(struct judge *judge, const struct json_node *node,
				    const char *name, struct finding_text text)
{
	const struct json_node *parent = judge->config->linux_.node;

	if (node != NULL)
		return finding_add(judge, node, NULL, text);
	if (parent != NULL)
		return finding_add(judge, parent, name, text);
	return finding_add(judge, judge->config->doc->root,
			   arena_printf(judge->arena, "linux/%s", name), text);
}

const char *judge_quote(const struct judge *judge, struct str text)
{
	auto_buf struct buf buf = { 0 };

	json_quote(&buf, text);
	return arena_copy(judge->arena, buf.data, buf.len);
}

const char *judge_source(const struct judge *judge, const struct json_node *node)
{
	struct str source;

	if (node == NULL)
		return NULL;
	source = json_source(judge->config->doc, node);
	return arena_copy(judge->arena, source.data, source.len);
}

bool judge_entry_names(const struct rule_arg *entries, struct str text)
{
	for (size_t i = 0; i < entries->n; i++) {
		struct str entry = entries->strings[i];

		if (entry.data[entry.len - 1] == '*'
			    ? text.len >= entry.len - 1 &&
				      memcmp(text.data, entry.data, entry.len - 1) == 0
			    : str_equal(entry, text))
			return true;
	}
	return false;
}

bool judge_entry_was_added(const struct rule_arg *entries, struct str text)
{
	const struct rule_arg added = { .strings = entries->added, .n = entries->n_added };

	return judge_entry_names(&added, text);
}

bool judge_at_exec(const struct judge *judge)
{
	return judge->front_end == FRONT_EXEC || judge->front_end == FRONT_EXEC_OPTIONS;
}

static void carry_out(const struct judge *judge, const struct finding *finding)
{
	for (const struct edit *edit = finding->edits; edit != NULL; edit = edit->next)
		if (edit->value != NULL)
			json_set(judge->config->doc, edit->node, edit->path, edit->value);
		else
			json_remove(edit->node);
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

/* Carries out the edits of this finding and of all after it, and updates the verdict. */
static void settle(const struct judge *judge, struct finding *finding)
{
	struct verdict *verdict = judge->verdict;

	for (; finding != NULL; finding = finding->next) {
		enum verdict_kind kind;

		if (finding->edits == NULL)
			finding_block(finding, "no rewrite makes this safe");
		if (finding_is_rewritten(finding))
			carry_out(judge, finding);
		kind = finding_kind(finding);
		if (kind > verdict->kind)
			verdict->kind = kind;
		if (kind == VERDICT_REJECT)
			verdict->n_refusals++;
	}
}

static void judge_rule(struct judge *judge, const struct rule *rule, enum rule_action action)
{
	struct finding **added = judge->verdict->findings_end;

	judge->rule = rule;
	judge->action = action;
	rule->check(judge);
	settle(judge, *added);
}

/*
 * Lets a rule look at what an exception lets through, for a trace of it. Nothing of this reaches the
 * findings, the edits or the verdict: the rule works on a copy.
 */
static void judge_excepted(const struct judge *judge, const struct rule *rule)
{
	struct verdict aside = { 0 };
	struct judge copy = *judge;

	aside.findings_end = &aside.findings;
	copy.verdict = &aside;
	copy.rule = rule;
	copy.action = RULE_ALLOW;
	rule->check(&copy);
	*judge->verdict->excepted_end = aside.findings;
	if (aside.findings != NULL)
		judge->verdict->excepted_end = aside.findings_end;
}

static void judge_table(struct judge *judge, unsigned int today)
{
	size_t capabilities = rule_row(&rule_capabilities);
	struct rule_state *states = arena_array(judge->arena, n_rules, sizeof(*states));

	policy_actions(judge->policy, judge->config, today, states);
	judge->states = states;
	judge->drops_capabilities = states[capabilities].action == RULE_REWRITE &&
				    rules[capabilities]->rewrites[judge->front_end] == NULL;
	for (size_t row = 0; row < n_rules; row++) {
		if (judge_at_exec(judge) && !rules[row]->process)
			continue;
		judge->setting = &judge->policy->settings[row];
		judge->exception = states[row].exception;
		if (states[row].action != RULE_ALLOW)
			judge_rule(judge, rules[row], states[row].action);
		else if (states[row].exception != NULL && states[row].usual != RULE_ALLOW)
			judge_excepted(judge, rules[row]);
	}
	judge->exception = NULL;
}

void policy_judge(struct arena *arena, const struct policy *policy, const struct oci_config *config,
		  const struct facts *facts, enum front_end front_end, unsigned int today,
		  struct verdict *ret_verdict)
{
	struct judge judge = {
		.arena = arena,
		.config = config,
		.facts = facts,
		.policy = policy,
		.front_end = front_end,
		.verdict = ret_verdict,
	};
	struct finding **added;

	*ret_verdict = (struct verdict){ .policy = policy };
	ret_verdict->findings_end = &ret_verdict->findings;
	ret_verdict->excepted_end = &ret_verdict->excepted;
	judge_table(&judge, today);
	added = ret_verdict->findings_end;
	judge.action = RULE_REWRITE;
	judge_settle_user(&judge);
	settle(&judge, *added);
	if (facts->first.known)
		judge_rule(&judge, &rule_first_program, policy->audit ? RULE_LOG : RULE_REJECT);
	if (facts->userns_needs_seal && !policy->audit && policy->exec.user_namespaces > EXEC_LOG)
		judge_rule(&judge, &rule_user_namespaces, RULE_REWRITE);
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

const struct finding *finding_that_counts(const struct finding *findings)
{
	while (findings != NULL && findings->action < RULE_REWRITE)
		findings = findings->next;
	return findings;
}
