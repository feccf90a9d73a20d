/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which policy applies, and finds policies on disk. */
#ifndef ROOTFENCE_CMD_POLICY_FILES_H
#define ROOTFENCE_CMD_POLICY_FILES_H

#include <stdbool.h>

#include "policy/policy.h"

#define POLICY_NAMES_DIR ROOTFENCE_SYSCONFDIR "/policies"

/*
 * The user of the policy. A hook belongs to an engine, which may be rootless. Files are judged as
 * for root's engine.
 */
enum policy_use {
	POLICY_FOR_HOOK,
	POLICY_FOR_FILES
};

/*
 * Loads the policy that `name` means: a file if it has a slash or ends in .json, else a name in
 * /etc/rootfence/policies, else of a shipped policy, which is a part of this program. NULL: the
 * host's own, /etc/rootfence/policy.json (policy-rootless.json under a rootless engine), else the
 * policy `default` or `rootless`.
 * Nothing is taken from the environment or the working directory. Error: EXIT_POLICY.
 */
int policy_select(struct arena *arena, const char *name, enum policy_use use,
		  struct policy **ret_policy, struct err *err);

/* A file that was read for a policy. */
struct policy_file {
	const char *path;
	struct str text;
	struct policy_file *next;
};

/*
 * Like policy_select(), but collects all errors (policy_load_all()). *ret_files is also set on
 * failure: the files that could be opened, each once, the first read last.
 */
int policy_select_files(struct arena *arena, const char *name, enum policy_use use,
			struct policy **ret_policy, struct policy_file **ret_files,
			struct policy_errors *errors, struct err *err);

#endif
