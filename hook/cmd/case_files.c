/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the documents of policy test cases: *.expect.json and *.exec.json. They are read like
 * policies, with comments and with errors for unknown keys: a misspelled key must not silently drop
 * an expectation.
 */
#include "case.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "policy/rule.h"

#define UID_MAX (UINT32_MAX - 1) /* UINT32_MAX means "no id" */

static const char *const outcome_words[] = { "allow", "log", "deny", NULL };

static int open_document(struct arena *arena, const char *path, struct fields_reader *ret_reader,
			 struct err *err)
{
	struct str text;
	int error = io_read_file(arena, AT_FDCWD, path, POLICY_SIZE_MAX, &text, err);

	*ret_reader = (struct fields_reader){ .err = err, .exit = EXIT_SPEC, .strict = true };
	return error < 0 ? error
			 : json_read(arena, path, text, JSON_COMMENTS, &ret_reader->doc, err);
}

static int read_verdict(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const char *const words[] = { "allow", "log", "rewrite", "reject", "invalid", NULL };
	int word = field_word(reader, value, &(struct field_words){ "verdict", words });

	if (word < 0)
		return word;
	*(const char **)target = words[word];
	return 0;
}

static int read_rule(const struct fields_reader *reader, struct json_node *name, void *target)
{
	const struct field_words words = { "rule", rule_names() };
	struct test_expect *expect = target;
	int row;

	if (name->type == JSON_STRING && str_is(name->text, "spec")) {
		expect->spec = true;
		return 0;
	}
	row = field_word(reader, name, &words);
	if (row < 0)
		return row;
	expect->rules |= UINT64_C(1) << row;
	return 0;
}

static int read_rules(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return fields_each(reader, value, read_rule, target);
}

static int check_pointer(const struct fields_reader *reader, struct json_node *pointer,
			 void *target)
{
	int error = fields_want(reader, pointer, JSON_STRING);

	(void)target;
	if (error == 0 && !str_starts_with(pointer->text, "/"))
		return fields_fail(reader, pointer,
				   "expected a JSON pointer, as \"/process/user/uid\"");
	return error;
}

static int read_rewritten(const struct fields_reader *reader, struct json_node *value, void *target)
{
	*(const struct json_node **)target = value;
	return fields_each(reader, value, check_pointer, NULL);
}

static int read_expect(const struct fields_reader *reader, struct test_expect *expect)
{
	static const struct field fields[] = {
		ROW(test_expect, "verdict", verdict, JSON_STRING, read_verdict),
		ROW_WHOLE("rules", JSON_ARRAY, read_rules),
		ROW(test_expect, "rewritten", rewritten, JSON_ARRAY, read_rewritten),
		ROW_COMMENT,
	};
	struct json_node *root = reader->doc->root;
	int error = fields_read(reader, root, fields, ARRAY_SIZE(fields), expect);

	if (error < 0)
		return error;
	if (expect->verdict == NULL)
		return fields_fail(
			reader, root,
			"no \"verdict\"; expected allow, log, rewrite, reject or invalid");
	if (expect->rewritten != NULL && expect->rewritten->count > 0 &&
	    strcmp(expect->verdict, "rewrite") != 0)
		return fields_fail(reader, expect->rewritten,
				   "only a spec with verdict \"rewrite\" is rewritten");
	return 0;
}

int test_read_expect(struct arena *arena, const char *path, struct test_expect *ret_expect,
		     struct err *err)
{
	struct fields_reader reader;
	struct test_expect expect = { 0 };
	int error = open_document(arena, path, &reader, err);

	if (error == 0)
		error = read_expect(&reader, &expect);
	if (error == 0)
		*ret_expect = expect;
	return error;
}

static int read_host_id(const struct fields_reader *reader, struct json_node *value, void *target)
{
	uint64_t id;

	if (!str_to_uint(value->text, UID_MAX, &id))
		return fields_fail(reader, value, "expected an id of the host, found %s",
				   str_show(reader->doc->arena, value->text));
	*(__u32 *)target = (__u32)id;
	return 0;
}

static int read_set(const struct fields_reader *reader, struct json_node *value, void *target)
{
	uint64_t set = 0;
	int error = field_capabilities(reader, value, &set);

	*(__u64 *)target = set; /* uint64_t and __u64 differ on some machines */
	return error;
}

#define FIELD_HOST_ID JSON_NUMBER, read_host_id
#define FIELD_SET JSON_ARRAY, read_set

