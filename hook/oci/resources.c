/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources, linux.devices and linux.netDevices by tables: config-linux.md. */
#include "resources.h"

#include <stddef.h>

#include "base/cleanup.h"

static int read_device_rule(const struct fields_reader *reader, struct json_node *value,
			    void *target)
{
	static const struct field fields[] = {
		ROW(oci_device_rule, "allow", field_bool, allow),
		ROW(oci_device_rule, "type", field_string, type),
		ROW(oci_device_rule, "access", field_string, access),
		ROW(oci_device_rule, "major", field_integer, major),
		ROW(oci_device_rule, "minor", field_integer, minor),
	};

	((struct oci_device_rule *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_device_rules(const struct fields_reader *reader, struct json_node *value,
			     void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_device_rule), read_device_rule);
}

static int read_pids(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_resources, "limit", field_integer, pids_limit),
	};

	((struct oci_resources *)target)->pids = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_memory(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_resources, "limit", field_integer, memory_limit),
		KNOWN("reservation"),
		KNOWN("swap"),
		KNOWN("kernel"),
		KNOWN("kernelTCP"),
		KNOWN("swappiness"),
		KNOWN("disableOOMKiller"),
		KNOWN("useHierarchy"),
		KNOWN("checkBeforeUpdate"),
	};

	((struct oci_resources *)target)->memory = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_cpu(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_resources, "shares", field_integer, cpu_shares),
		ROW(oci_resources, "quota", field_integer, cpu_quota),
		ROW(oci_resources, "period", field_integer, cpu_period),
		KNOWN("burst"),
		KNOWN("realtimeRuntime"),
		KNOWN("realtimePeriod"),
		KNOWN("cpus"),
		KNOWN("mems"),
		KNOWN("idle"),
	};

	((struct oci_resources *)target)->cpu = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

int oci_resources_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	/* The limits of pids, memory and cpu are rows of the same structure: no offset of their own. */
	static const struct field fields[] = {
		ROW(oci_resources, "devices", read_device_rules, devices),
		ROW(oci_resources, "unified", field_map, unified),
		ROW_WHOLE("memory", read_memory),
		ROW_WHOLE("cpu", read_cpu),
		ROW_WHOLE("pids", read_pids),
		KNOWN("blockIO"),
		KNOWN("hugepageLimits"),
		KNOWN("network"),
		KNOWN("rdma"),
	};

	((struct oci_resources *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_device(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_device, "path", field_string, path),
		ROW(oci_device, "type", field_string, type),
		ROW(oci_device, "major", field_integer, major),
		ROW(oci_device, "minor", field_integer, minor),
		KNOWN("fileMode"),
		KNOWN("uid"),
		KNOWN("gid"),
	};

	((struct oci_device *)target)->node = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

int oci_devices_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return field_list(reader, value, target, sizeof(struct oci_device), read_device);
}

int oci_net_devices_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	struct json_node **field = target;
	int error = fields_want(reader, value, JSON_OBJECT);

	if (error < 0)
		return error;
	json_each (device, value) {
		error = fields_want(reader, device, JSON_OBJECT);
		if (error < 0)
			return error;
	}
	*field = value;
	return 0;
}
