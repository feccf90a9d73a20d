/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings about a policy file: entries without effect, or with another effect than the author
 * probably expects. A wrong type or name is skipped here, since the loader reports it.
 */
#include <stdio.h>
#include <string.h>

#include "policy/rule.h"

struct lint {
	struct arena *arena;
	struct json_doc *doc;
	unsigned int today;
	const struct vocabulary *vocabulary; /* the last one whose words were needed */
	const char *const *words;
	unsigned int n_words;
	struct policy_note *first, **end;
};

static void warn(struct lint *lint, const struct json_node *node, const char *text)
{
	struct policy_note *note = arena_new_object(lint->arena, struct policy_note);

	*note = (struct policy_note){
		.kind = NOTE_WARNING,
		.text = arena_printf(
			lint->arena, "%s: %s",
			str_show(lint->arena, str_from(json_pointer(lint->arena, node))), text),
	};
	json_position(lint->doc, node->key_start, &note->line, &note->column);
	*lint->end = note;
	lint->end = &note->next;
}

static unsigned int line_of(struct lint *lint, const struct json_node *node)
{
	unsigned int line, column;

	json_position(lint->doc, node->start, &line, &column);
	return line;
}

/* Warns about a name or path that an earlier entry has. The later one wins silently. */
static void warn_again(struct lint *lint, const struct json_node *node,
		       const struct json_node *earlier)
{
	warn(lint, node,
	     arena_printf(lint->arena, "%s was named on line %u already; this entry wins",
			  str_quote(lint->arena, node->text), line_of(lint, earlier)));
}

static void lint_action(struct lint *lint, const struct json_node *entry, const struct rule *rule)
{
	const struct json_node *action = json_get(entry, "action");

	if (rule->rewrites == NULL && action != NULL && str_is(action->text, "RF_ACT_REWRITE"))
		warn(lint, action,
		     arena_printf(lint->arena,
				  "rule %s never rewrites, so this refuses; write RF_ACT_REJECT",
				  rule->name));
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
	warn(lint, word,
	     arena_printf(lint->arena, "%s %s%s", str_quote(lint->arena, word->text),
			  vocabulary->unknown, hint.text));
}

/* The loader accepts any string, since another host or version may know more of them. */
static void lint_strings(struct lint *lint, const struct json_node *strings,
			 const struct vocabulary *vocabulary)
{
	json_each (word, strings)
		if (word->type == JSON_STRING && !vocabulary->has(lint->arena, word->text))
			warn_word(lint, word, vocabulary);
}

static void lint_args(struct lint *lint, const struct json_node *args, const struct rule *rule)
{
	for (size_t i = 0; i < RULE_ARGS_MAX && rule->args[i].kind != KIND_NONE; i++)
		if (rule->args[i].vocabulary != NULL)
			lint_strings(lint, json_get(args, rule->args[i].name),
				     rule->args[i].vocabulary);
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
				warn_again(lint, name, named[row]);
			named[row] = name;
			lint_action(lint, entry, rules[row]);
			lint_args(lint, json_get(entry, "args"), rules[row]);
		}
	}
}

/* The guard sees the kernel's path: absolute, with no component empty, "." or "..". */
static bool path_is_canonical(struct str path)
{
	size_t start = 1; /* of a component; the loader has checked the first slash */

	for (size_t i = 1; i <= path.len; i++) {
		struct str component = { path.data + start, i - start };

		if (i < path.len && path.data[i] != '/')
			continue;
		if (component.len == 0 || str_is(component, ".") || str_is(component, ".."))
			return false;
		start = i + 1;
	}
	return true;
}

static const struct json_node *exec_path_before(const struct json_node *array,
						const struct json_node *path)
{
	json_each (entry, array)
		json_each (other, json_get(entry, "paths")) {
			if (other == path)
				return NULL;
			if (str_equal(other->text, path->text))
				return other;
		}
	return NULL;
}

static void lint_exec_rules(struct lint *lint, const struct json_node *array)
{
	json_each (entry, array)
		json_each (path, json_get(entry, "paths")) {
			const struct json_node *before = exec_path_before(array, path);

			if (before != NULL)
				warn_again(lint, path, before);
			if (!path_is_canonical(path->text))
				warn(lint, path,
				     "never matches: the kernel's paths have no \".\", \"..\", \"//\" and no final slash");
		}
}

static void lint_expires(struct lint *lint, const struct json_node *expires)
{
	unsigned int year, month, day;
	const char *text;

	if (expires == NULL)
		return;
	text = arena_copy(lint->arena, expires->text.data, expires->text.len);
	if (sscanf(text, "%4u-%2u-%2u", &year, &month, &day) == 3 && month <= 12 && day <= 31 &&
	    year * 10000 + month * 100 + day < lint->today)
		warn(lint, expires,
		     arena_printf(lint->arena,
				  "expired on %s: the exception no longer applies; remove it",
				  text));
}

/*
 * Does the expression match only io.kubernetes.* keys? CRI-O and containerd write those last. False
 * if that is not obvious.
 */
static bool is_engine_key(struct str regex)
{
	static const char *const prefixes[] = { "io\\.kubernetes\\.", "io[.]kubernetes[.]", NULL };

	if (regex.len > 0 && regex.data[0] == '^')
		regex = (struct str){ regex.data + 1, regex.len - 1 };
	if (memchr(regex.data, '|', regex.len) != NULL)
		return false;
	for (const char *const *prefix = prefixes; *prefix != NULL; prefix++)
		if (str_starts_with(regex, *prefix) && regex.len > strlen(*prefix) &&
		    strchr("*?{", regex.data[strlen(*prefix)]) == NULL)
			return true;
	return false;
}

static void lint_match(struct lint *lint, const struct json_node *annotations)
{
	if (annotations == NULL || annotations->first == NULL)
		return;
	json_each (member, annotations)
		if (is_engine_key(member->key))
			return;
	warn(lint, annotations->first,
	     "anyone who starts a container can set this annotation (--annotation); only io\\.kubernetes\\.* is safe, since CRI-O and containerd overwrite it");
}

static void lint_exceptions(struct lint *lint, const struct json_node *array)
{
	json_each (exception, array) {
		json_each (name, json_get(exception, "names")) {
			int row = rule_find(name->text);

			if (row < 0)
				continue;
			lint_action(lint, exception, rules[row]);
		}
		lint_match(lint, json_get(json_get(exception, "match"), "annotations"));
		lint_expires(lint, json_get(exception, "expires"));
	}
}

struct policy_note *policy_lint(struct arena *arena, struct json_doc *doc, unsigned int today)
{
	struct lint lint = { .arena = arena, .doc = doc, .today = today };

	lint.end = &lint.first;
	lint_rules(&lint, json_get(doc->root, "rules"));
	lint_exec_rules(&lint, json_get(json_get(doc->root, "exec"), "rules"));
	lint_exceptions(&lint, json_get(doc->root, "exceptions"));
	return lint.first;
}
