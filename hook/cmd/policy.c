/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: lint, show, list, diff, names and schema. The clock is read here, for exceptions that
 * expire.
 */
#include "cmd.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/restrain.h"
#include "policy/file/shipped.h"
#include "verdict/pipeline.h"
#include "policy_files.h"
#include "policy_list.h"

struct policy_run {
	struct arena *arena;
	struct buf out;
	const char *format; /* as --format names it, or NULL */
};

/* Each returns an exit code, or -errno with *err set. */
struct subcommand {
	const char *name;
	int least, most; /* number of arguments; most: 0 for any, -1 for none */
	const char *usage;
	bool has_format;
	int (*run)(struct policy_run *run, int argc, char **argv, struct err *err);
};

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* Adds "FILE:LINE:COLUMN: error: ...", as compilers write it, if the error has a place. */
static void add_error(struct policy_run *run, const struct policy_note *note)
{
	const char *place = arena_printf(run->arena, ":%u:%u: ", note->line, note->column);
	const char *at = note->line > 0 ? strstr(note->text, place) : NULL;
	int len = at != NULL ? (int)(at - note->text + (ptrdiff_t)strlen(place)) : 0;

	buf_printf(&run->out, "%.*serror: %s\n", len, note->text, note->text + len);
}

/* The later of two notes for printing: by place, then in the order that they were found. */
static bool note_is_after(const struct policy_note *a, const struct policy_note *b)
{
	return a->line > b->line || (a->line == b->line && a->column > b->column);
}

static void insert_note(struct policy_note **notes, struct policy_note *note)
{
	while (*notes != NULL && !note_is_after(*notes, note))
		notes = &(*notes)->next;
	note->next = *notes;
	*notes = note;
}

/* Warnings of the loader about one file, and of policy_lint(), by their place. */
static struct policy_note *collect_warnings(struct policy_run *run, const struct policy_file *file,
					    struct json_doc *doc, const struct policy *policy,
					    struct policy_note *loaded)
{
	struct policy_note *sorted = NULL, *next;

	for (struct policy_note *note = loaded; note != NULL; note = note->next)
		if (strcmp(note->file, file->path) == 0) {
			struct policy_note *copy = arena_new_object(run->arena, struct policy_note);

			*copy = *note;
			insert_note(&sorted, copy);
		}
	for (struct policy_note *note = policy_lint(run->arena, doc, policy, pipeline_today());
	     note != NULL; note = next) {
		next = note->next;
		insert_note(&sorted, note);
	}
	return sorted;
}

/* Returns the number of warnings. policy is NULL for a file that another one extends. */
static unsigned int lint_file(struct policy_run *run, const struct policy_file *file,
			      const struct policy *policy, struct policy_note *loaded)
{
	const char *shown = str_show(run->arena, str_from(file->path));
	struct json_doc *doc;
	struct err ignored;
	unsigned int n = 0;

	if (json_read(run->arena, shown, file->text, JSON_COMMENTS, &doc, &ignored) < 0)
		return 0; /* the loader has reported it */
	for (const struct policy_note *note = collect_warnings(run, file, doc, policy, loaded);
	     note != NULL; note = note->next, n++)
		buf_printf(&run->out, "%s:%u:%u: warning: %s\n", shown, note->line, note->column,
			   note->text);
	return n;
}

static int lint_one(struct policy_run *run, const char *name, struct err *err)
{
	const char *shown = str_show(run->arena, str_from(name));
	struct policy_errors errors = { 0 };
	struct policy_file *files;
	struct policy *policy = NULL;
	unsigned int n = 0;
	int error = policy_select_files(run->arena, name, POLICY_FOR_FILES, &policy, &files,
					&errors, err);

	for (const struct policy_note *note = errors.first; note != NULL; note = note->next)
		add_error(run, note);
	for (; files != NULL; files = files->next)
		n += lint_file(run, files, files->next == NULL ? policy : NULL, errors.warnings);
	if (error < 0) {
		buf_printf(&run->out, "%s: invalid\n", shown);
		return err->exit;
	}
	buf_printf(&run->out, "%s: valid, %u warning%s\n", shown, n, plural(n));
	return EXIT_ALLOWED;
}

static int lint(struct policy_run *run, int argc, char **argv, struct err *err)
{
	int result = EXIT_ALLOWED;

	for (int i = 0; i < argc; i++) {
		int exit = lint_one(run, argv[i], err);

		result = exit > result ? exit : result;
	}
	return result;
}

static int show(struct policy_run *run, int argc, char **argv, struct err *err)
{
	struct policy *policy;
	struct str text;
	int error = policy_select(run->arena, argc > 0 ? argv[0] : NULL, POLICY_FOR_FILES, &policy,
				  err);

	if (error < 0)
		return error;
	text = policy_render(run->arena, policy);
	buf_add(&run->out, text.data, text.len);
	return EXIT_ALLOWED;
}

static int list(struct policy_run *run, int argc, char **argv, struct err *err)
{
	enum format format;
	int error = format_parse(run->format, &format, err);

	(void)argc;
	(void)argv;
	if (error < 0)
		return error;
	if (format == FORMAT_JSON)
		policy_list_json(run->arena, &run->out);
	else
		policy_list_text(&run->out);
	return EXIT_ALLOWED;
}

