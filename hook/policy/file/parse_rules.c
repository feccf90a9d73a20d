/* SPDX-License-Identifier: Apache-2.0 */
/* Reads "rules" of a policy file: names, actions, and the arguments that each rule allows. */
#include "parse.h"

#include <string.h>

#include "base/cleanup.h"
#include "policy/file/arg_list.h"

struct rule_entry {
	uint64_t rules;
	enum rule_action action;
	struct json_node *args;
};

static int load_string(const struct fields_reader *reader, const struct json_node *node,
		       struct rule_arg *arg)
{
	int error = fields_want(reader, node, JSON_STRING);

	if (error < 0)
		return error;
	if (node->text.len == 0)
		return fields_fail(reader, node, "expected a string that is not empty");
	arg->strings = arena_array(reader->doc->arena, 1, sizeof(*arg->strings));
	arg->strings[0] = node->text;
	arg->n = 1;
	return 0;
}

static int load_number(const struct fields_reader *reader, const struct json_node *node,
		       uint64_t *ret_number)
{
	int error = fields_want(reader, node, JSON_NUMBER);

	if (error < 0)
		return error;
	if (!str_to_uint(node->text, INT64_MAX, ret_number))
		return fields_fail(reader, node, "expected a whole number, found %s",
				   str_show(reader->doc->arena, node->text));
	return 0;
}

static int load_version(const struct fields_reader *reader, const struct json_node *node,
			uint64_t *ret_minor)
{
	int error = fields_want(reader, node, JSON_STRING);
	struct str text = node->text;

	if (error < 0)
		return error;
	if (!str_starts_with(text, "v1.") ||
	    !str_to_uint((struct str){ text.data + 3, text.len - 3 }, VERSION_MINOR_MAX, ret_minor))
		return fields_fail(reader, node,
				   "expected a version from \"v1.0\" to \"v1.%u\", found %s",
				   VERSION_MINOR_MAX, str_quote(reader->doc->arena, text));
	return 0;
}

static int load_arg(const struct fields_reader *reader, struct json_node *value,
		    const struct rule_arg_spec *spec, struct rule_arg *arg)
{
	int error = 0;

	if (rule_arg_is_list(spec->kind))
		return load_list(reader, value, spec, arg);
	switch (spec->kind) {
	case KIND_STRING:
		error = load_string(reader, value, arg);
		break;
	case KIND_ID:
		error = load_id(reader, value, &arg->number);
		break;
	case KIND_NUMBER:
		error = load_number(reader, value, &arg->number);
		break;
	case KIND_VERSION:
		error = load_version(reader, value, &arg->number);
		break;
	case KIND_WORD:
		error = field_word(reader, value, &(struct field_words){ "value", spec->words });
		arg->number = error > 0 ? (uint64_t)error : 0;
		break;
	default: /* lists, above */
		break;
	}
	if (error < 0)
		return error;
	arg->set = true;
	return 0;
}

static int load_named_arg(const struct fields_reader *reader, struct json_node *value,
			  struct policy *policy, size_t row)
{
	const struct rule *rule = rules[row];
	const char *words[RULE_ARGS_MAX + 1] = { NULL };
	size_t n = 0, i;

	while (n < RULE_ARGS_MAX && rule->args[n].kind != KIND_NONE) {
		words[n] = rule->args[n].name;
		n++;
	}
	for (i = 0; i < n && !str_is(value->key, words[i]); i++)
		;
	if (i == n)
		return fields_fail(reader, value, "rule %s has no such argument%s", rule->name,
				   str_hint(value->key, words, "\"", "\"?").text);
	return load_arg(reader, value, &rule->args[i], &policy->settings[row].args[i]);
}

/* Gives the arguments of an entry to one of the rules that it names. Each rule must know them. */
static int load_args(const struct fields_reader *reader, const struct rule_entry *entry,
		     struct policy *policy, size_t row)
{
	json_each (value, entry->args) {
		int error = fields_go_on(reader, load_named_arg(reader, value, policy, row));

		if (error < 0)
			return error;
	}
	return 0;
}

