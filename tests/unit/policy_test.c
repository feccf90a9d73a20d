/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: how parents merge, in which order, and what the guard gets. */
#include "support.h"

#include "policy/rule.h"

#define HEAD(name) "{\"version\":1,\"name\":\"" name "\","

static const struct rule_setting *setting(const struct policy *policy, const char *rule)
{
	int row = rule_find(str_from(rule));

	assert_true(row >= 0);
	return &policy->settings[row];
}

static const struct rule_arg *argument(const struct policy *policy, const char *rule,
				       const char *name)
{
	int row = rule_find(str_from(rule));
	size_t i = 0;

	assert_true(row >= 0);
	while (i < RULE_ARGS_MAX && strcmp(rules[row]->args[i].name, name) != 0)
		i++;
	assert_true(i < RULE_ARGS_MAX);
	return &policy->settings[row].args[i];
}

static void defaults(void **state)
{
	const struct policy *policy = load_text(*state, "{\"version\":1,\"name\":\"x\"}");

	assert_string_equal(policy->name, "x");
	assert_false(policy->audit);
	assert_int_equal(policy->default_action, RULE_ALLOW);
	for (size_t row = 0; row < n_rules; row++)
		assert_false(policy->settings[row].named);
	assert_int_equal(policy->exec.default_action, EXEC_ERRNO);
	assert_int_equal(policy->exec.errno_ret, EPERM);
	assert_int_equal(policy->exec.guarantee, GUARANTEE_KILL);
	assert_int_equal(policy->exec.user_namespaces, EXEC_ERRNO);
	assert_int_equal(policy->exec.set_ids, EXEC_LOG);
	assert_int_equal(policy->exec.n_rules, 0);
	assert_true(argument(policy, "hostMounts", "deny")->n > 10);
	assert_int_equal(argument(policy, "mountOptions", "options")->n, 2);
	assert_int_equal(argument(policy, "capabilities", "allow")->number, 0);
}

/*
 * Parents first, in their order, then the file itself. An argument that is not given again stays.
 */
static void later_wins(void **state)
{
	struct policy_text texts[] = {
		{ "child",
		  HEAD("child") "\"extends\":[\"first\",\"second\"],\"rules\":[{\"names\":[\"rootUser\"],\"action\":\"RF_ACT_LOG\"},"
				"{\"names\":[\"hostUserNamespace\"],\"action\":\"RF_ACT_REJECT\",\"args\":{\"engine\":\"private\"}}],"
				"\"exec\":{\"errnoRet\":13}}" },
		{ "first",
		  HEAD("first") "\"mode\":\"audit\",\"defaultAction\":\"RF_ACT_LOG\",\"rules\":[{\"names\":[\"rootUser\",\"rootGroup\"],"
				"\"action\":\"RF_ACT_REJECT\",\"args\":{}},{\"names\":[\"hostUserNamespace\"],\"action\":\"RF_ACT_LOG\","
				"\"args\":{\"when\":\"root\"}}],\"exec\":{\"guarantee\":\"deny\",\"errnoRet\":5}}" },
		{ "second",
		  HEAD("second") "\"mode\":\"enforce\",\"rules\":[{\"names\":[\"rootGroup\"],\"action\":\"RF_ACT_ALLOW\"}],"
				 "\"exec\":{\"setIds\":\"RF_ACT_ERRNO\"}}" },
		{ 0 },
	};
	struct err err;
	const struct policy *policy = load_texts(*state, texts, &err);

	assert_non_null(policy);
	assert_string_equal(policy->name, "child");
	assert_false(policy->audit);
	assert_int_equal(policy->default_action, RULE_LOG);
	assert_int_equal(setting(policy, "rootUser")->action, RULE_LOG);
	assert_int_equal(setting(policy, "rootGroup")->action, RULE_ALLOW);
	assert_true(setting(policy, "rootGroup")->named);
	assert_int_equal(setting(policy, "hostUserNamespace")->action, RULE_REJECT);
	assert_int_equal(argument(policy, "hostUserNamespace", "when")->number, 1);
	assert_int_equal(argument(policy, "hostUserNamespace", "engine")->number, 1);
	assert_int_equal(policy->exec.guarantee, GUARANTEE_DENY);
	assert_int_equal(policy->exec.errno_ret, 13);
	assert_int_equal(policy->exec.set_ids, EXEC_ERRNO);
}

static void exec_rules_merge_by_path(void **state)
{
	struct policy_text texts[] = {
		{ "child",
		  HEAD("child") "\"extends\":[\"parent\"],\"exec\":{\"rules\":[{\"paths\":[\"/bin/ping\"],"
				"\"capabilities\":[],\"action\":\"RF_ACT_ERRNO\"},{\"paths\":[\"/bin/new\"],\"action\":\"RF_ACT_LOG\"}]}}" },
		{ "parent",
		  HEAD("parent") "\"exec\":{\"rules\":[{\"paths\":[\"/bin/ping\",\"/bin/su\"],\"capabilities\":[\"CAP_NET_RAW\"],"
				 "\"action\":\"RF_ACT_ALLOW\"}]}}" },
		{ 0 },
	};
	struct err err;
	const struct policy *policy = load_texts(*state, texts, &err);

	assert_non_null(policy);
	assert_int_equal(policy->exec.n_rules, 3);
	assert_string_equal(policy->exec.rules[0].path, "/bin/ping");
	assert_int_equal(policy->exec.rules[0].action, EXEC_ERRNO);
	assert_int_equal(policy->exec.rules[0].capabilities, 0);
	assert_string_equal(policy->exec.rules[1].path, "/bin/su");
	assert_int_equal(policy->exec.rules[1].capabilities, UINT64_C(1) << 13);
	assert_string_equal(policy->exec.rules[2].path, "/bin/new");
}

