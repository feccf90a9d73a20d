/* SPDX-License-Identifier: Apache-2.0 */
/* Policy test cases: what the files of the command `test` share. */
#ifndef ROOTFENCE_CMD_CASE_H
#define ROOTFENCE_CMD_CASE_H

#include "guard/guard.h"
#include "policy/policy.h"
#include "report/case_results.h"
#include "verdict/pipeline.h"

/* The content of an expect.json. */
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

/* What the runtime made of the process that calls execve; absent: what the spec says. */
struct test_process {
	struct oci_bool init, no_new_privileges, host_cwd;
	struct oci_number filters;
	__u32 in_host; /* namespaces, as bits of enum oci_namespace_type */
};

/* The content of an exec.json. */
struct test_exec {
	struct abi_creds old_creds, new_creds;
	struct test_process process;
	const struct json_node *paths; /* object: path -> word of an outcome */
};

/* Read a document. Error: EXIT_SPEC, with file, line and column. */
int test_read_expect(struct arena *arena, const char *path, struct test_expect *ret_expect,
		     struct err *err);
int test_read_exec(struct arena *arena, const char *path, struct test_exec *ret_exec,
		   struct err *err);

/* Translate the words in an exec.json. find takes only words that test_read_exec() accepted. */
const char *test_outcome_name(enum test_outcome outcome);
enum test_outcome test_outcome_find(struct str word);

/*
 * Runs one case with the policy of the options and fills in its result. *covered gets the rules
 * that had a finding, *paths_covered the exec rules (as bits) whose path an exec case had. Returns
 * the exit code.
 */
enum exit_code test_case_run(struct arena *arena, const struct pipeline_options *options,
			     struct test_case *test, uint64_t *covered, uint64_t *paths_covered);

#endif
