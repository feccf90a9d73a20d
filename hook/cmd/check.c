/* SPDX-License-Identifier: Apache-2.0 */
/* check: verdicts on files, for people and for CI. Needs no root and changes nothing. */
#include "cmd.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/restrain.h"
#include "verdict/pipeline.h"
#include "oci/state.h"
#include "policy_files.h"
#include "report/progress.h"
#include "report/results.h"
#include "spec_files.h"
#include "workers.h"

#define BLOCK_FILES 32	     /* judged by one process, then as many by the next */
#define JOBS_FILES_MIN 128   /* for fewer, a process of their own costs more than it saves */
#define JOBS_DEFAULT_MAX 4UL /* more would wait for the one that writes */

struct check {
	struct arena *arena;
	const char *policy_name;
	struct policy *policy;
	enum front_end front_end;
	struct results results;
	struct progress progress;
	struct inspect_cache cache;
	struct arena *file_arena; /* of one file, then of the next */
	struct buf files; /* a byte, 't' for a file of a tree, then its path and a NUL byte */
	size_t n_files;
	uint64_t jobs; /* processes that judge; 0: as many as pay */
	bool has_stdin;
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

/* A file that cannot be judged does not keep the others from being judged. */
static int check_text(struct check *check, struct arena *arena, const char *path, bool in_tree)
{
	struct inspect_how how = { .policy = check->policy,
				   .front_end = check->front_end,
				   .scope = FACTS_OFFLINE,
				   .bundle = spec_file_bundle(arena, path),
				   .verdict_only = true,
				   .cache = &check->cache };
	struct file_result file = { .path = path, .from_stdin = strcmp(path, "-") == 0 };
	struct inspection inspection;
	struct err err;
	int error = spec_file_read(arena, &file.path, &file.text, &err);

	if (error == 0)
		error = json_read(arena, str_show(arena, str_from(file.path)), file.text,
				  JSON_NO_COMMENTS, &file.doc, &err);
	if (error == 0 && in_tree && oci_document_kind(file.doc) == OCI_UNKNOWN) {
		check->n_skipped++; /* trees hold other JSON than specs */
		return 0;
	}
	if (error == 0)
		error = inspect_doc(arena, &how, file.doc, &inspection, &err);
	check->n_judged++;
	if (error < 0) {
		file.err = &err;
		raise_exit(check, err.exit);
	} else {
		file.verdict = &inspection.verdict;
		raise_exit(check,
			   file.verdict->kind == VERDICT_REJECT ? EXIT_REFUSED : EXIT_ALLOWED);
	}
	return results_add(&check->results, arena, &file, &check->err);
}

static int list_file(const char *path, bool in_tree, void *data)
{
	struct check *check = data;

	buf_add(&check->files, in_tree ? "t" : "f", 1);
	buf_add(&check->files, path, strlen(path) + 1);
	check->n_files++;
	check->has_stdin = check->has_stdin || strcmp(path, "-") == 0;
	return 0;
}

/* *at is the place of a file in the list, 0 at first, and is moved on to the next. */
static int check_file(struct check *check, size_t *at)
{
	const char *entry = check->files.data + *at;
	int error = check_text(check, check->file_arena, entry + 1, entry[0] == 't');

	*at += strlen(entry) + 1;
	arena_reset(check->file_arena);
	return error;
}

/* Whoever reads what others wrote, the policy first, can do little else from then on. */
static int begin(struct check *check)
{
	int error = restrain(RESTRAIN_FILES, &check->err);

	if (error == 0)
		error = policy_select(check->arena, check->policy_name, POLICY_FOR_FILES,
				      &check->policy, &check->err);
	if (error == 0)
		results_begin(&check->results, check->policy);
	return error;
}

static int check_here(struct check *check)
{
	size_t at = 0;
	int error = begin(check);

	for (size_t i = 0; error == 0 && i < check->n_files; i++) {
		progress_step(&check->progress, check->n_judged);
		error = check_file(check, &at);
	}
	return error;
}

/* What a worker says of a block of files; the text of their results follows. */
struct block {
	size_t len; /* of the text */
	unsigned int n_judged, n_skipped;
	enum exit_code exit;
};

static int send_block(struct check *check, int out)
{
	struct str text = results_kept(&check->results);
	struct block block = { text.len, check->n_judged, check->n_skipped, check->exit };
	int error = io_write(out, "a pipe", (struct str){ (const char *)&block, sizeof(block) },
			     &check->err);

	if (error == 0)
		error = io_write(out, "a pipe", text, &check->err);
	results_clear(&check->results);
	check->n_judged = check->n_skipped = 0;
	check->exit = EXIT_ALLOWED;
	return error;
}

/* A worker: every block whose turn it is. Says why it fails, as nobody else can. */
static int check_blocks(unsigned int nth, int out, void *data)
{
	struct check *check = data;
	size_t at = 0;
	int low = dup(out), error; /* low: see restrain.h */

	if (low < 0)
		error = err_set_system(&check->err, errno, "cannot copy a descriptor");
	else
		error = begin(check);
	results_keep(&check->results);
	for (size_t i = 0; error == 0 && i < check->n_files; i++) {
		if (i / BLOCK_FILES % check->jobs != nth) {
			at += strlen(check->files.data + at) + 1;
			continue;
		}
		error = check_file(check, &at);
		if (error == 0 && (i % BLOCK_FILES == BLOCK_FILES - 1 || i + 1 == check->n_files))
			error = send_block(check, low);
	}
	/* A reader that went has its own reason, and reads the same policy. */
	if (error < 0 && error != -EPIPE && check->err.exit != EXIT_POLICY)
		report_error(&check->err);
	return error;
}

static int take_block(struct check *check, const struct workers *workers, size_t number,
		      struct buf *text)
{
	unsigned int nth = (unsigned int)(number % workers->n);
	size_t rest = check->n_files - number * BLOCK_FILES;
	struct block block;
	int error = workers_read(workers, nth, &block, sizeof(block), &check->err);