static void exceptions_are_kept_in_order(void **state)
{
#define EXCEPTION(action, reason)                                                  \
	"{\"names\":[\"rootUser\"],\"action\":\"" action "\",\"reason\":\"" reason \
	"\",\"expires\":\"2027-06-30\",\"match\":{\"annotations\":{\"a\":\"b\",\"c\":\"d\"}}}"
	struct policy_text texts[] = {
		{ "child", HEAD("child") "\"extends\":[\"parent\"],\"exceptions\":[" EXCEPTION(
				   "RF_ACT_REJECT", "two") "]}" },
		{ "parent", HEAD("parent") "\"exceptions\":[" EXCEPTION("RF_ACT_LOG", "one") "]}" },
		{ 0 },
	};
	struct err err;
	const struct policy *policy = load_texts(*state, texts, &err);
	const struct exception *exception = policy->exceptions;

	assert_string_equal(exception->reason, "one");
	assert_int_equal(exception->expires, 20270630);
	assert_int_equal(exception->n_matches, 2);
	assert_string_equal(exception->next->reason, "two");
	assert_null(exception->next->next);
}

/* The change affects what containers see, not what they may do. */
static void another_errno_is_neither(void **state)
{
	const struct policy *a = load_text(*state, HEAD("a") "\"exec\":{\"errnoRet\":1}}");
	const struct policy *b = load_text(*state, HEAD("b") "\"exec\":{\"errnoRet\":13}}");
	const struct policy_note *note = policy_diff(*state, a, b, 20260101);

	assert_non_null(note);
	assert_int_equal(note->kind, NOTE_OTHER);
	assert_string_equal(note->text, "exec: errnoRet is 13, was 1");
	assert_null(note->next);
}

static void loops_and_depth(void **state)
{
	struct policy_text loop[] = {
		{ "a", HEAD("a") "\"extends\":[\"b\"]}" },
		{ "b", HEAD("b") "\"extends\":[\"a\"]}" },
		{ 0 },
	};
	struct policy_text diamond[] = {
		{ "top", HEAD("top") "\"extends\":[\"left\",\"right\"]}" },
		{ "left", HEAD("left") "\"extends\":[\"base\"]}" },
		{ "right", HEAD("right") "\"extends\":[\"base\"]}" },
		{ "base", HEAD("base") "\"rules\":[]}" },
		{ 0 },
	};
	struct err err;

	assert_null(load_texts(*state, loop, &err));
	assert_int_equal(err.exit, EXIT_POLICY);
	assert_string_equal(err.text, "a: circular extends: b leads back to this policy");
	assert_non_null(load_texts(*state, diamond, &err)); /* extending it twice is not a loop */
}

static void a_bad_policy_gives_none(void **state)
{
	struct policy_text texts[] = {
		{ "child", HEAD("child") "\"extends\":[\"parent\"]}" },
		{ "parent",
		  HEAD("parent") "\n\"rules\":[{\"names\":[\"rootUsr\"],\"action\":\"RF_ACT_LOG\"}]}" },
		{ 0 },
	};
	struct err err;

	assert_null(load_texts(*state, texts, &err));
	assert_int_equal(err.exit, EXIT_POLICY);
	assert_int_equal(err.line, 2);
	assert_string_equal(
		err.text,
		"parent:2:20: /rules/0/names/0: unknown rule \"rootUsr\"; did you mean \"rootUser\"?");
}

static const char config_text[] =
	"{\"process\":{\"user\":{\"uid\":1}},\"annotations\":{\"a\":\"b\",\"c\":\"d\"}}";

static struct exec_limits limits_of(struct arena *arena, const char *policy,
				    enum namespace_fact user)
{
	struct facts facts = { .scope = FACTS_LIVE, .user_namespace_initial = true };
	struct exec_limits limits;
	struct oci_config config;

	facts.namespaces[NAMESPACE_USER] = user;
	read_config(arena, config_text, &config);
	policy_exec_limits(load_text(arena, policy), &config, &facts, 20260101, &limits);
	return limits;
}

#define CAPABILITIES(action)                                                                   \
	"\"rules\":[{\"names\":[\"capabilities\"],\"action\":\"" action                        \
	"\",\"args\":{\"allow\":[\"CAP_CHOWN\"],\"allowMapped\":[\"CAP_KILL\"]}},{\"names\":[" \
	"\"rootUser\"],\"action\":\"" action "\"}]"

