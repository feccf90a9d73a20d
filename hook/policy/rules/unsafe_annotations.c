/* SPDX-License-Identifier: Apache-2.0 */
/* unsafeAnnotations: annotations that tell runtimes to do what no field of the spec shows. */
#include "policy/judge.h"

enum arg {
	ARG_ALLOW
};

static const char *const unsafe_prefixes[] = {
	"run.oci.", "krun.", "module.wasm.", "org.criu.", "org.systemd.property.", NULL,
};

/*
 * podman sets the first two on containers that run systemd, and CRI-O sets three on every container
 * if systemd makes the cgroups. They only control how and in which order a container stops.
 */
static const char *const allowed[] = {
	"org.systemd.property.After",
	"org.systemd.property.DefaultDependencies",
	"org.systemd.property.KillSignal",
	"org.systemd.property.TimeoutStopUSec",
	NULL,
};

static bool is_unsafe(const struct judge *judge, struct str key)
{
	bool unsafe = str_is(key, "bundle");

	for (size_t i = 0; unsafe_prefixes[i] != NULL && !unsafe; i++)
		unsafe = str_starts_with(key, unsafe_prefixes[i]);
	return unsafe && !judge_entry_names(judge_arg(judge, ARG_ALLOW), key);
}

static void check(struct judge *judge)
{
	json_each (annotation, judge->config->annotations.node) {
		struct finding *finding;

		if (!is_unsafe(judge, annotation->key))
			continue;
		finding = finding_add(
			judge, annotation, NULL,
			(struct finding_text){
				.observed = judge_quote(judge, annotation->text),
				.required = "absent",
				.message =
					"tells the runtime something that no field shows; must not be there",
				.fix = arena_printf(
					judge->arena,
					"drop --annotation %s, and the LABEL of the image",
					str_show(judge->arena, annotation->key)),
			});
		finding_remove(judge, finding, annotation);
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
				.meaning =
					"keys that may be there; a final * stands for any rest" },
	},
	.references = REFERENCES("crun(1)"),
	.rewrites = rewrites_spec,
	.check = check,
};
