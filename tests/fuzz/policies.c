/* SPDX-License-Identifier: Apache-2.0 */
/* The policies that judge specs and sessions; see fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/policy_files.h"

/* Relative to the top of the tree, where `make fuzz` starts the targets. */
static const char *const files[] = {
	"policies/default.json",
	"policies/strict.json",
	"policies/rootless.json",
	"policies/pss-baseline.json",
	"policies/pss-restricted.json",
	"policies/openshift-restricted-v2.json",
	"policies/openshift-restricted-v3.json",
	"policies/cis-docker.json",
	"policies/audit.json",
	"tests/fuzz/rewrites.json",
};

const struct policy *fuzz_policy(uint8_t byte)
{
	static struct policy *loaded[ARRAY_SIZE(files)];
	static struct arena *arena;
	unsigned int i = choice(byte, ARRAY_SIZE(files));
	struct err err;

	if (arena == NULL)
		arena = arena_new();
	if (loaded[i] == NULL &&
	    policy_select(arena, files[i], POLICY_FOR_FILES, &loaded[i], &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return loaded[i];
}
