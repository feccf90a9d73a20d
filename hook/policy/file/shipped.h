/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped policies and their JSON schema, as they are in policies/: a part of the program. */
#ifndef ROOTFENCE_POLICY_FILE_SHIPPED_H
#define ROOTFENCE_POLICY_FILE_SHIPPED_H

#include "base/str.h"

struct shipped_policy {
	const char *name;
	struct str text;
};

extern const struct shipped_policy shipped_policies[]; /* by name; ended by a row without one */

extern const struct str shipped_schema;

/* Returns the shipped policy of that name, or NULL. */
const struct shipped_policy *shipped_policy_find(const char *name);

#endif
