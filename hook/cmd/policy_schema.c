/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy list --format schema: the JSON Schema of policies, for editors. Rules and their arguments
 * come from the table; the rest says again what hook/policy/load*.c take. draft-07, which editors
 * know best. What only loading can tell (extends, expressions, the calendar) is not in it.
 */
#include "policy_list.h"

#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/capability.h"
#include "oci/config.h"
#include "policy/id_ranges.h"
#include "policy/file/parse.h"
#include "policy/rule.h"

#define CAPABILITY "#/definitions/capability"
#define ABSOLUTE "^/"
#define ONE_PATH "^/(?!.*(\\*|:ro$)).*$"
#define RANGE "^(0|[1-9][0-9]*)([-/](0|[1-9][0-9]*))?$"

static void open_member(struct json_writer *w, const char *key, const char *type,
			const char *description)
{
	json_key(w, key);
	json_begin_object(w);
	json_member_text(w, "type", type);
	if (description != NULL)
		json_member_text(w, "description", description);
}

static void words(struct json_writer *w, const char *key, const char *const *list)
{
	json_key(w, key);
	json_begin_array(w);
	for (; *list != NULL; list++)
		json_text(w, *list);
	json_end_array(w);
}

/* A member that is one of the words. */
static void word_member(struct json_writer *w, const char *key, const char *const *list,
			const char *description)
{
	open_member(w, key, "string", description);
	words(w, "enum", list);
	json_end_object(w);
}

static void string_member(struct json_writer *w, const char *key, const char *description,
			  unsigned int least)
{
	open_member(w, key, "string", description);
	if (least > 0)
		json_member_integer(w, "minLength", least);
	json_end_object(w);
}

/* An object that needs these members, and takes no others than its properties. */
static void closed(struct json_writer *w, const char *const *keys)
{
	words(w, "required", keys);
	json_member_boolean(w, "additionalProperties", false);
}

static void reference(struct json_writer *w, const char *key, const char *name)
{
	auto_buf struct buf path = { 0 };

	buf_printf(&path, "#/definitions/%s", name);
	json_key(w, key);
	json_begin_object(w);
	json_member_text(w, "$ref", path.data);
	json_end_object(w);
}

static void list_member(struct json_writer *w, const char *key, const char *definition,
			const char *description)
{
	open_member(w, key, "array", description);
	reference(w, "items", definition);
	json_end_object(w);
}

static void integer_items(struct json_writer *w, long long least, long long most)
{
	json_member_text(w, "type", "integer");
	json_member_integer(w, "minimum", least);
	json_member_integer(w, "maximum", most);
}

static void pattern_items(struct json_writer *w, const char *pattern)
{
	json_member_text(w, "type", "string");
	json_member_text(w, "pattern", pattern);
}

/* The type of an argument's value, or of its elements. */
static void arg_items(struct json_writer *w, const struct rule_arg_spec *arg)
{
	switch (arg->kind) {
	case ARG_CAPABILITIES:
		json_member_text(w, "$ref", CAPABILITY);
		break;
	case ARG_PATHS:
	case ARG_INSIDE:
		pattern_items(w, ONE_PATH);
		break;
	case ARG_PATTERNS:
		pattern_items(w, ABSOLUTE);
		break;
	case ARG_RANGES:
		pattern_items(w, RANGE);
		break;
	case ARG_VERSION:
		pattern_items(w, "^v1\\.([0-9]|[12][0-9]|3[0-7])$");
		break;
	case ARG_NUMBER:
		json_member_text(w, "type", "integer");
		json_member_integer(w, "minimum", 0);
		break;
	case ARG_ID:
	case ARG_IDS:
		integer_items(w, 0, OCI_ID_MAX);
		break;
	case ARG_WORD:
		words(w, "enum", arg->words);
		break;
	case ARG_STRING:
	case ARG_STRINGS:
		json_member_text(w, "type", "string");
		json_member_integer(w, "minLength", 1);
		break;
	case ARG_NONE:
		break;
	}
}

