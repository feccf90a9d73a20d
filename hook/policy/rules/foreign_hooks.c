/* SPDX-License-Identifier: Apache-2.0 */
/* foreignHooks: the programs that run on the host for the container. */
#include "policy/judge.h"

#include "policy/fix.h"

#include <string.h>

#include "policy/rules/entry_flaws.h"
#include "policy/rules/known_hooks.h"

enum arg {
	ARG_ALLOW
};

/* Returns the text up to the first blank, and cuts it and the blank off. */
static struct str next_word(struct str *text)
{
	const char *blank = memchr(text->data, ' ', text->len);
	struct str word = { text->data, blank != NULL ? (size_t)(blank - text->data) : text->len };
	size_t used = word.len + (blank != NULL ? 1 : 0);

	*text = (struct str){ text->data + used, text->len - used };
	return word;
}

/* Many programs do what the name that they are called by says, so this is the file's own. */
static bool is_own_name(struct str path, struct str name)
{
	const char *slash = memrchr(path.data, '/', path.len);

	return str_equal(path, name) ||
	       (slash != NULL &&
		str_equal(name,
			  (struct str){ slash + 1, path.len - (size_t)(slash + 1 - path.data) }));
}

/* Is the hook called exactly as an entry "PATH ARGUMENT..." says? */
static bool is_call(struct str entry, const struct oci_hook *hook)
{
	const struct oci_string *args = hook->args.items;

	if (!str_equal(next_word(&entry), hook->path.value) || hook->args.n == 0 ||
	    !is_own_name(hook->path.value, args[0].value))
		return false;
	for (size_t i = 1; i < hook->args.n; i++)
		if (entry.len == 0 || !str_equal(next_word(&entry), args[i].value))
			return false;
	return entry.len == 0;
}

static bool is_allowed(const struct rule_arg *allow, const struct oci_hook *hook)
{
	for (size_t i = 0; i < allow->n; i++) {
		struct str entry = allow->strings[i];
		const struct rule_arg alone = { .strings = &entry, .n = 1 };

		if (memchr(entry.data, ' ', entry.len) != NULL
			    ? is_call(entry, hook)
			    : judge_entry_names(&alone, hook->path.value))
			return true;
	}
	return false;
}

/* A path with ".." may lead elsewhere than the entry that matches it. */
static bool may_run(const struct judge *judge, enum oci_hook_stage stage,
		    const struct oci_hook *hook)
{
	return !str_path_climbs(hook->path.value) &&
	       (hook_is_known(judge, stage, hook) || is_allowed(judge_arg(judge, ARG_ALLOW), hook));
}

/* With a variable of the dynamic linker, any program on the list runs the code that it names. */
static void check_hook_environment(struct judge *judge, const struct oci_hook *hook)
{
	for (size_t i = 0; i < hook->env.n; i++) {
		const struct oci_string *variable = &hook->env.items[i];

		if (!str_starts_with(variable->value, "LD_"))
			continue;
		finding_add(
			judge, variable->node, NULL,
			(struct finding_text){
				.observed = judge_source(judge, variable->node),
				.required = "absent",
				.message = arena_printf(
					judge->arena,
					"lets the dynamic linker change what %s runs on the host; must not",
					str_quote(judge->arena, hook->path.value)),
				.fix = fix(judge, FIX_HOOK_VARIABLE),
			});
	}
}

static const char *why_foreign(const struct judge *judge, const struct oci_hook *hook)
{
	const char *path = str_quote(judge->arena, hook->path.value);
	const char *what = "on the host";

	if (str_is(hook->path.value, OWN_PROGRAM))
		what = "on the host, but not in the way that its own hooks do";
	else if (hook_is_like_docker(hook))
		what = "on the host, but not as a running Docker daemon's hook for this container";
	return arena_printf(judge->arena, "runs %s %s; must be in args.allow", path, what);
}

static void check(struct judge *judge)
{
	for (enum oci_hook_stage stage = 0; stage < HOOK_STAGE_COUNT; stage++) {
		const struct oci_list *list = &judge->config->hooks.stages[stage];
		const struct oci_hook *hooks = list->items;

		for (size_t i = 0; i < list->n; i++) {
			if (may_run(judge, stage, &hooks[i])) {
				check_hook_environment(judge, &hooks[i]);
				continue;
			}
			finding_add(
				judge, hooks[i].path.node, NULL,
				(struct finding_text){
					.observed = judge_source(judge, hooks[i].path.node),
					.required = "a hook in args.allow",
					.message = why_foreign(judge, &hooks[i]),
					.fix = fix_about(judge,
							 fix_is_gpu_hook(hooks[i].path.value)
								 ? FIX_HOOK_GPU
								 : FIX_HOOK,
							 judge_source(judge, hooks[i].path.node)),
				});
		}
	}
}

/* policy_diff(): a path allows every call of it. */
static bool path_covers_call(struct str wide, struct str narrow)
{
	const struct rule_arg alone = { .strings = &wide, .n = 1 };

	return memchr(wide.data, ' ', wide.len) == NULL &&
	       judge_entry_names(&alone, next_word(&narrow));
}

/* policy_lint(): as root on the host, rootfence itself can take the guard away. */
static bool is_not_ourselves(struct arena *arena, struct str entry)
{
	const struct rule_arg alone = { .strings = &entry, .n = 1 };

	return entry.len == 0 || !judge_entry_names(&alone, STR(OWN_PROGRAM));
}

static const struct vocabulary vocabulary = {
	.has = is_not_ourselves,
	.unknown =
		"lets any hook run rootfence with any arguments, unload too; its own hooks need no entry",
};

const struct rule rule_foreign_hooks = {
	.name = "foreignHooks",
	.title = "Foreign programs run on the host for the container",
	.reads = "/hooks",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_STRINGS,
				.effect = EFFECT_ADMITS,
				.vocabulary = &vocabulary,
				.covers = path_covers_call,
				.flaw = hook_flaw,
				.meaning =
					"paths of hooks; a final * stands for any rest; \"PATH ARGUMENT ...\" allows only that call" },
	},
	.references = REFERENCES("config.md#posix-platform-hooks", "CVE-2025-23266"),
	.check = check,
};
