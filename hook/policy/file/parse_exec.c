/* SPDX-License-Identifier: Apache-2.0 */
/* Reads "exec" and "exceptions" of a policy file. */
#include "parse.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "policy/file/regex_forms.h"

#define EXEC_PATH_MAX 255  /* bytes; the room in the guard's map */
#define ERRNO_RET_MAX 4095 /* the kernel's MAX_ERRNO */

static int read_errno_ret(const struct fields_reader *reader, struct json_node *value, void *target)
{
	uint64_t number;

	if (!str_to_uint(value->text, ERRNO_RET_MAX, &number) || number == 0)
		return fields_fail(reader, value, "expected an errno from 1 to %d, found %s",
				   ERRNO_RET_MAX, str_show(reader->doc->arena, value->text));
	*(unsigned int *)target = (unsigned int)number;
	return 0;
}

static const struct field_words guarantees = { "guarantee", guarantee_words };

struct exec_entry {
	struct json_node *paths;
	enum exec_action action;
	uint64_t capabilities;
};

static int check_path(const struct fields_reader *reader, struct json_node *path, void *target)
{
	int error = fields_want(reader, path, JSON_STRING);

	(void)target;
	if (error < 0)
		return error;
	if (path->text.len < 2 || path->text.data[0] != '/')
		return fields_fail(reader, path, "expected the absolute path of a file");
	if (path->text.len > EXEC_PATH_MAX)
		return fields_fail(reader, path, "path longer than %d bytes", EXEC_PATH_MAX);
	return 0;
}

static int read_paths(const struct fields_reader *reader, struct json_node *value, void *target)
{
	*(struct json_node **)target = value;
	return fields_each(reader, value, check_path, NULL);
}

/* A path that exists already gets the meaning of the later entry. */
static int exec_rule_set(const struct fields_reader *reader, const struct json_node *path,
			 const struct exec_entry *entry, struct exec_policy *exec)
{
	size_t i = 0;

	while (i < exec->n_rules && !str_is(path->text, exec->rules[i].path))
		i++;
	if (i == EXEC_RULES_MAX)
		return fields_fail(reader, path, "more than %d paths in exec.rules",
				   EXEC_RULES_MAX);
	if (i == exec->n_rules)
		exec->n_rules++;
	exec->rules[i] =
		(struct exec_rule){ arena_copy(reader->doc->arena, path->text.data, path->text.len),
				    entry->capabilities, entry->action };
	return 0;
}

static int load_exec_entry(const struct fields_reader *reader, struct json_node *node, void *exec)
{
	static const struct field fields[] = {
		ROW(exec_entry, "paths", paths, JSON_ARRAY, read_paths),
		ROW(exec_entry, "capabilities", capabilities, FIELD_CAPABILITIES),
		ROW(exec_entry, "action", action, FIELD_WORD(&exec_actions)),
		ROW_COMMENT,
	};
	struct exec_entry entry = { 0 };
	unsigned int before = load_errors(reader);
	int error = fields_read(reader, node, fields, ARRAY_SIZE(fields), &entry);

	if (error < 0)
		return error;
	if (load_errors(reader) > before)
		return 0;
	if (entry.paths == NULL || json_get(node, "action") == NULL)
		return fields_fail(reader, node, "an exec rule needs \"paths\" and \"action\"");
	json_each (path, entry.paths) {
		error = exec_rule_set(reader, path, &entry, exec);
		if (error < 0)
			return error;
	}
	return 0;
}

static int read_exec_rules(const struct fields_reader *reader, struct json_node *value,
			   void *target)
{
	return fields_each(reader, value, load_exec_entry, target);
}

int load_exec(const struct fields_reader *reader, struct json_node *object, void *target)
{
	static const struct field fields[] = {
		ROW(exec_policy, "defaultAction", default_action, FIELD_WORD(&exec_actions)),
		ROW(exec_policy, "errnoRet", errno_ret, JSON_NUMBER, read_errno_ret),
		ROW(exec_policy, "guarantee", guarantee, FIELD_WORD(&guarantees)),
		ROW(exec_policy, "userNamespaces", user_namespaces, FIELD_WORD(&exec_actions)),
		ROW(exec_policy, "setIds", set_ids, FIELD_WORD(&exec_actions)),
		ROW_WHOLE("rules", JSON_ARRAY, read_exec_rules),
		ROW_COMMENT,
	};

	return fields_read(reader, object, fields, ARRAY_SIZE(fields), target);
}

/*
 * Returns "^(PATTERN)$", in which the group that is added counts: every back-reference of the
 * pattern is one higher. NULL if it has \9, which has no successor.
 */
static const char *whole_regex(struct arena *arena, struct str pattern)
{
	auto_buf struct buf whole = { 0 };

	buf_printf(&whole, "^(");
	for (size_t i = 0, next; i < pattern.len; i = next) {
		next = i + 1;
		if (pattern.data[i] == '[')
			next = regex_bracket_end(pattern, i);
		else if (pattern.data[i] == '\\' && next < pattern.len)
			next++;
		if (next > pattern.len)
			next = pattern.len; /* no end, which regcomp() refuses */
		if (next == i + 2 && pattern.data[i] == '\\' && pattern.data[i + 1] == '9')
			return NULL;
		if (next == i + 2 && pattern.data[i] == '\\' &&
		    memchr("12345678", pattern.data[i + 1], 8) != NULL)
			buf_printf(&whole, "\\%c", pattern.data[i + 1] + 1);
		else
			buf_add(&whole, pattern.data + i, next - i);
	}
	buf_printf(&whole, ")$");
	return arena_copy(arena, whole.data, whole.len);
}

