/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions in a container: see session.h. */
#include "session.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/account_files.h"
#include "host/facts.h"
#include "json/writer.h"
#include "oci/capability.h"

static int judge(struct arena *arena, const struct exec_session *session, const char *name,
		 struct str text, enum front_end front_end, struct json_doc **ret_doc,
		 struct verdict *ret_verdict, struct err *err)
{
	struct oci_config config;
	struct facts facts;
	int error = json_read(arena, name, text, JSON_NO_COMMENTS, ret_doc, err);

	if (error == 0)
		error = oci_process_read(*ret_doc, session->container, &config, err);
	if (error < 0)
		return error;
	error = facts_collect(arena, &config, &(struct facts_query){ .scope = FACTS_LIVE }, &facts,
			      err);
	if (error < 0)
		return error;
	facts.given_capabilities = session->given_capabilities;
	if (session->container != NULL && policy_accounts_needed(session->policy, front_end))
		accounts_collect(arena, session->container, session->bundle, false,
				 &facts.accounts);
	policy_judge(arena, session->policy, &config, &facts, front_end, session->today,
		     ret_verdict);
	return 0;
}

int exec_judge_document(struct arena *arena, const struct exec_session *session, const char *name,
			struct str text, struct verdict *ret_verdict, struct str *ret_output,
			struct err *err)
{
	struct verdict again;
	struct json_doc *doc;
	int error = judge(arena, session, name, text, FRONT_EXEC, &doc, ret_verdict, err);

	if (error < 0)
		return error;
	*ret_output = text;
	if (ret_verdict->kind != VERDICT_REWRITE)
		return 0;
	*ret_output = json_render(doc);
	/* What goes out is read and judged like what came in. */
	error = judge(arena, session, "the rewritten process", *ret_output, FRONT_EXEC, &doc,
		      &again, err);
	if (error == 0 && again.kind >= VERDICT_REWRITE)
		error = err_set(err, EPROTO, EXIT_SYSTEM,
				"the rewritten process is not what the policy asks for: %s",
				finding_that_counts(again.findings)->message);
	if (error < 0)
		err->exit = EXIT_SYSTEM;
	return error;
}

/* What a new member of an object, or a new value of one, says. */
static void set_member(struct json_doc *doc, struct json_node *object, const char *key,
		       const char *value)
{
	struct json_node *node = json_get(object, key);

	if (node != NULL)
		json_replace(doc, node, value);
	else
		json_add(doc, object, key, value);
}

static void set_text(struct json_doc *doc, const char *key, const char *text)
{
	auto_buf struct buf value = { 0 };

	if (text == NULL)
		return;
	json_quote(&value, str_from(text));
	set_member(doc, doc->root, key, arena_copy(doc->arena, value.data, value.len));
}

static int read_id(const char *option, struct str text, struct err *err)
{
	uint64_t id;

	if (str_to_uint(text, OCI_ID_MAX, &id))
		return 0;
	return err_set(err, EINVAL, EXIT_USAGE, "%s: '%.*s' is no id; write a number up to %u",
		       option, (int)(text.len < 64 ? text.len : 64), text.data, OCI_ID_MAX);
}

/*
 * UID[:GID]. Without GID, runc takes that user, and crun 1.21 uid 0. Root is root to both; its group
 * is the container's to runc and 0 to crun: the worse of the two is judged.
 */
static int read_user(const char *text, struct str *ret_uid, struct str *ret_gid, struct err *err)
{
	struct str uid = { text, strcspn(text, ":") };
	struct str gid = text[uid.len] == ':' ? str_from(text + uid.len + 1) : STR("0");
	int error = read_id("--user", uid, err);

	if (error == 0)
		error = read_id("--user", gid, err);
	if (error)
		return error;
	if (text[uid.len] != ':' && !str_is(uid, "0"))
		return err_set(
			err, EINVAL, EXIT_USAGE,
			"runtimes differ in how they read '--user %s': to some it is root; write --user %s:GID",
			text, text);
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}

