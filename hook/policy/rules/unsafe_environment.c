/* SPDX-License-Identifier: Apache-2.0 */
/* unsafeEnvironment: variables of the container that make hooks on the host load code. */
#include "policy/judge.h"

#include "policy/fix.h"

#include <string.h>

enum arg {
	ARG_NAMES
};

static const char *const loader_variables[] = { "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", NULL };

/* runc 1.1 starts createContainer hooks with the container's environment: CVE-2025-23266. */
static bool has_foreign_create_container(const struct judge *judge)
{
	const struct oci_list *list = &judge->config->hooks.stages[HOOK_CREATE_CONTAINER];
	const struct oci_hook *hooks = list->items;

	for (size_t i = 0; i < list->n; i++)
		if (!str_is(hooks[i].path.value, ROOTFENCE_BINDIR "/rootfence"))
			return true;
	return false;
}

/* Returns the name before the equals sign. */
static struct str variable_name(struct str variable)
{
	const char *end = memchr(variable.data, '=', variable.len);

	return (struct str){ variable.data,
			     end != NULL ? (size_t)(end - variable.data) : variable.len };
}

static void check_variable(struct judge *judge, const struct oci_string *variable)
{
	struct str name = variable_name(variable->value);
	const char *shown = str_show(judge->arena, name);
	struct finding *finding;

	if (!judge_entry_names(judge_arg(judge, ARG_NAMES), name))
		return;
	finding = finding_add(
		judge, variable->node, NULL,
		(struct finding_text){
			.observed = judge_source(judge, variable->node),
			.required = "absent",
			.message = arena_printf(
				judge->arena,
				"sets %s, which a createContainer hook may run with on the host; must not",
				shown),
			.fix = fix_about(judge, FIX_VARIABLE, shown),
		});
	finding_remove(judge, finding, variable->node);
}

static void check(struct judge *judge)
{
	const struct oci_strings *env = &judge->config->process.env;

	if (!has_foreign_create_container(judge))
		return;
	for (size_t i = 0; i < env->n; i++)
		check_variable(judge, &env->items[i]);
}

const struct rule rule_unsafe_environment = {
	.name = "unsafeEnvironment",
	.title = "Hooks on the host load what the container's environment names",
	.reads = "/process/env, /hooks/createContainer",
	.args = {
		[ARG_NAMES] = { .name = "names",
				.kind = KIND_STRINGS,
				.effect = EFFECT_DEMANDS,
				.defaults = loader_variables,
				.meaning = "variables; a final * stands for any rest" },
	},
	.references = REFERENCES("CVE-2025-23266", "ld.so(8)"),
	.rewrites = rewrites_spec,
	.check = check,
};
