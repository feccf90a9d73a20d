/* SPDX-License-Identifier: Apache-2.0 */
/* What mandatory access control holds the process to: apparmorProfile, selinuxLabel. */
#include "policy/rule.h"

#include <string.h>

#include "base/cleanup.h"

enum {
	ARG_ALLOW,
	ARG_REQUIRED,
	ARG_SINCE
};

/* A type that the Pod Security Standards know since a version; the others they always knew. */
#define ENGINE_TYPE "container_engine_t"
#define ENGINE_TYPE_SINCE 31

static void check_required(struct judge *judge, const struct oci_string *field, const char *name,
			   const char *fix)
{
	if (judge->setting->args[ARG_REQUIRED].number == 0)
		return;
	finding_add(judge, field->node != NULL ? field->node : judge->config->process.node,
		    field->node != NULL ? NULL : name,
		    (struct finding_text){ .observed = field->node != NULL ? "\"\"" : NULL,
					   .required = "present",
					   .message = field->node != NULL
							      ? "is empty; must be set"
							      : "is missing; must be set",
					   .fix = fix });
}

void check_apparmor_profile(struct judge *judge)
{
	const struct oci_string *profile = &judge->config->process.apparmor_profile;
	const struct rule_arg *allow = &judge->setting->args[ARG_ALLOW];
	static const char fix[] =
		"drop --privileged and --security-opt apparmor=unconfined; the engine then takes its own";
	struct str name = profile->value;

	/* On a host without AppArmor engines write none, or an empty one. */
	if (name.len == 0) {
		check_required(judge, profile, "apparmorProfile", fix);
		return;
	}
	if (str_starts_with(name, "localhost/"))
		name = (struct str){ name.data + 10, name.len - 10 };
	if (!str_is(name, "unconfined") && (allow->n == 0 || judge_entry_names(allow, name)))
		return;
	finding_add(judge, profile->node, NULL,
		    (struct finding_text){
			    .observed = judge_source(judge, profile->node),
			    .required = "a profile that confines, of args.allow",
			    .message = arena_printf(judge->arena, "is %s; must not be",
						    str_quote(judge->arena, profile->value)),
			    .fix = fix,
		    });
}

/* The next part of a label; the last one, the level, may have colons itself. */
static struct str next_part(struct str *rest)
{
	const char *colon = rest->len > 0 ? memchr(rest->data, ':', rest->len) : NULL;
	struct str part = { rest->data, colon != NULL ? (size_t)(colon - rest->data) : rest->len };
	size_t used = colon != NULL ? part.len + 1 : part.len;

	*rest = (struct str){ rest->data + used, rest->len - used };
	return part;
}

/* A list of its own has no version. */
static bool type_is_allowed(const struct judge *judge, struct str type)
{
	const struct rule_arg *args = judge->setting->args;

	if (str_is(type, ENGINE_TYPE) && !args[ARG_ALLOW].set &&
	    rule_arg_before(&args[ARG_SINCE], ENGINE_TYPE_SINCE))
		return false;
	return type.len == 0 || judge_entry_names(&args[ARG_ALLOW], type);
}

void check_selinux_label(struct judge *judge)
{
	const struct oci_string *label = &judge->config->process.selinux_label;
	static const char fix[] =
		"drop --privileged and --security-opt label=...; the engine then takes its own";
	struct str rest = label->value, parts[3];

	if (label->value.len == 0) {
		check_required(judge, label, "selinuxLabel", fix);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i] = next_part(&rest);
	/* User and role as every engine writes them; another one was asked for. */
	if ((parts[0].len == 0 || str_is(parts[0], "system_u")) &&
	    (parts[1].len == 0 || str_is(parts[1], "system_r")) && type_is_allowed(judge, parts[2]))
		return;
	finding_add(
		judge, label->node, NULL,
		(struct finding_text){
			.observed = judge_source(judge, label->node),
			.required = "system_u:system_r and a type of args.allow",
			.message = arena_printf(
				judge->arena,
				"is %s; its type must be of args.allow, its user and role system_u:system_r",
				str_quote(judge->arena, label->value)),
			.fix = fix,
		});
}
