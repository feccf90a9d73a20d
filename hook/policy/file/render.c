/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a policy as one policy file, with all that it extends. policy_load() reads an equal policy
 * from it. Arguments that are not set are left out, since they come from the rule table.
 */
#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/capability.h"
#include "policy/file/parse.h"
#include "policy/rule.h"

static void write_strings(struct json_writer *writer, const struct str *strings, size_t n)
{
	json_begin_array(writer);
	for (size_t i = 0; i < n; i++)
		json_string(writer, strings[i]);
	json_end_array(writer);
}

/* A shipped default with changes stays one, for args.version and for newer versions of it. */
static void write_change(struct json_writer *writer, const struct rule_arg *arg)
{
	json_begin_object(writer);
	if (arg->n_added > 0) {
		json_key(writer, "add");
		write_strings(writer, arg->added, arg->n_added);
	}
	if (arg->n_removed > 0) {
		json_key(writer, "remove");
		write_strings(writer, arg->removed, arg->n_removed);
	}
	json_end_object(writer);
}

static bool is_changed(const struct rule_arg *arg)
{
	return !arg->set && (arg->n_added > 0 || arg->n_removed > 0);
}

static void write_numbers(struct json_writer *writer, const struct rule_arg *arg)
{
	json_begin_array(writer);
	for (size_t i = 0; i < arg->n; i++)
		json_integer(writer, (long long)arg->numbers[i]);
	json_end_array(writer);
}

static void write_arg(struct arena *arena, struct json_writer *writer,
		      const struct rule_arg_spec *spec, const struct rule_arg *arg)
{
	json_key(writer, spec->name);
	if (is_changed(arg)) {
		write_change(writer, arg);
		return;
	}
	switch (spec->kind) {
	case KIND_CAPABILITIES:
		json_raw(writer, str_from(cap_set_json(arena, arg->number)));
		break;
	case KIND_STRINGS:
	case KIND_PATHS:
	case KIND_INSIDE:
	case KIND_PATTERNS:
	case KIND_RANGES:
		write_strings(writer, arg->strings, arg->n);
		break;
	case KIND_STRING:
		json_string(writer, arg->strings[0]);
		break;
	case KIND_VERSION:
		json_text(writer, arena_printf(arena, "v1.%u", (unsigned int)arg->number));
		break;
	case KIND_NUMBER:
	case KIND_ID:
		json_integer(writer, (long long)arg->number);
		break;
	case KIND_IDS:
		write_numbers(writer, arg);
		break;
	case KIND_WORD:
		json_text(writer, spec->words[arg->number]);
		break;
	case KIND_NONE:
		break;
	}
}

static void write_args(struct arena *arena, struct json_writer *writer, const struct rule *rule,
		       const struct rule_setting *setting)
{
	bool open = false;

	for (size_t i = 0; i < RULE_ARGS_MAX; i++) {
		if (!setting->args[i].set && !is_changed(&setting->args[i]))
			continue;
		if (!open) {
			json_key(writer, "args");
			json_begin_object(writer);
			open = true;
		}
		write_arg(arena, writer, &rule->args[i], &setting->args[i]);
	}
	if (open)
		json_end_object(writer);
}

