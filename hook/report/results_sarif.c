/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check --format sarif: SARIF 2.1.0, for viewers that show a finding at its line. One run, one
 * result for each finding; a spec that cannot be read is a result of the rule `spec`.
 */
#include <ctype.h>
#include <string.h>

#include "policy/rule.h"
#include "report.h"
#include "results.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static void text_object(struct json_writer *writer, const char *key, const char *text)
{
	json_key(writer, key);
	json_begin_object(writer);
	json_member_text(writer, "text", text);
	json_end_object(writer);
}

/* The text that a viewer shows for a rule, next to its findings. */
static void write_help(struct json_writer *writer, const struct rule *rule)
{
	auto_buf struct buf help = { 0 };

	buf_printf(&help, "Reads %s. %s", rule->reads,
		   rule_row(rule) == n_rules ? "Always on."
		   : rule->rewrites != NULL
			   ? "RF_ACT_REWRITE fixes it."
			   : "RF_ACT_REWRITE refuses: no rewrite makes this safe.");
	for (size_t i = 0; i < RULE_ARGS_MAX && rule->args[i].kind != KIND_NONE; i++)
		buf_printf(&help, "\nArgument %s: %s.", rule->args[i].name, rule->args[i].meaning);
	buf_printf(&help, "\nReferences:");
	for (const char *const *reference = rule->references; *reference != NULL; reference++)
		buf_printf(&help, "%s %s", reference == rule->references ? "" : ";", *reference);
	buf_printf(&help, ".\nSee rootfence-policy(5).");
	text_object(writer, "help", help.data);
}

static void write_rule(struct json_writer *writer, const struct rule *rule)
{
	json_begin_object(writer);
	json_member_text(writer, "id", rule->name);
	text_object(writer, "shortDescription", rule->title);
	write_help(writer, rule);
	json_key(writer, "properties");
	json_begin_object(writer);
	json_key(writer, "tags");
	json_begin_array(writer);
	json_text(writer, "security");
	json_end_array(writer);
	json_end_object(writer);
	json_end_object(writer);
}

static void begin(struct results *results)
{
	struct json_writer *writer = results->writer;

	json_begin_object(writer);
	json_member_text(writer, "$schema", SCHEMA);
	json_member_text(writer, "version", "2.1.0");
	json_key(writer, "runs");
	json_begin_array(writer);
	json_begin_object(writer);
	json_key(writer, "tool");
	json_begin_object(writer);
	json_key(writer, "driver");
	json_begin_object(writer);
	json_member_text(writer, "name", "rootfence");
	json_member_text(writer, "semanticVersion", ROOTFENCE_VERSION);
	json_key(writer, "rules");
	json_begin_array(writer);
	for (size_t row = 0; row < n_rules; row++)
		write_rule(writer, rules[row]);
	write_rule(writer, &rule_spec);
	write_rule(writer, &rule_first_program);
	json_end_array(writer);
	json_end_object(writer);
	json_end_object(writer);
	json_key(writer, "properties");
	json_begin_object(writer);
	json_member_text(writer, "policy", results->policy->name);
	json_end_object(writer);
	json_member_text(writer, "columnKind", "unicodeCodePoints");
	json_key(writer, "results");
	json_begin_array(writer);
}

static void end(struct results *results)
{
	struct json_writer *writer = results->writer;

	json_end_array(writer);
	json_end_object(writer);
	json_end_array(writer);
	json_end_object(writer);
}

/* Writes a path as a URI reference (RFC 3986). A relative one stays so, and never has a scheme. */
static void write_uri(struct json_writer *writer, const char *path)
{
	auto_buf struct buf uri = { 0 };

	while (strncmp(path, "./", 2) == 0)
		path += 2 + strspn(path + 2, "/");
	if (path[0] == '/')
		buf_printf(&uri, "file://");
	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c < 0x80 && isalnum(c)) || strchr("/-._~", c) != NULL)
			buf_add(&uri, path, 1);
		else
			buf_printf(&uri, "%%%02X", c);
	}
	json_member_text(writer, "uri", uri.data != NULL ? uri.data : "");
}

static void write_artifact(struct json_writer *writer, const struct file_result *file)
{
	json_key(writer, "artifactLocation");
	json_begin_object(writer);
	if (file->from_stdin)
		text_object(writer, "description", file->path);
	else
		write_uri(writer, file->path);
	json_end_object(writer);
}

/*
 * The last column that was counted. Most specs are one line and most findings come in its order, so
 * counting continues from there.
 */
struct counted {
	size_t line, offset; /* offsets of the line's start and of the place */
	unsigned int column;
};

#define COUNTED_NONE ((struct counted){ 0, 0, 1 })

