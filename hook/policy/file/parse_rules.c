/* SPDX-License-Identifier: Apache-2.0 */
/* The "rules" of a policy file: names, actions and the arguments that each rule's row allows. */
#include "parse.h"

#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"
#include "policy/id_ranges.h"
#include "policy/rule.h"

struct rule_entry {
	uint64_t rules;
	enum rule_action action;
	struct json_node *names, *action_node, *args;
};

static int load_capability(struct loader *loader, const struct json_node *element, uint64_t *set)
{
	const char *full;
	int number = load_want(loader, element, JSON_STRING);

	if (number < 0)
		return number;
	/* The engines' options take names without CAP_: the likeliest slip by far. */
	full = arena_printf(loader->arena, "CAP_%.*s", (int)element->text.len, element->text.data);
	if (cap_from_name(str_from(full)) >= 0)
		return policy_fail(loader, element, "%s is no capability; did you mean \"%s\"?",
				   str_quote(loader->arena, element->text), full);
	number = load_word(loader, element, "capability", cap_names());
	if (number < 0)
		return number;
	*set |= UINT64_C(1) << number;
	return 0;
}

int load_capabilities(struct loader *loader, struct json_node *array, uint64_t *ret_set)
{
	uint64_t set = 0;
	int error = load_want(loader, array, JSON_ARRAY);

	if (error < 0)
		return error;
	json_each (element, array) {
		error = load_go_on(loader, load_capability(loader, element, &set));
		if (error < 0)
			return error;
	}
	*ret_set = set;
	return 0;
}

/* Does it have what only args.allow of a path rule understands? */
static bool is_pattern(struct str path)
{
	return memchr(path.data, '*', path.len) != NULL ||
	       (path.len > 3 && memcmp(path.data + path.len - 3, ":ro", 3) == 0);
}

static int check_string(struct loader *loader, const struct json_node *element,
			enum rule_arg_kind kind, struct id_ranges *ranges)
{
	int error = load_want(loader, element, JSON_STRING);

	if (error < 0)
		return error;
	if (kind != ARG_STRINGS && kind != ARG_RANGES && !str_starts_with(element->text, "/"))
		return policy_fail(loader, element, "expected an absolute path, found %s",
				   str_quote(loader->arena, element->text));
	/* A pattern would be looked up as the name of one file, and match nothing. */
	if ((kind == ARG_PATHS || kind == ARG_INSIDE) && is_pattern(element->text))
		return policy_fail(loader, element,
				   "expected one path, without * and :ro, found %s",
				   str_quote(loader->arena, element->text));
	if (element->text.len == 0)
		return policy_fail(loader, element, "expected a string that is not empty");
	if (kind == ARG_RANGES && !id_ranges_add(ranges, element->text))
		return policy_fail(
			loader, element,
			"expected ids as \"FIRST-LAST\", \"FIRST/COUNT\" or \"ID\", at most %u of them, found %s",
			ID_RANGES_MAX, str_quote(loader->arena, element->text));
	return 0;
}

static int load_strings(struct loader *loader, struct json_node *array, enum rule_arg_kind kind,
			struct rule_arg *arg)
{
	struct id_ranges ranges = { 0 };
	int error = load_want(loader, array, JSON_ARRAY);

	if (error < 0)
		return error;
	arg->strings = arena_array(loader->arena, array->count, sizeof(*arg->strings));
	arg->n = 0;
	json_each (element, array) {
		error = load_go_on(loader, check_string(loader, element, kind, &ranges));
		if (error < 0)
			return error;
		arg->strings[arg->n++] = element->text;
	}
	return 0;
}

static int load_string(struct loader *loader, const struct json_node *node, struct rule_arg *arg)
{
	int error = load_want(loader, node, JSON_STRING);

	if (error < 0)
		return error;
	if (node->text.len == 0)
		return policy_fail(loader, node, "expected a string that is not empty");
	arg->strings = arena_array(loader->arena, 1, sizeof(*arg->strings));
	arg->strings[0] = node->text;
	arg->n = 1;
	return 0;
}

