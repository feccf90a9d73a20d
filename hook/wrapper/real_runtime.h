/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the runtime that the wrapper stands in front of, from /etc/rootfence/runtime.json or from a
 * list of the places where distributions install it. It never uses PATH, and never finds the
 * wrapper itself.
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
	RUNTIME_DEFAULT = RUNTIME_KINDS, /* as configured, or the first that exists */
};

#define RUNTIME_SETUP_FILE ROOTFENCE_SYSCONFDIR "/runtime.json"
#define RUNTIME_DIVERTED ".rootfence-real" /* suffix of a runtime that dpkg-divert moved away */

struct runtime_setup {
	const char *const *paths[RUNTIME_KINDS]; /* tried in order; ended by NULL */
	enum runtime_kind preferred;		 /* for RUNTIME_DEFAULT */
	const char *policy;			 /* name or file; NULL: the host's own */
};

/* Returns "runc" or "crun". */
const char *runtime_kind_name(enum runtime_kind kind);

/* Returns the kind that the wrapper stands for under this name (its argv[0]). */
enum runtime_kind runtime_kind_of(const char *name);

/*
 * Reads the configuration at path, or takes the built-in one if there is no such file. Started by a
 * name that was diverted, the wrapper stands for what was there, because a configured runtime that
 * calls runc by its name comes back here. Error: EXIT_POLICY with line and column.
 */
int runtime_setup_read(struct arena *arena, const char *path, struct runtime_setup *ret_setup,
		       struct err *err);

/*
 * Finds the real runtime of a kind: the first of its paths that is an executable file and not
 * rootfence, under any name, link or copy. *ret_kind is RUNTIME_RUNC or RUNTIME_CRUN. Error:
 * EXIT_SYSTEM, with every path and what is wrong with it. For root of the host, a runtime that
 * others can write to is an error too.
 */
int runtime_find(const struct runtime_setup *setup, enum runtime_kind kind,
		 enum runtime_kind *ret_kind, const char **ret_path, struct err *err);

/* Returns the path of this program, for hooks that call it. Error: EXIT_SYSTEM. */
int runtime_self(struct arena *arena, const char **ret_path, struct err *err);

#endif
