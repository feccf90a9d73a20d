/* SPDX-License-Identifier: Apache-2.0 */
/* The "exec" and "exceptions" of a policy file. */
#include "parse.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"

#define EXEC_PATH_MAX 255  /* bytes; what the guard's map has room for */
#define ERRNO_RET_MAX 4095 /* MAX_ERRNO of the kernel */
#define REGEX_MAX 1024	   /* bytes; regcomp() takes long and much memory for more */

static int read_exec_action(struct loader *loader, struct json_node *value, void *target)
{
	int word = load_word(loader, value, "action of exec", exec_action_words);

	if (word < 0)
		return word;
	*(enum exec_action *)target = (enum exec_action)word;
	return 0;
}

static int read_default(struct loader *loader, struct json_node *value, void *target)
{
	return read_exec_action(loader, value, &((struct exec_policy *)target)->default_action);
}

static int read_userns(struct loader *loader, struct json_node *value, void *target)
{
	return read_exec_action(loader, value, &((struct exec_policy *)target)->user_namespaces);
}

static int read_set_ids(struct loader *loader, struct json_node *value, void *target)
{
	return read_exec_action(loader, value, &((struct exec_policy *)target)->set_ids);
}

static int read_errno_ret(struct loader *loader, struct json_node *value, void *target)
{
	uint64_t number;

	if (!str_to_uint(value->text, ERRNO_RET_MAX, &number) || number == 0)
		return policy_fail(loader, value, "expected an errno from 1 to %d, found %s",
				   ERRNO_RET_MAX, str_show(loader->arena, value->text));
	((struct exec_policy *)target)->errno_ret = (unsigned int)number;
	return 0;
}

static int read_guarantee(struct loader *loader, struct json_node *value, void *target)
{
	int word = load_word(loader, value, "guarantee", guarantee_words);

	if (word < 0)
		return word;
	((struct exec_policy *)target)->guarantee = (enum exec_guarantee)word;
	return 0;
}

struct exec_entry {
	struct json_node *paths, *action_node;
	enum exec_action action;
	uint64_t capabilities;
};

static int check_path(struct loader *loader, const struct json_node *path)
{
	int error = load_want(loader, path, JSON_STRING);

	if (error < 0)
		return error;
	if (path->text.len < 2 || path->text.data[0] != '/')
		return policy_fail(loader, path, "expected the absolute path of a file");
	if (path->text.len > EXEC_PATH_MAX)
		return policy_fail(loader, path, "path longer than %d bytes", EXEC_PATH_MAX);
	return 0;
}

static int read_paths(struct loader *loader, struct json_node *value, void *target)
{
	((struct exec_entry *)target)->paths = value;
	json_each (path, value) {
		int error = load_go_on(loader, check_path(loader, path));

		if (error < 0)
			return error;
	}
	return 0;
}

static int read_rule_capabilities(struct loader *loader, struct json_node *value, void *target)
{
	return load_capabilities(loader, value, &((struct exec_entry *)target)->capabilities);
}

static int read_rule_action(struct loader *loader, struct json_node *value, void *target)
{
	struct exec_entry *entry = target;

	entry->action_node = value;
	return read_exec_action(loader, value, &entry->action);
}

/* A path that is there already gets the later entry's meaning. */
static int exec_rule_set(struct loader *loader, const struct json_node *path,
			 const struct exec_entry *entry)
{
	struct exec_policy *exec = &loader->policy->exec;
	size_t i = 0;

	while (i < exec->n_rules && !str_is(path->text, exec->rules[i].path))
		i++;
	if (i == EXEC_RULES_MAX)
		return policy_fail(loader, path, "more than %d paths in exec.rules",
				   EXEC_RULES_MAX);
	if (i == exec->n_rules)
		exec->n_rules++;
	exec->rules[i] =
		(struct exec_rule){ arena_copy(loader->arena, path->text.data, path->text.len),
				    entry->capabilities, entry->action };
	return 0;
}

static int load_exec_entry(struct loader *loader, struct json_node *node)
{
	static const struct policy_key keys[] = {
		{ "paths", JSON_ARRAY, read_paths },
		{ "capabilities", JSON_ARRAY, read_rule_capabilities },
		{ "action", JSON_STRING, read_rule_action },
		{ "comment", JSON_STRING, NULL },
	};

	struct exec_entry entry = { 0 };
	unsigned int before = load_errors(loader);
	int error = load_object(loader, node, keys, ARRAY_SIZE(keys), &entry);

	if (error < 0)
		return error;
	if (load_errors(loader) > before)
		return 0;
	if (entry.paths == NULL || entry.action_node == NULL)
		return policy_fail(loader, node, "an exec rule needs \"paths\" and \"action\"");
	json_each (path, entry.paths) {
		error = exec_rule_set(loader, path, &entry);
		if (error < 0)
			return error;
	}
	return 0;
}

static int read_exec_rules(struct loader *loader, struct json_node *value, void *target)
{
	(void)target;
	json_each (node, value) {
		int error = load_go_on(loader, load_exec_entry(loader, node));

		if (error < 0)
			return error;
	}
	return 0;
}

