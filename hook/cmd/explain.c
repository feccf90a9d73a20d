/* SPDX-License-Identifier: Apache-2.0 */
/* explain: shows what each rule of a policy finds in one spec, also rules without a finding. */
#include "cmd.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "verdict/pipeline.h"
#include "policy/rule.h"
#include "policy_files.h"
#include "report/report.h"
#include "spec_files.h"

struct explanation {
	struct arena *arena;
	const char *path;
	const struct policy *policy;
	struct pipeline_result result;
	struct rule_state states[RULES_MAX];
};

/*
 * Returns what decided the action: an exception, an entry of rules, or defaultAction; and the mode.
 */
static const char *decided_by(const struct explanation *e, size_t row)
{
	const struct rule_state *state = &e->states[row];
	const char *who = e->policy->settings[row].named ? "rules" : "defaultAction";

	if (state->exception != NULL)
		who = arena_printf(e->arena, "exception \"%s\"", state->exception->reason);
	return arena_printf(e->arena, "%s%s", who, state->audited ? ", under mode audit" : "");
}

static bool is_checked(const struct explanation *e, size_t row)
{
	return e->states[row].action != RULE_ALLOW;
}

static const struct finding *first_finding(const struct explanation *e, const struct rule *rule)
{
	const struct finding *finding = e->result.verdict.findings;

	while (finding != NULL && finding->rule != rule)
		finding = finding->next;
	return finding;
}

static void add_finding(struct buf *out, struct json_doc *doc, const struct finding *f)
{
	unsigned int line, column;

	json_position(doc, f->node->start, &line, &column);
	buf_printf(out, "  finding  %s (line %u, column %u)\n", f->message, line, column);
	if (f->action == RULE_REWRITE && f->obstacle == NULL)
		buf_printf(out, "  rewrite  done by rootfence\n");
	else if (f->obstacle != NULL)
		buf_printf(out, "  refused  %s\n", f->obstacle);
	buf_printf(out, "  fix      %s\n", f->fix);
}

static void add_rule(struct buf *out, const struct explanation *e, const struct rule *rule,
		     enum rule_action action, const char *by)
{
	buf_printf(out, "\n%s: %s\n", rule->name, rule->title);
	buf_printf(out, "  action   %s, by %s\n", rule_action_name(action), by);
	for (const struct finding *f = first_finding(e, rule); f != NULL; f = f->next)
		if (f->rule == rule)
			add_finding(out, e->result.doc, f);
	buf_printf(out, "  see      ");
	for (const char *const *reference = rule->references; *reference != NULL; reference++)
		buf_printf(out, "%s%s", reference == rule->references ? "" : "; ", *reference);
	buf_printf(out, "\n");
}

/* Lists rules in one line each: those that were checked and found nothing, or those not checked. */
static void add_list(struct buf *out, const struct explanation *e, const char *title, bool checked)
{
	bool open = false;

	for (size_t row = 0; row < n_rules; row++) {
		if (is_checked(e, row) != checked || first_finding(e, rules[row]) != NULL)
			continue;
		if (!open)
			buf_printf(out, "\n%s:\n", title);
		open = true;
		buf_printf(out, "  %-20s  %s, by %s\n", rules[row]->name,
			   rule_action_name(e->states[row].action), decided_by(e, row));
		for (const struct finding *f = e->result.verdict.excepted; f != NULL; f = f->next)
			if (f->rule == rules[row])
				buf_printf(out, "    let through  %s\n", f->message);
	}
}

static void explain_text(struct buf *out, const struct explanation *e)
{
	const char *verdict = report_verdict(e->arena, &e->result.verdict);
	const struct finding *first = first_finding(e, &rule_first_program);

	buf_printf(out, "%s: %.*s\n", str_show(e->arena, str_from(e->path)),
		   (int)strcspn(verdict, "\n"), verdict);
	for (size_t row = 0; row < n_rules; row++)
		if (first_finding(e, rules[row]) != NULL)
			add_rule(out, e, rules[row], e->states[row].action, decided_by(e, row));
	if (first != NULL)
		add_rule(out, e, first->rule, first->action, "capabilities and exec");
	add_list(out, e, "Checked, no finding", true);
	add_list(out, e, "Not checked", false);
}

