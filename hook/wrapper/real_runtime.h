/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which runtime the wrapper stands in front of: from /etc/rootfence/runtime.json, or from a list of
 * the places where distributions put them. Never from PATH, and never the wrapper itself.
 */
#ifndef ROOTFENCE_WRAPPER_REAL_RUNTIME_H
#define ROOTFENCE_WRAPPER_REAL_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum runtime_kind {
	RUNTIME_RUNC,
	RUNTIME_CRUN,
	RUNTIME_KINDS,
	RUNTIME_DEFAULT =
		RUNTIME_KINDS, /* what the configuration says, or the first that is there */
};

#define RUNTIME_SETUP_FILE ROOTFENCE_SYSCONFDIR "/runtime.json"
#define RUNTIME_DIVERTED ".rootfence-real" /* after the name of what dpkg-divert made room for */

struct runtime_setup {
	const char *const *paths[RUNTIME_KINDS]; /* tried in order; ended by NULL */
	enum runtime_kind preferred;		 /* for RUNTIME_DEFAULT */
	const char *policy;			 /* name or file, or NULL: the host's own */
};

/* runtime_kind_name: "runc" or "crun". */
const char *runtime_kind_name(enum runtime_kind kind);

/* runtime_kind_of: the kind that the wrapper stands for under this name (its argv[0]). */
enum runtime_kind runtime_kind_of(const char *name);

/*
 * runtime_setup_read: the configuration at path; the built-in one where there is no such file. Started
 * by a name that was diverted, the wrapper stands for what was there: a runtime that is configured and
 * calls runc by its name comes back here. Error: EXIT_POLICY with line and column.
 */
int runtime_setup_read(struct arena *arena, const char *path, struct runtime_setup *ret_setup,
		       struct err *err);

/*
 * runtime_find: the real runtime of a kind: the first of its paths that is an executable file and
 * no rootfence, under whatever name, link or copy. *ret_kind is RUNTIME_RUNC or RUNTIME_CRUN.
 * Error: EXIT_SYSTEM, with every path and what was wrong with it; so is, for root, one that others
 * can write to.
 */
int runtime_find(const struct runtime_setup *setup, enum runtime_kind kind,
		 enum runtime_kind *ret_kind, const char **ret_path, struct err *err);

/* runtime_self: the path of this program, for hooks that call it. Error: EXIT_SYSTEM. */
int runtime_self(struct arena *arena, const char **ret_path, struct err *err);

#endif
