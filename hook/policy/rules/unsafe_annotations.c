/* SPDX-License-Identifier: Apache-2.0 */
/* unsafeAnnotations: annotations that tell runtimes to do what no field of the spec shows. */
#include "policy/judge.h"

#include "base/cleanup.h"
#include "policy/fix.h"
#include "policy/rules/entry_flaws.h"

enum arg {
	ARG_ALLOW
};

/* podman makes it of --group-add keep-groups. */
#define KEEP_GROUPS "run.oci.keep_original_groups"

static const char *const unsafe_prefixes[] = {
	"run.oci.", "krun.", "module.wasm.", "org.criu.", "org.systemd.property.", NULL,
};

/*
 * They only control how, when and in which order a container stops. podman sets KillSignal and
 * TimeoutStopUSec on containers that run systemd. If systemd makes the cgroups, CRI-O sets After and
 * DefaultDependencies on every container, and TimeoutStopUSec on those of pods with a grace period.
 * runc's documentation names the other spellings of the times.
 */
static const char *const allowed[] = {
	"org.systemd.property.After",		"org.systemd.property.DefaultDependencies",
	"org.systemd.property.KillSignal",	"org.systemd.property.RuntimeMaxSec",
	"org.systemd.property.RuntimeMaxUSec",	"org.systemd.property.TimeoutStopSec",
	"org.systemd.property.TimeoutStopUSec", NULL,
};

/* Annotations that are harmless with exactly this value, which is what an engine writes. */
static const struct {
	const char *key, *value;
} harmless[] = {
	/* CRI-O 1.17 to 1.28, on every container and pod: systemd removes a unit that failed. */
	{ "org.systemd.property.CollectMode", "'inactive-or-failed'" },
	{ "org.systemd.property.CollectMode", "'inactive'" },
	/* podman with --security-opt label=nested: SELinux labels the root of a mount alone. */
	{ "run.oci.mount_context_type", "rootcontext" },
	{ "run.oci.mount_context_type", "context" },
	/* CRI-O's default_annotations for crun, as OpenShift sets them: no cgroup of its own below
	 * the container's. */
	{ "run.oci.systemd.subgroup", "" },
};

static bool is_harmless(const struct json_node *annotation)
{
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (str_is(annotation->key, harmless[i].key) &&
		    str_is(annotation->text, harmless[i].value))
			return true;
	return false;
}

static bool is_unsafe(const struct judge *judge, const struct json_node *annotation)
{
	struct str key = annotation->key;
	bool unsafe = str_is(key, "bundle");

	for (size_t i = 0; unsafe_prefixes[i] != NULL && !unsafe; i++)
		unsafe = str_starts_with(key, unsafe_prefixes[i]);
	return unsafe && !is_harmless(annotation) &&
	       !judge_entry_names(judge_arg(judge, ARG_ALLOW), key);
}

static void check(struct judge *judge)
{
	json_each (annotation, judge->config->annotations.node) {
		struct finding *finding;

		if (!is_unsafe(judge, annotation))
			continue;
		finding = finding_add(
			judge, annotation, NULL,
			(struct finding_text){
				.observed = judge_quote(judge, annotation->text),
				.required = "absent",
				.message =
					"tells the runtime something that no field shows; must not be there",
				.fix = fix_about(judge,
						 str_is(annotation->key, KEEP_GROUPS)
							 ? FIX_KEEP_GROUPS
							 : FIX_ANNOTATION,
						 str_show(judge->arena, annotation->key)),
			});
		finding_remove(judge, finding, annotation);
		finding_changes(finding, CHANGE_ASKED,
				arena_printf(judge->arena, "%s dropped",
					     str_show_name(judge->arena, annotation->key)));
	}
}

const struct rule rule_unsafe_annotations = {
	.name = "unsafeAnnotations",
	.title = "An annotation tells the runtime something that no field of the spec shows",
	.reads = "/annotations",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_STRINGS,
				.effect = EFFECT_ADMITS,
				.defaults = allowed,
				.flaw = annotation_flaw,
				.meaning =
					"keys that may be there; a final * stands for any rest" },
	},
	.references = REFERENCES("crun(1)"),
	.rewrites = rewrites_spec,
	.check = check,
};