static int diff(struct policy_run *run, int argc, char **argv, struct err *err)
{
	static const struct {
		enum policy_note_kind kind;
		const char *label;
	} kinds[] = { { NOTE_WEAKER, "weaker" },
		      { NOTE_STRICTER, "stricter" },
		      { NOTE_OTHER, "other" } };
	const struct policy_note *notes;
	struct policy *a, *b;
	bool weaker = false;
	int error = policy_select(run->arena, argv[0], POLICY_FOR_FILES, &a, err);

	(void)argc;
	if (error == 0)
		error = policy_select(run->arena, argv[1], POLICY_FOR_FILES, &b, err);
	if (error < 0)
		return error;
	notes = policy_diff(run->arena, a, b, pipeline_today());
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (const struct policy_note *note = notes; note != NULL; note = note->next)
			if (note->kind == kinds[i].kind)
				buf_printf(&run->out, "%s: %s\n", kinds[i].label, note->text);
	}
	for (; notes != NULL; notes = notes->next)
		weaker = weaker || notes->kind == NOTE_WEAKER;
	return weaker ? EXIT_REFUSED : EXIT_ALLOWED;
}

/* Does a file of this directory hide the shipped policy? */
static bool is_listed(struct dirent *const *entries, int n, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < n; i++)
		if (strncmp(entries[i]->d_name, name, len) == 0 &&
		    strcmp(entries[i]->d_name + len, ".json") == 0)
			return true;
	return false;
}

/* Every name that --policy takes, and where it comes from. */
static int names(struct policy_run *run, int argc, char **argv, struct err *err)
{
	struct dirent **entries = NULL;
	int n = scandir(POLICY_NAMES_DIR, &entries, NULL, alphasort);

	(void)argc;
	(void)argv;
	if (n < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_set_system(err, errno, "cannot read directory %s", POLICY_NAMES_DIR);
	for (int i = 0; i < n; i++) {
		const char *file = entries[i]->d_name;
		size_t len = strlen(file);

		if (file[0] != '.' && len > 5 && strcmp(file + len - 5, ".json") == 0)
			buf_printf(&run->out, "%-24.*s %s/%s\n", (int)len - 5, file,
				   POLICY_NAMES_DIR, file);
	}
	for (const struct shipped_policy *shipped = shipped_policies; shipped->name != NULL;
	     shipped++)
		if (!is_listed(entries, n, shipped->name))
			buf_printf(&run->out, "%-24s shipped\n", shipped->name);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return EXIT_ALLOWED;
}

static int schema(struct policy_run *run, int argc, char **argv, struct err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	buf_add(&run->out, shipped_schema.data, shipped_schema.len);
	return EXIT_ALLOWED;
}

static const struct subcommand subcommands[] = {
	{ "lint", 1, 0, "lint P...", false, lint },
	{ "show", 0, 1, "show [P]", false, show },
	{ "list", 0, -1, "list [--format text|json]", true, list },
	{ "diff", 2, 2, "diff A B", false, diff },
	{ "names", 0, -1, "names", false, names },
	{ "schema", 0, -1, "schema", false, schema },
};

static const struct subcommand *find_subcommand(const char *name, struct err *err)
{
	const char *words[ARRAY_SIZE(subcommands) + 1] = { NULL };
	struct str_hint hint;

	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++) {
		words[i] = subcommands[i].name;
		if (name != NULL && strcmp(name, words[i]) == 0)
			return &subcommands[i];
	}
	hint = str_hint(str_from(name != NULL ? name : ""), words, "'", "'?");
	if (hint.text[0] != '\0')
		err_set(err, EINVAL, EXIT_USAGE, "unknown 'policy %.64s'%s", name, hint.text);
	else
		err_set(err, EINVAL, EXIT_USAGE,
			"policy takes lint, show, list, diff, names or schema; see rootfence policy --help");
	return NULL;
}

static int run_subcommand(struct policy_run *run, int argc, char **argv, struct err *err)
{
	const struct subcommand *sub = find_subcommand(argc > 0 ? argv[0] : NULL, err);
	int result, error;

	if (sub == NULL)
		return -EINVAL;
	if (argc - 1 < sub->least || (sub->most != 0 && argc - 1 > (sub->most > 0 ? sub->most : 0)))
		return err_set(err, EINVAL, EXIT_USAGE,
			       "usage: rootfence policy %s; see rootfence policy --help",
			       sub->usage);
	if (run->format != NULL && !sub->has_format)
		return err_set(err, EINVAL, EXIT_USAGE, "policy %s has no --format", sub->name);
	result = restrain(RESTRAIN_FILES, err);
	if (result == 0)
		result = sub->run(run, argc - 1, argv + 1, err);
	if (result < 0)
		return result;
	error = io_write_shown(STDOUT_FILENO, "standard output",
			       (struct str){ run->out.data, run->out.len }, err);
	return error < 0 ? error : result;
}

int command_policy(const struct command *command, int argc, char **argv)
{
	struct policy_run run = { .arena = arena_new() };
	const struct option options[] = { { "format", &run.format, NULL } };
	struct err err;
	int n, result;

	result = options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err);
	if (result == 0)
		result = run_subcommand(&run, n, argv, &err);
	if (result < 0)
		result = report_error(&err);
	free(run.out.data);
	arena_free(run.arena);
	return result;
}