/* A POSIX extended expression that has to match the whole string: rootfence-policy(5). */
static int read_regex(const struct fields_reader *reader, const struct json_node *node,
		      struct str pattern, const char **ret_regex)
{
	const char *alone = arena_copy(reader->doc->arena, pattern.data, pattern.len);
	const char *whole = whole_regex(reader->doc->arena, pattern);
	/* Compile it alone first: "a)|(b" is valid only inside the parentheses that are added. */
	const char *const forms[] = { alone, whole };

	if (pattern.len > REGEX_MAX)
		return fields_fail(reader, node, "regular expression longer than %d bytes",
				   REGEX_MAX);
	if (whole == NULL)
		return fields_fail(reader, node, "regular expression %s: \\9 is not supported",
				   str_quote(reader->doc->arena, pattern));
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char reason[128];
		regex_t regex;
		int code = regcomp(&regex, forms[i], REG_EXTENDED | REG_NOSUB);

		if (code == 0) {
			regfree(&regex);
			continue;
		}
		regerror(code, &regex, reason, sizeof(reason));
		return fields_fail(reader, node, "regular expression %s: %s",
				   str_quote(reader->doc->arena, pattern), reason);
	}
	*ret_regex = whole;
	return 0;
}

static int read_match_annotations(const struct fields_reader *reader, struct json_node *value,
				  void *target)
{
	struct exception *exception = target;

	exception->matches =
		arena_array(reader->doc->arena, value->count, sizeof(*exception->matches));
	json_each (member, value) {
		struct exception_match *match = &exception->matches[exception->n_matches++];
		int error;

		match->key_text = member->key;
		match->value_text = member->text;
		error = fields_go_on(reader, read_regex(reader, member, member->key, &match->key));
		if (error == 0)
			error = fields_want(reader, member, JSON_STRING);
		if (error == 0)
			error = read_regex(reader, member, member->text, &match->value);
		error = fields_go_on(reader, error);
		if (error < 0)
			return error;
	}
	return 0;
}

static int read_match(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW_WHOLE("annotations", JSON_OBJECT, read_match_annotations),
	};

	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_reason(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct exception *exception = target;

	if (value->text.len == 0)
		return fields_fail(reader, value, "expected a reason; reviewers see it");
	exception->reason = str_show(reader->doc->arena, value->text);
	exception->reason_text = value->text;
	return 0;
}

static bool date_is_valid(unsigned int year, unsigned int month, unsigned int day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= date_month_days(year, month);
}

static int read_expires(const struct fields_reader *reader, struct json_node *value, void *target)
{
	const char *text = arena_copy(reader->doc->arena, value->text.data, value->text.len);
	bool shaped = value->text.len == 10;
	unsigned int year, month, day;

	/* Check the position of each digit: sscanf() alone would accept a sign in place of one. */
	for (size_t i = 0; i < value->text.len; i++)
		shaped = shaped &&
			 (i == 4 || i == 7 ? text[i] == '-' : isdigit((unsigned char)text[i]));
	if (!shaped || sscanf(text, "%4u-%2u-%2u", &year, &month, &day) != 3 ||
	    !date_is_valid(year, month, day))
		return fields_fail(reader, value, "expected a date as YYYY-MM-DD, found %s",
				   str_quote(reader->doc->arena, value->text));
	*(unsigned int *)target = year * 10000 + month * 100 + day;
	return 0;
}

static int load_exception(const struct fields_reader *reader, struct json_node *node, void *target)
{
	static const struct field fields[] = {
		ROW(exception, "names", rules, JSON_ARRAY, load_rule_names),
		ROW(exception, "action", action, FIELD_WORD(&rule_actions)),
		ROW_WHOLE("match", JSON_OBJECT, read_match),
		ROW_WHOLE("reason", JSON_STRING, read_reason),
		ROW(exception, "expires", expires, JSON_STRING, read_expires),
		ROW_COMMENT,
	};
	struct policy *policy = target;
	struct exception *exception = arena_new_object(reader->doc->arena, struct exception);
	unsigned int before = load_errors(reader);
	int error = fields_read(reader, node, fields, ARRAY_SIZE(fields), exception);

	if (error < 0)
		return error;
	if (load_errors(reader) > before)
		return 0;
	if (json_get(node, "names") == NULL || json_get(node, "action") == NULL ||
	    exception->n_matches == 0 || exception->reason == NULL)
		return fields_fail(
			reader, node,
			"an exception needs \"names\", \"action\", \"match\" with annotations, and \"reason\"");
	*policy->exceptions_end = exception;
	policy->exceptions_end = &exception->next;
	return 0;
}

int load_exceptions(const struct fields_reader *reader, struct json_node *array, void *target)
{
	return fields_each(reader, array, load_exception, target);
}