static void ceiling(void **state)
{
	struct exec_limits limits =
		limits_of(*state, HEAD("x") CAPABILITIES("RF_ACT_REWRITE") "}", NS_FACT_HOST);

	assert_int_equal(limits.ceiling, 1);
	assert_int_equal(limits.ceiling_action, EXEC_ERRNO);
	assert_int_equal(limits.root_action, EXEC_ERRNO);
	limits = limits_of(*state, HEAD("x") CAPABILITIES("RF_ACT_REWRITE") "}", NS_FACT_NEW);
	assert_int_equal(limits.ceiling, 0x21);
	limits = limits_of(*state, HEAD("x") CAPABILITIES("RF_ACT_LOG") "}", NS_FACT_HOST);
	assert_int_equal(limits.ceiling_action, EXEC_LOG);
	assert_int_equal(limits.root_action, EXEC_LOG);
	limits = limits_of(*state, HEAD("x") "\"rules\":[]}", NS_FACT_HOST);
	assert_int_equal(limits.ceiling_action, EXEC_ALLOW);
	limits = limits_of(
		*state,
		HEAD("x") CAPABILITIES(
			"RF_ACT_REJECT") ",\"exec\":{\"defaultAction\":\"RF_ACT_KILL_PROCESS\"}}",
		NS_FACT_HOST);
	assert_int_equal(limits.ceiling_action, EXEC_KILL_PROCESS);
	assert_int_equal(limits.root_action, EXEC_KILL_PROCESS);
}

static void audit_stops_nothing(void **state)
{
	struct exec_limits limits = limits_of(
		*state,
		HEAD("x") CAPABILITIES(
			"RF_ACT_REJECT") ",\"mode\":\"audit\",\"exec\":{\"guarantee\":\"deny\",\"setIds\":\"RF_ACT_KILL_PROCESS\","
					 "\"rules\":[{\"paths\":[\"/bin/su\"],\"action\":\"RF_ACT_KILL_PROCESS\"}]}}",
		NS_FACT_HOST);

	assert_int_equal(limits.ceiling_action, EXEC_LOG);
	assert_int_equal(limits.root_action, EXEC_LOG);
	assert_int_equal(limits.exec.default_action, EXEC_LOG);
	assert_int_equal(limits.exec.user_namespaces, EXEC_LOG);
	assert_int_equal(limits.exec.set_ids, EXEC_LOG);
	assert_int_equal(limits.exec.rules[0].action, EXEC_LOG);
	assert_int_equal(limits.exec.guarantee, GUARANTEE_NONE);
}

static void exceptions_reach_the_guard(void **state)
{
#define EXCEPTED(value, expires)                                                                   \
	HEAD("x")                                                                                  \
	CAPABILITIES("RF_ACT_REJECT")                                                              \
	",\"exceptions\":[{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_ALLOW\",\"reason\":"   \
	"\"r\",\"expires\":\"" expires "\",\"match\":{\"annotations\":{\"a\":\"b\",\"c\":\"" value \
	"\"}}}]}"

	assert_int_equal(
		limits_of(*state, EXCEPTED("d", "2026-01-01"), NS_FACT_HOST).ceiling_action,
		EXEC_ALLOW); /* the last day */
	assert_int_equal(
		limits_of(*state, EXCEPTED("d", "2025-12-31"), NS_FACT_HOST).ceiling_action,
		EXEC_ERRNO);
	assert_int_equal(
		limits_of(*state, EXCEPTED("e", "2026-01-01"), NS_FACT_HOST).ceiling_action,
		EXEC_ERRNO);
	assert_int_equal(limits_of(*state, EXCEPTED("d", "2026-01-01"), NS_FACT_HOST).root_action,
			 EXEC_ERRNO);
}

static void table_is_sound(void **state)
{
	(void)state;
	for (size_t row = 0; row < n_rules; row++) {
		assert_int_equal(rule_find(str_from(rules[row]->name)), (int)row);
		assert_string_equal(rule_names()[row], rules[row]->name);
		assert_non_null(rules[row]->title);
		assert_non_null(rules[row]->reads);
		assert_non_null(rules[row]->check);
		assert_non_null(rules[row]->references);
		assert_int_equal(rule_row(rules[row]), row);
		/* A front end that only reads must not report a rewrite. */
		if (rules[row]->rewrites != NULL)
			assert_non_null(rules[row]->rewrites[FRONT_READ_ONLY]);
		if (rules[row]->rewrites != NULL)
			assert_non_null(rules[row]->rewrites[FRONT_HOOK]);
	}
	assert_null(rule_names()[n_rules]);
	assert_int_equal(rule_find(STR("spec")), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(defaults),
		WITH_ARENA(later_wins),
		WITH_ARENA(exec_rules_merge_by_path),
		WITH_ARENA(exceptions_are_kept_in_order),
		WITH_ARENA(another_errno_is_neither),
		WITH_ARENA(loops_and_depth),
		WITH_ARENA(a_bad_policy_gives_none),
		WITH_ARENA(ceiling),
		WITH_ARENA(audit_stops_nothing),
		WITH_ARENA(exceptions_reach_the_guard),
		cmocka_unit_test(table_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
