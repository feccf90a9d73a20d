/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rewrite of the user, which rootUser, rootGroup and userRange share: the ids, and what a
 * process with another id also needs, as podman and CRI-O give it to unknown ids: a HOME, a name
 * and a group.
 */
#include "policy/judge.h"

#include "policy/fix.h"

#include <string.h>

#include "base/cleanup.h"

static const struct rule *const user_rules[] = { &rule_root_user, &rule_root_group,
						 &rule_user_range };

static bool may_rewrite(const struct policy *policy, const struct rule *rule)
{
	const struct rule_setting *setting = rule_setting(policy, rule);
	size_t row = rule_row(rule);

	if ((setting->named ? setting->action : policy->default_action) == RULE_REWRITE)
		return true;
	for (const struct exception *e = policy->exceptions; e != NULL; e = e->next)
		if ((e->rules >> row & 1) != 0 && e->action == RULE_REWRITE)
			return true;
	return false;
}

bool policy_accounts_needed(const struct policy *policy, enum front_end front_end)
{
	for (size_t i = 0; i < ARRAY_SIZE(user_rules); i++)
		if (user_rules[i]->rewrites[front_end] == NULL &&
		    may_rewrite(policy, user_rules[i]))
			return true;
	return false;
}

uint32_t judge_id(const struct judge *judge, enum id_kind kind)
{
	const struct oci_user *user = &judge->config->process.user;

	if (kind == ID_USER)
		return judge->new_uid.rule != NULL ? judge->new_uid.id : user->uid.value;
	return judge->new_gid.rule != NULL ? judge->new_gid.id : user->gid.value;
}

struct finding *judge_id_finding(struct judge *judge, enum id_kind kind, const struct oci_id *field,
				 struct finding_text text)
{
	const struct oci_process *process = &judge->config->process;
	const char *name = kind == ID_USER ? "uid" : "gid";

	if (field->node != NULL) {
		text.observed = arena_printf(judge->arena, "%u", field->value);
		return finding_add(judge, field->node, NULL, text);
	}
	if (process->user.node != NULL)
		return finding_add(judge, process->user.node, name, text);
	return finding_add(judge, process->node, arena_printf(judge->arena, "user/%s", name), text);
}

/*
 * Did somebody ask for this user? At exec, an engine starts its health checks as the container's
 * first user again, and only a session of a person has a terminal.
 */
static bool asks_for_user(const struct judge *judge)
{
	const struct json_node *terminal = json_get(judge->config->process.node, "terminal");

	return !judge_at_exec(judge) || (terminal != NULL && terminal->boolean);
}

void judge_change_id(struct judge *judge, struct finding *finding, enum id_kind kind, uint32_t id)
{
	finding_set(judge, finding, judge->config->process.node,
		    kind == ID_USER ? "user/uid" : "user/gid",
		    arena_printf(judge->arena, "%u", id));
	if (!finding_is_rewritten(finding))
		return;
	finding_changes(finding, asks_for_user(judge) ? CHANGE_ASKED : CHANGE_DEFAULT,
			arena_printf(judge->arena, "%s %u in place of %u",
				     kind == ID_USER ? "uid" : "gid", id, judge_id(judge, kind)));
	if (kind == ID_USER)
		judge->new_uid = (struct id_change){ judge->rule, id };
	else
		judge->new_gid = (struct id_change){ judge->rule, id };
}

const char *judge_accounts_obstacle(const struct judge *judge)
{
	for (size_t i = 0; i < ACCOUNTS_COUNT; i++)
		if (judge->facts->accounts.files[i].error != NULL)
			return judge->facts->accounts.files[i].error;
	return NULL;
}

static bool find_user(const struct judge *judge, uint32_t uid, struct account *ret_account)
{
	const struct account_file *passwd = &judge->facts->accounts.files[ACCOUNTS_PASSWD];

	return passwd->present && accounts_find_user(passwd->text, uid, ret_account);
}

#define VALUE_MAX 4096 /* PATH_MAX: a longer value is not a path, and execve may refuse it */

/*
 * The text comes from an image. Only text that every runtime reads in the same way goes into a
 * spec.
 */
