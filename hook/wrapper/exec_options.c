/* SPDX-License-Identifier: Apache-2.0 */
/* Turns options of exec into a process document: see exec_options.h. */
#include "exec_options.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/capability.h"

static void set_text(struct json_doc *doc, const char *key, const char *text)
{
	auto_buf struct buf value = { 0 };

	if (text == NULL)
		return;
	json_quote(&value, str_from(text));
	json_set(doc, doc->root, key, arena_copy(doc->arena, value.data, value.len));
}

static int read_id(const char *option, struct str text, struct err *err)
{
	uint64_t id;

	if (str_to_uint(text, OCI_ID_MAX, &id))
		return 0;
	return err_set(err, EINVAL, EXIT_USAGE, "%s: '%.*s' is not an id; write a number up to %u",
		       option, (int)(text.len < 64 ? text.len : 64), text.data, OCI_ID_MAX);
}

/*
 * Reads UID[:GID]. Without GID, runc takes that user, but crun 1.21 takes uid 0, so only uid 0 is
 * accepted. Its group is then the container's with runc and 0 with crun. The worse of the two is
 * judged.
 */
static int read_user(const char *text, struct str *ret_uid, struct str *ret_gid, struct err *err)
{
	struct str uid = { text, strcspn(text, ":") };
	struct str gid = text[uid.len] == ':' ? str_from(text + uid.len + 1) : STR("0");
	int error = read_id("--user", uid, err);

	if (error == 0)
		error = read_id("--user", gid, err);
	if (error < 0)
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

/* Applies --user and --additional-gids. */
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
		json_set(doc, doc->root, "user", arena_copy(doc->arena, value.data, value.len));
	return error;
}

/* Adds names that the table lacks to a set. They have nothing that JSON escapes. */
static const char *with_newer(struct arena *arena, char *set, const struct runtime_words *asked)
{
	auto_buf struct buf buf = { 0 };

	buf_add(&buf, set, strlen(set) - 1);
	for (size_t i = 0; i < asked->n; i++)
		if (cap_is_newer(str_from(asked->items[i])))
			buf_printf(&buf, "%s\"%s\"", buf.len > 1 ? "," : "", asked->items[i]);
	buf_add(&buf, "]", 1);
	return arena_copy(arena, buf.data, buf.len);
}

/*
 * Applies --cap. runc adds to the container's sets, crun replaces them. The union of both is
 * judged.
 */
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

		if (number < 0 && cap_is_newer(str_from(args->capabilities.items[i])))
			continue;
		if (number < 0)
			return err_set(
				err, EINVAL, EXIT_USAGE,
				"--cap: unknown capability '%.64s'; write its exact name, as in capabilities(7)",
				args->capabilities.items[i]);
		asked |= UINT64_C(1) << number;
	}
	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		buf_printf(&value, "%s\"%s\":%s", i > 0 ? "," : "{", sets[i],
			   with_newer(doc->arena,
				      cap_set_json(doc->arena, capabilities->sets[i].bits | asked),
				      &args->capabilities));
	buf_printf(&value, "}");
	json_set(doc, doc->root, "capabilities", arena_copy(doc->arena, value.data, value.len));
	return 0;
}

/* Reads the container's own process. If the container is unknown, its process counts as root's. */
static int own_process(struct arena *arena, const struct oci_config *container,
		       struct json_doc **ret_doc, struct oci_config *config, struct err *err)
{
	struct str text = STR("{\"cwd\":\"/\"}");
	int error;

	if (container != NULL)
		text = json_source(container->doc, container->process.node);
	error = json_read(arena, "process", text, JSON_NO_COMMENTS, ret_doc, err);
	return error < 0 ? error : oci_process_read(*ret_doc, NULL, config, err);
}

/* crun takes labels and capabilities from the container, but not the user and noNewPrivileges. */
static struct runtime_args start_blank(const struct runtime_args *args)
{
	struct runtime_args all = *args;

	if (all.user == NULL)
		all.user = "0:0";
	if (all.no_new_privs == NULL)
		all.no_new_privs = "false";
	return all;
}

int exec_options_process(struct arena *arena, const struct oci_config *container,
			 enum runtime_kind kind, const struct runtime_args *args,
			 struct str *ret_text, struct err *err)
{
	const struct runtime_args all = kind == RUNTIME_CRUN ? start_blank(args) : *args;
	struct oci_config own;
	struct json_doc *doc;
	int error = own_process(arena, container, &doc, &own, err);

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
		json_set(doc, doc->root, "noNewPrivileges", all.no_new_privs);
	*ret_text = json_render(doc);
	return 0;
}
