/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings about a policy file: what has no effect, or another than its author is likely to think.
 * The loader says what is wrong: what has another type or name than it should is passed over here.
 */
#include <stdio.h>
#include <string.h>

#include "oci/seccomp.h"
#include "policy/rule.h"

struct lint {
	struct arena *arena;
	struct json_doc *doc;
	unsigned int today;
	const char *const *calls; /* the names of system calls; made when first asked for */
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

/* A name or path that an earlier one in the file has: the later one wins, without a word. */
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

	if (rule->fix == NULL && action != NULL && str_is(action->text, "RF_ACT_REWRITE"))
		warn(lint, action,
		     arena_printf(
			     lint->arena,
			     "rule %s cannot be rewritten, so that this refuses; RF_ACT_REJECT says so",
			     rule->name));
}

static bool word_is_among(struct str word, const char *const *words)
{
	while (*words != NULL && !str_is(word, *words))
		words++;
	return *words != NULL;
}

#define WORDS_MEANT_MAX 100 /* who has more unknown words has no typing errors */

/* Of a word that is none of those: what it is not, and which one can have been meant. */
static void warn_word(struct lint *lint, const struct json_node *word, const char *is,
		      const char *const *words)
{
	const char *nearest =
		lint->n_words++ < WORDS_MEANT_MAX ? str_nearest(word->text, words) : NULL;

	warn(lint, word,
	     arena_printf(lint->arena, "%s %s%s%s%s", str_quote(lint->arena, word->text), is,
			  nearest != NULL ? "; did you mean \"" : "",
			  nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : ""));
}

static const char *const *known_calls(struct lint *lint)
{
	if (lint->calls == NULL)
		lint->calls = oci_seccomp_calls(lint->arena);
	return lint->calls;
}

static const struct json_node *arg_of(const struct json_node *args, const struct rule *rule,
				      const char *name, const char *arg)
{
	return strcmp(rule->name, name) == 0 ? json_get(args, arg) : NULL;
}

/* Strings that the loader takes as they are, since another host or version may know more of them. */
static void lint_args(struct lint *lint, const struct json_node *args, const struct rule *rule)
{
	static const char *const mount_words[] = { "nodev",	  "noexec",  "nosuid",
						   "ro",	  "noatime", "nodiratime",
						   "nosymfollow", "sync",    NULL };
	static const char *const no_words[] = { NULL };
	const struct json_node *calls = arg_of(args, rule, "seccompProfile", "deny");
	const struct json_node *options = arg_of(args, rule, "mountOptions", "options");
	const struct json_node *devices = arg_of(args, rule, "deviceAccess", "allow");

	json_each (word, calls)
		if (word->type == JSON_STRING && !oci_seccomp_has_call(lint->arena, word->text))
			warn_word(lint, word, "is no system call that libseccomp knows",
				  known_calls(lint));
	json_each (word, options)
		if (word->type == JSON_STRING && !word_is_among(word->text, mount_words))
			warn_word(lint, word, "is no option that makes a mount safer", mount_words);
	json_each (word, devices)
		if (word->type == JSON_STRING && !device_entry_is_known(word->text))
			warn_word(lint, word, "is no TYPE MAJOR:MINOR ACCESS, as \"c 10:200 rw\"",
				  no_words);
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
			lint_action(lint, entry, &rules[row]);
			lint_args(lint, json_get(entry, "args"), &rules[row]);
		}
	}
}

/* The guard sees the path that the kernel has: absolute, no component empty or "." or "..". */
static bool path_is_canonical(struct str path)
{
	size_t start = 1; /* of a component; the loader has seen to the first slash */

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
				  "expired on %s: the exception no longer applies; take it out",
				  text));
}

/*
 * Does the expression match nothing but io.kubernetes.* keys? CRI-O and containerd write those
 * last. Anything that is not plainly so counts as no.
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
	     "whoever starts a container can set this annotation (--annotation); io\\.kubernetes\\.* ones are written last by CRI-O and containerd");
}

static void lint_exceptions(struct lint *lint, const struct json_node *array)
{
	json_each (exception, array) {
		json_each (name, json_get(exception, "names")) {
			int row = rule_find(name->text);

			if (row < 0)
				continue;
			lint_action(lint, exception, &rules[row]);
			lint_args(lint, json_get(exception, "args"), &rules[row]);
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
