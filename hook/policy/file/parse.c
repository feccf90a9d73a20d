/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads policy files: the top level and `extends`. Parents are read before the file that extends
 * them and into the same policy, so later values win. Anything unknown is an error: a misspelled
 * rule must not be silently absent.
 */
#include "parse.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

const char *const rule_action_words[] = { "RF_ACT_ALLOW", "RF_ACT_LOG", "RF_ACT_REWRITE",
					  "RF_ACT_REJECT", NULL };
const char *const exec_action_words[] = { "RF_ACT_ALLOW", "RF_ACT_LOG", "RF_ACT_ERRNO",
					  "RF_ACT_KILL_PROCESS", NULL };
const char *const guarantee_words[] = { "none", "nnp", "kill", "deny", NULL };

const struct field_words rule_actions = { "rule action", rule_action_words };
const struct field_words exec_actions = { "exec action", exec_action_words };

struct file_seen {
	const char *path;
	struct file_seen *next;
};

struct loader {
	struct fields_reader reader; /* its document is the file being read */
	struct arena *arena;
	const struct policy_source *source;
	struct policy *policy;	   /* being filled, parents first, so later values win */
	struct policy_errors *all; /* collects every error; NULL: reading ends at the first */
	const char *chain[POLICY_EXTENDS_MAX]; /* files from the first to the current one */
	unsigned int depth;
	struct file_seen *seen; /* files that were read, for warnings */
	unsigned int again;	/* files on the way to the current one that were read before */
	uint64_t reset;		/* rows of the rule table that such a file has set again */
};

unsigned int load_errors(const struct fields_reader *reader)
{
	const struct loader *loader = reader->data;

	return loader->all != NULL ? loader->all->n : 0;
}

bool load_warns(const struct fields_reader *reader)
{
	const struct loader *loader = reader->data;

	return loader->all != NULL && loader->again == 0;
}

void load_warn(const struct fields_reader *reader, const struct json_node *node, const char *text)
{
	const struct loader *loader = reader->data;
	struct arena *arena = loader->arena;
	struct policy_note *note, **end;
	unsigned int n = 0;

	if (loader->all == NULL)
		return;
	note = arena_new_object(arena, struct policy_note);
	*note = (struct policy_note){
		.kind = NOTE_WARNING,
		.text = arena_printf(arena, "%s: %s",
				     str_show(arena, str_from(json_pointer(arena, node))), text),
		.file = reader->doc->name,
	};
	json_position(reader->doc, node->key_start, &note->line, &note->column);
	for (end = &loader->all->warnings; *end != NULL; end = &(*end)->next)
		n++;
	if (n < POLICY_ERRORS_MAX)
		*end = note;
}

static int note_error(const struct fields_reader *reader, int error)
{
	const struct loader *loader = reader->data;
	struct policy_errors *all = loader->all;
	const struct err *err = reader->err;
	struct policy_note *note, **end;

	if (all->n == POLICY_ERRORS_MAX)
		return error;
	/* Arguments of several rules are read once for each rule: report an error only once. */
	for (end = &all->first; *end != NULL; end = &(*end)->next)
		if (strcmp((*end)->text, err->text) == 0)
			return 0;
	note = arena_new_object(loader->arena, struct policy_note);
	*note = (struct policy_note){
		.kind = NOTE_ERROR,
		.text = arena_copy(loader->arena, err->text, strlen(err->text)),
		.line = err->line,
		.column = err->column,
	};
	*end = note;
	all->n++;
	return 0;
}

static int read_name(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct policy *policy = target;

	if (value->text.len == 0 || value->text.len > 64)
		return fields_fail(reader, value, "expected a name of 1 to 64 bytes");
	policy->name = str_show(reader->doc->arena, value->text);
	policy->name_text = value->text;
	return 0;
}

static int read_mode(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const char *const modes[] = { "enforce", "audit", NULL };
	int word = field_word(reader, value, &(struct field_words){ "mode", modes });

	if (word < 0)
		return word;
	*(bool *)target = word == 1;
	return 0;
}

static int read_rules(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return fields_each(reader, value, load_rule_entry, target);
}

static int read_document(const struct fields_reader *reader, struct policy *policy)
{
	static const struct field fields[] = {
		ROW_WHOLE("version", JSON_NUMBER, field_version),
		ROW_WHOLE("name", JSON_STRING, read_name),
		ROW_WHOLE("extends", JSON_ARRAY, NULL), /* read before all other members */
		ROW(policy, "mode", audit, JSON_STRING, read_mode),
		ROW(policy, "defaultAction", default_action, FIELD_WORD(&rule_actions)),
		ROW_WHOLE("rules", JSON_ARRAY, read_rules),
		ROW(policy, "exec", exec, JSON_OBJECT, load_exec),
		ROW(policy, "unregistered", unregistered, FIELD_ANY, load_unregistered),
		ROW_WHOLE("exceptions", JSON_ARRAY, load_exceptions),
		ROW_WHOLE("$schema", JSON_STRING, NULL),
		ROW_COMMENT,
	};
	struct json_node *root = reader->doc->root;
	int error = 0;

	if (json_get(root, "version") == NULL)
		error = fields_fail(reader, root, "no \"version\"; expected \"version\": 1");
	error = fields_go_on(reader, error);
	if (error == 0 && json_get(root, "name") == NULL)
		error = fields_fail(reader, root, "no \"name\"; refusals show it");
	error = fields_go_on(reader, error);
	return error < 0 ? error : fields_read(reader, root, fields, ARRAY_SIZE(fields), policy);
}

static int load_file(struct loader *loader, const char *name);

