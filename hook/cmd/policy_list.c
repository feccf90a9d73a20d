/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy list: prints the rule table as text, or as JSON with all that docs/generate.py needs to
 * write docs/rules.md and policies/schema.json.
 */
#include "policy_list.h"

#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/capability.h"
#include "oci/config.h"
#include "policy/file/parse.h"
#include "policy/id_ranges.h"
#include "policy/rule.h"

static const char *const kind_names[] = {
	[KIND_NONE] = "",
	[KIND_CAPABILITIES] = "capabilities",
	[KIND_STRINGS] = "strings",
	[KIND_PATHS] = "paths of the host",
	[KIND_INSIDE] = "paths in the container",
	[KIND_NUMBER] = "number",
	[KIND_VERSION] = "version",
	[KIND_PATTERNS] = "patterns of paths",
	[KIND_ID] = "id",
	[KIND_IDS] = "ids",
	[KIND_WORD] = "word",
	[KIND_STRING] = "string",
	[KIND_RANGES] = "ranges of ids",
};

static const char *rewrites(const struct rule *rule)
{
	return rule->rewrites != NULL ? "yes" : "no";
}

static size_t n_args(const struct rule *rule)
{
	size_t n = 0;

	while (n < RULE_ARGS_MAX && rule->args[n].kind != KIND_NONE)
		n++;
	return n;
}

/* "a, b, c" */
static void add_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", words[i]);
}

static void add_arg_text(struct buf *out, const struct rule_arg_spec *arg)
{
	buf_printf(out, "    %s (%s", arg->name, kind_names[arg->kind]);
	if (arg->words != NULL) {
		buf_printf(out, ": ");
		add_words(out, arg->words);
	}
	buf_printf(out, ")  %s", arg->meaning);
	if (arg->words != NULL)
		buf_printf(out, "; default %s", arg->words[0]);
	if (arg->defaults != NULL) {
		buf_printf(out, "; default ");
		add_words(out, arg->defaults);
	}
	buf_printf(out, "\n");
}

static void add_rule_text(struct buf *out, const struct rule *rule)
{
	buf_printf(out, "%s: %s\n  reads     %s\n  rewrites  %s\n", rule->name, rule->title,
		   rule->reads, rewrites(rule));
	if (n_args(rule) > 0)
		buf_printf(out, "  args\n");
	for (size_t i = 0; i < n_args(rule); i++)
		add_arg_text(out, &rule->args[i]);
	buf_printf(out, "  see       ");
	add_words(out, rule->references);
	buf_printf(out, "\n");
}

void policy_list_text(struct buf *out)
{
	add_rule_text(out, &rule_spec);
	for (size_t row = 0; row < n_rules; row++) {
		buf_printf(out, "\n");
		add_rule_text(out, rules[row]);
	}
}

static void write_words(struct json_writer *writer, const char *key, const char *const *words)
{
	if (words == NULL)
		return;
	json_key(writer, key);
	json_begin_array(writer);
	for (; *words != NULL; words++)
		json_text(writer, *words);
	json_end_array(writer);
}

/* Writes the largest values that the loader accepts. */
static void write_bounds(struct json_writer *writer, enum rule_arg_kind kind)
{
	if (kind == KIND_ID || kind == KIND_IDS)
		json_member_integer(writer, "maximum", OCI_ID_MAX);
	if (kind == KIND_VERSION)
		json_member_integer(writer, "maximum", VERSION_MINOR_MAX);
	if (kind == KIND_RANGES)
		json_member_integer(writer, "maxEntries", ID_RANGES_MAX);
}

static void write_arg(struct json_writer *writer, const struct rule_arg_spec *arg)
{
	json_begin_object(writer);
	json_member_text(writer, "name", arg->name);
	json_member_text(writer, "kind", kind_names[arg->kind]);
	json_member_boolean(writer, "list", rule_arg_is_list(arg->kind));
	json_member_text(writer, "meaning", arg->meaning);
	write_words(writer, "words", arg->words);
	write_words(writer, "default", arg->defaults);
	write_bounds(writer, arg->kind);
	json_end_object(writer);
}

static void write_rule(struct json_writer *writer, const struct rule *rule)
{
	json_begin_object(writer);
	json_member_text(writer, "name", rule->name);
	json_member_text(writer, "title", rule->title);
	json_member_text(writer, "reads", rule->reads);
	json_member_boolean(writer, "rewrites", rule->rewrites != NULL);
	json_key(writer, "args");
	json_begin_array(writer);
	for (size_t i = 0; i < n_args(rule); i++)
		write_arg(writer, &rule->args[i]);
	json_end_array(writer);
	write_words(writer, "references", rule->references);
	json_end_object(writer);
}

void policy_list_json(struct arena *arena, struct buf *out)
{
	struct json_writer *writer = json_writer_new(arena, true);
	struct str text;

	json_begin_object(writer);
	json_member_text(writer, "rootfence", ROOTFENCE_VERSION);
	write_words(writer, "actions", rule_action_words);
	write_words(writer, "execActions", exec_action_words);
	write_words(writer, "guarantees", guarantee_words);
	write_words(writer, "capabilities", cap_names());
	json_key(writer, "rules");
	json_begin_array(writer);
	write_rule(writer, &rule_spec);
	for (size_t row = 0; row < n_rules; row++)
		write_rule(writer, rules[row]);
	json_end_array(writer);
	json_end_object(writer);
	text = json_writer_finish(writer);
	buf_add(out, text.data, text.len);
}