/* Turns a column in bytes, of the byte at offset, into one in characters. Both count from 1. */
static unsigned int characters(struct counted *last, struct str text, size_t offset,
			       unsigned int column)
{
	size_t line = offset - (column - 1);

	if (last->line != line || last->offset > offset)
		*last = (struct counted){ line, line, 1 };
	for (; last->offset < offset && last->offset < text.len; last->offset++)
		last->column += ((unsigned char)text.data[last->offset] & 0xC0) != 0x80;
	return last->column;
}

/* The bytes of the value that the finding is about, or of the nearest one that the spec has. */
static void write_region(struct json_writer *writer, const struct file_result *file,
			 const struct json_node *node, struct counted *last)
{
	unsigned int line, column;

	json_key(writer, "region");
	json_begin_object(writer);
	json_position(file->doc, node->start, &line, &column);
	json_member_integer(writer, "startLine", line);
	json_member_integer(writer, "startColumn",
			    characters(last, file->text, node->start, column));
	json_position(file->doc, node->end, &line, &column);
	json_member_integer(writer, "endLine", line);
	json_member_integer(writer, "endColumn", characters(last, file->text, node->end, column));
	json_member_integer(writer, "byteOffset", node->start);
	json_member_integer(writer, "byteLength", node->end - node->start);
	json_end_object(writer);
}

/* From where reading stopped to the end of the line. */
static void write_error_region(struct json_writer *writer, const struct file_result *file)
{
	const struct err *err = file->err;
	const char *line = file->text.data;
	struct counted none = COUNTED_NONE;
	size_t offset;

	if (err->line == 0)
		return;
	for (unsigned int n = 1; n < err->line; n++)
		line = (const char *)memchr(line, '\n',
					    (size_t)(file->text.data + file->text.len - line)) +
		       1;
	offset = (size_t)(line - file->text.data) + err->column - 1;
	json_key(writer, "region");
	json_begin_object(writer);
	json_member_integer(writer, "startLine", err->line);
	json_member_integer(writer, "startColumn",
			    characters(&none, file->text, offset, err->column));
	json_end_object(writer);
}

/* Viewers show a suppressed result with its reason, apart from the others. */
static void write_suppression(struct json_writer *writer, const struct exception *exception)
{
	json_key(writer, "suppressions");
	json_begin_array(writer);
	json_begin_object(writer);
	json_member_text(writer, "kind", "external");
	json_key(writer, "justification");
	json_string(writer, exception->reason_text);
	json_end_object(writer);
	json_end_array(writer);
}

static void write_result(struct json_writer *writer, const struct file_result *file,
			 const struct rule *rule, const char *level, const char *message,
			 const struct finding *finding, struct counted *last)
{
	const char *pointer = finding != NULL ? finding->pointer : file->err->pointer;

	json_begin_object(writer);
	json_member_text(writer, "ruleId", rule->name);
	json_member_integer(writer, "ruleIndex",
			    (long long)rule_row(rule) + (rule == &rule_first_program ? 1 : 0));
	json_member_text(writer, "level", level);
	text_object(writer, "message", message);
	json_key(writer, "locations");
	json_begin_array(writer);
	json_begin_object(writer);
	json_key(writer, "physicalLocation");
	json_begin_object(writer);
	write_artifact(writer, file);
	if (finding != NULL)
		write_region(writer, file, finding->node, last);
	else
		write_error_region(writer, file);
	json_end_object(writer);
	if (pointer[0] != '\0') {
		json_key(writer, "logicalLocations");
		json_begin_array(writer);
		json_begin_object(writer);
		json_member_text(writer, "fullyQualifiedName", pointer);
		json_end_object(writer);
		json_end_array(writer);
	}
	json_end_object(writer);
	json_end_array(writer);
	if (finding != NULL && finding->exception != NULL && !report_refuses(finding))
		write_suppression(writer, finding->exception);
	json_end_object(writer);
}

static void write_finding(struct results *results, struct arena *arena,
			  const struct file_result *file, const struct finding *f,
			  struct counted *last)
{
	bool refused = report_refuses(f);
	const char *message = arena_printf(
		arena, "%s%s%s%s. Fix: %s.", f->message, f->obstacle != NULL ? " (" : "",
		f->obstacle != NULL ? f->obstacle : "", f->obstacle != NULL ? ")" : "", f->fix);

	write_result(results->writer, file, f->rule,
		     refused			 ? "error"
		     : f->action == RULE_REWRITE ? "warning"
						 : "note",
		     message, f, last);
}

static void add(struct results *results, struct arena *arena, const struct file_result *file)
{
	struct counted last = COUNTED_NONE;

	if (file->verdict == NULL) {
		write_result(results->writer, file, &rule_spec, "error", file->err->text, NULL,
			     &last);
		return;
	}
	for (const struct finding *f = file->verdict->findings; f != NULL; f = f->next)
		write_finding(results, arena, file, f, &last);
	for (const struct finding *f = file->verdict->excepted; f != NULL; f = f->next)
		write_finding(results, arena, file, f, &last);
}

const struct results_format results_sarif = { "sarif", true, begin, add, end };