int load_exec(struct loader *loader, struct json_node *object, void *target)
{
	static const struct policy_key keys[] = {
		{ "defaultAction", JSON_STRING, read_default },
		{ "errnoRet", JSON_NUMBER, read_errno_ret },
		{ "guarantee", JSON_STRING, read_guarantee },
		{ "userNamespaces", JSON_STRING, read_userns },
		{ "setIds", JSON_STRING, read_set_ids },
		{ "rules", JSON_ARRAY, read_exec_rules },
		{ "comment", JSON_STRING, NULL },
	};

	(void)target;
	return load_object(loader, object, keys, ARRAY_SIZE(keys), &loader->policy->exec);
}

/* A POSIX extended expression that matches the whole string, as rootfence-policy(5) says. */
static int read_regex(struct loader *loader, const struct json_node *node, struct str pattern,
		      const char **ret_regex)
{
	const char *alone = arena_copy(loader->arena, pattern.data, pattern.len);
	const char *whole = arena_printf(loader->arena, "^(%s)$", alone);
	/* Alone first: "a)|(b" would be valid only inside the parentheses that make it whole. */
	const char *const forms[] = { alone, whole };

	if (pattern.len > REGEX_MAX)
		return policy_fail(loader, node, "regular expression longer than %d bytes",
				   REGEX_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char reason[128];
		regex_t regex;
		int code = regcomp(&regex, forms[i], REG_EXTENDED | REG_NOSUB);

		if (code == 0) {
			regfree(&regex);
			continue;
		}
		regerror(code, &regex, reason, sizeof(reason));
		return policy_fail(loader, node, "regular expression %s: %s",
				   str_quote(loader->arena, pattern), reason);
	}
	*ret_regex = whole;
	return 0;
}

static int read_match_annotations(struct loader *loader, struct json_node *value, void *target)
{
	struct exception *exception = target;

	exception->matches = arena_array(loader->arena, value->count, sizeof(*exception->matches));
	json_each (member, value) {
		struct exception_match *match = &exception->matches[exception->n_matches++];
		int error =
			load_go_on(loader, read_regex(loader, member, member->key, &match->key));

		if (error == 0)
			error = load_want(loader, member, JSON_STRING);
		if (error == 0)
			error = read_regex(loader, member, member->text, &match->value);
		error = load_go_on(loader, error);
		if (error < 0)
			return error;
	}
	return 0;
}

static int read_match(struct loader *loader, struct json_node *value, void *target)
{
	static const struct policy_key keys[] = {
		{ "annotations", JSON_OBJECT, read_match_annotations },
	};

	return load_object(loader, value, keys, ARRAY_SIZE(keys), target);
}

static int read_exception_names(struct loader *loader, struct json_node *value, void *target)
{
	return load_rule_names(loader, value, &((struct exception *)target)->rules);
}

static int read_exception_action(struct loader *loader, struct json_node *value, void *target)
{
	int word = load_word(loader, value, "action of a rule", rule_action_words);

	if (word < 0)
		return word;
	((struct exception *)target)->action = (enum rule_action)word;
	return 0;
}

static int read_reason(struct loader *loader, struct json_node *value, void *target)
{
	struct exception *exception = target;

	if (value->text.len == 0)
		return policy_fail(loader, value,
				   "expected a reason; it is shown to those who review");
	exception->reason = str_show(loader->arena, value->text);
	exception->reason_text = value->text;
	return 0;
}

static bool date_is_valid(unsigned int year, unsigned int month, unsigned int day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= date_month_days(year, month);
}

static int read_expires(struct loader *loader, struct json_node *value, void *target)
{
	const char *text = arena_copy(loader->arena, value->text.data, value->text.len);
	bool shaped = value->text.len == 10;
	unsigned int year, month, day;

	/* Digits in their places: sscanf() alone would take a sign for one of them. */
	for (size_t i = 0; i < value->text.len; i++)
		shaped = shaped &&
			 (i == 4 || i == 7 ? text[i] == '-' : isdigit((unsigned char)text[i]));
	if (!shaped || sscanf(text, "%4u-%2u-%2u", &year, &month, &day) != 3 ||
	    !date_is_valid(year, month, day))
		return policy_fail(loader, value, "expected a date as YYYY-MM-DD, found %s",
				   str_quote(loader->arena, value->text));
	((struct exception *)target)->expires = year * 10000 + month * 100 + day;
	return 0;
}

static int load_exception(struct loader *loader, struct json_node *node)
{
	static const struct policy_key keys[] = {
		{ "names", JSON_ARRAY, read_exception_names },
		{ "action", JSON_STRING, read_exception_action },
		{ "match", JSON_OBJECT, read_match },
		{ "reason", JSON_STRING, read_reason },
		{ "expires", JSON_STRING, read_expires },
		{ "comment", JSON_STRING, NULL },
	};

	struct exception *exception = arena_new_object(loader->arena, struct exception);
	unsigned int before = load_errors(loader);
	int error = load_object(loader, node, keys, ARRAY_SIZE(keys), exception);

	if (error < 0)
		return error;
	if (load_errors(loader) > before)
		return 0;
	if (json_get(node, "names") == NULL || json_get(node, "action") == NULL ||
	    exception->n_matches == 0 || exception->reason == NULL)
		return policy_fail(
			loader, node,
			"an exception needs \"names\", \"action\", \"match\" with annotations, and \"reason\"");
	*loader->policy->exceptions_end = exception;
	loader->policy->exceptions_end = &exception->next;
	return 0;
}

int load_exceptions(struct loader *loader, struct json_node *array, void *target)
{
	(void)target;
	json_each (node, array) {
		int error = load_go_on(loader, load_exception(loader, node));

		if (error < 0)
			return error;
	}
	return 0;
}
