/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts as narrower limits, member by member; and against the decision itself: narrower
 * limits never decide more mildly, whatever the credentials.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "decide.h"
#include "guard/limits.h"

#define CHOWN (1ull << 0)
#define NET_RAW (1ull << 13)

static const struct abi_limits usual = {
	.ceiling = CHOWN,
	.bounding = CHOWN | NET_RAW,
	.exec_action = ABI_ERRNO,
	.ceiling_action = ABI_ERRNO,
	.root_action = ABI_ERRNO,
	.set_ids_action = ABI_LOG,
	.userns_action = ABI_ERRNO,
	.errno_ret = 1,
};

static void test_each_member(void **state)
{
	static const size_t actions[] = {
		offsetof(struct abi_limits, exec_action),
		offsetof(struct abi_limits, ceiling_action),
		offsetof(struct abi_limits, root_action),
		offsetof(struct abi_limits, set_ids_action),
		offsetof(struct abi_limits, userns_action),
	};
	struct abi_limits other = usual;

	(void)state;
	assert_true(limits_within(&usual, &usual));
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		__u32 *action = (__u32 *)(void *)((char *)&other + actions[i]);
		__u32 before = *action;

		*action = ABI_KILL;
		assert_true(limits_within(&other, &usual));
		assert_false(limits_within(&usual, &other));
		*action = ABI_ALLOW;
		assert_false(limits_within(&other, &usual));
		*action = before;
	}
	other.ceiling = 0;
	assert_true(limits_within(&other, &usual));
	assert_false(limits_within(&usual, &other));
	other.ceiling = NET_RAW;
	assert_false(limits_within(&other, &usual));
	assert_false(limits_within(&usual, &other));
	other = usual;
	other.bounding = CHOWN;
	assert_true(limits_within(&other, &usual));
	assert_false(limits_within(&usual, &other));
	other = usual;
	other.errno_ret = 13;
	assert_true(limits_within(&other, &usual));
}

static void test_each_rule(void **state)
{
	static const struct abi_rule allow = { NET_RAW, ABI_ALLOW, 0 },
				     log = { NET_RAW, ABI_LOG, 0 }, deny = { 0, ABI_ERRNO, 0 },
				     kill = { 0, ABI_KILL, 0 },
				     wide = { NET_RAW | CHOWN, ABI_ALLOW, 0 };
	static const struct {
		const struct abi_rule *now, *old;
		bool within;
	} rows[] = {
		{ NULL, NULL, true },	  { NULL, &allow, true },  { NULL, &log, true },
		{ NULL, &deny, false },	  { NULL, &kill, false },  { &allow, NULL, false },
		{ &log, NULL, false },	  { &deny, NULL, true },   { &kill, NULL, true },
		{ &allow, &allow, true }, { &log, &allow, true },  { &allow, &log, false },
		{ &wide, &allow, false }, { &allow, &wide, true }, { &deny, &wide, true },
		{ &allow, &deny, false }, { &deny, &kill, false }, { &kill, &deny, true },
	};
	struct abi_limits mild = usual;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (limits_rule_within(&usual, rows[i].now, &usual, rows[i].old) != rows[i].within)
			fail_msg("row %zu", i);
	/* Where predicates allow, a rule that logs or denies is all there is. */
	mild.exec_action = ABI_ALLOW;
	assert_false(limits_rule_within(&mild, NULL, &mild, &log));
	/* Where predicates kill, a rule that denies is milder. */
	mild.exec_action = ABI_KILL;
	assert_false(limits_rule_within(&mild, &deny, &mild, NULL));
}

static unsigned int seed = 1;

static unsigned int below(unsigned int n)
{
	return (unsigned int)rand_r(&seed) % n;
}

static void random_limits(struct abi_limits *limits)
{
	*limits = (struct abi_limits){
		.ceiling = below(4),
		.bounding = below(4),
		.exec_action = below(4),
		.ceiling_action = below(4),
		.root_action = below(4),
		.set_ids_action = below(4),
		.userns_action = below(4),
		.errno_ret = 1,
	};
}