void load_note_reset(const struct fields_reader *reader, size_t row)
{
	struct loader *loader = reader->data;

	if (loader->again > 0)
		loader->reset |= UINT64_C(1) << row;
	else
		loader->reset &= ~(UINT64_C(1) << row);
}

/*
 * Two policies that extend the same one: reading that one again for the second takes back what the
 * first has changed. before: the settings after the first.
 */
static void warn_reset(struct loader *loader, const struct json_node *parent,
		       const struct rule_setting *before)
{
	auto_buf struct buf names = { 0 };

	for (size_t row = 0; row < n_rules; row++)
		if ((loader->reset >> row & 1) != 0 && before[row].named &&
		    !rule_setting_equal(loader->arena, row, &before[row],
					&loader->policy->settings[row]))
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", rules[row]->name);
	if (names.len > 0)
		load_warn(
			&loader->reader, parent,
			arena_printf(
				loader->arena,
				"a policy that it extends was read before, and reading it again takes back what was changed since in %s; put the policy with the changes last, or let it extend this one",
				names.data));
}

static int load_parent(const struct fields_reader *reader, struct json_node *parent, void *target)
{
	struct loader *loader = target;
	struct json_doc *doc = reader->doc;
	struct rule_setting before[RULES_MAX];
	uint64_t reset = loader->reset;
	int error = fields_want(reader, parent, JSON_STRING);

	if (error < 0)
		return error;
	if (loader->depth == POLICY_EXTENDS_MAX)
		return fields_fail(reader, parent, "more than %u policies deep",
				   POLICY_EXTENDS_MAX);
	loader->reset = 0;
	memcpy(before, loader->policy->settings, sizeof(before));
	error = load_file(loader, arena_copy(loader->arena, parent->text.data, parent->text.len));
	loader->reader.doc = doc;
	if (error == -ENOENT) /* not found: report the place that asked for it */
		return fields_fail(
			reader, parent, "%s",
			arena_copy(loader->arena, reader->err->text, strlen(reader->err->text)));
	/* Of several places on the way to it, the author of the first file sees this one. */
	if (error == 0 && loader->depth == 1 && load_warns(reader))
		warn_reset(loader, parent, before);
	loader->reset |= reset;
	return error;
}

static int load_parents(struct loader *loader)
{
	const struct fields_reader *reader = &loader->reader;
	struct json_node *extends = json_get(reader->doc->root, "extends");
	int error = extends != NULL ? fields_want(reader, extends, JSON_ARRAY) : 0;

	return error < 0 ? error : fields_each(reader, extends, load_parent, loader);
}

static bool file_was_seen(struct loader *loader, const char *path)
{
	struct file_seen *file = loader->seen;

	while (file != NULL && strcmp(file->path, path) != 0)
		file = file->next;
	if (file != NULL)
		return true;
	file = arena_new_object(loader->arena, struct file_seen);
	*file = (struct file_seen){ path, loader->seen };
	loader->seen = file;
	return false;
}

/* Reads the files that this one extends, then its own members. */
static int load_file(struct loader *loader, const char *name)
{
	struct fields_reader *reader = &loader->reader;
	const char *from = loader->depth > 0 ? loader->chain[loader->depth - 1] : NULL;
	const char *path;
	struct str text;
	unsigned int again;
	int error;

	error = loader->source->open(loader->source->data, loader->arena, name, from, &path, &text,
				     reader->err);
	if (error < 0)
		return error;
	for (unsigned int i = 0; i < loader->depth; i++)
		if (strcmp(loader->chain[i], path) == 0)
			return err_set(reader->err, ELOOP, EXIT_POLICY,
				       "%s: circular extends: %s leads back to this policy", path,
				       from);
	error = json_read(loader->arena, path, text, JSON_COMMENTS, &reader->doc, reader->err);
	if (error < 0) {
		reader->err->exit = EXIT_POLICY;
		return error;
	}
	loader->chain[loader->depth++] = path;
	again = file_was_seen(loader, path);
	loader->again += again;
	error = fields_go_on(reader, load_parents(loader));
	if (error == 0)
		error = read_document(reader, loader->policy);
	loader->again -= again;
	loader->depth--;
	return error;
}

int policy_load_all(struct arena *arena, const struct policy_source *source, const char *name,
		    struct policy **ret_policy, struct policy_errors *errors, struct err *err)
{
	struct policy *policy = arena_take(arena, sizeof(*policy));
	struct loader loader = {
		.reader = { .err = err,
			    .exit = EXIT_POLICY,
			    .strict = true,
			    .go_on = errors != NULL ? note_error : NULL,
			    .data = &loader },
		.arena = arena,
		.source = source,
		.policy = policy,
		.all = errors,
	};
	int error;

	*policy = (struct policy){
		.exec = { .default_action = EXEC_ERRNO,
			  .errno_ret = EPERM,
			  .guarantee = GUARANTEE_KILL,
			  .user_namespaces = EXEC_ERRNO,
			  .set_ids = EXEC_LOG },
		.unregistered = { .action = EXEC_LOG },
	};
	policy->exceptions_end = &policy->exceptions;
	load_rule_defaults(arena, policy);
	error = fields_go_on(&loader.reader, load_file(&loader, name));
	if (error < 0)
		return error;
	if (errors != NULL && errors->n > 0)
		return -EINVAL;
	*ret_policy = policy;
	return 0;
}

int policy_load(struct arena *arena, const struct policy_source *source, const char *name,
		struct policy **ret_policy, struct err *err)
{
	return policy_load_all(arena, source, name, ret_policy, NULL, err);
}

const char *rule_action_name(enum rule_action action)
{
	return rule_action_words[action];
}

const char *exec_guarantee_name(enum exec_guarantee guarantee)
{
	return guarantee_words[guarantee];
}
