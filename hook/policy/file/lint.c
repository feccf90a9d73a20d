/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings about a policy file: entries without effect, or with another effect than the author
 * probably expects. A wrong type or name is skipped here, since the loader reports it.
 */
#include "lint.h"

#include <string.h>

void lint_warn(struct lint *lint, const struct json_node *node, const char *text)
{
	struct policy_note *note = arena_new_object(lint->arena, struct policy_note);
	const char *pointer = str_show(lint->arena, str_from(json_pointer(lint->arena, node)));

	*note = (struct policy_note){
		.kind = NOTE_WARNING,
		.text = arena_printf(lint->arena, "%s: %s", pointer[0] != '\0' ? pointer : "/",
				     text),
	};
	json_position(lint->doc, node->key_start, &note->line, &note->column);
	*lint->end = note;
	lint->end = &note->next;
}

unsigned int lint_line(struct lint *lint, const struct json_node *node)
{
	unsigned int line, column;

	json_position(lint->doc, node->start, &line, &column);
	return line;
}

/* The later one wins silently. */
void lint_again(struct lint *lint, const struct json_node *node, const struct json_node *earlier)
{
	lint_note(lint, node, "%s was named on line %u already; this entry wins",
		  str_quote(lint->arena, node->text), lint_line(lint, earlier));
}

void lint_action(struct lint *lint, const struct json_node *entry, const struct rule *rule)
{
	const struct json_node *action = json_get(entry, "action");

	if (rule->rewrites == NULL && action != NULL && str_is(action->text, "RF_ACT_REWRITE"))
		lint_note(lint, action,
			  "rule %s never rewrites, so this refuses; write RF_ACT_REJECT",
			  rule->name);
}

enum rule_action lint_rule_action(const struct lint *lint, size_t row)
{
	const struct rule_setting *setting = &lint->policy->settings[row];

	return setting->named ? setting->action : lint->policy->default_action;
}

#define WORDS_MEANT_MAX 100 /* so many unknown words are not typing errors */

/* Returns the words of a vocabulary. They are kept, since policies need them repeatedly. */
static const char *const *words_of(struct lint *lint, const struct vocabulary *vocabulary)
{
	if (lint->vocabulary != vocabulary) {
		lint->vocabulary = vocabulary;
		lint->words = vocabulary->words(lint->arena);
	}
	return lint->words;
}

/* Warns about a word that the vocabulary lacks, and suggests the nearest one. */
static void warn_word(struct lint *lint, const struct json_node *word,
		      const struct vocabulary *vocabulary)
{
	struct str_hint hint = { "" };

	if (vocabulary->words != NULL && lint->n_words++ < WORDS_MEANT_MAX)
		hint = str_hint(word->text, words_of(lint, vocabulary), "\"", "\"?");
	lint_note(lint, word, "%s %s%s", str_quote(lint->arena, word->text), vocabulary->unknown,
		  hint.text);
}

/* The loader accepts any string, since another host or version may know more of them. */
static void lint_strings(struct lint *lint, const struct json_node *strings,
			 const struct vocabulary *vocabulary)
{
	json_each (word, strings)
		if (word->type == JSON_STRING && !vocabulary->has(lint->arena, word->text))
			warn_word(lint, word, vocabulary);
}

/* What an entry of a list lets the container do, although the list is meant for less. */
static void lint_flaws(struct lint *lint, const struct json_node *strings,
		       const struct rule_arg_spec *spec)
{
	json_each (word, strings) {
		const char *flaw =
			word->type == JSON_STRING ? spec->flaw(lint->arena, word->text) : NULL;

		if (flaw != NULL)
			lint_note(lint, word, "%s %s", str_quote(lint->arena, word->text), flaw);
	}
}

static void lint_arg(struct lint *lint, const struct json_node *value,
		     const struct rule_arg_spec *spec)
{
	/* What "remove" has is gone. */
	if (value != NULL && value->type == JSON_OBJECT)
		value = json_get(value, "add");
	if (spec->vocabulary != NULL)
		lint_strings(lint, value, spec->vocabulary);
	if (spec->flaw != NULL)
		lint_flaws(lint, value, spec);
}

