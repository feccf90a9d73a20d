/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts in words and as JSON. */
#include "report.h"

#include <string.h>

#include "policy/rule.h"

static bool finding_refuses(const struct finding *finding)
{
	return finding->action == RULE_REJECT ||
	       (finding->action == RULE_REWRITE && finding->obstacle != NULL);
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* Lines of findings: those that refuse, or those that do not. */
static void add_findings(struct buf *buf, const struct verdict *verdict, bool refusals)
{
	size_t width = 0;

	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		if (strlen(f->rule->name) > width)
			width = strlen(f->rule->name);
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next) {
		const char *how = f->action == RULE_REWRITE ? "rewritten" : "logged";

		if (finding_refuses(f) != refusals)
			continue;
		buf_printf(buf, "  %-*s  %s", (int)width, f->rule->name, f->message);
		if (f->obstacle != NULL)
			buf_printf(buf, " (%s)", f->obstacle);
		if (refusals)
			buf_printf(buf, "  fix: %s\n", f->fix);
		else
			buf_printf(buf, "  (%s)\n", how);
	}
}

static void add_refusals(struct buf *buf, const struct verdict *verdict)
{
	buf_printf(buf, "refused by policy '%s': %u finding%s\n", verdict->policy->name,
		   verdict->n_refusals, plural(verdict->n_refusals));
	add_findings(buf, verdict, true);
}

char *report_refusal(struct arena *arena, const struct verdict *verdict)
{
	auto_buf struct buf buf = { 0 };

	add_refusals(&buf, verdict);
	return arena_copy(arena, buf.data, buf.len);
}

char *report_verdict(struct arena *arena, const struct verdict *verdict)
{
	auto_buf struct buf buf = { 0 };
	unsigned int n = 0;

	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		n++;
	switch (verdict->kind) {
	case VERDICT_REJECT:
		add_refusals(&buf, verdict);
		break;
	case VERDICT_REWRITE:
		buf_printf(&buf, "allowed by policy '%s' after rewriting: %u finding%s\n",
			   verdict->policy->name, n, plural(n));
		break;
	case VERDICT_LOG:
		buf_printf(&buf, "allowed by policy '%s': %u finding%s logged\n",
			   verdict->policy->name, n, plural(n));
		break;
	case VERDICT_ALLOW:
		buf_printf(&buf, "allowed by policy '%s'\n", verdict->policy->name);
		break;
	}
	add_findings(&buf, verdict, false);
	return arena_copy(arena, buf.data, buf.len);
}

static void write_text(struct json_writer *writer, const char *key, const char *text)
{
	json_key(writer, key);
	json_text(writer, text);
}

static void write_place(struct json_writer *writer, unsigned int line, unsigned int column)
{
	json_key(writer, "line");
	json_integer(writer, line);
	json_key(writer, "column");
	json_integer(writer, column);
}

static void write_finding(struct json_writer *writer, const struct json_doc *doc,
			  const struct finding *finding)
{
	unsigned int line, column;

	json_position(doc, finding->node->start, &line, &column);
	json_begin_object(writer);
	write_text(writer, "rule", finding->rule->name);
	write_text(writer, "action", rule_action_name(finding->action));
	write_text(writer, "pointer", finding->pointer);
	write_place(writer, line, column);
	json_key(writer, "observed");
	json_raw(writer, str_from(finding->observed));
	write_text(writer, "required", finding->required);
	write_text(writer, "message", finding->message);
	write_text(writer, "fix", finding->fix);
	if (finding->obstacle != NULL)
		write_text(writer, "obstacle", finding->obstacle);
	json_key(writer, "references");
	json_begin_array(writer);
	for (const char *const *reference = finding->rule->references; *reference != NULL;
	     reference++)
		json_text(writer, *reference);
	json_end_array(writer);
	json_end_object(writer);
}

void report_json(struct json_writer *writer, const struct json_doc *doc, const char *path,
		 const struct verdict *verdict)
{
	json_begin_object(writer);
	write_text(writer, "path", path);
	write_text(writer, "verdict", verdict_name(verdict->kind));
	json_key(writer, "findings");
	json_begin_array(writer);
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		write_finding(writer, doc, f);
	json_end_array(writer);
	json_end_object(writer);
}

void report_json_invalid(struct json_writer *writer, const char *path, const struct err *err)
{
	json_begin_object(writer);
	write_text(writer, "path", path);
	write_text(writer, "verdict", "invalid");
	json_key(writer, "findings");
	json_begin_array(writer);
	json_begin_object(writer);
	write_text(writer, "rule", "spec");
	write_text(writer, "action", rule_action_name(RULE_REJECT));
	write_text(writer, "pointer", err->pointer);
	write_place(writer, err->line, err->column);
	json_key(writer, "observed");
	json_raw(writer, STR("null"));
	write_text(writer, "required", "a document that every runtime reads in the same way");
	write_text(writer, "message", err->text);
	write_text(writer, "fix", "write the spec with an engine, or mend the place named");
	json_key(writer, "references");
	json_begin_array(writer);
	json_text(writer, "RFC 8259");
	json_text(writer, "config.md");
	json_end_array(writer);
	json_end_object(writer);
	json_end_array(writer);
	json_end_object(writer);
}