	if (error < 0)
		return error;
	if (block.n_judged + block.n_skipped != (rest < BLOCK_FILES ? rest : BLOCK_FILES))
		return err_set(&check->err, EPROTO, EXIT_SYSTEM, "files went unjudged");
	text->len = 0;
	buf_reserve(text, block.len);
	error = workers_read(workers, nth, text->data, block.len, &check->err);
	if (error < 0)
		return error;
	check->n_judged += block.n_judged;
	check->n_skipped += block.n_skipped;
	raise_exit(check, block.exit);
	progress_step(&check->progress, check->n_judged);
	return results_put(&check->results, (struct str){ text->data, block.len }, &check->err);
}

/* The same text as check_here(), since blocks are taken in the order of files. */
static int check_in_workers(struct check *check)
{
	auto_buf struct buf text = { 0 };
	struct workers workers;
	struct err ignored;
	int error = workers_start(&workers, (unsigned int)check->jobs, check_blocks, check,
				  &check->err);

	if (error < 0)
		return error;
	error = begin(check);
	for (size_t i = 0; error == 0 && i * BLOCK_FILES < check->n_files; i++)
		error = take_block(check, &workers, i, &text);
	if (error == 0)
		return workers_end(&workers, &check->err);
	workers_end(&workers, &ignored);
	return error;
}

/* One for each processor, where there is enough to do. */
static uint64_t jobs_default(size_t n_files)
{
	uint64_t most = n_files / JOBS_FILES_MIN, n = 1;
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		n = (uint64_t)CPU_COUNT(&cpus);
	if (most > JOBS_DEFAULT_MAX)
		most = JOBS_DEFAULT_MAX;
	return n < most ? n : most;
}

static int check_paths(struct check *check, int n, char **paths)
{
	for (int i = 0; i < n; i++) {
		int error = spec_files_each(paths[i], list_file, check, &check->err);

		if (error < 0)
			return error;
	}
	if (check->jobs == 0)
		check->jobs = jobs_default(check->n_files);
	/* Standard input can be read by one only. */
	return check->jobs <= 1 || check->has_stdin ? check_here(check) : check_in_workers(check);
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
	const char *format_name = NULL, *jobs = NULL;
	bool no_rewrite = false;
	struct arena *arena = arena_new();
	struct check check = { .arena = arena,
			       .exit = EXIT_ALLOWED,
			       .cache = { .host = { .arena = arena, .bundle_arena = arena_new() },
					  .profiles = { .arena = arena } },
			       .file_arena = arena_new() };
	const struct option options[] = { { "policy", &check.policy_name, NULL },
					  { "format", &format_name, NULL },
					  { "no-rewrite", NULL, &no_rewrite },
					  { "jobs", &jobs, NULL } };
	int n, error;

	error = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &check.err);
	if (error == 0)
		error = results_open(&check.results, arena, format_name, &check.err);
	if (error == 0 && jobs != NULL &&
	    (!str_to_uint(str_from(jobs), WORKERS_MAX, &check.jobs) || check.jobs == 0))
		error = err_set(&check.err, EINVAL, EXIT_USAGE,
				"--jobs is a number of processes from 1 to %u", WORKERS_MAX);
	if (error == 0 && n == 0)
		error = err_set(
			&check.err, EINVAL, EXIT_USAGE,
			"check takes at least one PATH, or - for standard input; see rootfence check --help");
	if (error == 0) {
		check.front_end = no_rewrite ? FRONT_READ_ONLY : FRONT_CHECK;
		error = check_all(&check, n, argv);
	}
	if (error < 0)
		check.exit = (enum exit_code)report_error(&check.err);
	results_free(&check.results);
	free(check.files.data);
	arena_free(check.file_arena);
	arena_free(check.cache.host.bundle_arena);
	arena_free(arena);
	return check.exit;
}
