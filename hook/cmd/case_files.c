/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of policy test cases: *.expect.json and *.exec.json. They are read like policies,
 * comments and all: a key that is misspelled must not be an expectation that is silently not there.
 */
#include "case.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "oci/capability.h"
#include "policy/file/parse.h"
#include "policy/rule.h"

#define UID_MAX (UINT32_MAX - 1) /* the last one is no id */

static const char *const verdict_words[] = { "allow", "log", "rewrite", "reject", "invalid", NULL };
static const char *const outcome_words[] = { "allow", "log", "deny", NULL };

static int open_document(struct loader *loader, const char *path)
{
	struct str text;
	int error =
		io_read_file(loader->arena, AT_FDCWD, path, POLICY_SIZE_MAX, &text, loader->err);

	if (error < 0)
		return error;
	return json_read(loader->arena, path, text, JSON_COMMENTS, &loader->doc, loader->err);
}

static int read_verdict(struct loader *loader, struct json_node *value, void *target)
{
	int word = load_word(loader, value, "verdict", verdict_words);

	if (word < 0)
		return word;
	((struct test_expect *)target)->verdict = verdict_words[word];
	return 0;
}

static int read_rules(struct loader *loader, struct json_node *value, void *target)
{
	struct test_expect *expect = target;

	json_each (name, value) {
		int row;

		if (name->type == JSON_STRING && str_is(name->text, "spec")) {
			expect->spec = true;
			continue;
		}
		row = load_word(loader, name, "rule", rule_names());
		if (row < 0)
			return row;
		expect->rules |= UINT64_C(1) << row;
	}
	return 0;
}

static int read_rewritten(struct loader *loader, struct json_node *value, void *target)
{
	json_each (pointer, value) {
		int error = load_want(loader, pointer, JSON_STRING);

		if (error < 0)
			return error;
		if (!str_starts_with(pointer->text, "/"))
			return policy_fail(loader, pointer,
					   "expected a JSON pointer, as \"/process/user/uid\"");
	}
	((struct test_expect *)target)->rewritten = value;
	return 0;
}

/* What the policy loader's functions say of a policy is said of a case here. */
static int done(struct err *err, int error)
{
	if (error < 0 && err->exit == EXIT_POLICY)
		err->exit = EXIT_SPEC;
	return error;
}

static int load_expect(struct loader *loader, struct test_expect *expect)
{
	static const struct policy_key keys[] = {
		{ "verdict", JSON_STRING, read_verdict },
		{ "rules", JSON_ARRAY, read_rules },
		{ "rewritten", JSON_ARRAY, read_rewritten },
		{ "comment", JSON_STRING, NULL },
	};
	struct json_node *root = loader->doc->root;
	int error = load_object(loader, root, keys, ARRAY_SIZE(keys), expect);

	if (error < 0)
		return error;
	if (expect->verdict == NULL)
		return policy_fail(
			loader, root,
			"no \"verdict\"; expected allow, log, rewrite, reject or invalid");
	if (expect->rewritten != NULL && expect->rewritten->count > 0 &&
	    strcmp(expect->verdict, "rewrite") != 0)
		return policy_fail(loader, expect->rewritten,
				   "only a spec with verdict \"rewrite\" is rewritten");
	return 0;
}

int test_read_expect(struct arena *arena, const char *path, struct test_expect *ret_expect,
		     struct err *err)
{
	struct loader loader = { .arena = arena, .err = err };
	struct test_expect expect = { 0 };
	int error = open_document(&loader, path);

	if (error == 0)
		error = load_expect(&loader, &expect);
	if (error == 0)
		*ret_expect = expect;
	return done(err, error);
}

/* Members of credentials, and where they go. */
static const struct creds_key {
	const char *name;
	enum json_type type;
	size_t offset;
} creds_keys[] = {
	{ "uid", JSON_NUMBER, offsetof(struct abi_creds, uid) },
	{ "euid", JSON_NUMBER, offsetof(struct abi_creds, euid) },
	{ "suid", JSON_NUMBER, offsetof(struct abi_creds, suid) },
	{ "gid", JSON_NUMBER, offsetof(struct abi_creds, gid) },
	{ "egid", JSON_NUMBER, offsetof(struct abi_creds, egid) },
	{ "namespaceRoot", JSON_NUMBER, offsetof(struct abi_creds, root) },
	{ "permitted", JSON_ARRAY, offsetof(struct abi_creds, permitted) },
	{ "effective", JSON_ARRAY, offsetof(struct abi_creds, effective) },
	{ "bounding", JSON_ARRAY, offsetof(struct abi_creds, bounding) },
	{ "ambient", JSON_ARRAY, offsetof(struct abi_creds, ambient) },
};

