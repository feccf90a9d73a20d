/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one policy test case, and compares the result with the expectation. A spec takes the same
 * path as in `check`. Credentials go through the decision that the guard's programs are compiled
 * from.
 */
#include "case.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "verdict/pipeline.h"
#include "oci/capability.h"
#include "policy/rule.h"
#include "policy_to_guard.h"
#include "report/report.h"
#include "spec_files.h"

/* A container that asks for nothing, for exec cases without a config of their own. */
#define PLAIN_CONFIG "{\"ociVersion\":\"1.2.0\",\"process\":{\"cwd\":\"/\"},\"linux\":{}}"

struct run {
	struct arena *arena;
	const struct pipeline_options *options;
	const struct policy *policy;
	struct buf *why;
	uint64_t *covered, *paths_covered;
};

/* The result of a spec, in the words of an expect.json. */
struct outcome {
	const char *verdict;
	uint64_t rules;
	bool spec;
	const struct verdict *findings; /* NULL: the spec is invalid, and text says why */
	const char *text;
};

static int judge_file(const struct run *run, const char *path, struct pipeline_result *ret_result,
		      struct err *err)
{
	struct pipeline_options options = *run->options;
	struct str text;
	int error = io_read_file(run->arena, AT_FDCWD, path, JSON_SIZE_MAX, &text, err);

	if (error < 0)
		return error;
	options.bundle = spec_file_bundle(run->arena, path);
	return pipeline_judge(run->arena, &options, path, text, ret_result, err);
}

static int judge_spec(const struct run *run, const char *path, struct outcome *ret_outcome,
		      struct err *err)
{
	struct pipeline_result *result = arena_new_object(run->arena, struct pipeline_result);
	struct outcome outcome = { 0 };
	int error = judge_file(run, path, result, err);

	if (error < 0 && err->exit != EXIT_SPEC)
		return error;
	if (error < 0) {
		outcome.verdict = "invalid";
		outcome.spec = true;
		outcome.text = arena_printf(run->arena, "%s\n", err->text);
		*ret_outcome = outcome;
		return 0;
	}
	outcome.verdict = verdict_name(result->verdict.kind);
	outcome.findings = &result->verdict;
	outcome.text = report_verdict(run->arena, &result->verdict);
	for (const struct finding *f = outcome.findings->findings; f != NULL; f = f->next) {
		size_t row = rule_row(f->rule);

		outcome.rules |= row < n_rules ? UINT64_C(1) << row : 0;
	}
	*run->covered |= outcome.rules;
	*ret_outcome = outcome;
	return 0;
}

static void compare_rules(const struct run *run, const struct test_expect *expect,
			  const struct outcome *outcome)
{
	for (size_t row = 0; row < n_rules; row++) {
		bool want = (expect->rules >> row & 1) != 0, got = (outcome->rules >> row & 1) != 0;

		if (want != got)
			buf_printf(run->why, "rule %s: expected %s finding, got %s\n",
				   rules[row]->name, want ? "a" : "no", got ? "one" : "none");
	}
	if (expect->spec != outcome->spec)
		buf_printf(run->why, "rule spec: expected %s finding, got %s\n",
			   expect->spec ? "a" : "no", outcome->spec ? "one" : "none");
}

/*
 * Tells whether the spec is rewritten at this pointer, in the words of the findings. A refused spec
 * is not rewritten.
 */
static bool is_rewritten(const struct outcome *outcome, struct str pointer)
{
	if (outcome->findings == NULL || outcome->findings->kind != VERDICT_REWRITE)
		return false;
	for (const struct finding *f = outcome->findings->findings; f != NULL; f = f->next)
		if (f->action == RULE_REWRITE && str_is(pointer, f->pointer))
			return true;
	return false;
}

static bool is_expected(const struct test_expect *expect, const char *pointer)
{
	json_each (wanted, expect->rewritten)
		if (str_is(wanted->text, pointer))
			return true;
	return false;
}

