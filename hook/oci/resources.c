/* SPDX-License-Identifier: Apache-2.0 */
/* Reads linux.resources, linux.devices and linux.netDevices: config-linux.md. */
#include "resources.h"

#include <stddef.h>

#include "base/cleanup.h"

static int read_device_rule(const struct fields_reader *reader, struct json_node *value,
			    void *target)
{
	static const struct field fields[] = {
		ROW(oci_device_rule, "allow", allow, FIELD_BOOL),
		ROW(oci_device_rule, "type", type, FIELD_STRING),
		ROW(oci_device_rule, "access", access, FIELD_STRING),
		ROW(oci_device_rule, "major", major, FIELD_INTEGER),
		ROW(oci_device_rule, "minor", minor, FIELD_INTEGER),
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
		ROW(oci_resources, "limit", pids_limit, FIELD_INTEGER),
	};

	((struct oci_resources *)target)->pids = value;
	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}

static int read_memory(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		ROW(oci_resources, "limit", memory_limit, FIELD_INTEGER),
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
		ROW(oci_resources, "shares", cpu_shares, FIELD_INTEGER),
		ROW(oci_resources, "quota", cpu_quota, FIELD_INTEGER),
		ROW(oci_resources, "period", cpu_period, FIELD_INTEGER),
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
	/* The limits of pids, memory and cpu are fields of struct oci_resources itself. */
	static const struct field fields[] = {
		ROW(oci_resources, "devices", devices, JSON_ARRAY, read_device_rules),
		ROW(oci_resources, "unified", unified, FIELD_MAP),
		ROW_WHOLE("memory", JSON_OBJECT, read_memory),
		ROW_WHOLE("cpu", JSON_OBJECT, read_cpu),
		ROW_WHOLE("pids", JSON_OBJECT, read_pids),
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
		ROW(oci_device, "path", path, FIELD_STRING),
		ROW(oci_device, "type", type, FIELD_STRING),
		ROW(oci_device, "major", major, FIELD_INTEGER),
		ROW(oci_device, "minor", minor, FIELD_INTEGER),
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
	json_each (device, value) {
		int error = fields_want(reader, device, JSON_OBJECT);

		if (error < 0)
			return error;
	}
	*(struct json_node **)target = value;
	return 0;
}
