/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite: prints a spec as the policy would rewrite it. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "verdict/pipeline.h"
#include "policy_files.h"
#include "report/report.h"
#include "spec_files.h"

static int rewrite(struct arena *arena, const char *policy_name, bool host, bool patch,
		   const char *path, struct err *err)
{
	struct pipeline_options options = { .front_end = FRONT_CHECK };
	struct pipeline_result result;
	struct policy *policy;
	struct err ignored;
	struct str text;
	int error = spec_files_begin(host, &options, err);

	if (error == 0)
		error = policy_select(arena, policy_name, spec_files_policy(host), &policy, err);
	if (error == 0)
		error = spec_file_read(arena, &path, &text, err);
	if (error < 0)
		return error;
	options.policy = policy;
	options.bundle = spec_file_bundle(arena, path);
	error = pipeline_judge(arena, &options, path, text, &result, err);
	if (error < 0)
		return error;
	if (result.verdict.kind == VERDICT_REJECT) {
		io_write_shown(STDERR_FILENO, "standard error",
			       str_from(arena_printf(arena, "rootfence: %s",
						     report_refusal(arena, &result.verdict))),
			       &ignored);
		return EXIT_REFUSED;
	}
	for (size_t i = 0; i < result.verdict.n_files; i++)
		dprintf(STDERR_FILENO,
			"rootfence: the runtime wrapper would also add the new id to the container's /etc/%s; a spec alone cannot\n",
			result.verdict.files[i].name);
	if (patch)
		return io_write_shown(STDOUT_FILENO, "standard output", json_patch(result.doc),
				      err);
	return io_write(STDOUT_FILENO, "standard output", result.output, err);
}

int command_rewrite(const struct command *command, int argc, char **argv)
{
	const char *policy_name = NULL;
	bool host = false, patch = false;
	const struct option options[] = { { "policy", &policy_name, NULL },
					  { "host", NULL, &host },
					  { "patch", NULL, &patch } };
	struct arena *arena;
	struct err err;
	int n, result;

	if (options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err) < 0)
		return report_error(&err);
	if (n != 1) {
		err_set(&err, EINVAL, EXIT_USAGE,
			"rewrite takes one PATH, or - for standard input; see rootfence rewrite --help");
		return report_error(&err);
	}
	arena = arena_new();
	result = rewrite(arena, policy_name, host, patch, argv[0], &err);
	if (result < 0)
		result = report_error(&err);
	arena_free(arena);
	return result;
}
