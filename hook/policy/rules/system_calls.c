/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls the container may make: seccompProfile. */
#include "policy/rule.h"

#include "json/writer.h"
#include "oci/seccomp.h"
#include "policy/rules/shipped_profile.h"

#define SECCOMP_SINCE 19 /* minor version of Kubernetes, in its restricted standard */

/* Calls of args.deny that are not blocked, as JSON and as words; what nobody looked up is not. */
static void open_calls(const struct judge *judge, struct buf *json, struct buf *words)
{
	const struct rule_arg *deny = &judge->setting->args[0];
	const struct facts *facts = judge->facts;

	for (size_t i = 0; i < deny->n; i++) {
		enum seccomp_reach reach =
			facts->n_syscalls == deny->n ? facts->syscalls[i] : SECCOMP_UNKNOWN;

		if (reach == SECCOMP_BLOCKED)
			continue;
		buf_printf(json, "%s", json->len > 0 ? "," : "[");
		json_quote(json, deny->strings[i]);
		buf_printf(words, "%s%s%s", words->len > 0 ? ", " : "",
			   str_show(judge->arena, deny->strings[i]),
			   reach == SECCOMP_UNKNOWN ? " (cannot be told)" : "");
	}
	if (json->len > 0)
		buf_printf(json, "]");
}

void check_seccomp_profile(struct judge *judge)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	struct finding_text text = {
		.required = "a profile that refuses by default, and the calls of args.deny",
		.fix = "leave the engine's default seccomp profile on",
	};
	auto_buf struct buf json = { 0 }, words = { 0 };

	if (seccomp->node == NULL && rule_arg_before(&judge->setting->args[1], SECCOMP_SINCE))
		return; /* restricted did not ask for one then */
	if (seccomp->node == NULL) {
		text.message = "is missing: every system call gets through; must be a profile";
		judge_linux_finding(judge, NULL, "seccomp", text);
		return;
	}
	if (seccomp->default_action.node == NULL ||
	    oci_seccomp_lets_through(seccomp->default_action.value)) {
		text.observed = seccomp->default_action.node != NULL
					? judge_source(judge, seccomp->default_action.node)
					: NULL;
		text.message = "lets every system call through that it does not name; must refuse";
		finding_add(judge, seccomp->node, NULL, text);
		return;
	}
	open_calls(judge, &json, &words);
	if (words.len == 0)
		return;
	text.observed = arena_copy(judge->arena, json.data, json.len);
	text.message = arena_printf(judge->arena, "lets %s through; must not", words.data);
	finding_add(judge, seccomp->node, NULL, text);
}

void fix_seccomp_profile(struct judge *judge)
{
	struct json_node *node = judge->config->linux_.seccomp.node;
	const struct rule_arg *deny = &judge->setting->args[0];
	const char *profile = seccomp_profile(judge->arena, deny->strings, deny->n);

	if (node != NULL)
		json_replace(judge->config->doc, node, profile);
	else
		judge_linux_add(judge, "seccomp", profile);
	judge->ships_profile = true;
}
