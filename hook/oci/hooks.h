/* SPDX-License-Identifier: Apache-2.0 */
/* Reading hooks: config.md#posix-platform-hooks. */
#ifndef ROOTFENCE_OCI_HOOKS_H
#define ROOTFENCE_OCI_HOOKS_H

#include "oci/config.h"

/* oci_hooks_read: a field reader; target is a struct oci_hooks. */
int oci_hooks_read(const struct fields_reader *reader, struct json_node *value, void *target);

#endif