bool rule_setting_equal(struct arena *arena, size_t row, const struct rule_setting *a,
			const struct rule_setting *b)
{
	if (a->named != b->named || a->action != b->action)
		return false;
	for (size_t i = 0; i < RULE_ARGS_MAX; i++) {
		const struct rule_arg_spec *spec = &rules[row]->args[i];
		const struct rule_arg *left = &a->args[i], *right = &b->args[i];

		if (left->set != right->set || left->number != right->number || left->n != right->n)
			return false;
		if (rule_arg_is_list(spec->kind) || spec->kind == KIND_STRING) {
			const struct rule_arg lost = arg_list_pick(arena, spec, left, right, false);

			if (!arg_list_is_empty(spec, &lost))
				return false;
		}
	}
	return true;
}

static int load_rule_name(const struct fields_reader *reader, struct json_node *name, void *target)
{
	const struct field_words words = { "rule", rule_names() };
	int row;

	if (name->type == JSON_STRING && str_is(name->text, "spec"))
		return fields_fail(reader, name,
				   "rule spec is always on; remove it from the names");
	row = field_word(reader, name, &words);
	if (row < 0)
		return row;
	*(uint64_t *)target |= UINT64_C(1) << row;
	return 0;
}

int load_rule_names(const struct fields_reader *reader, struct json_node *array, void *target)
{
	if (array->first == NULL)
		return fields_fail(reader, array, "expected the name of a rule");
	return fields_each(reader, array, load_rule_name, target);
}

int load_rule_entry(const struct fields_reader *reader, struct json_node *node, void *target)
{
	static const struct field fields[] = {
		ROW(rule_entry, "names", rules, JSON_ARRAY, load_rule_names),
		ROW(rule_entry, "action", action, FIELD_WORD(&rule_actions)),
		ROW(rule_entry, "args", args, JSON_OBJECT, field_node),
		ROW_COMMENT,
	};
	struct policy *policy = target;
	struct rule_entry entry = { 0 };
	unsigned int before = load_errors(reader);
	int error = fields_read(reader, node, fields, ARRAY_SIZE(fields), &entry);

	if (error < 0)
		return error;
	/* A missing key may be a misspelled one, which is already an error. */
	if ((json_get(node, "names") == NULL || json_get(node, "action") == NULL) &&
	    load_errors(reader) == before)
		return fields_fail(reader, node, "a rule needs \"names\" and \"action\"");
	for (size_t row = 0; row < n_rules; row++) {
		struct rule_setting *setting = &policy->settings[row];

		if ((entry.rules >> row & 1) == 0)
			continue;
		setting->action = entry.action;
		setting->named = true;
		error = load_args(reader, &entry, policy, row);
		if (error < 0)
			return error;
		load_note_reset(reader, row);
	}
	return 0;
}

void load_rule_defaults(struct arena *arena, struct policy *policy)
{
	for (size_t row = 0; row < n_rules; row++)
		for (size_t i = 0; i < RULE_ARGS_MAX; i++)
			policy->settings[row].args[i] =
				arg_list_default(arena, &rules[row]->args[i]);
}

size_t policy_paths(struct arena *arena, const struct policy *policy, struct str **ret_paths)
{
	struct str *paths;
	size_t n = 0;

	for (size_t row = 0; row < n_rules; row++)
		for (size_t i = 0; i < RULE_ARGS_MAX; i++)
			if (rules[row]->args[i].kind == KIND_PATHS)
				n += policy->settings[row].args[i].n;
	paths = arena_array(arena, n, sizeof(*paths));
	n = 0;
	for (size_t row = 0; row < n_rules; row++)
		for (size_t i = 0; i < RULE_ARGS_MAX; i++)
			if (rules[row]->args[i].kind == KIND_PATHS)
				for (size_t k = 0; k < policy->settings[row].args[i].n; k++)
					paths[n++] = policy->settings[row].args[i].strings[k];
	*ret_paths = paths;
	return n;
}
