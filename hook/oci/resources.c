/* SPDX-License-Identifier: Apache-2.0 */
/* Reads linux.resources, linux.devices and linux.netDevices: config-linux.md. */
#include "resources.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * Types of device rules. Without one, a rule is about all devices. runc refuses other words; crun
 * takes their first letter, and reads an empty one as "c".
 */
static const char *const rule_type_words[] = { "a", "b", "c", NULL };
static const struct field_words rule_types = { "type of a device rule", rule_type_words };

/* Types of device nodes; "u" is a character device without a buffer. */
static const char *const device_type_words[] = { "b", "c", "u", "p", NULL };
static const struct field_words device_types = { "device type", device_type_words };

unsigned int oci_device_access(struct str letters)
{
	static const char known[] = "rwm";
	unsigned int set = 0;

	for (size_t i = 0; i < letters.len; i++) {
		const char *letter = memchr(known, letters.data[i], sizeof(known) - 1);

		if (letter == NULL)
			return 0;
		set |= 1U << (letter - known);
	}
	return set;
}

char oci_device_rule_type(const struct oci_device_rule *rule)
{
	return rule->type.node == NULL ? 'a' : rule->type.value.data[0];
}

bool oci_device_rule_is_wide(const struct oci_device_rule *rule)
{
	return rule->allow.value && oci_device_rule_type(rule) == 'a';
}

/*
 * Letters of "rwm", in any order, each once. runc refuses a rule without letters, and crun lets it
 * mean nothing. crun ignores other letters.
 */
static int read_access(const struct fields_reader *reader, struct json_node *value, void *target)
{
	unsigned int set = oci_device_access(value->text);

	if (set == 0 || (size_t)__builtin_popcount(set) != value->text.len)
		return fields_fail(reader, value,
				   "unknown access %s; write letters of \"rwm\", each once",
				   str_quote(reader->doc->arena, value->text));
	*(unsigned int *)target = set;
	return 0;
}

/* -1 is any number. Some runtimes take every negative number for that, and cut off high bits. */
static int read_device_number(const struct fields_reader *reader, struct json_node *value,
			      void *target)
{
	uint64_t number;
	int error = field_integer(reader, value, target);

	if (error < 0 || str_is(value->text, "-1") || str_to_uint(value->text, INT32_MAX, &number))
		return error;
	return fields_fail(reader, value,
			   "expected a device number up to 2147483647, or -1 for any, found %s",
			   str_show(reader->doc->arena, value->text));
}

static int read_device_rule(const struct fields_reader *reader, struct json_node *value,
			    void *target)
{
	static const struct field fields[] = {
		ROW(oci_device_rule, "allow", allow, FIELD_BOOL),
		ROW(oci_device_rule, "type", type, FIELD_STRING_OF(&rule_types)),
		ROW(oci_device_rule, "access", access, JSON_STRING, read_access),
		ROW(oci_device_rule, "major", major, JSON_NUMBER, read_device_number),
		ROW(oci_device_rule, "minor", minor, JSON_NUMBER, read_device_number),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	((struct oci_device_rule *)target)->node = value;
	return error < 0 ? error : fields_need(reader, value, "access", "device rule");
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

/*
 * Files of a cgroup that runtimes may write for the spec, by the start of their names: those of the
 * controllers in the kernel's admin-guide/cgroup-v2.rst, and limits of the cgroup itself. The other
 * files of the core move, freeze or kill processes, or give controllers to others.
 */
static const char *const unified_files[] = {
	"cpu.",
	"cpuset.",
	"memory.",
	"io.",
	"pids.",
	"hugetlb.",
	"rdma.",
	"misc.",
	"dmem.",
	"cgroup.max.depth",
	"cgroup.max.descendants",
};

static bool is_unified_file(struct str name)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.";
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(unified_files) && !known; i++) {
		size_t len = strlen(unified_files[i]);
		bool prefix = unified_files[i][len - 1] == '.';

		known = prefix ? name.len > len && str_starts_with(name, unified_files[i])
			       : str_is(name, unified_files[i]);
	}
	for (size_t i = 0; i < name.len && known; i++)
		known = memchr(plain, name.data[i], sizeof(plain) - 1) != NULL;
	return known;
}

static int read_unified(const struct fields_reader *reader, struct json_node *value, void *target)
{
	json_each (file, value)
		if (!is_unified_file(file->key))
			return fields_fail(
				reader, file,
				"not a file of a cgroup controller, such as memory.high; runtimes write it as root");
	return field_map(reader, value, target);
}

/* "2MB": a part of the name of a cgroup's file. */
static int check_page_size(const struct fields_reader *reader, struct json_node *value,
			   void *target)
{
	struct str size = value->text;
	uint64_t number;

	(void)target;
	if (size.len > 2 && memchr("KMG", size.data[size.len - 2], 3) != NULL &&
	    size.data[size.len - 1] == 'B' &&
	    str_to_uint((struct str){ size.data, size.len - 2 }, INT32_MAX, &number) && number > 0)
		return 0;
	return fields_fail(reader, value, "unknown page size %s; write it as \"64KB\" or \"2MB\"",
			   str_quote(reader->doc->arena, size));
}

static int read_hugepage_limit(const struct fields_reader *reader, struct json_node *value,
			       void *target)
{
	static const struct field fields[] = {
		ROW_WHOLE("pageSize", JSON_STRING, check_page_size),
		KNOWN("limit"),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	return error < 0 ? error : fields_need(reader, value, "pageSize", "limit of huge pages");
}

static int read_hugepage_limits(const struct fields_reader *reader, struct json_node *value,
				void *target)
{
	return fields_each(reader, value, read_hugepage_limit, target);
}

int oci_resources_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	/* The limits of pids, memory and cpu are fields of struct oci_resources itself. */
	static const struct field fields[] = {
		ROW(oci_resources, "devices", devices, JSON_ARRAY, read_device_rules),
		ROW(oci_resources, "unified", unified, JSON_OBJECT, read_unified),
		ROW_WHOLE("memory", JSON_OBJECT, read_memory),
		ROW_WHOLE("cpu", JSON_OBJECT, read_cpu),
		ROW_WHOLE("pids", JSON_OBJECT, read_pids),
		KNOWN("blockIO"),
		ROW_WHOLE("hugepageLimits", JSON_ARRAY, read_hugepage_limits),
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
		ROW(oci_device, "type", type, FIELD_STRING_OF(&device_types)),
		ROW(oci_device, "major", major, JSON_NUMBER, read_device_number),
		ROW(oci_device, "minor", minor, JSON_NUMBER, read_device_number),
		KNOWN("fileMode"),
		KNOWN("uid"),
		KNOWN("gid"),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	((struct oci_device *)target)->node = value;
	return error < 0 ? error : fields_need(reader, value, "type", "device");
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
