/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test: finds the cases next to policies, runs each, and names the rules of a policy that no case
 * exercises.
 */
#include "case.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "cmd.h"
#include "policy/rule.h"
#include "policy_files.h"
#include "spec_files.h"

#define OWN_POLICY "policy.json"
#define SCHEMA "schema.json" /* lies among the policies, but is not one */

static const char *const suffixes[TEST_FILE_COUNT] = {
	[TEST_CONFIG] = ".config.json",
	[TEST_EXPECT] = ".expect.json",
	[TEST_EXEC] = ".exec.json",
};

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && strcmp(name + len - n, suffix) == 0;
}

/* Calls visit for each name in the directory, in order. */
static int each_name(struct test_run *run, const char *directory,
		     int (*visit)(struct test_run *run, const char *name, void *data,
				  struct err *err),
		     void *data, struct err *err)
{
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, NULL, alphasort), error = 0;

	if (n < 0)
		return err_set_system(err, errno, "cannot read directory %s", directory);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (error == 0 && name[0] != '.')
			error = visit(run, arena_copy(run->arena, name, strlen(name)), data, err);
		free(entries[i]);
	}
	free(entries);
	return error;
}

static struct test_case *case_of(struct test_run *run, struct test_suite *suite, const char *name)
{
	struct test_case *test = suite->cases;

	while (test != NULL && strcmp(test->name, name) != 0)
		test = test->next;
	if (test == NULL) {
		test = arena_new_object(run->arena, struct test_case);
		test->name = name;
		*suite->cases_end = test;
		suite->cases_end = &test->next;
	}
	return test;
}

/* Adds a file to its case. A misspelled name is an error, or the case would silently be missing. */
static int add_file(struct test_run *run, const char *name, void *data, struct err *err)
{
	struct test_suite *suite = data;
	size_t kind = 0;

	if (!has_suffix(name, ".json") || strcmp(name, OWN_POLICY) == 0)
		return 0;
	while (kind < TEST_FILE_COUNT && !has_suffix(name, suffixes[kind]))
		kind++;
	if (kind == TEST_FILE_COUNT)
		return err_set(
			err, EINVAL, EXIT_SPEC,
			"%s/%s: not a file of a test case, which is NAME.config.json, NAME.expect.json or NAME.exec.json; policies have theirs in tests/POLICY beside them",
			suite->directory, name);
	case_of(run, suite, arena_copy(run->arena, name, strlen(name) - strlen(suffixes[kind])))
		->files[kind] = arena_printf(run->arena, "%s/%s", suite->directory, name);
	return 0;
}

/*
 * Adds the suite of the policy `name`, which lies in `policies`, with the cases in `directory`. The
 * directory's own policy.json takes the policy's place.
 */
static int add_suite(struct test_run *run, const char *directory, const char *policies,
		     const char *name, struct err *err)
{
	struct test_suite *suite = arena_new_object(run->arena, struct test_suite);
	mode_t own;
	int error;

	*suite = (struct test_suite){
		.name = name,
		.directory = directory,
		.policy_path = arena_printf(run->arena, "%s/" OWN_POLICY, directory),
	};
	error = io_file_type(suite->policy_path, &own, err);
	if (error < 0)
		return error;
	suite->own_policy = own != 0 && !S_ISDIR(own);
	if (!suite->own_policy)
		suite->policy_path = arena_printf(run->arena, "%s/%s.json", policies, name);
	suite->cases_end = &suite->cases;
	*run->suites_end = suite;
	run->suites_end = &suite->next;
	return each_name(run, directory, add_file, suite, err);
}

static int add_tested(struct test_run *run, const char *name, void *data, struct err *err)
{
	const char *policies = data;
	const char *directory = arena_printf(run->arena, "%s/tests/%s", policies, name);
	mode_t type;
	int error = io_file_type(directory, &type, err);

	if (error < 0 || !S_ISDIR(type))
		return error;
	return add_suite(run, directory, policies, name, err);
}

/* Adds a policy without cases as an empty suite, so that the report names it. */
static int add_untested(struct test_run *run, const char *name, void *data, struct err *err)
{
	const char *policies = data;
	struct test_suite *suite;
	mode_t type;
	int error;

	if (!has_suffix(name, ".json") || strcmp(name, SCHEMA) == 0)
		return 0;
	suite = arena_new_object(run->arena, struct test_suite);
	suite->name = arena_copy(run->arena, name, strlen(name) - 5);
	error = io_file_type(arena_printf(run->arena, "%s/tests/%s", policies, suite->name), &type,
			     err);
	if (error < 0 || S_ISDIR(type))
		return error;
	suite->policy_path = arena_printf(run->arena, "%s/%s", policies, name);
	*run->suites_end = suite;
	run->suites_end = &suite->next;
	return 0;
}