static bool is_plain(struct str text)
{
	if (text.len >= VALUE_MAX)
		return false;
	for (size_t at = 0, len; at < text.len; at += len) {
		uint32_t c;

		len = utf8_decode(text.data + at, text.len - at, &c);
		if (len == 0 || c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

/* As in engines: the home in passwd, else "/", which every user can enter. */
static const char *user_home(const struct judge *judge, uint32_t uid)
{
	struct account account;

	if (find_user(judge, uid, &account)) {
		if (str_starts_with(account.home, "/") && is_plain(account.home))
			return arena_copy(judge->arena, account.home.data, account.home.len);
		return "/";
	}
	return uid == 0 ? "/root" : "/";
}

static const char *user_name(const struct judge *judge, uint32_t uid)
{
	struct account account;

	if (find_user(judge, uid, &account) && is_plain(account.name))
		return arena_copy(judge->arena, account.name.data, account.name.len);
	return uid == 0 ? "root" : arena_printf(judge->arena, "%u", uid);
}

/* A variable that follows the user if it has the old user's value. */
struct variable {
	const char *name; /* ends in "=" */
	const char *from, *to;
	bool needed; /* added if it is missing */
};

/* Returns an entry of process.env as a JSON string. */
static const char *entry_json(const struct judge *judge, const struct variable *variable,
			      const char *value)
{
	return judge_quote(judge,
			   str_from(arena_printf(judge->arena, "%s%s", variable->name, value)));
}

static void settle_entry(struct judge *judge, const struct variable *variable,
			 const struct oci_string *entry)
{
	size_t len = strlen(variable->name);
	struct str value = { entry->value.data + len, entry->value.len - len };
	const char *wanted = entry_json(judge, variable, variable->to);
	struct finding *finding;

	/* The image, or the user who started the container, chose another value. */
	if (value.len > 0 && !str_is(value, variable->from))
		return;
	if (str_is(value, variable->to))
		return;
	finding = finding_add(
		judge, entry->node, NULL,
		(struct finding_text){
			.observed = judge_quote(judge, entry->value),
			.required =
				arena_printf(judge->arena, "%s%s", variable->name, variable->to),
			.message = arena_printf(judge->arena, "is %s; must be %s for uid %u",
						value.len > 0 ? "the old user's" : "empty", wanted,
						judge_id(judge, ID_USER)),
			.fix = fix_ids(judge, FIX_HOME, judge_id(judge, ID_USER),
				       judge_id(judge, ID_GROUP)),
		});
	finding_set(judge, finding, entry->node, "", wanted);
}

static void add_variable(struct judge *judge, const struct variable *variable)
{
	const struct oci_process *process = &judge->config->process;
	const struct json_node *env = process->env.node;
	const char *entry = entry_json(judge, variable, variable->to);
	struct finding *finding =
		finding_add(judge, env != NULL ? env : process->node, env != NULL ? NULL : "env",
			    (struct finding_text){
				    .required = arena_printf(judge->arena, "%s%s", variable->name,
							     variable->to),
				    .message = arena_printf(judge->arena, "lacks %s for uid %u",
							    entry, judge_id(judge, ID_USER)),
				    .fix = fix_ids(judge, FIX_HOME, judge_id(judge, ID_USER),
						   judge_id(judge, ID_GROUP)),
			    });

	finding_set(judge, finding, process->node, "env/-", entry);
}

static void settle_env(struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	uint32_t old = process->user.uid.value, new = judge->new_uid.id;
	const struct variable variables[] = {
		{ "HOME=", user_home(judge, old), user_home(judge, new), true },
		{ "USER=", user_name(judge, old), user_name(judge, new), false },
		{ "LOGNAME=", user_name(judge, old), user_name(judge, new), false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		bool found = false;

		for (size_t k = 0; k < process->env.n; k++) {
			if (!str_starts_with(process->env.items[k].value, variables[i].name))
				continue;
			settle_entry(judge, &variables[i], &process->env.items[k]);
			found = true;
		}
		if (!found && variables[i].needed)
			add_variable(judge, &variables[i]);
	}
}

static void mount_file(struct judge *judge, enum account_file_kind kind, const char *what)
{
	const struct oci_config *config = judge->config;
	struct json_node *root = config->doc->root, *mounts = config->mounts.node;
	struct finding *finding = finding_add(
		judge, mounts != NULL ? mounts : root, mounts != NULL ? NULL : "mounts",
		(struct finding_text){
			.required = what,
			.message = arena_printf(judge->arena, "lacks an /etc/%s with %s",
						account_file_name(kind), what),
			.fix = fix(judge, FIX_ACCOUNT),
		});

	finding_set(judge, finding, root, "mounts/-",
		    account_mount_json(judge->arena, judge->facts->bundle, kind));
}

static void settle_file(struct judge *judge, enum account_file_kind kind, struct str text,
			const char *what)
{
	struct verdict *verdict = judge->verdict;

	verdict->files[verdict->n_files++] =
		(struct generated_file){ account_file_name(kind), text };
	/* Mounting a file of the bundle needs the wrapper, which writes it before the runtime reads
	 * the spec. */
	if (judge->front_end == FRONT_WRAPPER && judge->facts->bundle != NULL &&
	    !judge->facts->account_mounted[kind])
		mount_file(judge, kind, what);
}

/* An image without these files (FROM scratch) has no names at all, and gets none. */
static void settle_accounts(struct judge *judge)
{
	const struct account_file *files = judge->facts->accounts.files;
	uint32_t uid = judge_id(judge, ID_USER), gid = judge_id(judge, ID_GROUP);
	struct arena *arena = judge->arena;
	struct str passwd = files[ACCOUNTS_PASSWD].text, group = files[ACCOUNTS_GROUP].text;
	struct account account;

	if (judge->new_uid.rule != NULL && files[ACCOUNTS_PASSWD].present &&
	    !accounts_find_user(passwd, uid, &account)) {
		judge->rule = judge->new_uid.rule;
		settle_file(judge, ACCOUNTS_PASSWD,
			    accounts_add_user(arena, passwd, uid, gid, user_home(judge, uid)),
			    arena_printf(arena, "uid %u", uid));
	}
	if (judge->new_gid.rule != NULL && files[ACCOUNTS_GROUP].present &&
	    !accounts_find_group(group, gid, &account)) {
		judge->rule = judge->new_gid.rule;
		settle_file(judge, ACCOUNTS_GROUP, accounts_add_group(arena, group, gid),
			    arena_printf(arena, "gid %u", gid));
	}
}

void judge_settle_user(struct judge *judge)
{
	if (judge->new_uid.rule != NULL) {
		judge->rule = judge->new_uid.rule;
		settle_env(judge);
	}
	settle_accounts(judge);
}
