/* SPDX-License-Identifier: Apache-2.0 */
/* See shipped.h. The Makefile makes the header of policies/ when rootfence is built. */
#include "shipped.h"

#include <string.h>

#define FILE_TEXT(text)                \
	{                              \
		text, sizeof(text) - 1 \
	}

#include "shipped_policies.h"

const struct shipped_policy *shipped_policy_find(const char *name)
{
	for (const struct shipped_policy *shipped = shipped_policies; shipped->name != NULL;
	     shipped++)
		if (strcmp(shipped->name, name) == 0)
			return shipped;
	return NULL;
}
