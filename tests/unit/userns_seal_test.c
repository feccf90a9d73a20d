/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec.userNamespaces by seccomp: the result for each kind of profile, which a second rewrite does
 * not change; and a front end that cannot rewrite refuses instead.
 */
#include "support.h"

#include "policy/rule.h"

#define POLICY "{\"version\":1,\"name\":\"x\",\"exec\":{\"userNamespaces\":\"RF_ACT_ERRNO\"}}"
#define SPEC(profile) "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":" profile "}}"
#define MASK "\"value\":268435456,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}"
#define ONLY(name, action) \
	"{\"names\":[\"" name "\"],\"action\":\"" action "\",\"args\":[{\"index\":0," MASK "]}"
#define DENY(name)                                                                 \
	"{\"names\":[\"" name                                                      \
	"\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[{\"index\":0," \
	"\"value\":268435456,\"valueTwo\":268435456,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"
#define CLONE3 "{\"names\":[\"clone3\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}"
#define ALLOW(names) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\"}"
#define LIST(action, entries) "{\"defaultAction\":\"" action "\",\"syscalls\":[" entries "]}"

static const struct {
	const char *name, *profile, *sealed;
} rows[] = {
	{ "an allow list without the calls", LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"")),
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"")) },
	{ "an allow list with all of them",
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"clone\",\"clone3\",\"read\",\"unshare\"")),
	  LIST("SCMP_ACT_ERRNO",
	       ALLOW("\"read\"") "," CLONE3 "," ONLY("clone", "SCMP_ACT_ALLOW") "," ONLY(
		       "unshare", "SCMP_ACT_ALLOW")) },
	{ "an entry without another name goes whole",
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"") "," ALLOW("\"unshare\"")),
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"") "," ONLY("unshare", "SCMP_ACT_ALLOW")) },
	{ "Docker's own condition stays",
	  LIST("SCMP_ACT_ERRNO",
	       "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
	       "\"value\":2114060288,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"),
	  LIST("SCMP_ACT_ERRNO",
	       "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
	       "\"value\":2114060288,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}") },
	{ "another action and another condition stay",
	  LIST("SCMP_ACT_ERRNO", "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_NOTIFY\",\"args\":["
				 "{\"index\":4,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]}"),
	  LIST("SCMP_ACT_ERRNO",
	       "{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_NOTIFY\",\"args\":["
	       "{\"index\":4,\"value\":7,\"op\":\"SCMP_CMP_EQ\"},{\"index\":0," MASK "]}") },
	{ "a condition on the flags that cannot be narrowed goes",
	  LIST("SCMP_ACT_ERRNO",
	       ALLOW("\"read\"") ",{\"names\":[\"unshare\"],\"action\":\"SCMP_ACT_ALLOW\","
				 "\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_GE\"}]}"),
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"")) },
	{ "a list that allows by default",
	  LIST("SCMP_ACT_ALLOW", "{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\"}"),
	  LIST("SCMP_ACT_ALLOW", "{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ERRNO\"}," DENY(
					 "clone") "," DENY("unshare") "," CLONE3) },
	{ "a list that allows by default and denies them",
	  LIST("SCMP_ACT_ALLOW", "{\"names\":[\"clone\",\"unshare\",\"clone3\"],"
				 "\"action\":\"SCMP_ACT_KILL_PROCESS\"}"),
	  LIST("SCMP_ACT_ALLOW", "{\"names\":[\"clone\",\"unshare\",\"clone3\"],"
				 "\"action\":\"SCMP_ACT_KILL_PROCESS\"}") },
	{ "flags that are exactly others are a condition",
	  LIST("SCMP_ACT_ERRNO", "{\"names\":[\"unshare\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
				 "{\"index\":0,\"value\":131072,\"op\":\"SCMP_CMP_EQ\"}]}"),
	  LIST("SCMP_ACT_ERRNO", "{\"names\":[\"unshare\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
				 "{\"index\":0,\"value\":131072,\"op\":\"SCMP_CMP_EQ\"}]}") },
	{ "two conditions on the flags are alternatives to runc",
	  LIST("SCMP_ACT_ERRNO",
	       ALLOW("\"read\"") ",{\"names\":[\"unshare\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
				 "{\"index\":0," MASK
				 ",{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_GE\"}]}"),
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"")) },
	{ "more conditions than a call has arguments are none",
	  LIST("SCMP_ACT_ERRNO",
	       ALLOW("\"read\"") ",{\"names\":[\"unshare\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
				 "{\"index\":0," MASK ",{\"index\":1," MASK ",{\"index\":2," MASK
				 ",{\"index\":3," MASK ",{\"index\":4," MASK ",{\"index\":5," MASK
				 ",{\"index\":5," MASK "]}"),
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"")) },
	{ "a mask that leaves CLONE_NEWUSER out is no condition",
	  LIST("SCMP_ACT_ERRNO",
	       ALLOW("\"read\"") ",{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\","
				 "\"args\":[{\"index\":0,\"value\":131072,\"valueTwo\":0,"
				 "\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"),
	  LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"")) },
};

