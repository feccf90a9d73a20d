/* SPDX-License-Identifier: Apache-2.0 */
/* Reading linux.resources, linux.devices and linux.netDevices: config-linux.md. */
#ifndef ROOTFENCE_OCI_RESOURCES_H
#define ROOTFENCE_OCI_RESOURCES_H

#include "oci/config.h"

/* Field readers. Their targets: a struct oci_resources, an oci_list of oci_device, a node. */
int oci_resources_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_devices_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_net_devices_read(const struct fields_reader *reader, struct json_node *value, void *target);

#endif
