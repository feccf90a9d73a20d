/* SPDX-License-Identifier: Apache-2.0 */
/*
 * podman's precreate stage: takes the config on standard input, prints the config to use on
 * standard output. podman uses any output, so only a whole, judged document is printed.
 */
#include "cmd.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/restrain.h"
#include "guard/guard.h"
#include "oci/container_id.h"
#include "oci/state.h"
#include "policy_files.h"
#include "report/report.h"
#include "verdict/pipeline.h"
#include "wrapper/record.h"

static int precreate(struct arena *arena, const char *policy_name, const char *guard_dir,
		     struct err *err)
{
	struct pipeline_options options = { .front_end = FRONT_PRECREATE, .scope = FACTS_LIVE };
	struct pipeline_result result;
	struct policy *policy;
	struct json_doc *doc;
	struct str text, id;
	const char *container;
	int error = restrain(RESTRAIN_PRECREATE, err);

	if (error == 0)
		error = policy_select(arena, policy_name, POLICY_FOR_HOOK, &policy, err);
	if (error == 0)
		error = io_read(arena, STDIN_FILENO, "standard input", JSON_SIZE_MAX, &text, err);
	if (error == 0)
		error = json_read(arena, "standard input", text, JSON_NO_COMMENTS, &doc, err);
	if (error == 0)
		error = record_known_base(&options.known.records, err);
	if (error < 0)
		return error;
	if (oci_document_kind(doc) == OCI_STATE)
		return err_set(
			err, EINVAL, EXIT_USAGE,
			"standard input is an OCI state, which belongs to createRuntime, prestart or poststop; precreate takes a config.json");
	options.policy = policy;
	options.userns_needs_seal = !guard_refuses_userns(guard_dir);
	error = pipeline_judge_doc(arena, &options, doc, &result, err);
	if (error < 0)
		return error;
	id = oci_container_id(&result.config);
	container = id.len > 0 ? arena_copy(arena, id.data, id.len) : NULL;
	report_logged(container, &result.verdict);
	if (result.verdict.kind == VERDICT_REJECT) {
		report_from_hook(container, report_refusal(arena, &result.verdict));
		return EXIT_REFUSED;
	}
	error = io_write(STDOUT_FILENO, "standard output", result.output, err);
	if (error == 0)
		report_rewritten(arena, container, &result.config, &result.verdict);
	return error;
}

int command_precreate(const struct command *command, int argc, char **argv)
{
	const char *policy_name = NULL, *guard_dir = GUARD_DIR;
	const struct option options[] = { { "policy", &policy_name, NULL },
					  { "guard", &guard_dir, NULL } };
	struct arena *arena;
	struct err err;
	int n, result;

	report_begin_hook();
	if (options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err) < 0)
		return report_error(&err);
	if (n > 0) {
		err_set(&err, EINVAL, EXIT_USAGE,
			"precreate takes no arguments; the config comes on standard input");
		return report_error(&err);
	}
	arena = arena_new();
	result = precreate(arena, policy_name, guard_dir, &err);
	if (result < 0) {
		report_from_hook(NULL, err.text);
		result = err.exit;
	}
	arena_free(arena);
	return result;
}
