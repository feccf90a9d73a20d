/* SPDX-License-Identifier: Apache-2.0 */
/* Reads id mappings: see mappings.h. */
#include "mappings.h"

#include "base/cleanup.h"

#define ID_INVALID UINT32_MAX /* (uid_t)-1, which no mapping may contain */

/* A mapping has no ids, or goes beyond the last one. crun and runc leave it to the kernel. */
static int check_range(const struct fields_reader *reader, const struct oci_id *first,
		       const struct oci_id *size)
{
	if (size->value == 0)
		return fields_fail(reader, size->node, "a mapping of no ids; remove it");
	if (size->value <= ID_INVALID - first->value)
		return 0;
	return fields_fail(reader, first->node,
			   "%u ids from %u on go beyond the last one, 4294967294", size->value,
			   first->value);
}

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
	error = check_range(reader, &mapping->container_id, &mapping->size);
	return error < 0 ? error : check_range(reader, &mapping->host_id, &mapping->size);
}

static bool overlap(const struct oci_id *a, uint32_t a_size, const struct oci_id *b,
		    uint32_t b_size)
{
	return a->value < b->value ? b->value - a->value < a_size : a->value - b->value < b_size;
}

/* At most OCI_MAPPINGS_MAX mappings are compared in pairs. */
static int check_overlaps(const struct fields_reader *reader, const struct oci_list *mappings)
{
	const struct oci_mapping *items = mappings->items;

	for (size_t i = 1; i < mappings->n; i++) {
		const struct oci_mapping *a = &items[i];

		for (size_t k = 0; k < i; k++) {
			const struct oci_mapping *b = &items[k];
			bool inside = overlap(&a->container_id, a->size.value, &b->container_id,
					      b->size.value);

			if (inside ||
			    overlap(&a->host_id, a->size.value, &b->host_id, b->size.value))
				return fields_fail(reader, a->node,
						   "maps ids of the %s that entry %zu maps already",
						   inside ? "container" : "host", k);
		}
	}
	return 0;
}

int oci_mappings_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	int error;

	if (value->count > OCI_MAPPINGS_MAX)
		return fields_fail(reader, value, "more than %u mappings, which no kernel takes",
				   OCI_MAPPINGS_MAX);
	error = field_list(reader, value, target, sizeof(struct oci_mapping), read_mapping);
	return error < 0 ? error : check_overlaps(reader, target);
}

/*
 * crun then maps root, or a subordinate range of the user who runs it, and uid and gid each for
 * itself. runc refuses it only if both are missing.
 */
int oci_mappings_complete(const struct fields_reader *reader, const struct oci_linux *config)
{
	const struct oci_namespace *user = &config->namespaces.types[NAMESPACE_USER];

	if (user->node == NULL || user->path.node != NULL ||
	    (config->uid_mappings.n > 0 && config->gid_mappings.n > 0))
		return 0;
	return fields_fail(
		reader, user->node,
		"new user namespace without linux.%s; some runtimes map ids of the host then",
		config->uid_mappings.n == 0 ? "uidMappings" : "gidMappings");
}

/* runc takes the mappings of the container for empty ones, crun takes them for none. */
int oci_mount_mappings_complete(const struct fields_reader *reader, const struct oci_mount *mount)
{
	bool uids = mount->uid_mappings.node != NULL, gids = mount->gid_mappings.node != NULL;

	if (uids != gids)
		return fields_fail(
			reader, mount->node,
			"a mount with uidMappings needs gidMappings too, and the reverse");
	if (uids && (mount->uid_mappings.n == 0 || mount->gid_mappings.n == 0))
		return fields_fail(reader,
				   mount->uid_mappings.n == 0 ? mount->uid_mappings.node
							      : mount->gid_mappings.node,
				   "empty mappings of a mount, which runtimes read differently");
	return 0;
}