/* --user and --additional-gids */
static int set_user(struct json_doc *doc, const struct oci_user *user,
		    const struct runtime_args *args, struct err *err)
{
	struct str uid = user->uid.node != NULL ? user->uid.node->text : STR("0");
	struct str gid = user->gid.node != NULL ? user->gid.node->text : STR("0");
	auto_buf struct buf value = { 0 };
	int error = 0;

	if (args->user == NULL && args->additional_gids.n == 0)
		return 0;
	if (args->user != NULL)
		error = read_user(args->user, &uid, &gid, err);
	buf_printf(&value, "{\"uid\":%.*s,\"gid\":%.*s,\"additionalGids\":[", (int)uid.len,
		   uid.data, (int)gid.len, gid.data);
	for (size_t i = 0; i < user->additional_gids.n; i++)
		buf_printf(&value, "%s%u", i > 0 ? "," : "", user->additional_gids.items[i].value);
	for (size_t i = 0; i < args->additional_gids.n && error == 0; i++) {
		error = read_id("--additional-gids", str_from(args->additional_gids.items[i]), err);
		buf_printf(&value, "%s%s", i + user->additional_gids.n > 0 ? "," : "",
			   args->additional_gids.items[i]);
	}
	buf_printf(&value, "]}");
	if (error == 0)
		set_member(doc, doc->root, "user", arena_copy(doc->arena, value.data, value.len));
	return error;
}

/* --cap: runc adds to the container's sets, crun replaces them: what either gives is judged. */
static int set_capabilities(struct json_doc *doc, const struct oci_capabilities *capabilities,
			    const struct runtime_args *args, struct err *err)
{
	static const char *const sets[CAP_SET_COUNT] = { "bounding", "effective", "permitted",
							 "inheritable", "ambient" };
	auto_buf struct buf value = { 0 };
	uint64_t asked = 0;

	if (args->capabilities.n == 0)
		return 0;
	for (size_t i = 0; i < args->capabilities.n; i++) {
		int number = cap_from_name(str_from(args->capabilities.items[i]));

		if (number < 0)
			return err_set(
				err, EINVAL, EXIT_USAGE,
				"--cap: '%.64s' is no capability; write its exact name, as in capabilities(7)",
				args->capabilities.items[i]);
		asked |= UINT64_C(1) << number;
	}
	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		buf_printf(&value, "%s\"%s\":%s", i > 0 ? "," : "{", sets[i],
			   cap_set_json(doc->arena, capabilities->sets[i].bits | asked));
	buf_printf(&value, "}");
	set_member(doc, doc->root, "capabilities", arena_copy(doc->arena, value.data, value.len));
	return 0;
}

/* The container's own process; one of which nothing is known is root's. */
static int own_process(struct arena *arena, const struct exec_session *session,
		       struct json_doc **ret_doc, struct oci_config *config, struct err *err)
{
	struct str text = STR("{\"cwd\":\"/\"}");
	int error;

	if (session->container != NULL)
		text = json_source(session->container->doc, session->container->process.node);
	error = json_read(arena, "process", text, JSON_NO_COMMENTS, ret_doc, err);
	return error < 0 ? error : oci_process_read(*ret_doc, NULL, config, err);
}

/* crun takes labels and capabilities from the container, but starts as root when no user is named. */
static struct runtime_args complete(const struct exec_session *session,
				    const struct runtime_args *args)
{
	struct runtime_args all = *args;

	if (session->options_start_blank && all.user == NULL)
		all.user = "0:0";
	if (session->options_start_blank && all.no_new_privs == NULL)
		all.no_new_privs = "false";
	return all;
}

int exec_judge_options(struct arena *arena, const struct exec_session *session,
		       const struct runtime_args *args, struct verdict *ret_verdict,
		       struct err *err)
{
	const struct runtime_args all = complete(session, args);
	struct oci_config own;
	struct json_doc *doc;
	int error = own_process(arena, session, &doc, &own, err);

	if (error == 0)
		error = set_user(doc, &own.process.user, &all, err);
	if (error == 0)
		error = set_capabilities(doc, &own.process.capabilities, &all, err);
	if (error < 0)
		return error;
	set_text(doc, "cwd", all.cwd);
	set_text(doc, "apparmorProfile", all.apparmor);
	set_text(doc, "selinuxLabel", all.process_label);
	if (all.no_new_privs != NULL)
		set_member(doc, doc->root, "noNewPrivileges", all.no_new_privs);
	return judge(arena, session, "the options of exec", json_render(doc), FRONT_EXEC_OPTIONS,
		     &doc, ret_verdict, err);
}
