/* SPDX-License-Identifier: Apache-2.0 */
/* The formats of check, and when their output is written: see results.h. */
#include "results.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "format.h"
#include "report.h"

#define HELD_BACK_MAX (64 * 1024) /* bytes; fewer writes than files */

static void text_add(struct results *results, struct arena *arena, const struct file_result *file)
{
	if (file->verdict == NULL)
		buf_printf(&results->text, "%s\n", file->err->text);
	else
		buf_printf(&results->text, "%s: %s", str_show(arena, str_from(file->path)),
			   report_verdict(arena, file->verdict));
}

static void json_begin(struct results *results)
{
	struct json_writer *writer = results->writer;

	json_begin_object(writer);
	json_member_text(writer, "rootfence", ROOTFENCE_VERSION);
	json_member_text(writer, "policy", results->policy->name);
	json_key(writer, "results");
	json_begin_array(writer);
}

static void json_add_file(struct results *results, struct arena *arena,
			  const struct file_result *file)
{
	(void)arena;
	if (file->verdict == NULL)
		report_json_invalid(results->writer, file->doc, file->path, file->err);
	else
		report_json(results->writer, file->doc, file->path, file->verdict);
}

static void json_end(struct results *results)
{
	json_end_array(results->writer);
	json_end_object(results->writer);
}

static const struct results_format results_text = { "text", false, NULL, text_add, NULL };
static const struct results_format results_json = { "json", true, json_begin, json_add_file,
						    json_end };

int results_open(struct results *results, struct arena *arena, const char *format, struct err *err)
{
	static const struct results_format *const formats[] = { &results_text, &results_json,
								&results_sarif, &results_junit };
	const char *words[ARRAY_SIZE(formats) + 1] = { NULL };
	unsigned int which;
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		words[i] = formats[i]->name;
	error = format_choose(format, words, &which, err);
	if (error < 0)
		return error;
	*results = (struct results){ .format = formats[which] };
	/* On a terminal, nothing is held back. */
	results->held_back = isatty(STDOUT_FILENO) == 1 ? 0 : HELD_BACK_MAX;
	if (results->format->is_json)
		results->writer = json_writer_new(arena, true);
	return 0;
}

static struct str unwritten(struct results *results)
{
	return results->writer != NULL ? json_writer_text(results->writer)
				       : (struct str){ results->text.data, results->text.len };
}

static int flush(struct results *results, size_t most, struct err *err)
{
	struct str text = unwritten(results);
	int error;

	if (text.len <= most)
		return 0;
	error = io_write_shown(STDOUT_FILENO, "standard output", text, err);
	results->text.len = 0;
	if (results->writer != NULL)
		json_writer_clear(results->writer);
	return error;
}

void results_begin(struct results *results, const struct policy *policy)
{
	results->policy = policy;
	if (results->format->begin != NULL)
		results->format->begin(results);
}

int results_add(struct results *results, struct arena *arena, const struct file_result *file,
		struct err *err)
{
	results->format->add(results, arena, file);
	return flush(results, results->held_back, err);
}

int results_end(struct results *results, struct err *err)
{
	if (results->format->end != NULL)
		results->format->end(results);
	return flush(results, 0, err);
}

void results_free(struct results *results)
{
	free(results->text.data);
	if (results->writer != NULL)
		json_writer_free(results->writer);
}