static int load_id(struct loader *loader, const struct json_node *node, uint64_t *ret_id)
{
	int error = load_want(loader, node, JSON_NUMBER);

	if (error < 0)
		return error;
	if (!str_to_uint(node->text, OCI_ID_MAX, ret_id))
		return policy_fail(loader, node, "expected an id from 0 to %u, found %s",
				   OCI_ID_MAX, str_show(loader->arena, node->text));
	return 0;
}

static int load_number(struct loader *loader, const struct json_node *node, uint64_t *ret_number)
{
	int error = load_want(loader, node, JSON_NUMBER);

	if (error < 0)
		return error;
	if (!str_to_uint(node->text, INT64_MAX, ret_number))
		return policy_fail(loader, node, "expected a whole number, found %s",
				   str_show(loader->arena, node->text));
	return 0;
}

static int load_version(struct loader *loader, const struct json_node *node, uint64_t *ret_minor)
{
	int error = load_want(loader, node, JSON_STRING);
	struct str text = node->text;

	if (error < 0)
		return error;
	if (!str_starts_with(text, "v1.") ||
	    !str_to_uint((struct str){ text.data + 3, text.len - 3 }, VERSION_MINOR_MAX, ret_minor))
		return policy_fail(loader, node,
				   "expected a version from \"v1.0\" to \"v1.%u\", found %s",
				   VERSION_MINOR_MAX, str_quote(loader->arena, text));
	return 0;
}

static int load_ids(struct loader *loader, struct json_node *array, struct rule_arg *arg)
{
	int error = load_want(loader, array, JSON_ARRAY);

	if (error < 0)
		return error;
	arg->numbers = arena_array(loader->arena, array->count, sizeof(*arg->numbers));
	arg->n = 0;
	json_each (element, array) {
		error = load_go_on(loader, load_id(loader, element, &arg->numbers[arg->n]));
		if (error < 0)
			return error;
		arg->n++;
	}
	return 0;
}

static int load_arg(struct loader *loader, struct json_node *value,
		    const struct rule_arg_spec *spec, struct rule_arg *arg)
{
	int error = 0;

	switch (spec->kind) {
	case ARG_CAPABILITIES:
		error = load_capabilities(loader, value, &arg->number);
		break;
	case ARG_STRING:
		error = load_string(loader, value, arg);
		break;
	case ARG_STRINGS:
	case ARG_RANGES:
	case ARG_PATHS:
	case ARG_INSIDE:
	case ARG_PATTERNS:
		error = load_strings(loader, value, spec->kind, arg);
		break;
	case ARG_ID:
		error = load_id(loader, value, &arg->number);
		break;
	case ARG_NUMBER:
		error = load_number(loader, value, &arg->number);
		break;
	case ARG_VERSION:
		error = load_version(loader, value, &arg->number);
		break;
	case ARG_IDS:
		error = load_ids(loader, value, arg);
		break;
	case ARG_WORD:
		error = load_word(loader, value, "value of this argument", spec->words);
		arg->number = error > 0 ? (uint64_t)error : 0;
		break;
	case ARG_NONE:
		break;
	}
	if (error < 0)
		return error;
	arg->set = true;
	return 0;
}

static int load_named_arg(struct loader *loader, struct json_node *value, size_t row)
{
	const struct rule *rule = rules[row];
	const char *words[RULE_ARGS_MAX + 1] = { NULL };
	size_t n = 0, i;

	while (n < RULE_ARGS_MAX && rule->args[n].kind != ARG_NONE) {
		words[n] = rule->args[n].name;
		n++;
	}
	for (i = 0; i < n && !str_is(value->key, words[i]); i++)
		;
	if (i == n && str_nearest(value->key, words) != NULL)
		return policy_fail(loader, value,
				   "rule %s has no such argument; did you mean \"%s\"?", rule->name,
				   str_nearest(value->key, words));
	if (i == n)
		return policy_fail(loader, value, "rule %s has no such argument", rule->name);
	return load_arg(loader, value, &rule->args[i], &loader->policy->settings[row].args[i]);
}

/* The arguments of an entry go to every rule that it names; each must know them. */
static int load_args(struct loader *loader, const struct rule_entry *entry, size_t row)
{
	json_each (value, entry->args) {
		int error = load_go_on(loader, load_named_arg(loader, value, row));

		if (error < 0)
			return error;
	}
	return 0;
}

