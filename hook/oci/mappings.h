/* SPDX-License-Identifier: Apache-2.0 */
/* Reading id mappings of user namespaces and of mounts: config-linux.md, config.md#mounts. */
#ifndef ROOTFENCE_OCI_MAPPINGS_H
#define ROOTFENCE_OCI_MAPPINGS_H

#include "oci/config.h"

/*
 * oci_mappings_read: a field reader; target is a struct oci_list of struct oci_mapping. It refuses
 * what the kernel refuses: user_namespaces(7).
 */
int oci_mappings_read(const struct fields_reader *reader, struct json_node *value, void *target);

/* oci_mappings_complete: refuses a new user namespace that lacks mappings of uids or gids. */
int oci_mappings_complete(const struct fields_reader *reader, const struct oci_linux *config);

/* oci_mount_mappings_complete: refuses a mount with empty mappings, or with one kind only. */
int oci_mount_mappings_complete(const struct fields_reader *reader, const struct oci_mount *mount);

#endif
