/* SPDX-License-Identifier: Apache-2.0 */
/* policy_render(): the policy as one file, and back. */
#include "support.h"

#include <fcntl.h>
#include <glob.h>

#include "base/io.h"
#include "policy/rule.h"

static bool args_equal(const struct rule_arg *a, const struct rule_arg *b)
{
	bool equal = a->set == b->set && a->number == b->number && a->n == b->n;

	for (size_t i = 0; i < a->n && equal; i++)
		equal = (a->strings == NULL || a->strings[i].data == NULL ||
			 str_equal(a->strings[i], b->strings[i])) &&
			(a->numbers == NULL || a->numbers[i] == b->numbers[i]);
	return equal;
}

static void assert_exec_equal(const struct exec_policy *a, const struct exec_policy *b)
{
	assert_int_equal(a->default_action, b->default_action);
	assert_int_equal(a->errno_ret, b->errno_ret);
	assert_int_equal(a->guarantee, b->guarantee);
	assert_int_equal(a->user_namespaces, b->user_namespaces);
	assert_int_equal(a->set_ids, b->set_ids);
	assert_int_equal(a->n_rules, b->n_rules);
	for (size_t i = 0; i < a->n_rules; i++) {
		assert_string_equal(a->rules[i].path, b->rules[i].path);
		assert_true(a->rules[i].capabilities == b->rules[i].capabilities);
		assert_int_equal(a->rules[i].action, b->rules[i].action);
	}
}

static void assert_exceptions_equal(const struct exception *a, const struct exception *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		assert_true(a->rules == b->rules);
		assert_int_equal(a->action, b->action);
		assert_string_equal(a->reason, b->reason);
		assert_int_equal(a->expires, b->expires);
		assert_int_equal(a->n_matches, b->n_matches);
		for (size_t i = 0; i < a->n_matches; i++) {
			assert_string_equal(a->matches[i].key, b->matches[i].key);
			assert_string_equal(a->matches[i].value, b->matches[i].value);
		}
	}
	assert_true(a == NULL && b == NULL);
}

static void assert_policies_equal(const struct policy *a, const struct policy *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->audit, b->audit);
	assert_int_equal(a->default_action, b->default_action);
	for (size_t row = 0; row < n_rules; row++) {
		const struct rule_setting *left = &a->settings[row], *right = &b->settings[row];

		assert_int_equal(left->named, right->named);
		assert_int_equal(left->action, right->action);
		for (size_t i = 0; i < RULE_ARGS_MAX; i++)
			if (!args_equal(&left->args[i], &right->args[i]))
				fail_msg("%s: argument %zu of rule %s", a->name, i,
					 rules[row]->name);
	}
	assert_exec_equal(&a->exec, &b->exec);
	assert_int_equal(a->unregistered.action, b->unregistered.action);
	assert_int_equal(a->unregistered.n_exempt, b->unregistered.n_exempt);
	for (size_t i = 0; i < a->unregistered.n_exempt; i++)
		assert_string_equal(a->unregistered.exempt[i], b->unregistered.exempt[i]);
	assert_exceptions_equal(a->exceptions, b->exceptions);
}

static void check(struct arena *arena, const struct policy *policy)
{
	struct str text = policy_render(arena, policy);
	const struct policy *again = load_text(arena, text.data);
	struct str twice = policy_render(arena, again);

	assert_policies_equal(policy, again);
	assert_true(str_equal(text, twice));
}

static int open_shipped(void *data, struct arena *arena, const char *name, const char *from,
			const char **ret_path, struct str *ret_text, struct err *err)
{
	const char *path =
		strchr(name, '/') != NULL ? name : arena_printf(arena, "policies/%s.json", name);

	(void)data;
	(void)from;
	*ret_path = path;
	return io_read_file(arena, AT_FDCWD, path, POLICY_SIZE_MAX, ret_text, err);
}

