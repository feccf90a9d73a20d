/* SPDX-License-Identifier: Apache-2.0 */
/* seccompProfile: the system calls that the container may make. */
#include "policy/judge.h"

#include "policy/fix.h"
#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/seccomp.h"
#include "policy/rules/entry_flaws.h"
#include "policy/rules/narrowed_profile.h"
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

/* What is wrong with a profile. */
struct flaw {
	const char *message; /* NULL: nothing */
	const char *observed;
	struct str *open; /* the denied calls that get through */
	size_t n_open;
};

/*
 * Finds the calls of args.deny that are not blocked. A call that was not looked up counts as not
 * blocked.
 */
static void find_open_calls(const struct judge *judge, struct flaw *flaw)
{
	const struct rule_arg *deny = judge_arg(judge, ARG_DENY);
	const struct facts *facts = judge->facts;
	auto_buf struct buf json = { 0 }, words = { 0 };

	flaw->open = arena_array(judge->arena, deny->n, sizeof(*flaw->open));
	for (size_t i = 0; i < deny->n; i++) {
		enum seccomp_reach reach =
			facts->n_syscalls == deny->n ? facts->syscalls[i] : SECCOMP_UNKNOWN;

		if (reach == SECCOMP_BLOCKED)
			continue;
		flaw->open[flaw->n_open++] = deny->strings[i];
		buf_printf(&json, "%s", json.len > 0 ? "," : "[");
		json_quote(&json, deny->strings[i]);
		buf_printf(&words, "%s%s%s", words.len > 0 ? ", " : "",
			   str_show(judge->arena, deny->strings[i]),
			   reach == SECCOMP_UNKNOWN ? " (unknown)" : "");
	}
	if (flaw->n_open == 0)
		return;
	buf_printf(&json, "]");
	flaw->observed = arena_copy(judge->arena, json.data, json.len);
	flaw->message = arena_copy(judge->arena, words.data, words.len);
}

/* The finding is at linux.seccomp. Of a flaw with open calls, the message is their names. */
static struct flaw profile_flaw(const struct judge *judge, const struct oci_seccomp *seccomp)
{
	struct flaw flaw = { 0 };

	if (seccomp->node == NULL) {
		/* Older versions of restricted do not ask for a profile. */
		if (!judge_before(judge_arg(judge, ARG_SINCE), SINCE))
			flaw.message =
				"is missing: every system call is allowed; must be a profile";
	} else if (seccomp->default_action.node == NULL ||
		   oci_seccomp_lets_through(seccomp->default_action.value)) {
		flaw.observed = judge_source(judge, seccomp->default_action.node);
		flaw.message = "allows every system call that it does not name; must refuse";
	} else {
		find_open_calls(judge, &flaw);
	}
	return flaw;
}

static struct finding *add_finding(struct judge *judge, const struct flaw *flaw)
{
	const char *message = flaw->message;

	if (flaw->n_open > 0)
		message = arena_printf(judge->arena, "allows %s; must not", message);
	return judge_linux_finding(
		judge, judge->config->linux_.seccomp.node, "seccomp",
		(struct finding_text){
			.observed = flaw->observed,
			.required = "a profile that refuses by default, and the calls of args.deny",
			.message = message,
			.fix = fix(judge, judge->config->linux_.seccomp.node == NULL
						  ? FIX_SECCOMP_MISSING
						  : FIX_SECCOMP),
		});
}

/* A profile that refuses by default loses the calls that it must not allow, and nothing else. */
static void narrow(struct judge *judge, struct finding *finding, const struct flaw *flaw)
{
	narrow_profile(judge, finding, flaw->open, flaw->n_open);
	finding_changes(finding, CHANGE_ASKED,
			arena_printf(judge->arena, "%s taken out of the profile", flaw->message));
}

/*
 * Without a default that refuses, what the profile allows is not known: it allows the calls of
 * kernels to come, too. It is replaced, and so is one that is missing. What the old one refused,
 * the new one refuses as well.
 */
static void replace(struct judge *judge, struct finding *finding)
{
	const struct oci_seccomp *seccomp = &judge->config->linux_.seccomp;
	const struct rule_arg *deny = judge_arg(judge, ARG_DENY);
	size_t n;
	const struct str *refused =
		refused_calls(judge->arena, seccomp, deny->strings, deny->n, &n);

	finding_set(judge, finding, judge->config->doc->root, "linux/seccomp",
		    seccomp_profile(judge->arena, refused, n));
	/* A spec without a profile looks the same, whether somebody or the engine wants none. */
	if (seccomp->node != NULL)
		finding_changes(finding, CHANGE_ASKED, "the profile of the container was replaced");
	else
		finding_changes(finding, CHANGE_DEFAULT, "a profile was added");
	judge->ships_profile = finding_is_rewritten(finding);
}

static void check(struct judge *judge)
{
	struct flaw flaw = profile_flaw(judge, &judge->config->linux_.seccomp);
	struct finding *finding;

	if (flaw.message == NULL)
		return;
	finding = add_finding(judge, &flaw);
	if (flaw.n_open > 0)
		narrow(judge, finding, &flaw);
	else
		replace(judge, finding);
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
			       .flaw = denied_call_flaw,
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
