/* SPDX-License-Identifier: Apache-2.0 */
/* seccompProfile: the system calls that the container may make. */
#include "policy/judge.h"

#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/seccomp.h"
#include "policy/rules/shipped_profile.h"

#define SINCE 19 /* minor version of Kubernetes, in its restricted standard */

enum arg {
	ARG_DENY,
	ARG_SINCE /* args.version */
};

/* Calls that no engine's default profile allows without a capability, and no container needs. */
static const char *const denied[] = {
	"acct",
	"add_key",
	"bpf",
	"clock_settime",
	"clock_settime64",
	"create_module",
	"delete_module",
	"finit_module",
	"get_kernel_syms",
	"init_module",
	"ioperm",
	"iopl",
	"kexec_file_load",
	"kexec_load",
	"lookup_dcookie",
	"nfsservctl",
	"open_by_handle_at",
	"perf_event_open",
	"query_module",
	"quotactl",
	"quotactl_fd",
	"request_key",
	"settimeofday",
	"stime",
	"swapoff",
	"swapon",
	"_sysctl",
	"uselib",
	"userfaultfd",
	"vm86",
	"vm86old",
	NULL,
};

static const struct vocabulary system_calls = {
	.has = oci_seccomp_has_call,
	.unknown = "is not a system call that libseccomp knows",
	.words = oci_seccomp_calls,
};

size_t policy_syscalls(const struct policy *policy, const struct str **ret_names)
{
	const struct rule_arg *deny = &rule_setting(policy, &rule_seccomp_profile)->args[ARG_DENY];

	*ret_names = deny->strings;
	return deny->n;
}

/*
 * Adds the calls of args.deny that are not blocked, as JSON and as words. A call that was not
 * looked up counts as not blocked.
 */
static void open_calls(const struct judge *judge, struct buf *json, struct buf *words)
{
	const struct rule_arg *deny = judge_arg(judge, ARG_DENY);
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
			   reach == SECCOMP_UNKNOWN ? " (unknown)" : "");
	}
	if (json->len > 0)
		buf_printf(json, "]");
}

/*
 * Returns what is wrong with the profile, or NULL. The finding is at linux.seccomp. *ret_observed:
 * JSON text.
 */
static const char *profile_flaw(const struct judge *judge, const struct oci_seccomp *seccomp,
				const char **ret_observed)
{
	auto_buf struct buf json = { 0 }, words = { 0 };

	*ret_observed = NULL;
	if (seccomp->node == NULL) {
		/* Older versions of restricted do not ask for a profile. */
		if (judge_before(judge_arg(judge, ARG_SINCE), SINCE))
			return NULL;
		return "is missing: every system call is allowed; must be a profile";
	}
	if (seccomp->default_action.node == NULL ||
	    oci_seccomp_lets_through(seccomp->default_action.value)) {
		*ret_observed = judge_source(judge, seccomp->default_action.node);
		return "allows every system call that it does not name; must refuse";
	}
	open_calls(judge, &json, &words);
	if (words.len == 0)
		return NULL;
	*ret_observed = arena_copy(judge->arena, json.data, json.len);
	return arena_printf(judge->arena, "allows %s; must not", words.data);
}

static void check(struct judge *judge)
{
	const struct oci_config *config = judge->config;
	const struct oci_seccomp *seccomp = &config->linux_.seccomp;
	const struct rule_arg *deny = judge_arg(judge, ARG_DENY);
	const char *observed, *flaw = profile_flaw(judge, seccomp, &observed);
	struct finding *finding;

	if (flaw == NULL)
		return;
	finding = judge_linux_finding(
		judge, seccomp->node, "seccomp",
		(struct finding_text){
			.observed = observed,
			.required = "a profile that refuses by default, and the calls of args.deny",
			.message = flaw,
			.fix = "leave the engine's default seccomp profile on",
		});
	finding_set(judge, finding, config->doc->root, "linux/seccomp",
		    seccomp_profile(judge->arena, deny->strings, deny->n));
	judge->ships_profile = finding_is_rewritten(finding);
}

const struct rule rule_seccomp_profile = {
	.name = "seccompProfile",
	.title = "System calls that no container needs are allowed",
	.reads = "/linux/seccomp",
	.args = {
		[ARG_DENY] = { .name = "deny",
			       .kind = KIND_STRINGS,
			       .effect = EFFECT_DEMANDS,
			       .defaults = denied,
			       .vocabulary = &system_calls,
			       .meaning = "system calls that the profile must refuse" },
		[ARG_SINCE] = { .name = "version",
				.kind = KIND_VERSION,
				.effect = EFFECT_DEMANDS,
				.meaning = "below v1.19 a spec without a profile has no finding" },
	},
	.references = REFERENCES("PSS restricted: Seccomp", "CIS Docker 5.22",
				 "SCC: seccompProfiles", "CVE-2016-0728"),
	.rewrites = rewrites_spec,
	.check = check,
};