static const struct abi_rule *random_rule(struct abi_rule *rule)
{
	*rule = (struct abi_rule){ below(4), below(4), 0 };
	return below(3) == 0 ? NULL : rule;
}

static void random_creds(struct abi_creds *creds)
{
	static const __u32 ids[] = { 0, 1000, 2000 };

	*creds = (struct abi_creds){
		.permitted = below(4),
		.effective = below(4),
		.inheritable = below(4),
		.bounding = below(4),
		.ambient = below(2),
		.uid = ids[below(3)],
		.euid = ids[below(3)],
		.suid = ids[below(3)],
		.gid = ids[below(3)],
		.egid = ids[below(3)],
		.root = below(4) == 0 ? 2000 : 0,
	};
}

static void test_never_milder(void **state)
{
	unsigned int within = 0;

	(void)state;
	while (within < 20000) {
		struct abi_limits now, old;
		struct abi_rule rules[2];
		const struct abi_rule *now_rule = random_rule(&rules[0]);
		const struct abi_rule *old_rule = random_rule(&rules[1]);

		random_limits(&old);
		now = old;
		if (below(2) == 0)
			random_limits(&now);
		if (!limits_within(&now, &old) ||
		    !limits_rule_within(&now, now_rule, &old, old_rule))
			continue;
		within++;
		for (unsigned int i = 0; i < 20; i++) {
			__u32 flags = below(4) & (DECIDE_RUNTIME | DECIDE_INNER_USERNS);
			struct decide_verdict a, b;
			struct abi_creds from, to;

			random_creds(&from);
			random_creds(&to);
			decide_exec(&from, &to, &now, now_rule, flags, &a);
			decide_exec(&from, &to, &old, old_rule, flags, &b);
			assert_true(a.action >= b.action);
		}
	}
}

/* In the cgroup of another container: at least what each of the two entries would answer. */
static void test_nested_is_never_milder(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		__u32 flags = below(4) & (DECIDE_RUNTIME | DECIDE_INNER_USERNS);
		struct abi_limits own, outer, both;
		struct decide_verdict a, b, c;
		struct abi_creds from, to;
		struct abi_rule rules[2];
		const struct abi_rule *own_rule = random_rule(&rules[0]);

		random_limits(&own);
		random_limits(&outer);
		random_creds(&from);
		random_creds(&to);
		both = own;
		limits_narrow(&both, &outer);
		rules[1] = rules[0];
		limits_narrow_rule(&rules[1], &both, &outer);
		assert_true(limits_within(&both, &own) && limits_within(&both, &outer));
		decide_exec(&from, &to, &own, own_rule, flags, &a);
		decide_exec(&from, &to, &outer, NULL, flags, &b);
		decide_exec(&from, &to, &both, own_rule == NULL ? NULL : &rules[1], flags, &c);
		assert_true(c.action >= a.action && c.action >= b.action);
	}
}

static void test_shared_promise(void **state)
{
	const struct abi_promise one = { .flags = 7 | ABI_PROMISED_UID_MAP,
					 .others = 6,
					 .filters = 2,
					 .uid_map = { 0, 100000, 65536 } };
	struct abi_promise both = one, other = one;

	(void)state;
	promise_narrow(&both, &other);
	assert_memory_equal(&both, &one, sizeof(both));
	other.flags = 5 | ABI_PROMISED_UID_MAP;
	other.others = 4;
	other.filters = 1;
	other.uid_map[1] = 200000;
	promise_narrow(&both, &other);
	assert_int_equal(both.flags, 5);
	assert_int_equal(both.others, 4);
	assert_int_equal(both.filters, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_member),
		cmocka_unit_test(test_each_rule),
		cmocka_unit_test(test_never_milder),
		cmocka_unit_test(test_nested_is_never_milder),
		cmocka_unit_test(test_shared_promise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
