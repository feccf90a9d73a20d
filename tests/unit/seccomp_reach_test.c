/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seccomp profiles and the calls that they allow: the walk over filters by table and, for random
 * filters, compared with running them; profiles by table; the refusals of the shipped profile, and
 * the seal after it.
 */
#include "support.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "host/bpf_reach.h"
#include "host/seccomp_reach.h"
#include "oci/seccomp.h"
#include "policy/rule.h"
#include "policy/rules/shipped_profile.h"

#define NR offsetof(struct seccomp_data, nr)
#define ARCH offsetof(struct seccomp_data, arch)
#define ARG0 offsetof(struct seccomp_data, args[0])
#define LD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define JUMP(op, k, jt, jf) BPF_JUMP(BPF_JMP | (op) | BPF_K, k, jt, jf)
#define RET(action) BPF_STMT(BPF_RET | BPF_K, action)
#define FILTER_MAX 8

enum {
	NO,
	YES,
	BAD
};

static const struct {
	const char *name;
	struct sock_filter filter[FILTER_MAX];
	int wanted;
} filters[] = {
	{ "allow", { RET(SECCOMP_RET_ALLOW) }, YES },
	{ "errno", { RET(SECCOMP_RET_ERRNO | 38) }, NO },
	{ "kill", { RET(SECCOMP_RET_KILL_PROCESS) }, NO },
	{ "a supervisor is asked", { RET(SECCOMP_RET_USER_NOTIF) }, YES },
	{ "a tracer is asked", { RET(SECCOMP_RET_TRACE | 1) }, YES },
	{ "logged", { RET(SECCOMP_RET_LOG) }, YES },
	{ "trapped", { RET(SECCOMP_RET_TRAP) }, NO },
	{ "this number", { LD(NR), JUMP(BPF_JEQ, 7, 0, 1), RET(SECCOMP_RET_ALLOW), RET(0) }, YES },
	{ "another number",
	  { LD(NR), JUMP(BPF_JEQ, 8, 0, 1), RET(SECCOMP_RET_ALLOW), RET(0) },
	  NO },
	{ "another architecture",
	  { LD(ARCH), JUMP(BPF_JEQ, AUDIT_ARCH_I386, 0, 1), RET(SECCOMP_RET_ALLOW), RET(0) },
	  NO },
	{ "numbers from 7",
	  { LD(NR), JUMP(BPF_JGE, 7, 0, 1), RET(SECCOMP_RET_ALLOW), RET(0) },
	  YES },
	{ "numbers above 7",
	  { LD(NR), JUMP(BPF_JGT, 7, 0, 1), RET(SECCOMP_RET_ALLOW), RET(0) },
	  NO },
	{ "a bit of the number",
	  { LD(NR), JUMP(BPF_JSET, 4, 0, 1), RET(SECCOMP_RET_ALLOW), RET(0) },
	  YES },
	{ "a masked number",
	  { LD(NR), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 8), JUMP(BPF_JEQ, 0, 0, 1),
	    RET(SECCOMP_RET_ALLOW), RET(0) },
	  YES },
	{ "an argument",
	  { LD(ARG0), JUMP(BPF_JEQ, 5, 0, 1), RET(SECCOMP_RET_ALLOW), RET(0) },
	  YES },
	{ "all but an argument",
	  { LD(ARG0), JUMP(BPF_JEQ, 5, 1, 0), RET(SECCOMP_RET_ALLOW), RET(0) },
	  YES },
	{ "refused either way",
	  { LD(ARG0), JUMP(BPF_JEQ, 5, 0, 1), RET(SECCOMP_RET_ERRNO | 1), RET(0) },
	  NO },
	{ "ways that meet with different numbers",
	  { LD(ARG0), JUMP(BPF_JEQ, 5, 0, 1), LD(NR), JUMP(BPF_JEQ, 7, 0, 1),
	    RET(SECCOMP_RET_ALLOW), RET(0) },
	  YES },
	{ "a jump over it", { BPF_STMT(BPF_JMP | BPF_JA, 1), RET(SECCOMP_RET_ALLOW), RET(0) }, NO },
	{ "a jump behind the end", { JUMP(BPF_JEQ, 0, 9, 9), RET(0) }, BAD },
	{ "a long jump behind the end", { BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), RET(0) }, BAD },
	{ "an end without an answer", { LD(NR) }, BAD },
	{ "an instruction of another kind", { BPF_STMT(BPF_MISC | BPF_TAX, 0), RET(0) }, BAD },
};

static size_t filter_len(const struct sock_filter *filter)
{
	size_t n = FILTER_MAX;

	while (n > 0 && filter[n - 1].code == 0 && filter[n - 1].k == 0)
		n--;
	return n;
}