static void lint_args(struct lint *lint, const struct json_node *args, const struct rule *rule)
{
	for (size_t i = 0; i < RULE_ARGS_MAX && rule->args[i].kind != KIND_NONE; i++)
		lint_arg(lint, json_get(args, rule->args[i].name), &rule->args[i]);
}

/* Does an exception make the rule stricter for some containers? */
static bool is_stricter_somewhere(const struct policy *policy, size_t row, enum rule_action action)
{
	for (const struct exception *e = policy->exceptions; e != NULL; e = e->next)
		if ((e->rules >> row & 1) != 0 && e->action > action)
			return true;
	return false;
}

/* A list that no check reads. Other arguments may have a meaning for other rules. */
static void lint_unused(struct lint *lint, const struct json_node *args, size_t row)
{
	if (lint_rule_action(lint, row) != RULE_ALLOW ||
	    is_stricter_somewhere(lint->policy, row, RULE_ALLOW))
		return;
	for (size_t i = 0; i < RULE_ARGS_MAX; i++) {
		const struct rule_arg_spec *spec = &rules[row]->args[i];

		if (rule_arg_is_list(spec->kind) && json_get(args, spec->name) != NULL)
			lint_note(lint, json_get(args, spec->name),
				  "no effect: %s is RF_ACT_ALLOW, so it is not checked",
				  rules[row]->name);
	}
}

/* What an entry means in the whole policy. */
static void lint_in_policy(struct lint *lint, const struct json_node *entry,
			   const struct json_node *name, size_t row)
{
	const struct rule_setting *setting = &lint->policy->settings[row];
	const char *flaw = rules[row]->flaw != NULL && setting->action != RULE_ALLOW
				   ? rules[row]->flaw(setting)
				   : NULL;

	lint_unused(lint, json_get(entry, "args"), row);
	if (flaw != NULL)
		lint_note(lint, name, "%s: %s", rules[row]->name, flaw);
}

static void lint_rules(struct lint *lint, const struct json_node *array)
{
	const struct json_node *named[RULES_MAX] = { NULL };

	json_each (entry, array) {
		json_each (name, json_get(entry, "names")) {
			int row = rule_find(name->text);

			if (row < 0)
				continue;
			if (named[row] != NULL)
				lint_again(lint, name, named[row]);
			named[row] = name;
			lint_action(lint, entry, rules[row]);
			lint_args(lint, json_get(entry, "args"), rules[row]);
			if (lint->policy != NULL)
				lint_in_policy(lint, entry, name, (size_t)row);
		}
	}
}

/* A policy that is not based on another leaves out whatever it does not name. */
static void lint_whole(struct lint *lint)
{
	const struct json_node *root = lint->doc->root, *extends = json_get(root, "extends");
	size_t n_unchecked = 0, n_unnamed = 0;

	for (size_t row = 0; row < n_rules; row++) {
		n_unnamed += !lint->policy->settings[row].named;
		n_unchecked += lint_rule_action(lint, row) == RULE_ALLOW &&
			       !is_stricter_somewhere(lint->policy, row, RULE_ALLOW);
	}
	if (n_unchecked == n_rules)
		lint_warn(
			lint, root,
			"every rule is RF_ACT_ALLOW, so every spec passes unseen; add \"extends\": [\"default\"], or rules");
	else if ((extends == NULL || extends->first == NULL) && n_unnamed > 0 &&
		 json_get(root, "defaultAction") == NULL)
		lint_note(
			lint, root,
			"%zu rules are not checked: the policy neither names them nor extends another; add \"extends\": [\"default\"], or a \"defaultAction\" if that is meant",
			n_unnamed);
}

struct policy_note *policy_lint(struct arena *arena, struct json_doc *doc,
				const struct policy *policy, unsigned int today)
{
	struct lint lint = { .arena = arena, .doc = doc, .policy = policy, .today = today };

	lint.end = &lint.first;
	if (policy != NULL)
		lint_whole(&lint);
	lint_rules(&lint, json_get(doc->root, "rules"));
	lint_exec(&lint, json_get(doc->root, "exec"));
	lint_unregistered(&lint, json_get(doc->root, "unregistered"));
	lint_exceptions(&lint, json_get(doc->root, "exceptions"));
	return lint.first;
}
