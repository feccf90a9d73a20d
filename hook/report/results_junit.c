/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check --format junit: one test case for each file, each in a separate suite: the counts of a
 * suite have to be known when it is written.
 */
#include <string.h>

#include "report/xml.h"
#include "policy/rule.h"
#include "report.h"
#include "results.h"

static void attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	xml_add(out, str_from(value));
	buf_printf(out, "\"");
}

static void text_element(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "      <%s>", name);
	xml_add(out, str_from(text));
	buf_printf(out, "</%s>\n", name);
}

/* A failure or an error. */
static void bad_element(struct buf *out, const char *name, const char *message, const char *type,
			const char *text)
{
	buf_printf(out, "      <%s", name);
	attribute(out, "message", message);
	attribute(out, "type", type);
	buf_printf(out, ">");
	xml_add(out, str_from(text));
	buf_printf(out, "</%s>\n", name);
}

static void begin(struct results *results)
{
	buf_printf(&results->text,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rootfence\">\n");
}

static const char *first_refusal(const struct verdict *verdict)
{
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		if (report_refuses(f))
			return f->rule->name;
	return rule_spec.name;
}

static void add(struct results *results, struct arena *arena, const struct file_result *file)
{
	struct buf *out = &results->text;
	bool invalid = file->verdict == NULL;
	bool refused = !invalid && file->verdict->kind == VERDICT_REJECT;
	const char *said = invalid ? file->err->text : report_verdict(arena, file->verdict);

	buf_printf(out, "  <testsuite");
	attribute(out, "name", file->path);
	buf_printf(out, " tests=\"1\" failures=\"%d\" errors=\"%d\" skipped=\"0\">\n    <testcase",
		   refused, invalid);
	attribute(out, "classname", results->policy->name);
	attribute(out, "name", file->path);
	buf_printf(out, ">\n");
	if (invalid)
		bad_element(out, "error", said, rule_spec.name, said);
	else if (refused)
		bad_element(out, "failure", arena_copy(arena, said, strcspn(said, "\n")),
			    first_refusal(file->verdict), said);
	else
		text_element(out, "system-out", said);
	buf_printf(out, "    </testcase>\n  </testsuite>\n");
}

static void end(struct results *results)
{
	buf_printf(&results->text, "</testsuites>\n");
}

const struct results_format results_junit = { "junit", false, begin, add, end };