static void write_rule(struct json_writer *writer, const struct explanation *e, size_t row)
{
	json_begin_object(writer);
	json_member_text(writer, "rule", rules[row]->name);
	json_member_text(writer, "title", rules[row]->title);
	json_member_text(writer, "reads", rules[row]->reads);
	json_member_text(writer, "action", rule_action_name(e->states[row].action));
	json_member_text(writer, "decidedBy", decided_by(e, row));
	json_member_boolean(writer, "checked", is_checked(e, row));
	report_json_findings(writer, e->result.doc, &e->result.verdict, rules[row]);
	report_json_references(writer, rules[row]);
	json_end_object(writer);
}

/* What has no row, and so no action of its own. */
static void write_first_program(struct json_writer *writer, const struct explanation *e,
				const struct finding *first)
{
	json_begin_object(writer);
	json_member_text(writer, "rule", rule_first_program.name);
	json_member_text(writer, "title", rule_first_program.title);
	json_member_text(writer, "reads", rule_first_program.reads);
	json_member_text(writer, "action", rule_action_name(first->action));
	json_member_text(writer, "decidedBy", "capabilities and exec");
	json_member_boolean(writer, "checked", true);
	report_json_findings(writer, e->result.doc, &e->result.verdict, &rule_first_program);
	report_json_references(writer, &rule_first_program);
	json_end_object(writer);
}

static void explain_json(struct buf *out, const struct explanation *e)
{
	struct json_writer *writer = json_writer_new(e->arena, true);
	const struct finding *first = first_finding(e, &rule_first_program);
	struct str text;

	json_begin_object(writer);
	json_member_text(writer, "rootfence", ROOTFENCE_VERSION);
	json_member_text(writer, "policy", e->policy->name);
	json_member_text(writer, "path", e->path);
	json_member_text(writer, "verdict", verdict_name(e->result.verdict.kind));
	json_key(writer, "rules");
	json_begin_array(writer);
	for (size_t row = 0; row < n_rules; row++)
		write_rule(writer, e, row);
	if (first != NULL)
		write_first_program(writer, e, first);
	json_end_array(writer);
	json_end_object(writer);
	text = json_writer_finish(writer);
	buf_add(out, text.data, text.len);
}

static int explain(struct arena *arena, const char *policy_name, bool host, enum format format,
		   const char *path, struct err *err)
{
	struct pipeline_options options = { .front_end = FRONT_CHECK };
	struct explanation e = { .arena = arena, .path = path };
	auto_buf struct buf out = { 0 };
	struct policy *policy;
	struct str text;
	int error = spec_files_begin(host, &options, err);

	if (error == 0)
		error = policy_select(arena, policy_name, spec_files_policy(host), &policy, err);
	if (error == 0)
		error = spec_file_read(arena, &e.path, &text, err);
	if (error < 0)
		return error;
	options.bundle = spec_file_bundle(arena, e.path);
	options.policy = e.policy = policy;
	error = pipeline_judge(arena, &options, e.path, text, &e.result, err);
	if (error < 0)
		return error;
	policy_actions(policy, &e.result.config, e.result.today, e.states);
	if (format == FORMAT_JSON)
		explain_json(&out, &e);
	else
		explain_text(&out, &e);
	error = io_write_shown(STDOUT_FILENO, "standard output", (struct str){ out.data, out.len },
			       err);
	if (error < 0)
		return error;
	return e.result.verdict.kind == VERDICT_REJECT ? EXIT_REFUSED : EXIT_ALLOWED;
}

int command_explain(const struct command *command, int argc, char **argv)
{
	const char *policy_name = NULL, *format_name = NULL;
	bool host = false;
	const struct option options[] = { { "policy", &policy_name, NULL },
					  { "host", NULL, &host },
					  { "format", &format_name, NULL } };
	enum format format = FORMAT_TEXT;
	struct arena *arena;
	struct err err;
	int n, result;

	if (options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err) < 0 ||
	    format_parse(format_name, &format, &err) < 0)
		return report_error(&err);
	if (n != 1) {
		err_set(&err, EINVAL, EXIT_USAGE,
			"explain takes one PATH, or - for standard input; see rootfence explain --help");
		return report_error(&err);
	}
	arena = arena_new();
	result = explain(arena, policy_name, host, format, argv[0], &err);
	if (result < 0)
		result = report_error(&err);
	arena_free(arena);
	return result;
}