/* One member of credentials; which one, its name says. */
static int read_creds_member(struct loader *loader, struct json_node *value, void *target)
{
	size_t i = 0;
	uint64_t id;
	char *field;

	while (!str_is(value->key, creds_keys[i].name))
		i++;
	field = (char *)target + creds_keys[i].offset;
	if (value->type == JSON_ARRAY) {
		uint64_t set;
		int error = load_capabilities(loader, value, &set);

		if (error == 0)
			memcpy(field, &set, sizeof(set));
		return error;
	}
	if (!str_to_uint(value->text, UID_MAX, &id))
		return policy_fail(loader, value, "expected an id of the host, found %s",
				   str_show(loader->arena, value->text));
	memcpy(field, &(uint32_t){ (uint32_t)id }, sizeof(uint32_t));
	return 0;
}

static int load_creds(struct loader *loader, struct json_node *object, struct abi_creds *creds)
{
	struct policy_key keys[ARRAY_SIZE(creds_keys)];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		keys[i] = (struct policy_key){ creds_keys[i].name, creds_keys[i].type,
					       read_creds_member };
	return load_object(loader, object, keys, ARRAY_SIZE(keys), creds);
}

/* Effective and saved ids are the real ones unless the case says otherwise. */
static int read_old(struct loader *loader, struct json_node *value, void *target)
{
	struct abi_creds *creds = &((struct test_exec *)target)->old_creds;
	int error = load_creds(loader, value, creds);

	if (error < 0)
		return error;
	if (json_get(value, "uid") == NULL || json_get(value, "gid") == NULL)
		return policy_fail(loader, value, "needs \"uid\" and \"gid\"");
	if (json_get(value, "euid") == NULL)
		creds->euid = creds->uid;
	if (json_get(value, "suid") == NULL)
		creds->suid = creds->euid;
	if (json_get(value, "egid") == NULL)
		creds->egid = creds->gid;
	return 0;
}

static int read_outcomes(struct loader *loader, struct json_node *value, void *target)
{
	if (value->count == 0)
		return policy_fail(loader, value, "expected at least one path");
	json_each (path, value) {
		if (!str_starts_with(path->key, "/"))
			return policy_fail(loader, path, "expected an absolute path, found %s",
					   str_quote(loader->arena, path->key));
		if (load_word(loader, path, "outcome", outcome_words) < 0)
			return -EINVAL;
	}
	((struct test_exec *)target)->paths = value;
	return 0;
}

static int load_execve(struct loader *loader, struct test_exec *exec)
{
	static const struct policy_key keys[] = {
		{ "old", JSON_OBJECT, read_old },
		{ "new", JSON_OBJECT, NULL }, /* read behind old, from which it starts */
		{ "paths", JSON_OBJECT, read_outcomes },
		{ "comment", JSON_STRING, NULL },
	};
	struct json_node *root = loader->doc->root, *new_creds = json_get(root, "new");
	int error = load_object(loader, root, keys, ARRAY_SIZE(keys), exec);

	if (error < 0)
		return error;
	if (json_get(root, "old") == NULL || new_creds == NULL || exec->paths == NULL)
		return policy_fail(loader, root, "needs \"old\", \"new\" and \"paths\"");
	exec->new_creds = exec->old_creds;
	return load_creds(loader, new_creds, &exec->new_creds);
}

int test_read_exec(struct arena *arena, const char *path, struct test_exec *ret_exec,
		   struct err *err)
{
	struct loader loader = { .arena = arena, .err = err };
	struct test_exec exec = { 0 };
	int error = open_document(&loader, path);

	if (error == 0)
		error = load_execve(&loader, &exec);
	if (error == 0)
		*ret_exec = exec;
	return done(err, error);
}

const char *test_outcome_name(enum test_outcome outcome)
{
	return outcome_words[outcome];
}

enum test_outcome test_outcome_find(struct str word)
{
	enum test_outcome outcome = OUTCOME_ALLOW;

	while (outcome_words[outcome] != NULL && !str_is(word, outcome_words[outcome]))
		outcome++;
	return outcome;
}