static int read_creds(const struct fields_reader *reader, struct json_node *object,
		      struct abi_creds *creds)
{
	static const struct field fields[] = {
		ROW(abi_creds, "uid", uid, FIELD_HOST_ID),
		ROW(abi_creds, "euid", euid, FIELD_HOST_ID),
		ROW(abi_creds, "suid", suid, FIELD_HOST_ID),
		ROW(abi_creds, "gid", gid, FIELD_HOST_ID),
		ROW(abi_creds, "egid", egid, FIELD_HOST_ID),
		ROW(abi_creds, "namespaceRoot", root, FIELD_HOST_ID),
		ROW(abi_creds, "permitted", permitted, FIELD_SET),
		ROW(abi_creds, "effective", effective, FIELD_SET),
		ROW(abi_creds, "inheritable", inheritable, FIELD_SET),
		ROW(abi_creds, "bounding", bounding, FIELD_SET),
		ROW(abi_creds, "ambient", ambient, FIELD_SET),
	};

	return fields_read(reader, object, fields, ARRAY_SIZE(fields), creds);
}

/* A missing effective id is the real one; a missing saved id is the effective one. */
static int read_old(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct abi_creds *creds = target;
	int error = read_creds(reader, value, creds);

	if (error < 0)
		return error;
	if (json_get(value, "uid") == NULL || json_get(value, "gid") == NULL)
		return fields_fail(reader, value, "needs \"uid\" and \"gid\"");
	if (json_get(value, "euid") == NULL)
		creds->euid = creds->uid;
	if (json_get(value, "suid") == NULL)
		creds->suid = creds->euid;
	if (json_get(value, "egid") == NULL)
		creds->egid = creds->gid;
	return 0;
}

static int check_outcome(const struct fields_reader *reader, struct json_node *path, void *target)
{
	static const struct field_words words = { "outcome", outcome_words };
	int word;

	(void)target;
	if (!str_starts_with(path->key, "/"))
		return fields_fail(reader, path, "expected an absolute path, found %s",
				   str_quote(reader->doc->arena, path->key));
	word = field_word(reader, path, &words);
	return word < 0 ? word : 0;
}

static int read_outcomes(const struct fields_reader *reader, struct json_node *value, void *target)
{
	if (value->count == 0)
		return fields_fail(reader, value, "expected at least one path");
	*(const struct json_node **)target = value;
	return fields_each(reader, value, check_outcome, NULL);
}

static int read_host_namespace(const struct fields_reader *reader, struct json_node *name,
			       void *target)
{
	const char *words[NAMESPACE_COUNT + 1] = { NULL };
	const struct field_words namespaces = { "namespace", words };
	int word;

	for (size_t i = 0; i < NAMESPACE_COUNT; i++)
		words[i] = oci_namespace_name((enum oci_namespace_type)i);
	word = field_word(reader, name, &namespaces);
	if (word < 0)
		return word;
	*(__u32 *)target |= 1U << word;
	return 0;
}

static int read_host_namespaces(const struct fields_reader *reader, struct json_node *value,
				void *target)
{
	return fields_each(reader, value, read_host_namespace, target);
}

static int read_process(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(test_process, "init", init, FIELD_BOOL),
		ROW(test_process, "noNewPrivileges", no_new_privileges, FIELD_BOOL),
		ROW(test_process, "seccompFilters", filters, FIELD_NUMBER),
		ROW(test_process, "hostNamespaces", in_host, JSON_ARRAY, read_host_namespaces),
		ROW(test_process, "hostCwd", host_cwd, FIELD_BOOL),
	};

	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_exec(const struct fields_reader *reader, struct test_exec *exec)
{
	static const struct field fields[] = {
		ROW(test_exec, "old", old_creds, JSON_OBJECT, read_old),
		ROW_WHOLE("new", JSON_OBJECT, NULL), /* read after old, which it starts from */
		ROW(test_exec, "process", process, JSON_OBJECT, read_process),
		ROW(test_exec, "paths", paths, JSON_OBJECT, read_outcomes),
		ROW_COMMENT,
	};
	struct json_node *root = reader->doc->root, *new_creds = json_get(root, "new");
	int error = fields_read(reader, root, fields, ARRAY_SIZE(fields), exec);

	if (error < 0)
		return error;
	if (json_get(root, "old") == NULL || new_creds == NULL || exec->paths == NULL)
		return fields_fail(reader, root, "needs \"old\", \"new\" and \"paths\"");
	exec->new_creds = exec->old_creds;
	return read_creds(reader, new_creds, &exec->new_creds);
}

int test_read_exec(struct arena *arena, const char *path, struct test_exec *ret_exec,
		   struct err *err)
{
	struct fields_reader reader;
	struct test_exec exec = { 0 };
	int error = open_document(arena, path, &reader, err);

	if (error == 0)
		error = read_exec(&reader, &exec);
	if (error == 0)
		*ret_exec = exec;
	return error;
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