/* Adds a directory of policies, with their cases in tests/; or the cases of one policy. */
static int add_directory(struct test_run *run, const char *directory, struct err *err)
{
	size_t len = strlen(directory);
	auto_free char *real = NULL;
	const char *path, *policies;
	mode_t tests;
	char *slash;
	int error;

	while (len > 1 && directory[len - 1] == '/')
		len--;
	path = arena_copy(run->arena, directory, len);
	error = io_file_type(arena_printf(run->arena, "%s/tests", path), &tests, err);
	if (error < 0)
		return error;
	if (S_ISDIR(tests)) {
		error = each_name(run, arena_printf(run->arena, "%s/tests", path), add_tested,
				  arena_copy(run->arena, path, len), err);
		return error < 0 ? error
				 : each_name(run, path, add_untested,
					     arena_copy(run->arena, path, len), err);
	}
	real = realpath(path, NULL);
	if (real == NULL)
		return err_set_system(err, errno, "cannot read directory %s", path);
	slash = strrchr(real, '/');
	policies = arena_printf(run->arena, "%s/../..", path);
	return add_suite(run, path, policies, arena_copy(run->arena, slash + 1, strlen(slash + 1)),
			 err);
}

static void raise_exit(struct test_run *run, enum exit_code exit)
{
	if (exit > run->exit)
		run->exit = exit;
}

/*
 * Notes the rules that the policy checks and no case had a finding of, and the exec rules that no
 * case started.
 */
static void note_coverage(struct test_run *run, struct test_suite *suite,
			  const struct policy *policy, uint64_t covered, uint64_t paths_covered)
{
	auto_buf struct buf names = { 0 };

	for (size_t row = 0; row < n_rules; row++) {
		const struct rule_setting *setting = &policy->settings[row];
		enum rule_action action = setting->named ? setting->action : policy->default_action;

		if (action != RULE_ALLOW && (covered >> row & 1) == 0)
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", rules[row]->name);
	}
	for (size_t i = 0; i < policy->exec.n_rules; i++)
		if ((paths_covered >> i & 1) == 0)
			buf_printf(&names, "%sthe exec rule for %s", names.len > 0 ? ", " : "",
				   str_show(run->arena, str_from(policy->exec.rules[i].path)));
	if (names.len > 0)
		suite->note = arena_printf(run->arena, "policy '%s': no case exercises %s",
					   policy->name, names.data);
}

static void run_suite(struct test_run *run, struct test_suite *suite,
		      struct pipeline_options *options)
{
	uint64_t covered = 0, paths_covered = 0;
	struct policy *policy;
	struct err err;

	if (policy_select(run->arena, suite->policy_path, POLICY_FOR_FILES, &policy, &err) < 0) {
		struct test_case *test = case_of(run, suite, "policy");

		test->result = TEST_BROKEN;
		test->why = arena_printf(run->arena, "%s\n", err.text);
		test->next = NULL;
		suite->cases = test;
		suite->n_results[TEST_BROKEN] = 1;
		raise_exit(run, err.exit);
		return;
	}
	options->policy = policy;
	for (struct test_case *test = suite->cases; test != NULL; test = test->next) {
		raise_exit(run, test_case_run(run->arena, options, test, &covered, &paths_covered));
		suite->n_results[test->result]++;
	}
	if (!suite->own_policy)
		note_coverage(run, suite, policy, covered, paths_covered);
}

static int test(struct test_run *run, struct pipeline_options *options, enum test_format format,
		int n, char **directories, struct err *err)
{
	bool any = false;
	int error = 0;

	for (int i = 0; i < n && error == 0; i++)
		error = add_directory(run, directories[i], err);
	if (error < 0)
		return error;
	for (struct test_suite *suite = run->suites; suite != NULL; suite = suite->next)
		any = any || suite->cases != NULL;
	if (!any)
		return err_set(
			err, ENOENT, EXIT_SYSTEM,
			"no case found in %s: it has neither tests/POLICY/NAME.expect.json nor NAME.expect.json or NAME.exec.json",
			directories[0]);
	for (struct test_suite *suite = run->suites; suite != NULL; suite = suite->next)
		run_suite(run, suite, options);
	return io_write_shown(STDOUT_FILENO, "standard output", test_report(run, format), err);
}

int command_test(const struct command *command, int argc, char **argv)
{
	static const char *const formats[] = { "text", "junit", "tap", NULL };
	const char *format_name = NULL;
	bool host = false;
	const struct option options[] = { { "format", &format_name, NULL },
					  { "host", NULL, &host } };
	struct pipeline_options judging = { .front_end = FRONT_CHECK };
	struct test_run run = { .arena = arena_new(), .exit = EXIT_ALLOWED };
	unsigned int format;
	struct err err;
	int n, error;

	run.suites_end = &run.suites;
	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err);
	if (error == 0)
		error = format_choose(format_name, formats, &format, &err);
	if (error == 0 && n == 0)
		error = err_set(&err, EINVAL, EXIT_USAGE,
				"test takes at least one DIR; see rootfence test --help");
	if (error == 0)
		error = spec_files_begin(host, &judging, &err);
	if (error == 0)
		error = test(&run, &judging, (enum test_format)format, n, argv, &err);
	if (error < 0)
		run.exit = (enum exit_code)report_error(&err);
	arena_free(run.arena);
	return run.exit;
}
