/* SPDX-License-Identifier: Apache-2.0 */
/* readonlyRootfs: whether the container can write its own root directory. */
#include "policy/judge.h"

#include "policy/fix.h"

static void check(struct judge *judge)
{
	const struct oci_root *root = &judge->config->root;
	bool present = root->readonly.node != NULL;
	struct finding *finding;

	if (root->readonly.value)
		return;
	if (root->node == NULL) {
		finding = finding_add(
			judge, judge->config->doc->root, "root",
			(struct finding_text){ .required = "readonly: true",
					       .message = "is missing; must be read-only",
					       .fix = fix(judge, FIX_READ_ONLY_ROOT) });
		finding_block(finding, "the spec has no root to change");
		return;
	}
	finding = finding_add(
		judge, present ? root->readonly.node : root->node, present ? NULL : "readonly",
		(struct finding_text){
			.observed = present ? "false" : NULL,
			.required = "true",
			.message = present ? "is false; must be true" : "is missing; must be true",
			.fix = fix(judge, FIX_READ_ONLY_ROOT),
		});
	finding_set(judge, finding, root->node, "readonly", "true");
}

const struct rule rule_readonly_rootfs = {
	.name = "readonlyRootfs",
	.title = "The container can write its root directory",
	.reads = "/root/readonly",
	.references = REFERENCES("CIS Docker 5.13", "SCC: readOnlyRootFilesystem"),
	.rewrites = rewrites_spec,
	.check = check,
};