static void compare_rewritten(const struct run *run, const struct test_expect *expect,
			      const struct outcome *outcome)
{
	json_each (wanted, expect->rewritten)
		if (!is_rewritten(outcome, wanted->text))
			buf_printf(run->why, "%s: expected to be rewritten, is not\n",
				   str_show(run->arena, wanted->text));
	if (outcome->findings == NULL)
		return;
	for (const struct finding *f = outcome->findings->findings; f != NULL; f = f->next)
		if (is_rewritten(outcome, str_from(f->pointer)) && f->action == RULE_REWRITE &&
		    !is_expected(expect, f->pointer))
			buf_printf(run->why, "%s: expected to stay, is rewritten\n",
				   str_show(run->arena, str_from(f->pointer)));
}

static int run_expect(const struct run *run, const struct test_case *test, struct err *err)
{
	struct test_expect expect = { 0 };
	struct outcome outcome = { .verdict = "" };
	int error = test_read_expect(run->arena, test->files[TEST_EXPECT], &expect, err);

	if (error == 0)
		error = judge_spec(run, test->files[TEST_CONFIG], &outcome, err);
	if (error < 0)
		return error;
	if (strcmp(expect.verdict, outcome.verdict) != 0)
		buf_printf(run->why, "verdict: expected %s, got %s\n", expect.verdict,
			   outcome.verdict);
	compare_rules(run, &expect, &outcome);
	compare_rewritten(run, &expect, &outcome);
	if (run->why->len > 0)
		buf_printf(run->why, "%s", outcome.text);
	return 0;
}

/* The process as the guard would see it. Any numbers do, if those of the host are others. */
static struct attest_seen process_seen(const struct test_process *process,
				       struct abi_promise *promise)
{
	static const enum oci_namespace_type types[ABI_HOST_NS_COUNT] = {
		[ABI_HOST_NS_MNT] = NAMESPACE_MOUNT,	 [ABI_HOST_NS_IPC] = NAMESPACE_IPC,
		[ABI_HOST_NS_UTS] = NAMESPACE_UTS,	 [ABI_HOST_NS_NET] = NAMESPACE_NETWORK,
		[ABI_HOST_NS_CGROUP] = NAMESPACE_CGROUP,
	};
	bool foreign = (process->in_host >> NAMESPACE_USER & 1) != 0;
	struct attest_seen seen = {
		.is_first = process->init.value,
		.no_new_privs =
			process->no_new_privileges.node == NULL || process->no_new_privileges.value,
		.filters = promise->filters,
		.in_userns = !foreign,
		.pidns_level = (process->in_host >> NAMESPACE_PID & 1) == 0,
	};

	if (process->filters.node != NULL)
		seen.filters = (__u32)process->filters.value;
	if (!foreign)
		memcpy(seen.uid_map, promise->uid_map, sizeof(seen.uid_map));
	for (__u32 i = 0; i < ABI_HOST_NS_COUNT; i++) {
		promise->host_ns[i] = 1 + i;
		seen.ns[i] = (process->in_host >> types[i] & 1) != 0 ? 1 + i : 100 + i;
	}
	seen.cwd_ns = process->host_cwd.value ? promise->host_ns[ABI_HOST_NS_MNT]
					      : seen.ns[ABI_HOST_NS_MNT];
	return seen;
}

static int container_limits(const struct run *run, const struct test_case *test,
			    struct exec_limits *ret_limits, struct abi_promise *ret_promise,
			    struct err *err)
{
	struct pipeline_result result = { 0 };
	int error = test->files[TEST_CONFIG] != NULL
			    ? judge_file(run, test->files[TEST_CONFIG], &result, err)
			    : pipeline_judge(run->arena, run->options, "a plain config",
					     STR(PLAIN_CONFIG), &result, err);

