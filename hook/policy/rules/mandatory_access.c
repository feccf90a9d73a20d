/* SPDX-License-Identifier: Apache-2.0 */
/* apparmorProfile, selinuxLabel: mandatory access control that confines the process. */
#include "policy/judge.h"

#include "policy/fix.h"
#include "policy/rules/entry_flaws.h"

#include <string.h>

#include "base/cleanup.h"

/* Both rules have the first two arguments, selinuxLabel all three. */
enum arg {
	ARG_ALLOW,
	ARG_REQUIRED,
	ARG_SINCE /* args.version */
};

static const char *const required_words[] = { "no", "yes", NULL };

static void check_required(struct judge *judge, const struct oci_string *field, const char *name,
			   enum fix cause)
{
	if (judge_arg(judge, ARG_REQUIRED)->number == 0)
		return;
	finding_add(judge, field->node != NULL ? field->node : judge->config->process.node,
		    field->node != NULL ? NULL : name,
		    (struct finding_text){ .observed = field->node != NULL ? "\"\"" : NULL,
					   .required = "present",
					   .message = field->node != NULL
							      ? "is empty; must be set"
							      : "is missing; must be set",
					   .fix = fix(judge, cause) });
}

static void check_apparmor_profile(struct judge *judge)
{
	const struct oci_string *profile = &judge->config->process.apparmor_profile;
	const struct rule_arg *allow = judge_arg(judge, ARG_ALLOW);
	struct str name = profile->value;

	/* On a host without AppArmor engines write no profile or an empty one. */
	if (name.len == 0) {
		check_required(judge, profile, "apparmorProfile", FIX_APPARMOR_MISSING);
		return;
	}
	if (str_starts_with(name, "localhost/"))
		name = (struct str){ name.data + 10, name.len - 10 };
	if (!str_is(name, "unconfined") && (allow->n == 0 || judge_entry_names(allow, name)))
		return;
	finding_add(judge, profile->node, NULL,
		    (struct finding_text){
			    .observed = judge_source(judge, profile->node),
			    .required = "a confining profile from args.allow",
			    .message = arena_printf(judge->arena, "is %s; must not be",
						    str_quote(judge->arena, profile->value)),
			    .fix = fix(judge, FIX_APPARMOR),
		    });
}

const struct rule rule_apparmor_profile = {
	.name = "apparmorProfile",
	.title = "AppArmor does not confine the process",
	.reads = "/process/apparmorProfile",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_STRINGS,
				.effect = EFFECT_ADMITS,
				.none_is_all = true,
				.flaw = apparmor_flaw,
				.meaning =
					"profiles that it may have; a final * stands for any rest; none: any but unconfined" },
		[ARG_REQUIRED] = { .name = "required",
				   .kind = KIND_WORD,
				   .effect = EFFECT_DEMANDS,
				   .words = required_words,
				   .meaning = "yes: a spec without a profile has a finding" },
	},
	.references = REFERENCES("PSS baseline: AppArmor", "CIS Docker 5.2"),
	.process = true,
	.check = check_apparmor_profile,
};

static const char *const selinux_types[] = {
	"container_t", "container_init_t", "container_kvm_t", "container_engine_t", NULL,
};

/* Only newer Pod Security Standards have this type. They always had the others. */
#define ENGINE_TYPE "container_engine_t"
#define ENGINE_TYPE_SINCE 31

/* Cuts off the next part of a label. The last part, the level, may have colons itself. */
static struct str next_part(struct str *rest)
{
	const char *colon = rest->len > 0 ? memchr(rest->data, ':', rest->len) : NULL;
	struct str part = { rest->data, colon != NULL ? (size_t)(colon - rest->data) : rest->len };
	size_t used = colon != NULL ? part.len + 1 : part.len;

	*rest = (struct str){ rest->data + used, rest->len - used };
	return part;
}

/* The version changes only the default list. */
static bool type_is_allowed(const struct judge *judge, struct str type)
{
	const struct rule_arg *allow = judge_arg(judge, ARG_ALLOW);

	if (str_is(type, ENGINE_TYPE) && !allow->set && !judge_entry_was_added(allow, type) &&
	    judge_before(judge_arg(judge, ARG_SINCE), ENGINE_TYPE_SINCE))
		return false;
	return type.len == 0 || judge_entry_names(allow, type);
}

static void check_selinux_label(struct judge *judge)
{
	const struct oci_string *label = &judge->config->process.selinux_label;
	struct str rest = label->value, parts[3];

	if (label->value.len == 0) {
		check_required(judge, label, "selinuxLabel", FIX_SELINUX_MISSING);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i] = next_part(&rest);
	/* Every engine writes this user and role. Another one was asked for. */
	if ((parts[0].len == 0 || str_is(parts[0], "system_u")) &&
	    (parts[1].len == 0 || str_is(parts[1], "system_r")) && type_is_allowed(judge, parts[2]))
		return;
	finding_add(
		judge, label->node, NULL,
		(struct finding_text){
			.observed = judge_source(judge, label->node),
			.required = "system_u:system_r and a type from args.allow",
			.message = arena_printf(
				judge->arena,
				"is %s; its type must be in args.allow, its user and role system_u:system_r",
				str_quote(judge->arena, label->value)),
			.fix = fix(judge, FIX_SELINUX),
		});
}

/* policy_lint(). */
static const char *version_flaw(const struct rule_setting *setting)
{
	return judge_version_flaw(&setting->args[ARG_SINCE], &setting->args[ARG_ALLOW]);
}

const struct rule rule_selinux_label = {
	.name = "selinuxLabel",
	.title = "SELinux does not confine the process as a container",
	.reads = "/process/selinuxLabel",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_STRINGS,
				.effect = EFFECT_ADMITS,
				.defaults = selinux_types,
				.meaning = "types that it may have; a final * stands for any rest" },
		[ARG_REQUIRED] = { .name = "required",
				   .kind = KIND_WORD,
				   .effect = EFFECT_DEMANDS,
				   .words = required_words,
				   .meaning = "yes: a spec without a label has a finding" },
		[ARG_SINCE] = { .name = "version",
				.kind = KIND_VERSION,
				.effect = EFFECT_ADMITS,
				.meaning =
					"below v1.31 the default of allow has no container_engine_t" },
	},
	.references = REFERENCES("PSS baseline: SELinux", "CIS Docker 5.3",
				 "SCC: seLinuxContext"),
	.process = true,
	.check = check_selinux_label,
	.flaw = version_flaw,
};