static void test_filters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		bool reaches = false;
		int error = bpf_reach(filters[i].filter, filter_len(filters[i].filter),
				      AUDIT_ARCH_X86_64, 7, &reaches);

		print_message("%s\n", filters[i].name);
		assert_int_equal(error < 0 ? BAD : reaches ? YES : NO, filters[i].wanted);
	}
	assert_int_equal(bpf_reach(filters[0].filter, 0, 0, 0, &(bool){ false }), -EINVAL);
}

/* Runs the filter as the kernel does, with one argument; -1 if the kernel would not. */
static int64_t run(const struct sock_filter *filter, size_t n, uint32_t number, uint32_t argument)
{
	uint32_t a = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t k = filter[i].k;
		bool holds = false;

		switch (filter[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = k == NR ? number : k == ARCH ? AUDIT_ARCH_X86_64 : argument;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			continue;
		case BPF_RET | BPF_K:
			return k;
		case BPF_JMP | BPF_JA:
			i += k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			holds = a == k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			holds = a > k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			holds = a >= k;
			break;
		default:
			holds = (a & k) != 0;
		}
		i += holds ? filter[i].jt : filter[i].jf;
	}
	return -1;
}

#define RANDOM_LEN 12

static struct sock_filter random_instruction(uint32_t *seed, size_t left)
{
	static const uint16_t jumps[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	static const uint32_t offsets[] = { NR, ARCH, ARG0, ARG0 };
	unsigned int reach = (unsigned int)(left > 3 ? 3 : left);

	switch (dice(seed, 8)) {
	case 0:
		return (struct sock_filter)RET(dice(seed, 4) == 0 ? SECCOMP_RET_ALLOW : 0);
	case 1:
	case 2:
		return (struct sock_filter)LD(offsets[dice(seed, 4)]);
	case 3:
		return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, dice(seed, 8));
	default:
		return (struct sock_filter)JUMP(jumps[dice(seed, 4)], dice(seed, 8),
						(uint8_t)dice(seed, reach),
						(uint8_t)dice(seed, reach));
	}
}

/* The answer may be yes too often, but never no if some argument gets through. */
static void test_random_filters(void **state)
{
	unsigned int open = 0, blocked = 0;
	uint32_t seed = 4242;

	(void)state;
	for (unsigned int round = 0; round < 200000; round++) {
		struct sock_filter filter[RANDOM_LEN];
		bool reaches = false, gets_through = false;

		for (size_t i = 0; i < RANDOM_LEN - 1; i++)
			filter[i] = random_instruction(&seed, RANDOM_LEN - 1 - i);
		filter[RANDOM_LEN - 1] = (struct sock_filter)RET(0);
		for (uint32_t argument = 0; argument < 9; argument++)
			gets_through = gets_through || run(filter, RANDOM_LEN, 7, argument) ==
							       (int64_t)SECCOMP_RET_ALLOW;
		assert_int_equal(bpf_reach(filter, RANDOM_LEN, AUDIT_ARCH_X86_64, 7, &reaches), 0);
		assert_false(gets_through && !reaches);
		open += gets_through;
		blocked += !reaches;
	}
	assert_true(open > 10000 && blocked > 10000);
}

#define ALLOW(names, args) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\"" args "}"
#define REFUSE(names, args) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ERRNO\"" args "}"
#define ONE(op, value, two) \
	"{\"index\":0,\"value\":" value ",\"valueTwo\":" two ",\"op\":\"SCMP_CMP_" op "\"}"
#define ARGS(args) ",\"args\":[" args "]"
#define PROFILE(action, entries) \
	"{\"defaultAction\":\"SCMP_ACT_" action "\",\"syscalls\":[" entries "]}"
#define X86 "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"

