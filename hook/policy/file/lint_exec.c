/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings about "exec" and "unregistered" of a policy file: rules that never apply, rules that
 * nothing holds, and exemptions that users can take.
 */
#include "lint.h"

#include <string.h>

#include "base/cleanup.h"
#include "policy/file/parse.h"
#include "policy/rules/entry_flaws.h"

/* The guard sees the kernel's path: absolute, with no component empty, "." or "..". */
static bool path_is_canonical(struct str path)
{
	size_t start = 1; /* of a component; the loader has checked the first slash */

	for (size_t i = 1; i <= path.len; i++) {
		struct str component = { path.data + start, i - start };

		if (i < path.len && path.data[i] != '/')
			continue;
		if (component.len == 0 || str_is(component, ".") || str_is(component, ".."))
			return false;
		start = i + 1;
	}
	return true;
}

static const struct json_node *path_before(const struct json_node *array,
					   const struct json_node *path)
{
	json_each (entry, array)
		json_each (other, json_get(entry, "paths")) {
			if (other == path)
				return NULL;
			if (str_equal(other->text, path->text))
				return other;
		}
	return NULL;
}

/* Directories that are links in most images, and where they lead. */
static const struct {
	const char *link, *target;
} links[] = {
	{ "/bin/", "/usr/bin/" },     { "/sbin/", "/usr/sbin/" },
	{ "/lib/", "/usr/lib/" },     { "/lib32/", "/usr/lib32/" },
	{ "/lib64/", "/usr/lib64/" }, { "/libx32/", "/usr/libx32/" },
	{ "/var/run/", "/run/" },     { "/var/lock/", "/run/lock/" },
};

/* Directories without programs that the kernel would name by such a path, and why. */
static const struct {
	const char *directory, *why;
} nowhere[] = {
	{ "/proc/", "the kernel names the program itself, not a file below /proc" },
	{ "/sys/", "no program lies below /sys" },
	{ "/etc/alternatives/", "it is a link; write the path that it leads to" },
};

/* Directories that anybody can write, or that are often mounted. */
static const char *const writable[] = { "/tmp/", "/var/tmp/", "/dev/shm/", "/run/", "/home/" };

static bool policy_lists(const struct lint *lint, const struct json_node *array, const char *path)
{
	json_each (entry, array)
		json_each (other, json_get(entry, "paths"))
			if (str_is(other->text, path))
				return true;
	for (size_t i = 0; lint->policy != NULL && i < lint->policy->exec.n_rules; i++)
		if (strcmp(lint->policy->exec.rules[i].path, path) == 0)
			return true;
	return false;
}

static void lint_link(struct lint *lint, const struct json_node *array,
		      const struct json_node *path)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		size_t len = strlen(links[i].link);
		const char *target;

		if (!str_starts_with(path->text, links[i].link))
			continue;
		target = arena_printf(lint->arena, "%s%.*s", links[i].target,
				      (int)(path->text.len - len), path->text.data + len);
		if (!policy_lists(lint, array, target))
			lint_note(
				lint, path,
				"never matches where %.*s is a link, as in most images: there the kernel's path is %s; list that too",
				(int)len - 1, links[i].link,
				str_quote(lint->arena, str_from(target)));
	}
}

static void lint_path(struct lint *lint, const struct json_node *array,
		      const struct json_node *path)
{
	const struct json_node *before = path_before(array, path);

	if (path->type != JSON_STRING)
		return;
	if (before != NULL)
		lint_again(lint, path, before);
	if (!path_is_canonical(path->text))
		lint_warn(
			lint, path,
			"never matches: the kernel's paths have no \".\", \"..\", \"//\" and no final slash");
	else if (memchr(path->text.data, '*', path->text.len) != NULL)
		lint_warn(lint, path,
			  "never matches: paths of exec rules have no patterns; name each program");
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		if (str_starts_with(path->text, nowhere[i].directory))
			lint_note(lint, path, "never matches: %s", nowhere[i].why);
	lint_link(lint, array, path);
}

static bool is_word(const struct json_node *entry, const char *name, const char *word)
{
	const struct json_node *value = json_get(entry, name);

	return value != NULL && value->type == JSON_STRING && str_is(value->text, word);
}

static bool refuses(const struct json_node *entry)
{
	return is_word(entry, "action", "RF_ACT_ERRNO") ||
	       is_word(entry, "action", "RF_ACT_KILL_PROCESS");
}

