/* SPDX-License-Identifier: Apache-2.0 */
/* check: verdicts on files, for people and for CI. Needs no root and changes nothing. */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "inspect.h"
#include "oci/state.h"
#include "policy_files.h"
#include "report.h"
#include "spec_files.h"

struct check {
	const struct policy *policy;
	enum front_end front_end;
	struct json_writer *writer; /* --format json */
	unsigned int n_judged, n_skipped;
	enum exit_code exit; /* the most severe so far */
	struct err err;
};

/* The most severe of many files: what could not be read at all, then 4, 3, 1, 0. */
static void raise_exit(struct check *check, enum exit_code exit)
{
	if (exit > check->exit)
		check->exit = exit;
}

static int print(struct check *check, struct str text)
{
	return io_write(STDOUT_FILENO, "standard output", text, &check->err);
}

static int report_one(struct check *check, struct arena *arena, const char *path,
		      const struct inspection *inspection)
{
	const struct verdict *verdict = &inspection->verdict;

	raise_exit(check, verdict->kind == VERDICT_REJECT ? EXIT_REFUSED : EXIT_ALLOWED);
	if (check->writer != NULL) {
		report_json(check->writer, inspection->doc, path, verdict);
		return 0;
	}
	return print(check, str_from(arena_printf(arena, "%s: %s", str_show(arena, str_from(path)),
						  report_verdict(arena, verdict))));
}

/* A file that cannot be judged does not keep the others from being judged. */
static int report_invalid(struct check *check, struct arena *arena, const char *path,
			  const struct err *err)
{
	raise_exit(check, err->exit);
	if (check->writer != NULL) {
		report_json_invalid(check->writer, path, err);
		return 0;
	}
	return print(check, str_from(arena_printf(arena, "%s\n", err->text)));
}

static int check_text(struct check *check, struct arena *arena, const char *path, bool in_tree)
{
	struct inspect_how how = { check->policy, check->front_end, FACTS_OFFLINE,
				   spec_file_bundle(arena, path) };
	struct inspection inspection;
	struct json_doc *doc;
	struct str text;
	struct err err;
	int error = spec_file_read(arena, &path, &text, &err);

	if (error == 0)
		error = json_read(arena, str_show(arena, str_from(path)), text, JSON_NO_COMMENTS,
				  &doc, &err);
	if (error == 0 && in_tree && oci_document_kind(doc) == OCI_UNKNOWN) {
		check->n_skipped++; /* trees hold other JSON than specs */
		return 0;
	}
	if (error == 0)
		error = inspect_doc(arena, &how, doc, &inspection, &err);
	check->n_judged++;
	if (error < 0)
		return report_invalid(check, arena, path, &err);
	return report_one(check, arena, path, &inspection);
}

static int check_path(const char *path, bool in_tree, void *data)
{
	struct arena *arena = arena_new();
	int error = check_text(data, arena, path, in_tree);

	arena_free(arena);
	return error;
}

static int check_paths(struct check *check, int n, char **paths)
{
	for (int i = 0; i < n; i++) {
		int error = spec_files_each(paths[i], check_path, check, &check->err);

		if (error < 0)
			return error;
	}
	return 0;
}

static int check_all(struct check *check, struct arena *arena, enum format format, int n,
		     char **paths)
{
	int error;

	if (format == FORMAT_JSON) {
		check->writer = json_writer_new(arena, true);
		json_begin_object(check->writer);
		json_key(check->writer, "rootfence");
		json_text(check->writer, ROOTFENCE_VERSION);
		json_key(check->writer, "policy");
		json_text(check->writer, check->policy->name);
		json_key(check->writer, "results");
		json_begin_array(check->writer);
	}
	error = check_paths(check, n, paths);
	if (error == 0 && check->n_judged == 0)
		error = err_set(&check->err, ENOENT, EXIT_SYSTEM,
				"no spec found: no *.json file with process or root in it");
	if (error < 0)
		return error;
	if (check->writer != NULL) {
		json_end_array(check->writer);
		json_end_object(check->writer);
		error = print(check, json_writer_finish(check->writer));
	}
	if (check->n_skipped > 0)
		dprintf(STDERR_FILENO,
			"rootfence: skipped %u JSON file%s with neither process nor root\n",
			check->n_skipped, check->n_skipped == 1 ? "" : "s");
	return error;
}

int command_check(const struct command *command, int argc, char **argv)
{
	const char *policy_name = NULL, *format_name = NULL;
	bool no_rewrite = false;
	const struct option options[] = { { "policy", &policy_name, NULL },
					  { "format", &format_name, NULL },
					  { "no-rewrite", NULL, &no_rewrite } };
	struct arena *arena = arena_new();
	struct check check = { .exit = EXIT_ALLOWED };
	struct policy *policy;
	enum format format;
	int n, error;

	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &check.err);
	if (error == 0)
		error = format_parse(format_name, &format, &check.err);
	if (error == 0 && n == 0)
		error = err_set(
			&check.err, EINVAL, EXIT_USAGE,
			"check takes at least one PATH, or - for standard input; see rootfence check --help");
	if (error == 0)
		error = policy_select(arena, policy_name, POLICY_FOR_FILES, &policy, &check.err);
	if (error == 0) {
		check.policy = policy;
		check.front_end = no_rewrite ? FRONT_READ_ONLY : FRONT_CHECK;
		error = check_all(&check, arena, format, n, argv);
	}
	if (error < 0)
		check.exit = (enum exit_code)report_error(&check.err);
	arena_free(arena);
	return check.exit;
}
