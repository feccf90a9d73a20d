/* SPDX-License-Identifier: Apache-2.0 */
/* policy list: the rule table as text, JSON and Markdown. */
#include "policy_list.h"

#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "json/writer.h"
#include "policy/rule.h"

static const char *const kind_names[] = {
	[ARG_NONE] = "",
	[ARG_CAPABILITIES] = "capabilities",
	[ARG_STRINGS] = "strings",
	[ARG_PATHS] = "paths of the host",
	[ARG_INSIDE] = "paths in the container",
	[ARG_NUMBER] = "number",
	[ARG_VERSION] = "version",
	[ARG_PATTERNS] = "patterns of paths",
	[ARG_ID] = "id",
	[ARG_IDS] = "ids",
	[ARG_WORD] = "word",
	[ARG_STRING] = "string",
	[ARG_RANGES] = "ranges of ids",
};

static const char *rewrites(const struct rule *rule)
{
	return rule->rewrites != NULL ? "yes" : "no";
}

static size_t n_args(const struct rule *rule)
{
	size_t n = 0;

	while (n < RULE_ARGS_MAX && rule->args[n].kind != ARG_NONE)
		n++;
	return n;
}

/* "a", "b", "c"; words may be NULL. */
static void add_words(struct buf *out, const char *const *words, const char *quote)
{
	for (size_t i = 0; words != NULL && words[i] != NULL; i++)
		buf_printf(out, "%s%s%s%s", i > 0 ? ", " : "", quote, words[i], quote);
}

static void add_arg_text(struct buf *out, const struct rule_arg_spec *arg)
{
	buf_printf(out, "    %s (%s", arg->name, kind_names[arg->kind]);
	if (arg->words != NULL) {
		buf_printf(out, ": ");
		add_words(out, arg->words, "");
	}
	buf_printf(out, ")  %s", arg->meaning);
	if (arg->words != NULL)
		buf_printf(out, "; default %s", arg->words[0]);
	if (arg->defaults != NULL) {
		buf_printf(out, "; default ");
		add_words(out, arg->defaults, "");
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
	add_words(out, rule->references, "");
	buf_printf(out, "\n");
}

void policy_list_text(struct arena *arena, struct buf *out)
{
	(void)arena;
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

static void write_rule(struct json_writer *writer, const struct rule *rule)
{
	json_begin_object(writer);
	json_member_text(writer, "name", rule->name);
	json_member_text(writer, "title", rule->title);
	json_member_text(writer, "reads", rule->reads);
	json_member_boolean(writer, "rewrites", rule->rewrites != NULL);
	json_key(writer, "args");
	json_begin_array(writer);
	for (size_t i = 0; i < n_args(rule); i++) {
		json_begin_object(writer);
		json_member_text(writer, "name", rule->args[i].name);
		json_member_text(writer, "kind", kind_names[rule->args[i].kind]);
		json_member_text(writer, "meaning", rule->args[i].meaning);
		write_words(writer, "words", rule->args[i].words);
		write_words(writer, "default", rule->args[i].defaults);
		json_end_object(writer);
	}
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

/* Text in a cell of a table, in which a bar would end it. */
static void add_cell(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_printf(out, *text == '|' || *text == '*' ? "\\%c" : "%c", *text);
}

static void add_args_markdown(struct buf *out, const struct rule *rule)
{
	if (n_args(rule) == 0)
		return;
	buf_printf(out, "\n| argument | kind | meaning | default |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < n_args(rule); i++) {
		const struct rule_arg_spec *arg = &rule->args[i];

		buf_printf(out, "| `%s` | ", arg->name);
		if (arg->words != NULL)
			add_words(out, arg->words, "`");
		else
			buf_printf(out, "%s", kind_names[arg->kind]);
		buf_printf(out, " | ");
		add_cell(out, arg->meaning);
		buf_printf(out, " | ");
		if (arg->words != NULL)
			buf_printf(out, "`%s`", arg->words[0]);
		add_words(out, arg->defaults, "`");
		buf_printf(out, " |\n");
	}
}

static void add_rule_markdown(struct buf *out, const struct rule *rule)
{
	buf_printf(out, "\n## %s\n\n%s.\n\nReads %s. %s\n", rule->name, rule->title, rule->reads,
		   rule == &rule_spec	    ? "Always on: a finding is exit code 3."
		   : rule->rewrites != NULL ? "Can be rewritten."
					    : "Cannot be rewritten.");
	add_args_markdown(out, rule);
	buf_printf(out, "\nReferences: ");
	add_words(out, rule->references, "");
	buf_printf(out, ".\n");
}

void policy_list_markdown(struct arena *arena, struct buf *out)
{
	(void)arena;
	buf_printf(
		out,
		"<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
		"<!-- Made by `rootfence policy list --format markdown`; edit the rule table. -->\n"
		"# Rules\n\n"
		"In the order in which they are checked, which is that of findings. What each rule\n"
		"does in full is in rootfence-policy(5).\n\n"
		"| rule | finding when | rewrites |\n| --- | --- | --- |\n");
	buf_printf(out, "| [%s](#%s) | %s | always on |\n", rule_spec.name, rule_spec.name,
		   rule_spec.title);
	for (size_t row = 0; row < n_rules; row++) {
		buf_printf(out, "| [%s](#", rules[row]->name);
		for (const char *c = rules[row]->name; *c != '\0'; c++)
			buf_printf(out, "%c", tolower((unsigned char)*c));
		buf_printf(out, ") | %s | %s |\n", rules[row]->title, rewrites(rules[row]));
	}
	add_rule_markdown(out, &rule_spec);
	for (size_t row = 0; row < n_rules; row++)
		add_rule_markdown(out, rules[row]);
}
