/* SPDX-License-Identifier: Apache-2.0 */
/* Policy test cases: what the files of the command `test` share. */
#ifndef ROOTFENCE_CMD_CASE_H
#define ROOTFENCE_CMD_CASE_H

#include "guard/guard.h"
#include "policy/policy.h"

/* The files that a case can have: NAME.config.json and so on. */
enum test_file {
	TEST_CONFIG, /* a spec */
	TEST_EXPECT, /* what the policy has to make of it */
	TEST_EXEC,   /* credentials before and after, and what the guard has to do */
	TEST_FILE_COUNT,
};

enum test_result {
	TEST_PASSED,
	TEST_FAILED,
	TEST_BROKEN, /* the case itself cannot be read or run */
};

struct test_case {
	const char *name;
	const char *files[TEST_FILE_COUNT]; /* paths, or NULL */
	enum test_result result;
	const char *why; /* lines, where it has not passed: what was expected, and what came */
	struct test_case *next;
};

/* The cases of one policy, in a directory of its name. */
struct test_suite {
	const char *name, *directory, *policy_path;
	bool own_policy; /* it lies among the cases, and is there for them alone */
	struct test_case *cases, **cases_end;
	unsigned int n_results[TEST_BROKEN + 1];
	const char *note; /* rules that no case exercises, or NULL */
	struct test_suite *next;
};

struct test_run {
	struct arena *arena;
	struct test_suite *suites, **suites_end;
	enum exit_code exit; /* the most severe so far */
};

/* What an expect.json asks for. */
struct test_expect {
	const char *verdict;		   /* a verdict, or "invalid" */
	uint64_t rules;			   /* with findings: bit n is row n of the rule table */
	bool spec;			   /* the rule spec, which has no row */
	const struct json_node *rewritten; /* array of JSON pointers, or NULL */
};

enum test_outcome {
	OUTCOME_ALLOW,
	OUTCOME_LOG,
	OUTCOME_DENY, /* an error, or a kill */
};

/* What an exec.json asks for. */
struct test_exec {
	struct guard_creds old_creds, new_creds;
	const struct json_node *paths; /* object: path -> word of an outcome */
};

/* test_read_expect, test_read_exec: an error is EXIT_SPEC, with file, line and column. */
int test_read_expect(struct arena *arena, const char *path, struct test_expect *ret_expect,
		     struct err *err);
int test_read_exec(struct arena *arena, const char *path, struct test_exec *ret_exec,
		   struct err *err);

/* test_outcome_name, test_outcome_find: the words in an exec.json; find is for words that were read. */
const char *test_outcome_name(enum test_outcome outcome);
enum test_outcome test_outcome_find(struct str word);

/*
 * test_case_run: runs one case and fills in its result; *covered gets the rules that had a finding,
 * *paths_covered the exec rules (as bits) whose path an exec case had. Returns the exit code.
 */
enum exit_code test_case_run(struct arena *arena, const struct policy *policy,
			     struct test_case *test, uint64_t *covered, uint64_t *paths_covered);

/* Formats, as --format names them. */
enum test_format {
	TEST_TEXT,
	TEST_JUNIT,
	TEST_TAP
};

/* test_report: the whole run, as text in the arena. */
struct str test_report(const struct test_run *run, enum test_format format);

#endif
