/* SPDX-License-Identifier: Apache-2.0 */
/* Records of restores in progress, for the parts of hook/guard that look at all of them. */
#ifndef ROOTFENCE_GUARD_RESTORE_H
#define ROOTFENCE_GUARD_RESTORE_H

#include <stdint.h>

#include "base/err.h"

/*
 * restore_each: calls visit with the rule set of each restore in progress. Removes the records of
 * runtimes that are gone. A non-zero return ends the walk and is returned.
 */
int restore_each(const char *dir, int (*visit)(uint64_t rules_id, void *data, struct err *err),
		 void *data, struct err *err);

#endif
