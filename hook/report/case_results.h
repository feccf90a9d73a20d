/* SPDX-License-Identifier: Apache-2.0 */
/* Results of policy test cases, and their output as text, as JUnit XML, as TAP. */
#ifndef ROOTFENCE_REPORT_CASE_RESULTS_H
#define ROOTFENCE_REPORT_CASE_RESULTS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* The files of a case: NAME.config.json and so on. */
enum test_file {
	TEST_CONFIG, /* a spec */
	TEST_EXPECT, /* the result that the policy must give */
	TEST_EXEC,   /* credentials before and after, and what the guard must do */
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
	const char *why; /* lines, if it has not passed: expected and actual results */
	struct test_case *next;
};

/* The cases of one policy, in a directory of its name. */
struct test_suite {
	const char *name, *directory, *policy_path;
	bool own_policy; /* it lies among the cases, and is only for them */
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

/* Formats, as --format names them. */
enum test_format {
	TEST_TEXT,
	TEST_JUNIT,
	TEST_TAP
};

/* test_report: the whole run, as text in the arena. */
struct str test_report(const struct test_run *run, enum test_format format);

#endif
