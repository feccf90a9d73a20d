/* SPDX-License-Identifier: Apache-2.0 */
/* mountPropagation: whether mounts made in the container appear on the host. */
#include "policy/judge.h"

#include "policy/fix.h"

/* Returns the private form of "shared" or "rshared", the options that share; else NULL. */
static const char *private_word(struct str option)
{
	if (str_is(option, "shared"))
		return "\"private\"";
	return str_is(option, "rshared") ? "\"rprivate\"" : NULL;
}

static struct finding *add_finding(struct judge *judge, const struct json_node *node,
				   enum fix cause, const char *what)
{
	return finding_add(
		judge, node, NULL,
		(struct finding_text){
			.observed = judge_source(judge, node),
			.required = "private",
			.message = arena_printf(
				judge->arena,
				"shares what is mounted %s with the host; must be private", what),
			.fix = fix(judge, cause),
		});
}

static void check_mount(struct judge *judge, const struct oci_mount *mount)
{
	const char *at = arena_printf(judge->arena, "at %s",
				      str_quote(judge->arena, mount->destination.value));

	for (size_t i = 0; i < mount->options.n; i++) {
		const struct oci_string *option = &mount->options.items[i];
		const char *word = private_word(option->value);

		if (word != NULL)
			finding_set(judge, add_finding(judge, option->node, FIX_PROPAGATION, at),
				    option->node, "", word);
	}
}

static void check(struct judge *judge)
{
	const struct oci_string *root = &judge->config->linux_.rootfs_propagation;

	for (size_t i = 0; i < judge->config->mounts.n; i++)
		check_mount(judge, oci_config_mount(judge->config, i));
	/*
	 * Without it runtimes use rslave or rprivate. The OCI schema has no word for either, and
	 * "private" is for one mount only.
	 */
	if (root->node != NULL && private_word(root->value) != NULL)
		finding_remove(
			judge,
			add_finding(judge, root->node, FIX_PROPAGATION_ROOT, "in the container"),
			root->node);
}

const struct rule rule_mount_propagation = {
	.name = "mountPropagation",
	.title = "What is mounted in the container appears on the host",
	.reads = "/mounts, /linux/rootfsPropagation",
	.references = REFERENCES("CIS Docker 5.20", "mount_namespaces(7)"),
	.rewrites = rewrites_spec,
	.check = check,
};
