/* SPDX-License-Identifier: Apache-2.0 */
/* Reading linux.resources, linux.devices and linux.netDevices: config-linux.md. */
#ifndef ROOTFENCE_OCI_RESOURCES_H
#define ROOTFENCE_OCI_RESOURCES_H

#include "oci/config.h"

/* Field readers; targets are a struct oci_resources, oci_list of oci_device, json_node pointer. */
int oci_resources_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_devices_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_net_devices_read(const struct fields_reader *reader, struct json_node *value, void *target);

#endif
