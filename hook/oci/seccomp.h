/* SPDX-License-Identifier: Apache-2.0 */
/* Reading linux.seccomp: config-linux.md#seccomp. */
#ifndef ROOTFENCE_OCI_SECCOMP_H
#define ROOTFENCE_OCI_SECCOMP_H

#include "oci/fields.h"

/* oci_seccomp_read: a field reader; target is a struct oci_seccomp. */
int oci_seccomp_read(const struct fields_reader *reader, struct json_node *value, void *target);

#endif
