/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts as text and as JSON: see report.h. */
#include "report.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/rule.h"

#define REFUSALS_SHOWN 32 /* more would flood a terminal or a log */

bool report_refuses(const struct finding *finding)
{
	return finding->action == RULE_REJECT ||
	       (finding->action == RULE_REWRITE && finding->obstacle != NULL);
}

/* Is there more to say of the rewrite than that it happens? */
static bool has_change(const struct finding *finding)
{
	return finding->action == RULE_REWRITE && finding->obstacle == NULL && finding->asked &&
	       finding->change != NULL;
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* Adds lines for at most `most` findings: those that refuse, or the others. */
static void add_findings(struct buf *buf, const struct verdict *verdict, bool refusals,
			 unsigned int most)
{
	unsigned int n = 0;
	size_t width = 0;

	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		if (report_refuses(f) == refusals && strlen(f->rule->name) > width)
			width = strlen(f->rule->name);
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next) {
		const char *how = f->action == RULE_REWRITE ? "rewritten" : "logged";

		if (report_refuses(f) != refusals || n++ >= most)
			continue;
		buf_printf(buf, "  %-*s  %s", (int)width, f->rule->name, f->message);
		if (f->obstacle != NULL)
			buf_printf(buf, " (%s)", f->obstacle);
		if (refusals)
			buf_printf(buf, "  fix: %s\n", f->fix);
		else if (has_change(f))
			buf_printf(buf, "  (%s: %s)\n", how, f->change);
		else if (f->exception != NULL)
			buf_printf(buf, "  (%s; exception: %s)\n", how, f->exception->reason);
		else
			buf_printf(buf, "  (%s)\n", how);
	}
	if (n > most)
		buf_printf(buf, "  and %u more; `rootfence check` on the spec names them\n",
			   n - most);
}

/* Adds lines for what exceptions let through unseen. */
static void add_excepted(struct buf *buf, const struct verdict *verdict)
{
	for (const struct finding *f = verdict->excepted; f != NULL; f = f->next)
		buf_printf(buf, "  %s  %s  (let through; exception: %s)\n", f->rule->name,
			   f->message, f->exception->reason);
}

static void add_refusals(struct buf *buf, const struct verdict *verdict, unsigned int most)
{
	buf_printf(buf, "refused by policy '%s': %u finding%s\n", verdict->policy->name,
		   verdict->n_refusals, plural(verdict->n_refusals));
	add_findings(buf, verdict, true, most);
}

char *report_refusal(struct arena *arena, const struct verdict *verdict)
{
	auto_buf struct buf buf = { 0 };

	add_refusals(&buf, verdict, REFUSALS_SHOWN);
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
		add_refusals(&buf, verdict, UINT_MAX);
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
	add_findings(&buf, verdict, false, UINT_MAX);
	add_excepted(&buf, verdict);
	return arena_copy(arena, buf.data, buf.len);
}

static void write_place(struct json_writer *writer, unsigned int line, unsigned int column)
{
	json_member_integer(writer, "line", line);
	json_member_integer(writer, "column", column);
}

void report_json_references(struct json_writer *writer, const struct rule *rule)
{
	json_key(writer, "references");
	json_begin_array(writer);
	for (const char *const *reference = rule->references; *reference != NULL; reference++)
		json_text(writer, *reference);
	json_end_array(writer);
}

static void write_finding(struct json_writer *writer, struct json_doc *doc,
			  const struct finding *finding)
{
	unsigned int line, column;

	json_position(doc, finding->node->start, &line, &column);
	json_begin_object(writer);
	json_member_text(writer, "rule", finding->rule->name);
	json_member_text(writer, "action", rule_action_name(finding->action));
	json_member_text(writer, "pointer", finding->pointer);
	write_place(writer, line, column);
	json_key(writer, "observed");
	json_raw(writer, str_from(finding->observed));
	json_member_text(writer, "required", finding->required);
	json_member_text(writer, "message", finding->message);
	json_member_text(writer, "fix", finding->fix);
	if (has_change(finding))
		json_member_text(writer, "change", finding->change);
	if (finding->obstacle != NULL)
		json_member_text(writer, "obstacle", finding->obstacle);
	report_json_references(writer, finding->rule);
	json_end_object(writer);
}

void report_json_findings(struct json_writer *writer, struct json_doc *doc,
			  const struct verdict *verdict, const struct rule *rule)
{
	json_key(writer, "findings");
	json_begin_array(writer);
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		if (rule == NULL || f->rule == rule)
			write_finding(writer, doc, f);
	json_end_array(writer);
}

static void write_exception(struct json_writer *writer, const struct finding *finding)
{
	unsigned int expires = finding->exception->expires;
	char date[16];

	json_begin_object(writer);
	json_member_text(writer, "rule", finding->rule->name);
	json_member_text(writer, "action", rule_action_name(finding->action));
	json_member_text(writer, "pointer", finding->pointer);
	json_member_text(writer, "message", finding->message);
	json_key(writer, "reason");
	json_string(writer, finding->exception->reason_text);
	if (expires != 0) {
		snprintf(date, sizeof(date), "%04u-%02u-%02u", expires / 10000, expires / 100 % 100,
			 expires % 100);
		json_member_text(writer, "expires", date);
	}
	json_end_object(writer);
}

/* What exceptions decided: findings that they made milder or stricter, and what they let through. */
static void write_exceptions(struct json_writer *writer, const struct verdict *verdict)
{
	const struct finding *lists[] = { verdict->findings, verdict->excepted };
	bool open = false;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (const struct finding *f = lists[i]; f != NULL; f = f->next) {
			if (f->exception == NULL)
				continue;
			if (!open) {
				json_key(writer, "exceptions");
				json_begin_array(writer);
				open = true;
			}
			write_exception(writer, f);
		}
	if (open)
		json_end_array(writer);
}

void report_json(struct json_writer *writer, struct json_doc *doc, const char *path,
		 const struct verdict *verdict)
{
	json_begin_object(writer);
	json_member_text(writer, "path", path);
	json_member_text(writer, "verdict", verdict_name(verdict->kind));
	report_json_findings(writer, doc, verdict, NULL);
	write_exceptions(writer, verdict);
	json_end_object(writer);
}

void report_json_invalid(struct json_writer *writer, const struct json_doc *doc, const char *path,
			 const struct err *err)
{
	bool unread = err->exit == EXIT_SYSTEM && doc == NULL;

	json_begin_object(writer);
	json_member_text(writer, "path", path);
	json_member_text(writer, "verdict", "invalid");
	json_key(writer, "findings");
	json_begin_array(writer);
	json_begin_object(writer);
	json_member_text(writer, "rule", rule_spec.name);
	json_member_text(writer, "action", rule_action_name(RULE_REJECT));
	json_member_text(writer, "pointer", err->pointer);
	write_place(writer, err->line, err->column);
	json_key(writer, "observed");
	json_raw(writer, STR("null"));
	json_member_text(writer, "required",
			 unread ? "a file that can be read"
				: "a document that every runtime reads in the same way");
	json_member_text(writer, "message", err->text);
	json_member_text(writer, "fix",
			 unread ? "fix the path, or its permissions"
				: "write the spec with an engine, or fix the place named");
	report_json_references(writer, &rule_spec);
	json_end_object(writer);
	json_end_array(writer);
	json_end_object(writer);
}
