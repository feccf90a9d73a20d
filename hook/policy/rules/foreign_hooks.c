/* SPDX-License-Identifier: Apache-2.0 */
/* foreignHooks: the programs that run on the host for the container. */
#include "policy/judge.h"

#include <string.h>

#include "oci/hooks.h"

enum arg {
	ARG_ALLOW
};

static const char *const own_hooks[] = { ROOTFENCE_BINDIR "/rootfence", NULL };

/*
 * dockerd up to 27 sets up the container's network with a hook that is dockerd itself, found by its
 * pid: /proc/PID/exe libnetwork-setkey ... No other engine puts a hook of its own into a spec.
 */
static bool is_docker_network_hook(enum oci_hook_stage stage, const struct oci_hook *hook)
{
	struct str path = hook->path.value;
	size_t digits = 6;

	if (stage != HOOK_PRESTART || !str_starts_with(path, "/proc/") || hook->args.n == 0)
		return false;
	while (digits < path.len && path.data[digits] >= '0' && path.data[digits] <= '9')
		digits++;
	return digits > 6 && path.len - digits == 4 && memcmp(path.data + digits, "/exe", 4) == 0 &&
	       str_is(hook->args.items[0].value, "libnetwork-setkey");
}

static bool hook_is_known(const struct judge *judge, enum oci_hook_stage stage,
			  const struct oci_hook *hook)
{
	/* A path with ".." may lead elsewhere than the entry that matches it. */
	if (memmem(hook->path.value.data, hook->path.value.len, "/../", 4) != NULL)
		return false;
	return is_docker_network_hook(stage, hook) ||
	       judge_entry_names(judge_arg(judge, ARG_ALLOW), hook->path.value);
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
				.fix = "remove the variable from the hook's file in hooks.d",
			});
	}
}

static void check(struct judge *judge)
{
	for (enum oci_hook_stage stage = 0; stage < HOOK_STAGE_COUNT; stage++) {
		const struct oci_list *list = &judge->config->hooks.stages[stage];
		const struct oci_hook *hooks = list->items;

		for (size_t i = 0; i < list->n; i++) {
			if (hook_is_known(judge, stage, &hooks[i])) {
				check_hook_environment(judge, &hooks[i]);
				continue;
			}
			finding_add(
				judge, hooks[i].path.node, NULL,
				(struct finding_text){
					.observed = judge_source(judge, hooks[i].path.node),
					.required = "a hook in args.allow",
					.message = arena_printf(
						judge->arena,
						"runs %s on the host; must be in args.allow",
						str_quote(judge->arena, hooks[i].path.value)),
					.fix = "add it to args.allow of foreignHooks, or remove its file from hooks.d",
				});
		}
	}
}

const struct rule rule_foreign_hooks = {
	.name = "foreignHooks",
	.title = "Foreign programs run on the host for the container",
	.reads = "/hooks",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_STRINGS,
				.effect = EFFECT_ADMITS,
				.defaults = own_hooks,
				.meaning = "paths of hooks; a final * stands for any rest" },
	},
	.references = REFERENCES("config.md#posix-platform-hooks", "CVE-2025-23266"),
	.check = check,
};