static const struct {
	const char *name, *profile, *call;
	enum seccomp_reach wanted;
} profiles[] = {
	{ "named nowhere, refused", PROFILE("ERRNO", ""), "bpf", SECCOMP_BLOCKED },
	{ "named nowhere, let through", PROFILE("ALLOW", ""), "bpf", SECCOMP_OPEN },
	{ "refused by name", PROFILE("ALLOW", REFUSE("\"bpf\"", "")), "bpf", SECCOMP_BLOCKED },
	{ "let through by name", PROFILE("ERRNO", ALLOW("\"bpf\"", "")), "bpf", SECCOMP_OPEN },
	{ "named twice in one entry", PROFILE("ALLOW", REFUSE("\"bpf\",\"bpf\"", "")), "bpf",
	  SECCOMP_BLOCKED },
	{ "refused for one value", PROFILE("ALLOW", REFUSE("\"bpf\"", ARGS(ONE("EQ", "5", "0")))),
	  "bpf", SECCOMP_OPEN },
	{ "refused for one value and for all others",
	  PROFILE("ALLOW", REFUSE("\"bpf\"", ARGS(ONE("EQ", "5", "0"))) "," REFUSE(
				   "\"bpf\"", ARGS(ONE("NE", "5", "0")))),
	  "bpf", SECCOMP_BLOCKED },
	{ "let through for one value",
	  PROFILE("ERRNO", ALLOW("\"bpf\"", ARGS(ONE("EQ", "5", "0")))), "bpf", SECCOMP_OPEN },
	{ "refused whole beats a condition",
	  PROFILE("TRAP", REFUSE("\"bpf\"", "") "," ALLOW("\"bpf\"", ARGS(ONE("EQ", "5", "0")))),
	  "bpf", SECCOMP_BLOCKED },
	{ "an entry that says what the default says is none",
	  PROFILE("ERRNO", REFUSE("\"bpf\"", "") "," ALLOW("\"bpf\"", ARGS(ONE("EQ", "5", "0")))),
	  "bpf", SECCOMP_OPEN },
	{ "another number of the error is another entry",
	  PROFILE("ERRNO", REFUSE("\"bpf\"", ",\"errnoRet\":38") "," ALLOW(
				   "\"bpf\"", ARGS(ONE("EQ", "5", "0")))),
	  "bpf", SECCOMP_BLOCKED },
	{ "conditions on one argument twice are alternatives",
	  PROFILE("ERRNO",
		  REFUSE("\"bpf\"", ",\"errnoRet\":38" ARGS(ONE("EQ", "5", "0"))) "," ALLOW(
			  "\"bpf\"", ARGS(ONE("EQ", "6", "0") "," ONE("GT", "9", "0")))),
	  "bpf", SECCOMP_OPEN },
	{ "only on another architecture",
	  "{" X86 "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" REFUSE(
		  "\"vm86\"", ARGS(ONE("NE", "5", "0"))) "]}",
	  "vm86", SECCOMP_OPEN },
	{ "a name that nobody knows, refused", PROFILE("ALLOW", REFUSE("\"no_such\"", "")),
	  "no_such", SECCOMP_OPEN },
};

static void test_profiles(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++) {
		struct str name = str_from(profiles[i].call);
		struct oci_config config;

		print_message("%s\n", profiles[i].name);
		read_config(*state,
			    arena_printf(*state,
					 "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":%s}}",
					 profiles[i].profile),
			    &config);
		assert_int_equal(seccomp_reach(*state, &config.linux_.seccomp, &name, 1)[0],
				 profiles[i].wanted);
	}
}

/* More entries for one call than libseccomp is given: the answer is unknown, at once. */
static void test_many_entries(void **state)
{
	const struct str name = STR("bpf");
	auto_buf struct buf spec = { 0 };
	struct oci_config config;

	buf_printf(&spec, "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":{\"defaultAction\":"
			  "\"SCMP_ACT_KILL\",\"syscalls\":[" REFUSE("\"bpf\"", ""));
	for (unsigned int i = 0; i < 50000; i++)
		buf_printf(&spec, "," ALLOW("\"bpf\"", ARGS(ONE("EQ", "%u", "0"))), i);
	buf_printf(&spec, "]}}}");
	read_config(*state, spec.data, &config);
	assert_int_equal(seccomp_reach(*state, &config.linux_.seccomp, &name, 1)[0],
			 SECCOMP_UNKNOWN);
}

/* A rewrite by `policy_text` at precreate, on a host whose guard cannot refuse user namespaces. */
static enum verdict_kind rewrite(struct arena *arena, const char *policy_text, const char *spec,
				 struct str *ret_text)
{
	const struct policy *policy = load_text(arena, policy_text);
	struct facts facts = { .scope = FACTS_LIVE,
			       .user_namespace_initial = true,
			       .userns_needs_seal = true };
	const struct str *calls;
	struct oci_config config;
	struct verdict verdict;

	read_config(arena, spec, &config);
	facts.n_syscalls = policy_syscalls(policy, &calls);
	facts.syscalls = seccomp_reach(arena, &config.linux_.seccomp, calls, facts.n_syscalls);
	policy_judge(arena, policy, &config, &facts, FRONT_PRECREATE, 20260101, &verdict);
	*ret_text = json_render(config.doc);
	return verdict.kind;
}

#define BOTH                                                                                      \
	"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"maskedPaths\",\"readonlyPaths\"," \
	"\"seccompProfile\"],\"action\":\"RF_ACT_REWRITE\"},{\"names\":[\"resourceLimits\"],"     \
	"\"action\":\"RF_ACT_REWRITE\",\"args\":{\"pids\":9}}]}"

/* The shipped profile leaves the seal nothing to do, and all additions share one "linux". */
static void test_with_seal(void **state)
{
	static const char *const specs[] = {
		"{\"process\":{\"cwd\":\"/\"}}",
		"{\"process\":{\"cwd\":\"/\"},\"linux\":{}}",
		"{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":" PROFILE("ALLOW", "") "}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct str text, again;

		assert_int_equal(rewrite(*state, BOTH, specs[i], &text), VERDICT_REWRITE);
		assert_non_null(strstr(text.data, seccomp_profile(*state, NULL, 0)));
		assert_non_null(strstr(text.data, "\"resources\":{\"pids\":{\"limit\":9}}"));
		assert_int_equal(rewrite(*state, BOTH, text.data, &again), VERDICT_ALLOW);
		assert_string_equal(again.data, text.data);
	}
}