	if (error < 0)
		return error;
	policy_exec_limits(run->policy, &result.config, &result.facts, result.today, ret_limits);
	*ret_promise = policy_to_guard_promise(ret_limits, &result.config, &result.facts);
	return 0;
}

static enum test_outcome outcome_of(__u32 action)
{
	return action == ABI_ALLOW ? OUTCOME_ALLOW : action == ABI_LOG ? OUTCOME_LOG : OUTCOME_DENY;
}

static int run_exec(const struct run *run, const struct test_case *test, struct err *err)
{
	struct exec_limits limits = { 0 };
	struct abi_promise promise = { 0 };
	struct abi_limits guard_limits;
	struct attest_seen seen;
	struct guard_rules guard_rules;
	struct test_exec exec = { 0 };
	int error = test_read_exec(run->arena, test->files[TEST_EXEC], &exec, err);

	if (error == 0)
		error = container_limits(run, test, &limits, &promise, err);
	if (error < 0)
		return error;
	guard_limits = policy_to_guard_limits(&limits);
	guard_rules = policy_to_guard_rules(run->arena, &limits);
	seen = process_seen(&exec.process, &promise);
	json_each (member, exec.paths) {
		const char *path = arena_copy(run->arena, member->key.data, member->key.len);
		enum test_outcome want = test_outcome_find(member->text);
		struct decide_verdict decision;

		guard_decide(&guard_limits, &guard_rules, path, &exec.old_creds, &exec.new_creds,
			     &decision);
		guard_attest(&promise, &seen, &decision);
		for (size_t i = 0; i < guard_rules.n; i++)
			if (strcmp(guard_rules.items[i].path, path) == 0)
				*run->paths_covered |= UINT64_C(1) << i;
		if (outcome_of(decision.action) != want)
			buf_printf(run->why,
				   "%s: expected %s, got %s (%s, because of %s, gained: %s)\n",
				   str_show(run->arena, member->key), test_outcome_name(want),
				   test_outcome_name(outcome_of(decision.action)),
				   guard_action_name(decision.action),
				   guard_reason_name(decision.reason),
				   cap_set_text(run->arena, decision.gained));
	}
	return 0;
}

static int check_files(const struct test_case *test, struct err *err)
{
	const char *const *files = test->files;

	if (files[TEST_EXPECT] != NULL && files[TEST_CONFIG] == NULL)
		return err_set(err, ENOENT, EXIT_SPEC, "%s: there is no %s.config.json beside it",
			       files[TEST_EXPECT], test->name);
	if (files[TEST_CONFIG] != NULL && files[TEST_EXPECT] == NULL && files[TEST_EXEC] == NULL)
		return err_set(err, ENOENT, EXIT_SPEC,
			       "%s: there is no %s.expect.json or %s.exec.json beside it",
			       files[TEST_CONFIG], test->name, test->name);
	return 0;
}

enum exit_code test_case_run(struct arena *arena, const struct pipeline_options *options,
			     struct test_case *test, uint64_t *covered, uint64_t *paths_covered)
{
	struct arena *own = arena_new(); /* freed before the next case */
	auto_buf struct buf why = { 0 };
	struct run run = { own, options, options->policy, &why, covered, paths_covered };
	enum exit_code exit = EXIT_ALLOWED;
	struct err err;
	int error = check_files(test, &err);

	if (error == 0 && test->files[TEST_EXPECT] != NULL)
		error = run_expect(&run, test, &err);
	if (error == 0 && test->files[TEST_EXEC] != NULL)
		error = run_exec(&run, test, &err);
	if (error < 0) {
		test->result = TEST_BROKEN;
		test->why = arena_printf(arena, "%s\n", err.text);
		exit = err.exit;
	} else if (why.len > 0) {
		test->result = TEST_FAILED;
		test->why = arena_copy(arena, why.data, why.len);
		exit = EXIT_REFUSED;
	}
	arena_free(own);
	return exit;
}
