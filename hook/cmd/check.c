/* SPDX-License-Identifier: Apache-2.0 */
/* check: judges files, for people and for CI. Needs no root and changes nothing. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "verdict/pipeline.h"
#include "oci/state.h"
#include "policy_files.h"
#include "report/progress.h"
#include "report/results.h"
#include "spec_files.h"

struct check {
	struct arena *arena;
	const char *policy_name;
	struct policy *policy;
	struct pipeline_options options; /* the same for every file, but for its bundle */
	bool host;
	struct results results;
	struct progress progress;
	struct pipeline_cache cache;
	struct arena *file_arena; /* used for one file at a time */
	unsigned int n_judged, n_skipped;
	enum exit_code exit; /* the most severe so far */
	struct err err;
};

/* Keeps the most severe exit code: 6 for a file that cannot be read, then 4, 3, 1, 0. */
static void raise_exit(struct check *check, enum exit_code exit)
{
	if (exit > check->exit)
		check->exit = exit;
}

/* Judges one file. An error in it does not stop the others from being judged. */
static int check_text(struct check *check, struct arena *arena, const char *path, bool in_tree)
{
	struct pipeline_options options = check->options;
	struct file_result file = { .path = path, .from_stdin = strcmp(path, "-") == 0 };
	struct pipeline_result result;
	struct err err;
	int error = spec_file_read(arena, &file.path, &file.text, &err);

	options.bundle = spec_file_bundle(arena, path);
	if (error == 0)
		error = json_read(arena, str_show(arena, str_from(file.path)), file.text,
				  JSON_NO_COMMENTS, &file.doc, &err);
	if (error == 0 && in_tree && oci_document_kind(file.doc) == OCI_UNKNOWN) {
		check->n_skipped++; /* trees hold other JSON than specs */
		return 0;
	}
	if (error == 0)
		error = pipeline_judge_doc(arena, &options, file.doc, &result, &err);
	check->n_judged++;
	if (error < 0) {
		file.err = &err;
		raise_exit(check, err.exit);
	} else {
		file.verdict = &result.verdict;
		raise_exit(check,
			   file.verdict->kind == VERDICT_REJECT ? EXIT_REFUSED : EXIT_ALLOWED);
	}
	return results_add(&check->results, arena, &file, &check->err);
}

/* Judges one file, also one of a tree. The memory of a file is used again for the next. */
static int check_file(const char *path, bool in_tree, void *data)
{
	struct check *check = data;
	int error;

	progress_step(&check->progress, check->n_judged);
	error = check_text(check, check->file_arena, path, in_tree);
	arena_reset(check->file_arena);
	return error;
}

/* Restricts this process before it reads anything that others wrote, the policy first. */
static int check_paths(struct check *check, int n, char **paths)
{
	int error = spec_files_begin(check->host, &check->options, &check->err);

	if (error == 0)
		error = policy_select(check->arena, check->policy_name,
				      spec_files_policy(check->host), &check->policy, &check->err);
	check->options.policy = check->policy;
	if (error == 0)
		results_begin(&check->results, check->policy);
	for (int i = 0; error == 0 && i < n; i++)
		error = spec_files_each(paths[i], check_file, check, &check->err);
	return error;
}

static int check_all(struct check *check, int n, char **paths)
{
	int error;

	progress_begin(&check->progress);
	error = check_paths(check, n, paths);
	progress_end(&check->progress);
	if (error == 0 && check->n_judged == 0)
		error = err_set(&check->err, ENOENT, EXIT_SYSTEM,
				"no spec found in %s%s: no *.json file with process or root in it",
				paths[0], n > 1 ? " and the others" : "");
	if (error == 0)
		error = results_end(&check->results, &check->err);
	if (error < 0)
		return error;
	if (check->n_skipped > 0)
		dprintf(STDERR_FILENO,
			"rootfence: skipped %u JSON file%s with neither process nor root\n",
			check->n_skipped, check->n_skipped == 1 ? "" : "s");
	return 0;
}

int command_check(const struct command *command, int argc, char **argv)
{
	const char *format_name = NULL;
	bool no_rewrite = false;
	struct arena *arena = arena_new();
	struct check check = { .arena = arena,
			       .exit = EXIT_ALLOWED,
			       .cache = { .host = { .arena = arena },
					  .profiles = { .arena = arena } },
			       .file_arena = arena_new() };
	const struct option options[] = { { "policy", &check.policy_name, NULL },
					  { "format", &format_name, NULL },
					  { "host", NULL, &check.host },
					  { "no-rewrite", NULL, &no_rewrite } };
	int n, error;

	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &check.err);
	if (error == 0)
		error = results_open(&check.results, arena, format_name, &check.err);
	if (error == 0 && n == 0)
		error = err_set(
			&check.err, EINVAL, EXIT_USAGE,
			"check takes at least one PATH, or - for standard input; see rootfence check --help");
	if (error == 0) {
		check.options.front_end = no_rewrite ? FRONT_READ_ONLY : FRONT_CHECK;
		check.options.verdict_only = true;
		check.options.cache = &check.cache;
		error = check_all(&check, n, argv);
	}
	if (error < 0)
		check.exit = (enum exit_code)report_error(&check.err);
	results_free(&check.results);
	arena_free(check.file_arena);
	arena_free(arena);
	return check.exit;
}
