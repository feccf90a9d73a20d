/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec: it has no check, since reading the document is the check. Findings need a name and
 * references.
 */
#include "policy/rule.h"

const struct rule rule_spec = {
	.name = "spec",
	.title = "The spec is malformed, ambiguous or unsafe to read",
	.reads = "every byte",
	.references = REFERENCES("RFC 8259", "config.md"),
};
