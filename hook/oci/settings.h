/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of members that no rule reads and that have words of their own: config.md#process,
 * config-linux.md. They check the words and store nothing.
 */
#ifndef ROOTFENCE_OCI_SETTINGS_H
#define ROOTFENCE_OCI_SETTINGS_H

#include "json/fields.h"

/* Field readers; target is not used. */
int oci_rlimits_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_scheduler_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_io_priority_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_memory_policy_read(const struct fields_reader *reader, struct json_node *value,
			   void *target);
int oci_personality_read(const struct fields_reader *reader, struct json_node *value, void *target);
int oci_time_offsets_read(const struct fields_reader *reader, struct json_node *value,
			  void *target);

#endif
