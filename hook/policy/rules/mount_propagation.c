/* SPDX-License-Identifier: Apache-2.0 */
/* Whether mounts made in the container appear on the host: mountPropagation. */
#include "policy/rule.h"

/* What runtimes make of "shared" and "rshared" is what goes back to the host; NULL: another option. */
static const char *private_word(struct str option)
{
	if (str_is(option, "shared"))
		return "\"private\"";
	return str_is(option, "rshared") ? "\"rprivate\"" : NULL;
}

void check_mount_propagation(struct judge *judge)
{
	const struct oci_string *root = &judge->config->linux_.rootfs_propagation;
	struct finding_text text = {
		.required = "private",
		.fix = "drop :shared and :rshared from -v; mountPropagation: None",
	};

	for (size_t i = 0; i < judge->config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(judge->config, i);

		for (size_t k = 0; k < mount->options.n; k++) {
			const struct oci_string *option = &mount->options.items[k];

			if (private_word(option->value) == NULL)
				continue;
			text.observed = judge_source(judge, option->node);
			text.message = arena_printf(
				judge->arena,
				"shares what is mounted at %s with the host; must be private",
				str_quote(judge->arena, mount->destination.value));
			finding_add(judge, option->node, NULL, text);
		}
	}
	if (root->node == NULL || private_word(root->value) == NULL)
		return;
	text.observed = judge_source(judge, root->node);
	text.message = "shares what is mounted in the container with the host; must be private";
	finding_add(judge, root->node, NULL, text);
}

void fix_mount_propagation(struct judge *judge)
{
	const struct oci_string *root = &judge->config->linux_.rootfs_propagation;

	for (size_t i = 0; i < judge->config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(judge->config, i);

		for (size_t k = 0; k < mount->options.n; k++) {
			const char *word = private_word(mount->options.items[k].value);

			if (word != NULL)
				json_replace(judge->config->doc, mount->options.items[k].node,
					     word);
		}
	}
	/*
	 * Without it runtimes take rslave or rprivate; the word for either is not in the OCI schema, and
	 * "private" is for one mount only.
	 */
	if (root->node != NULL && private_word(root->value) != NULL)
		json_remove(root->node);
}
