/* SPDX-License-Identifier: Apache-2.0 */
/* Reading id mappings of user namespaces and of mounts: config-linux.md, config.md#mounts. */
#ifndef ROOTFENCE_OCI_MAPPINGS_H
#define ROOTFENCE_OCI_MAPPINGS_H

#include "oci/config.h"

/* oci_mappings_read: a field reader; target is a struct oci_list of struct oci_mapping. */
int oci_mappings_read(const struct fields_reader *reader, struct json_node *value, void *target);

#endif