/* What an entry means beside the rest of "exec", as the whole policy has it. */
static void lint_entry_in_policy(struct lint *lint, const struct json_node *entry, bool gains)
{
	const struct exec_policy *exec = &lint->policy->exec;
	const struct json_node *action = json_get(entry, "action");

	if (is_word(entry, "action", "RF_ACT_ALLOW") && !gains && exec->set_ids <= EXEC_LOG)
		lint_warn(
			lint, action,
			"allows no capability, so the program can gain none; list in \"capabilities\" what it needs");
	if (refuses(entry) && exec->default_action <= EXEC_LOG)
		lint_note(
			lint, action,
			"only this path is refused: exec.defaultAction is %s, so the same program under another path, or another one, still gains",
			exec_action_words[exec->default_action]);
	if (is_word(entry, "action", "RF_ACT_ALLOW") && gains &&
	    exec->guarantee == GUARANTEE_NONE && !lint->policy->audit)
		lint_warn(
			lint, action,
			"its capabilities stay in the bounding set and noNewPrivileges stays off, but with guarantee \"none\" nothing may keep other programs from gaining them; write \"kill\" or \"deny\"");
	if (is_word(entry, "action", "RF_ACT_ALLOW") && gains && exec->guarantee == GUARANTEE_NNP &&
	    !lint->policy->audit)
		lint_warn(
			lint, action,
			"with guarantee \"nnp\" and no guard, containers without noNewPrivileges do not start (exit code 5), and this rule leaves it off; write \"kill\" or \"deny\"");
}

/* A program that gains what the policy allows it must be the image's, and must not gain the host. */
static void lint_gain(struct lint *lint, const struct json_node *entry)
{
	if (!is_word(entry, "action", "RF_ACT_ALLOW"))
		return;
	json_each (path, json_get(entry, "paths"))
		for (size_t i = 0; i < sizeof(writable) / sizeof(writable[0]); i++)
			if (path->type == JSON_STRING && str_starts_with(path->text, writable[i]))
				lint_note(
					lint, path,
					"users of the container can often write below %s, and so put another program there",
					writable[i]);
	json_each (capability, json_get(entry, "capabilities")) {
		const char *flaw = capability->type == JSON_STRING
					   ? capability_flaw(lint->arena, capability->text)
					   : NULL;

		if (flaw != NULL)
			lint_note(lint, capability, "%.*s %s", (int)capability->text.len,
				  capability->text.data, flaw);
	}
}

static void lint_entry(struct lint *lint, const struct json_node *entry)
{
	const struct json_node *capabilities = json_get(entry, "capabilities");
	bool gains = capabilities != NULL && capabilities->first != NULL;

	if (json_get(entry, "action") == NULL)
		return;
	if (json_get(entry, "paths") != NULL && json_get(entry, "paths")->first == NULL)
		lint_warn(lint, json_get(entry, "paths"),
			  "names no program: the entry does nothing");
	if (gains)
		lint_gain(lint, entry);
	if (refuses(entry) && gains)
		lint_warn(lint, capabilities,
			  "no effect: an action that refuses does so whatever the program gains");
	if (lint->policy != NULL)
		lint_entry_in_policy(lint, entry, gains);
}

/* An argument of seccompProfile can take back what userNamespaces gives. */
static void lint_user_namespaces(struct lint *lint, const struct json_node *value)
{
	const struct str *calls;
	size_t n;

	if (value == NULL || lint->policy == NULL || lint->policy->exec.user_namespaces > EXEC_LOG)
		return;
	if (lint_rule_action(lint, rule_row(&rule_seccomp_profile)) < RULE_REWRITE)
		return;
	n = policy_syscalls(lint->policy, &calls);
	for (size_t i = 0; i < n; i++)
		if (str_is(calls[i], "unshare") || str_is(calls[i], "clone"))
			lint_note(
				lint, value,
				"no effect: args.deny of seccompProfile has %s, which makes user namespaces",
				str_quote(lint->arena, calls[i]));
}

void lint_exec(struct lint *lint, const struct json_node *exec)
{
	const struct json_node *array = json_get(exec, "rules");

	lint_user_namespaces(lint, json_get(exec, "userNamespaces"));
	json_each (entry, array) {
		lint_entry(lint, entry);
		json_each (path, json_get(entry, "paths"))
			lint_path(lint, array, path);
	}
}

/* Users make cgroups below their own as they like. */
static bool is_of_users(struct str path)
{
	static const char *const places[] = { "/user.slice", "/*" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		size_t len = strlen(places[i]);

		if (str_starts_with(path, places[i]) && (path.len == len || path.data[len] == '/'))
			return true;
	}
	return false;
}

void lint_unregistered(struct lint *lint, const struct json_node *unregistered)
{
	const struct json_node *exempt =
		unregistered == NULL || unregistered->type != JSON_OBJECT
			? NULL
			: json_get(json_get(unregistered, "args"), "exempt");

	json_each (path, exempt) {
		if (path->type == JSON_STRING && is_of_users(path->text))
			lint_warn(
				lint, path,
				"exempts cgroups that users choose: a user's containers there are neither reported nor stopped; name the service or the application");
		json_each (earlier, exempt) {
			if (earlier == path)
				break;
			if (earlier->type == JSON_STRING && path->type == JSON_STRING &&
			    str_equal(earlier->text, path->text))
				lint_again(lint, path, earlier);
		}
	}
}