static void test_shipped(void **state)
{
	const struct policy_source source = { .open = open_shipped };
	unsigned int n = 0;
	glob_t found;

	assert_int_equal(glob("policies/*.json", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct policy *policy;
		struct err err;

		if (strstr(found.gl_pathv[i], "schema.json") != NULL)
			continue;
		if (policy_load(*state, &source, found.gl_pathv[i], &policy, &err) < 0)
			fail_msg("%s", err.text);
		check(*state, policy);
		n++;
	}
	globfree(&found);
	assert_true(n >= 4);
}

/* Every kind of argument, action and member; strings that JSON has to escape. */
static void test_rich(void **state)
{
	static struct policy_text texts[] = {
		{ "child",
		  "{\"version\":1,\"name\":\"rich \\u00e9 \\\"a\\\" \\u0001\",\"extends\":[\"parent\"],\"mode\":\"audit\","
		  "\"exec\":{\"defaultAction\":\"RF_ACT_KILL_PROCESS\",\"errnoRet\":13,\"guarantee\":\"deny\","
		  "\"userNamespaces\":\"RF_ACT_LOG\",\"setIds\":\"RF_ACT_ERRNO\",\"rules\":["
		  "{\"paths\":[\"/bin/ping\",\"/a \\\"b\\\"\"],\"capabilities\":[\"CAP_NET_RAW\"],\"action\":\"RF_ACT_ALLOW\"},"
		  "{\"paths\":[\"/bin/su\"],\"action\":\"RF_ACT_KILL_PROCESS\"}]},"
		  "\"unregistered\":{\"action\":\"RF_ACT_ERRNO\",\"args\":{\"exempt\":[\"/a.slice/*\",\"/b \\\"c\\\"\"]}},"
		  "\"exceptions\":[{\"names\":[\"rootUser\",\"hostMounts\"],\"action\":\"RF_ACT_LOG\","
		  "\"match\":{\"annotations\":{\"^io\\\\.k8s$\":\"(a|b)\\\"\",\"x\":\".*\"}},"
		  "\"reason\":\"agents \\\\ \\u001b\",\"expires\":\"2027-06-30\"},"
		  "{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_REJECT\",\"match\":{\"annotations\":{\"k\":\"v\"}},\"reason\":\"r\"}]}" },
		{ "parent",
		  "{\"version\":1,\"name\":\"parent\",\"defaultAction\":\"RF_ACT_LOG\",\"rules\":["
		  "{\"names\":[\"rootUser\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{\"uid\":4711}},"
		  "{\"names\":[\"rootGroup\"],\"action\":\"RF_ACT_REJECT\"},"
		  "{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{\"allow\":[\"CAP_KILL\",\"CAP_CHECKPOINT_RESTORE\"],\"allowMapped\":[]}},"
		  "{\"names\":[\"hostUserNamespace\"],\"action\":\"RF_ACT_REJECT\",\"args\":{\"when\":\"root\",\"engine\":\"private\"}},"
		  "{\"names\":[\"identityMapping\"],\"action\":\"RF_ACT_REJECT\",\"args\":{\"ids\":[0,1000,2147483647]}},"
		  "{\"names\":[\"hostMounts\"],\"action\":\"RF_ACT_REJECT\",\"args\":{\"allow\":[\"/srv/*/data:ro\"],\"deny\":[]}},"
		  "{\"names\":[\"mountOptions\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{\"options\":[\"nosuid\"]}},"
		  "{\"names\":[\"workingDirectory\"],\"action\":\"RF_ACT_ALLOW\"}]}" },
		{ 0 },
	};
	struct err err = { 0 };
	struct policy *policy = load_texts(*state, texts, &err);

	if (policy == NULL)
		fail_msg("%s", err.text);
	check(*state, policy);
	/* A rendered policy extends nothing. */
	assert_null(strstr(policy_render(*state, policy).data, "extends"));
}

static void test_least(void **state)
{
	check(*state, load_text(*state, "{\"version\":1,\"name\":\"x\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_shipped),
		WITH_ARENA(test_rich),
		WITH_ARENA(test_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
