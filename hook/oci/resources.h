/* SPDX-License-Identifier: Apache-2.0 */
/* Reading linux.resources, linux.devices and linux.netDevices: config-linux.md. */
#ifndef ROOTFENCE_OCI_RESOURCES_H
#define ROOTFENCE_OCI_RESOURCES_H

#include "oci/config.h"

/* oci_device_access: the set of the letters of "rwm"; 0 if there are none, or others. */
unsigned int oci_device_access(struct str letters);

/* oci_device_rule_type: 'a', 'b' or 'c'. */
char oci_device_rule_type(const struct oci_device_rule *rule);

/*
 * oci_device_rule_is_wide: does the rule allow every device? For runc, and for the kernel of cgroup
 * v1 under any runtime, one of type "a" does, whatever its numbers and its access.
 */
bool oci_device_rule_is_wide(const struct oci_device_rule *rule);

/* Field readers. Their targets: a struct oci_resources, an oci_list of oci_device, a node. */
int oci_resources_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_devices_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_net_devices_read(const struct fields_reader *reader, struct json_node *value, void *target);

#endif