static void write_rules(struct arena *arena, struct json_writer *writer,
			const struct policy *policy)
{
	json_key(writer, "rules");
	json_begin_array(writer);
	for (size_t row = 0; row < n_rules; row++) {
		const struct rule_setting *setting = &policy->settings[row];

		if (!setting->named)
			continue;
		json_begin_object(writer);
		json_key(writer, "names");
		json_begin_array(writer);
		json_text(writer, rules[row]->name);
		json_end_array(writer);
		json_member_text(writer, "action", rule_action_name(setting->action));
		write_args(arena, writer, rules[row], setting);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void write_exec(struct arena *arena, struct json_writer *writer,
		       const struct exec_policy *exec)
{
	json_key(writer, "exec");
	json_begin_object(writer);
	json_member_text(writer, "defaultAction", exec_action_words[exec->default_action]);
	json_member_integer(writer, "errnoRet", exec->errno_ret);
	json_member_text(writer, "guarantee", exec_guarantee_name(exec->guarantee));
	json_member_text(writer, "userNamespaces", exec_action_words[exec->user_namespaces]);
	json_member_text(writer, "setIds", exec_action_words[exec->set_ids]);
	json_key(writer, "rules");
	json_begin_array(writer);
	for (size_t i = 0; i < exec->n_rules; i++) {
		const struct exec_rule *rule = &exec->rules[i];

		json_begin_object(writer);
		json_key(writer, "paths");
		json_begin_array(writer);
		json_text(writer, rule->path);
		json_end_array(writer);
		json_key(writer, "capabilities");
		json_raw(writer, str_from(cap_set_json(arena, rule->capabilities)));
		json_member_text(writer, "action", exec_action_words[rule->action]);
		json_end_object(writer);
	}
	json_end_array(writer);
	json_end_object(writer);
}

static void write_exception(struct arena *arena, struct json_writer *writer,
			    const struct exception *exception)
{
	json_begin_object(writer);
	json_key(writer, "names");
	json_begin_array(writer);
	for (size_t row = 0; row < n_rules; row++)
		if ((exception->rules >> row & 1) != 0)
			json_text(writer, rules[row]->name);
	json_end_array(writer);
	json_member_text(writer, "action", rule_action_name(exception->action));
	json_key(writer, "match");
	json_begin_object(writer);
	json_key(writer, "annotations");
	json_begin_object(writer);
	for (size_t i = 0; i < exception->n_matches; i++) {
		/* A key is any text here, so it is written as a string, escaped. */
		json_string(writer, exception->matches[i].key_text);
		json_string(writer, exception->matches[i].value_text);
	}
	json_end_object(writer);
	json_end_object(writer);
	json_key(writer, "reason");
	json_string(writer, exception->reason_text);
	if (exception->expires != 0)
		json_member_text(writer, "expires",
				 arena_printf(arena, "%04u-%02u-%02u", exception->expires / 10000,
					      exception->expires / 100 % 100,
					      exception->expires % 100));
	json_end_object(writer);
}

/* Without arguments, the action alone. */
static void write_unregistered(struct json_writer *writer,
			       const struct unregistered_policy *unregistered)
{
	const char *action = exec_action_words[unregistered->action];

	if (unregistered->n_exempt == 0) {
		json_member_text(writer, "unregistered", action);
		return;
	}
	json_key(writer, "unregistered");
	json_begin_object(writer);
	json_member_text(writer, "action", action);
	json_key(writer, "args");
	json_begin_object(writer);
	json_key(writer, "exempt");
	json_begin_array(writer);
	for (size_t i = 0; i < unregistered->n_exempt; i++)
		json_text(writer, unregistered->exempt[i]);
	json_end_array(writer);
	json_end_object(writer);
	json_end_object(writer);
}

struct str policy_render(struct arena *arena, const struct policy *policy)
{
	struct json_writer *writer = json_writer_new(arena, true);

	json_begin_object(writer);
	json_member_integer(writer, "version", 1);
	json_key(writer, "name");
	json_string(writer, policy->name_text);
	json_member_text(writer, "mode", policy->audit ? "audit" : "enforce");
	json_member_text(writer, "defaultAction", rule_action_name(policy->default_action));
	write_rules(arena, writer, policy);
	write_exec(arena, writer, &policy->exec);
	write_unregistered(writer, &policy->unregistered);
	json_key(writer, "exceptions");
	json_begin_array(writer);
	for (const struct exception *e = policy->exceptions; e != NULL; e = e->next)
		write_exception(arena, writer, e);
	json_end_array(writer);
	json_end_object(writer);
	return json_writer_finish(writer);
}