/* Rule and seal take names out of the same entry, which goes when none is left. */
static void test_narrowed_and_sealed(void **state)
{
	static const char spec[] = "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":" PROFILE(
		"ERRNO", ALLOW("\"bpf\",\"clone3\",\"unshare\"", "")) "}}";
	struct str text, again;

	assert_int_equal(rewrite(*state, BOTH, spec, &text), VERDICT_REWRITE);
	assert_null(strstr(text.data, "\"bpf\""));
	assert_null(strstr(text.data, "\"names\":[]"));
	assert_non_null(strstr(text.data, "[\"unshare\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\""));
	assert_int_equal(rewrite(*state, BOTH, text.data, &again), VERDICT_ALLOW);
	assert_string_equal(again.data, text.data);
}

/* The seal narrows a profile even if the rule accepts it. */
static void test_seal_alone(void **state)
{
	static const char spec[] =
		"{\"process\":{\"cwd\":\"/\"},\"linux\":{\"maskedPaths\":[\"/proc\","
		"\"/sys/firmware\"],\"readonlyPaths\":[],\"resources\":{\"pids\":{"
		"\"limit\":9}},\"seccomp\":" PROFILE("ERRNO",
						     ALLOW("\"read\",\"unshare\"", "")) "}}";
	struct str text, again;

	assert_int_equal(rewrite(*state, BOTH, spec, &text), VERDICT_REWRITE);
	assert_null(strstr(text.data, "\"unshare\"]"
				      ",\"action\":\"SCMP_ACT_ALLOW\"}"));
	assert_non_null(strstr(text.data, "268435456"));
	assert_int_equal(rewrite(*state, BOTH, text.data, &again), VERDICT_ALLOW);
}

/* The shipped profile, measured like any other, and the ways to a new namespace. */
static void test_shipped(void **state)
{
	static const char *const refused[] = {
		"mount",	  "umount2",   "pivot_root",	    "setns",
		"unshare",	  "clone3",    "move_mount",	    "fsopen",
		"open_tree",	  "keyctl",    "process_vm_writev", "reboot",
		"io_uring_setup", "modify_ldt"
	};
	static const char *const used[] = { "read",   "clone",	"execve", "socket",	"futex",
					    "openat", "ptrace", "wait4",  "personality" };
	const struct policy *policy = load_text(*state, BOTH);
	struct oci_config config;
	const struct str *calls;
	size_t n = policy_syscalls(policy, &calls);
	enum seccomp_reach *reaches;

	read_config(*state,
		    arena_printf(*state, "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":%s}}",
				 seccomp_profile(*state, NULL, 0)),
		    &config);
	reaches = seccomp_reach(*state, &config.linux_.seccomp, calls, n);
	assert_true(n > 20);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(reaches[i], SECCOMP_BLOCKED);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct str name = str_from(refused[i]);

		assert_int_equal(seccomp_reach(*state, &config.linux_.seccomp, &name, 1)[0],
				 SECCOMP_BLOCKED);
	}
	for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
		struct str name = str_from(used[i]);

		assert_int_equal(seccomp_reach(*state, &config.linux_.seccomp, &name, 1)[0],
				 SECCOMP_OPEN);
	}
}

/* The calls were not looked up, so the profile must not pass. */
static void test_no_facts(void **state)
{
	const struct policy *policy = load_text(
		*state,
		"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"seccompProfile\"],\"action\":\"RF_ACT_REJECT\"}]}");
	const struct facts facts = { .scope = FACTS_LIVE };
	struct oci_config config;
	struct verdict verdict;

	read_config(
		*state,
		"{\"process\":{\"cwd\":\"/\"},\"linux\":{\"seccomp\":" PROFILE("ERRNO", "") "}}",
		&config);
	policy_judge(*state, policy, &config, &facts, FRONT_PRECREATE, 20260101, &verdict);
	assert_int_equal(verdict.kind, VERDICT_REJECT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_random_filters),
		WITH_ARENA(test_profiles),
		WITH_ARENA(test_many_entries),
		WITH_ARENA(test_narrowed_and_sealed),
		WITH_ARENA(test_with_seal),
		WITH_ARENA(test_seal_alone),
		WITH_ARENA(test_shipped),
		WITH_ARENA(test_no_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