static int load_rule_name(struct loader *loader, const struct json_node *name, uint64_t *set)
{
	int row;

	if (name->type == JSON_STRING && str_is(name->text, "spec"))
		return policy_fail(loader, name,
				   "rule spec is always on; take it out of the names");
	row = load_word(loader, name, "rule", rule_names());
	if (row < 0)
		return row;
	*set |= UINT64_C(1) << row;
	return 0;
}

int load_rule_names(struct loader *loader, struct json_node *array, uint64_t *ret_rules)
{
	uint64_t set = 0;

	if (array->first == NULL)
		return policy_fail(loader, array, "expected the name of a rule");
	json_each (name, array) {
		int error = load_go_on(loader, load_rule_name(loader, name, &set));

		if (error < 0)
			return error;
	}
	*ret_rules = set;
	return 0;
}

static int read_names(struct loader *loader, struct json_node *value, void *target)
{
	struct rule_entry *entry = target;

	entry->names = value;
	return load_rule_names(loader, value, &entry->rules);
}

static int read_action(struct loader *loader, struct json_node *value, void *target)
{
	struct rule_entry *entry = target;
	int word = load_word(loader, value, "action of a rule", rule_action_words);

	entry->action_node = value;
	if (word < 0)
		return word;
	entry->action = (enum rule_action)word;
	return 0;
}

static int read_args(struct loader *loader, struct json_node *value, void *target)
{
	(void)loader;
	((struct rule_entry *)target)->args = value;
	return 0;
}

int load_rule_entry(struct loader *loader, struct json_node *node)
{
	static const struct policy_key keys[] = {
		{ "names", JSON_ARRAY, read_names },
		{ "action", JSON_STRING, read_action },
		{ "args", JSON_OBJECT, read_args },
		{ "comment", JSON_STRING, NULL },
	};
	struct rule_entry entry = { 0 };
	unsigned int before = load_errors(loader);
	int error = load_object(loader, node, keys, ARRAY_SIZE(keys), &entry);

	if (error < 0)
		return error;
	/* What is missing may be there, misspelled. */
	if ((entry.names == NULL || entry.action_node == NULL) && load_errors(loader) == before)
		return policy_fail(loader, node, "a rule needs \"names\" and \"action\"");
	for (size_t row = 0; row < n_rules; row++) {
		struct rule_setting *setting = &loader->policy->settings[row];

		if ((entry.rules >> row & 1) == 0)
			continue;
		setting->action = entry.action;
		setting->named = true;
		error = load_args(loader, &entry, row);
		if (error < 0)
			return error;
	}
	return 0;
}

void load_rule_defaults(struct arena *arena, struct policy *policy)
{
	for (size_t row = 0; row < n_rules; row++) {
		for (size_t i = 0; i < RULE_ARGS_MAX; i++) {
			const char *const *defaults = rules[row]->args[i].defaults;
			struct rule_arg *arg = &policy->settings[row].args[i];

			while (defaults != NULL && defaults[arg->n] != NULL)
				arg->n++;
			arg->strings = arena_array(arena, arg->n, sizeof(*arg->strings));
			for (size_t k = 0; defaults != NULL && k < arg->n; k++)
				arg->strings[k] = str_from(defaults[k]);
		}
	}
}

size_t policy_paths(struct arena *arena, const struct policy *policy, struct str **ret_paths)
{
	struct str *paths;
	size_t n = 0;

	for (size_t row = 0; row < n_rules; row++)
		for (size_t i = 0; i < RULE_ARGS_MAX; i++)
			if (rules[row]->args[i].kind == ARG_PATHS)
				n += policy->settings[row].args[i].n;
	paths = arena_array(arena, n, sizeof(*paths));
	n = 0;
	for (size_t row = 0; row < n_rules; row++)
		for (size_t i = 0; i < RULE_ARGS_MAX; i++)
			if (rules[row]->args[i].kind == ARG_PATHS)
				for (size_t k = 0; k < policy->settings[row].args[i].n; k++)
					paths[n++] = policy->settings[row].args[i].strings[k];
	*ret_paths = paths;
	return n;
}
