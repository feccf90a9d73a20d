/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy files: the top level and `extends`. Parents are read before the file that extends them,
 * into the same policy, so that what comes later wins. Anything unknown is an error: a rule that
 * is misspelled must not be a rule that is silently not there.
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
static const char *const mode_words[] = { "enforce", "audit", NULL };

int load_go_on(struct loader *loader, int error)
{
	struct policy_errors *all = loader->all;
	const struct err *err = loader->err;
	struct policy_note *note, **end;

	if (error == 0 || all == NULL || all->n == POLICY_ERRORS_MAX)
		return error;
	/* Arguments of several rules are read for each of them: the same place is wrong once. */
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

int load_want(struct loader *loader, const struct json_node *node, enum json_type type)
{
	if (node->type == type)
		return 0;
	return policy_fail(loader, node, "expected %s, found %s", json_type_name(type),
			   json_type_name(node->type));
}

/* "a, b, c": all of a short list, the first of a long one. */
static char *word_list(struct arena *arena, const char *const *words)
{
	auto_buf struct buf buf = { 0 };

	for (size_t i = 0; words[i] != NULL; i++) {
		if (i == 6) {
			buf_printf(&buf, ", ...");
			break;
		}
		buf_printf(&buf, "%s\"%s\"", i > 0 ? ", " : "", words[i]);
	}
	return arena_copy(arena, buf.data, buf.len);
}

int load_word(struct loader *loader, const struct json_node *node, const char *what,
	      const char *const *words)
{
	const char *nearest;
	int error = load_want(loader, node, JSON_STRING);

	if (error < 0)
		return error;
	for (int i = 0; words[i] != NULL; i++)
		if (str_is(node->text, words[i]))
			return i;
	nearest = str_nearest(node->text, words);
	if (nearest != NULL)
		return policy_fail(loader, node, "%s is no %s; did you mean \"%s\"?",
				   str_quote(loader->arena, node->text), what, nearest);
	return policy_fail(loader, node, "%s is no %s; expected %s",
			   str_quote(loader->arena, node->text), what,
			   word_list(loader->arena, words));
}

static int unknown_key(struct loader *loader, const struct json_node *member,
		       const struct policy_key *keys, size_t n_keys)
{
	const char *words[16] = { NULL };
	const char *nearest;

	for (size_t i = 0; i < n_keys && i + 1 < ARRAY_SIZE(words); i++)
		words[i] = keys[i].name;
	nearest = str_nearest(member->key, words);
	if (nearest != NULL)
		return policy_fail(loader, member, "unknown key; did you mean \"%s\"?", nearest);
	return policy_fail(loader, member, "unknown key");
}

static int load_member(struct loader *loader, struct json_node *member,
		       const struct policy_key *keys, size_t n_keys, void *target)
{
	const struct policy_key *key = NULL;
	int error;

	for (size_t i = 0; i < n_keys && key == NULL; i++)
		if (str_is(member->key, keys[i].name))
			key = &keys[i];
	if (key == NULL)
		return unknown_key(loader, member, keys, n_keys);
	error = load_want(loader, member, key->type);
	if (error == 0 && key->read != NULL)
		error = key->read(loader, member, target);
	return error;
}

int load_object(struct loader *loader, struct json_node *object, const struct policy_key *keys,
		size_t n_keys, void *target)
{
	int error = load_want(loader, object, JSON_OBJECT);

	if (error < 0)
		return error;
	json_each (member, object) {
		error = load_go_on(loader, load_member(loader, member, keys, n_keys, target));
		if (error < 0)
			return error;
	}
	return 0;
}

static int load_file(struct loader *loader, const char *name);

static int read_version(struct loader *loader, struct json_node *value, void *target)
{
	(void)target;
	if (str_is(value->text, "1"))
		return 0;
	return policy_fail(loader, value, "version %s is not known to this rootfence; it knows 1",
			   str_show(loader->arena, value->text));
}

static int read_name(struct loader *loader, struct json_node *value, void *target)
{
	(void)target;
	if (value->text.len == 0 || value->text.len > 64)
		return policy_fail(loader, value, "expected a name of 1 to 64 bytes");
	loader->policy->name = str_show(loader->arena, value->text);
	loader->policy->name_text = value->text;
	return 0;
}

static int read_mode(struct loader *loader, struct json_node *value, void *target)
{
	int word = load_word(loader, value, "mode", mode_words);

	(void)target;
	if (word < 0)
		return word;
	loader->policy->audit = word == 1;
	return 0;
}

static int read_default_action(struct loader *loader, struct json_node *value, void *target)
{
	int word = load_word(loader, value, "action of a rule", rule_action_words);

	(void)target;
	if (word < 0)
		return word;
	loader->policy->default_action = (enum rule_action)word;
	return 0;
}

static int read_rules(struct loader *loader, struct json_node *value, void *target)
{
	(void)target;
	json_each (entry, value) {
		int error = load_go_on(loader, load_rule_entry(loader, entry));

		if (error < 0)
			return error;
	}
	return 0;
}

static int read_document(struct loader *loader)
{
	static const struct policy_key keys[] = {
		{ "version", JSON_NUMBER, read_version },
		{ "name", JSON_STRING, read_name },
		{ "extends", JSON_ARRAY, NULL }, /* read before all others */
		{ "mode", JSON_STRING, read_mode },
		{ "defaultAction", JSON_STRING, read_default_action },
		{ "rules", JSON_ARRAY, read_rules },
		{ "exec", JSON_OBJECT, load_exec },
		{ "exceptions", JSON_ARRAY, load_exceptions },
		{ "$schema", JSON_STRING, NULL },
		{ "comment", JSON_STRING, NULL },
	};
	struct json_node *root = loader->doc->root;
	int error = 0;

	if (json_get(root, "version") == NULL)
		error = policy_fail(loader, root, "no \"version\"; expected \"version\": 1");
	error = load_go_on(loader, error);
	if (error == 0 && json_get(root, "name") == NULL)
		error = policy_fail(loader, root, "no \"name\"; refusals name the policy by it");
	error = load_go_on(loader, error);
	return error < 0 ? error : load_object(loader, root, keys, ARRAY_SIZE(keys), NULL);
}

static int load_parent(struct loader *loader, const struct json_node *parent)
{
	struct json_doc *doc = loader->doc;
	int error = load_want(loader, parent, JSON_STRING);

	if (error < 0)
		return error;
	if (loader->depth == POLICY_EXTENDS_MAX)
		return policy_fail(loader, parent, "more than %u policies deep",
				   POLICY_EXTENDS_MAX);
	error = load_file(loader, arena_copy(loader->arena, parent->text.data, parent->text.len));
	loader->doc = doc;
	if (error == -ENOENT) /* not found: say where it was asked for */
		return policy_fail(
			loader, parent, "%s",
			arena_copy(loader->arena, loader->err->text, strlen(loader->err->text)));
	return error;
}

static int load_parents(struct loader *loader)
{
	const struct json_node *extends = json_get(loader->doc->root, "extends");
	int error = extends != NULL ? load_want(loader, extends, JSON_ARRAY) : 0;

	if (error < 0)
		return error;
	json_each (parent, extends) {
		error = load_go_on(loader, load_parent(loader, parent));
		if (error < 0)
			return error;
	}
	return 0;
}

/* Reads one file and, before its own members, what it extends. */
static int load_file(struct loader *loader, const char *name)
{
	const char *from = loader->depth > 0 ? loader->chain[loader->depth - 1] : NULL;
	const char *path;
	struct str text;
	int error;

	error = loader->source->open(loader->source->data, loader->arena, name, from, &path, &text,
				     loader->err);
	if (error < 0)
		return error;
	for (unsigned int i = 0; i < loader->depth; i++)
		if (strcmp(loader->chain[i], path) == 0)
			return err_set(loader->err, ELOOP, EXIT_POLICY,
				       "%s: the policy extends itself through %s", path, from);
	error = json_read(loader->arena, path, text, JSON_COMMENTS, &loader->doc, loader->err);
	if (error < 0) {
		loader->err->exit = EXIT_POLICY;
		return error;
	}
	loader->chain[loader->depth++] = path;
	error = load_go_on(loader, load_parents(loader));
	if (error == 0)
		error = read_document(loader);
	loader->depth--;
	return error;
}

int policy_load_all(struct arena *arena, const struct policy_source *source, const char *name,
		    struct policy **ret_policy, struct policy_errors *errors, struct err *err)
{
	struct policy *policy = arena_take(arena, sizeof(*policy));
	struct loader loader = {
		.arena = arena, .source = source, .policy = policy, .err = err, .all = errors
	};
	int error;

	*policy = (struct policy){
		.exec = { .default_action = EXEC_ERRNO,
			  .errno_ret = EPERM,
			  .guarantee = GUARANTEE_KILL,
			  .user_namespaces = EXEC_ERRNO,
			  .set_ids = EXEC_LOG },
	};
	policy->exceptions_end = &policy->exceptions;
	load_rule_defaults(arena, policy);
	error = load_go_on(&loader, load_file(&loader, name));
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
