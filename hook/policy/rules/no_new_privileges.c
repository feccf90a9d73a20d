/* SPDX-License-Identifier: Apache-2.0 */
/* noNewPrivileges: whether the process may gain privileges at execve. */
#include "policy/judge.h"

#include "policy/fix.h"

#define SINCE 8 /* minor version of Kubernetes, in its restricted standard */

enum arg {
	ARG_SINCE /* args.version */
};

/*
 * no_new_privs would keep the binaries that exec rules name from gaining what the rules allow. If
 * there are such rules, the guard replaces it, on every execve.
 */
bool judge_wants_no_new_privileges(const struct judge *judge)
{
	const struct rule_arg *args = rule_setting(judge->policy, &rule_no_new_privileges)->args;

	return judge_exec_rule_capabilities(judge) == 0 && !judge_before(&args[ARG_SINCE], SINCE);
}

static void check(struct judge *judge)
{
	const struct oci_process *process = &judge->config->process;
	const struct oci_bool *field = &process->no_new_privileges;
	bool present = field->node != NULL;
	struct finding *finding;

	if (field->value || !judge_wants_no_new_privileges(judge))
		return;
	finding = finding_add(
		judge, present ? field->node : process->node, present ? NULL : "noNewPrivileges",
		(struct finding_text){
			.observed = present ? "false" : NULL,
			.required = "true",
			.message = present ? "is false; must be true" : "is missing; must be true",
			.fix = fix(judge, FIX_NO_NEW_PRIVILEGES),
		});
	finding_set(judge, finding, process->node, "noNewPrivileges", "true");
	finding_changes(finding, CHANGE_DEFAULT, "set");
}

const struct rule rule_no_new_privileges = {
	.name = "noNewPrivileges",
	.title = "The process may gain privileges at execve",
	.reads = "/process/noNewPrivileges",
	.args = {
		[ARG_SINCE] = { .name = "version",
				.kind = KIND_VERSION,
				.effect = EFFECT_DEMANDS,
				.meaning = "below v1.8 nothing is asked" },
	},
	.references = REFERENCES("PSS restricted: Privilege Escalation", "CIS Docker 5.26"),
	.process = true,
	.rewrites = rewrites_spec,
	.check = check,
};