static enum verdict_kind seal_by(struct arena *arena, const char *policy, const char *spec,
				 enum front_end front_end, struct str *ret_text)
{
	const struct facts facts = { .scope = FACTS_LIVE,
				     .user_namespace_initial = true,
				     .userns_needs_seal = true };
	struct oci_config config;
	struct verdict verdict;

	read_config(arena, spec, &config);
	policy_judge(arena, load_text(arena, policy), &config, &facts, front_end, 20260101,
		     &verdict);
	*ret_text = json_render(config.doc);
	return verdict.kind;
}

static enum verdict_kind seal(struct arena *arena, const char *spec, enum front_end front_end,
			      struct str *ret_text)
{
	return seal_by(arena, POLICY, spec, front_end, ret_text);
}

/* What the rule seccompProfile took out before does not come back with a condition. */
static void test_denied_calls(void **state)
{
	static const char policy[] =
		"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"seccompProfile\"],"
		"\"action\":\"RF_ACT_REWRITE\",\"args\":{\"deny\":[\"clone\",\"bpf\"]}}],"
		"\"exec\":{\"userNamespaces\":\"RF_ACT_ERRNO\"}}";
	static const char spec[] = SPEC(LIST(
		"SCMP_ACT_ERRNO", ALLOW("\"read\",\"clone\"") "," ALLOW("\"bpf\",\"unshare\"")));
	static const char sealed[] = SPEC(
		LIST("SCMP_ACT_ERRNO", ALLOW("\"read\"") "," ONLY("unshare", "SCMP_ACT_ALLOW")));
	struct str text, again;

	assert_int_equal(seal_by(*state, policy, spec, FRONT_WRAPPER, &text), VERDICT_REWRITE);
	assert_string_equal(arena_copy(*state, text.data, text.len), sealed);
	seal_by(*state, POLICY, sealed, FRONT_WRAPPER, &again);
	assert_string_equal(arena_copy(*state, again.data, again.len), sealed);
}

static void test_profiles(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena *arena = *state;
		const char *spec = arena_printf(
			arena, "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":%s}}",
			rows[i].profile);
		const char *wanted = arena_printf(
			arena, "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":%s}}",
			rows[i].sealed);
		bool changes = strcmp(spec, wanted) != 0;
		struct str text, again;

		print_message("%s\n", rows[i].name);
		assert_int_equal(seal(arena, spec, FRONT_PRECREATE, &text),
				 changes ? VERDICT_REWRITE : VERDICT_ALLOW);
		assert_string_equal(text.data, wanted);
		assert_int_equal(seal(arena, text.data, FRONT_PRECREATE, &again), VERDICT_ALLOW);
		assert_string_equal(again.data, wanted);
		assert_int_equal(seal(arena, text.data, FRONT_HOOK, &again), VERDICT_ALLOW);
		assert_int_equal(seal(arena, spec, FRONT_HOOK, &again),
				 changes ? VERDICT_REJECT : VERDICT_ALLOW);
	}
}

/* If there is no profile, or not even linux, one is added, and it is enough. */
static void test_no_profile(void **state)
{
	static const char *const specs[] = {
		"{\"process\":{\"cwd\":\"/\"}}",
		"{\"process\":{\"cwd\":\"/\"},\"linux\":{}}",
		(SPEC("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}")),
	};

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct str text, again;

		assert_int_equal(seal(*state, specs[i], FRONT_PRECREATE, &text), VERDICT_REWRITE);
		assert_non_null(strstr(text.data, DENY("clone") "," DENY("unshare") "," CLONE3));
		assert_int_equal(seal(*state, text.data, FRONT_PRECREATE, &again), VERDICT_ALLOW);
		assert_string_equal(again.data, text.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_profiles),
		WITH_ARENA(test_no_profile),
		WITH_ARENA(test_denied_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
