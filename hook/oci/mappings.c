/* SPDX-License-Identifier: Apache-2.0 */
/* Reads id mappings: see mappings.h. */
#include "mappings.h"

#include "base/cleanup.h"

static int read_mapping(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_mapping, "containerID", container_id, FIELD_SIZE),
		ROW(oci_mapping, "hostID", host_id, FIELD_SIZE),
		ROW(oci_mapping, "size", size, FIELD_SIZE),
	};
	struct oci_mapping *mapping = target;
	int error;

	mapping->node = value;
	error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
	if (error < 0)
		return error;
	if (mapping->container_id.node == NULL || mapping->host_id.node == NULL ||
	    mapping->size.node == NULL)
		return fields_fail(reader, value, "a mapping needs containerID, hostID and size");
	return 0;
}

int oci_mappings_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	if (value->count > OCI_MAPPINGS_MAX)
		return fields_fail(reader, value, "more than %u mappings, which no kernel takes",
				   OCI_MAPPINGS_MAX);
	return field_list(reader, value, target, sizeof(struct oci_mapping), read_mapping);
}
