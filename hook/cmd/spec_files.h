/* SPDX-License-Identifier: Apache-2.0 */
/* Reads specs as people name them: a file, a bundle, a tree of files, standard input. */
#ifndef ROOTFENCE_CMD_SPEC_FILES_H
#define ROOTFENCE_CMD_SPEC_FILES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "policy_files.h"
#include "verdict/pipeline.h"

/*
 * Restricts this process, and fills in how files are judged: each by itself, so that its verdict is
 * the same on every machine, or with --host as the hooks would judge it if it started here. Sets
 * scope and known.
 */
int spec_files_begin(bool host, struct pipeline_options *options, struct err *err);

/* The user of the policy: with --host the hooks, which may be a rootless engine's. */
static inline enum policy_use spec_files_policy(bool host)
{
	return host ? POLICY_FOR_HOOK : POLICY_FOR_FILES;
}

/*
 * Reads the text of one spec. *path may be "-" or a bundle directory; it becomes the name of what
 * was read.
 */
int spec_file_read(struct arena *arena, const char **path, struct str *ret_text, struct err *err);

/* Returns the directory of a file that was read, NULL for standard input. */
const char *spec_file_bundle(struct arena *arena, const char *path);

/*
 * Calls visit for a file, for a bundle's config.json, or for every *.json below a directory in the
 * order of names; in_tree is true only for the last. Links to directories are not followed. A
 * non-zero return of visit ends the walk and is returned.
 */
int spec_files_each(const char *path, int (*visit)(const char *path, bool in_tree, void *data),
		    void *data, struct err *err);

#endif