static void write_arg(struct json_writer *w, const struct rule_arg_spec *arg)
{
	json_key(w, arg->name);
	json_begin_object(w);
	json_member_text(w, "description", arg->meaning);
	if (rule_arg_is_list(arg->kind)) {
		json_member_text(w, "type", "array");
		if (arg->kind == ARG_RANGES)
			json_member_integer(w, "maxItems", ID_RANGES_MAX);
		json_key(w, "items");
		json_begin_object(w);
		arg_items(w, arg);
		json_end_object(w);
	} else {
		arg_items(w, arg);
	}
	json_end_object(w);
}

/* Where names has the rule, args has the rule's arguments and no others. */
static void write_args_of(struct json_writer *w, const struct rule *rule)
{
	json_begin_object(w);
	json_key(w, "if");
	json_begin_object(w);
	json_key(w, "properties");
	json_begin_object(w);
	json_key(w, "names");
	json_begin_object(w);
	json_key(w, "contains");
	json_begin_object(w);
	json_member_text(w, "const", rule->name);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
	words(w, "required", (const char *const[]){ "names", NULL });
	json_end_object(w);
	json_key(w, "then");
	json_begin_object(w);
	json_key(w, "properties");
	json_begin_object(w);
	open_member(w, "args", "object", NULL);
	json_key(w, "properties");
	json_begin_object(w);
	for (size_t i = 0; i < RULE_ARGS_MAX && rule->args[i].kind != ARG_NONE; i++)
		write_arg(w, &rule->args[i]);
	json_end_object(w);
	json_member_boolean(w, "additionalProperties", false);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

static void define_rule_names(struct json_writer *w)
{
	open_member(w, "names", "array", "Rules by name; see rootfence-policy(5)");
	json_member_integer(w, "minItems", 1);
	json_key(w, "items");
	json_begin_object(w);
	json_key(w, "oneOf");
	json_begin_array(w);
	for (size_t row = 0; row < n_rules; row++) {
		json_begin_object(w);
		json_member_text(w, "const", rules[row]->name);
		json_member_text(w, "description", rules[row]->title);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
	json_end_object(w);
}

static void define_rule(struct json_writer *w)
{
	json_key(w, "rule");
	json_begin_object(w);
	json_member_text(w, "type", "object");
	json_key(w, "properties");
	json_begin_object(w);
	reference(w, "names", "names");
	word_member(w, "action", rule_action_words, "What happens where a rule has a finding");
	open_member(w, "args", "object", "Arguments, for every rule that is named");
	json_end_object(w);
	string_member(w, "comment", NULL, 0);
	json_end_object(w);
	closed(w, (const char *const[]){ "names", "action", NULL });
	json_key(w, "allOf");
	json_begin_array(w);
	for (size_t row = 0; row < n_rules; row++)
		write_args_of(w, rules[row]);
	json_end_array(w);
	json_end_object(w);
}

static void define_exec_rule(struct json_writer *w)
{
	open_member(w, "execRule", "object", "A binary that may gain capabilities");
	json_key(w, "properties");
	json_begin_object(w);
	open_member(w, "paths", "array", "Absolute paths, as the kernel has them");
	json_key(w, "items");
	json_begin_object(w);
	pattern_items(w, "^/.");
	json_member_integer(w, "maxLength", 255);
	json_end_object(w);
	json_end_object(w);
	list_member(w, "capabilities", "capability", "What it may gain; nothing more");
	word_member(w, "action", exec_action_words, NULL);
	string_member(w, "comment", NULL, 0);
	json_end_object(w);
	closed(w, (const char *const[]){ "paths", "action", NULL });
	json_end_object(w);
}

static void define_exec(struct json_writer *w)
{
	open_member(w, "exec", "object", "What the kernel guard does with an execve");
	json_key(w, "properties");
	json_begin_object(w);
	word_member(w, "defaultAction", exec_action_words,
		    "An execve that gains, or leaves the ceiling");
	open_member(w, "errnoRet", "integer", "The errno of RF_ACT_ERRNO");
	json_member_integer(w, "minimum", 1);
	json_member_integer(w, "maximum", 4095);
	json_end_object(w);
	word_member(w, "guarantee", guarantee_words, "The least that is accepted");
	word_member(w, "userNamespaces", exec_action_words, "A new user namespace");
	word_member(w, "setIds", exec_action_words,
		    "Another identity that gains no capability and is not root");
	list_member(w, "rules", "execRule", NULL);
	string_member(w, "comment", NULL, 0);
	json_end_object(w);
	json_member_boolean(w, "additionalProperties", false);
	json_end_object(w);
}

static void define_exception(struct json_writer *w)
{
	open_member(w, "exception", "object", "Another action where annotations match");
	json_key(w, "properties");
	json_begin_object(w);
	reference(w, "names", "names");
	word_member(w, "action", rule_action_words, NULL);
	open_member(w, "match", "object", NULL);
	json_key(w, "properties");
	json_begin_object(w);
	open_member(w, "annotations", "object",
		    "POSIX extended expressions for whole keys and whole values");
	json_member_integer(w, "minProperties", 1);
	json_key(w, "additionalProperties");
	json_begin_object(w);
	json_member_text(w, "type", "string");
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
	closed(w, (const char *const[]){ "annotations", NULL });
	json_end_object(w);
	string_member(w, "reason", "For those who review the policy", 1);
	open_member(w, "expires", "string", "The last day, as YYYY-MM-DD (UTC)");
	json_member_text(w, "pattern", "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$");
	json_end_object(w);
	string_member(w, "comment", NULL, 0);
	json_end_object(w);
	closed(w, (const char *const[]){ "names", "action", "match", "reason", NULL });
	json_end_object(w);
}

static void top_level(struct json_writer *w)
{
	static const char *const modes[] = { "enforce", "audit", NULL };

	json_key(w, "properties");
	json_begin_object(w);
	json_key(w, "version");
	json_begin_object(w);
	json_key(w, "const");
	json_integer(w, 1);
	json_end_object(w);
	open_member(w, "name", "string", "Refusals name the policy by it");
	json_member_integer(w, "minLength", 1);
	json_member_integer(w, "maxLength", 64);
	json_end_object(w);
	open_member(w, "extends", "array", "Names or files of policies; what comes later wins");
	json_key(w, "items");
	json_begin_object(w);
	json_member_text(w, "type", "string");
	json_end_object(w);
	json_end_object(w);
	word_member(w, "mode", modes, "audit: nothing is refused or changed, all is logged");
	word_member(w, "defaultAction", rule_action_words, "For rules that are not named");
	list_member(w, "rules", "rule", "What a later entry says of a rule wins");
	reference(w, "exec", "exec");
	list_member(w, "exceptions", "exception", "Of several that match the last counts");
	string_member(w, "$schema", NULL, 0);
	string_member(w, "comment", NULL, 0);
	json_end_object(w);
	closed(w, (const char *const[]){ "version", "name", NULL });
}

void policy_list_schema(struct arena *arena, struct buf *out)
{
	struct json_writer *w = json_writer_new(arena, true);
	struct str text;

	json_begin_object(w);
	json_member_text(w, "$schema", "http://json-schema.org/draft-07/schema#");
	json_member_text(w, "$comment",
			 "made by `rootfence policy list --format schema`; edit the rule table");
	json_member_text(w, "title", "rootfence policy");
	json_member_text(w, "type", "object");
	top_level(w);
	json_key(w, "definitions");
	json_begin_object(w);
	word_member(w, "capability", cap_names(), "See capabilities(7)");
	define_rule_names(w);
	define_rule(w);
	define_exec_rule(w);
	define_exec(w);
	define_exception(w);
	json_end_object(w);
	json_end_object(w);
	text = json_writer_finish(w);
	buf_add(out, text.data, text.len);
}
