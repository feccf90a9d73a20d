/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the words of settings that no rule reads: see settings.h. */
#include "settings.h"

#include "base/cleanup.h"

/* Names of getrlimit(2). */
static const char *const rlimit_words[] = {
	"RLIMIT_AS",
	"RLIMIT_CORE",
	"RLIMIT_CPU",
	"RLIMIT_DATA",
	"RLIMIT_FSIZE",
	"RLIMIT_LOCKS",
	"RLIMIT_MEMLOCK",
	"RLIMIT_MSGQUEUE",
	"RLIMIT_NICE",
	"RLIMIT_NOFILE",
	"RLIMIT_NPROC",
	"RLIMIT_RSS",
	"RLIMIT_RTPRIO",
	"RLIMIT_RTTIME",
	"RLIMIT_SIGPENDING",
	"RLIMIT_STACK",
	NULL,
};
static const char *const policy_words[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
	"SCHED_ISO",   "SCHED_IDLE", "SCHED_DEADLINE", NULL,
};
static const char *const policy_flag_words[] = {
	"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
	"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
};
static const char *const class_words[] = {
	"IOPRIO_CLASS_RT",
	"IOPRIO_CLASS_BE",
	"IOPRIO_CLASS_IDLE",
	NULL,
};
static const char *const mode_words[] = {
	"MPOL_DEFAULT",	  "MPOL_BIND",		 "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE",
	"MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL",	    NULL,
};
static const char *const mode_flag_words[] = {
	"MPOL_F_NUMA_BALANCING",
	"MPOL_F_RELATIVE_NODES",
	"MPOL_F_STATIC_NODES",
	NULL,
};
static const char *const domain_words[] = { "LINUX", "LINUX32", NULL };

static const struct field_words rlimits = { "resource limit", rlimit_words };
static const struct field_words policies = { "scheduler policy", policy_words };
static const struct field_words policy_flags = { "scheduler flag", policy_flag_words };
static const struct field_words classes = { "I/O priority class", class_words };
static const struct field_words modes = { "memory policy", mode_words };
static const struct field_words mode_flags = { "memory policy flag", mode_flag_words };
static const struct field_words domains = { "personality", domain_words };

static int read_rlimit(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		KNOWN_WORD("type", &rlimits),
		KNOWN("soft"),
		KNOWN("hard"),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	return error < 0 ? error : fields_need(reader, value, "type", "resource limit");
}

int oci_rlimits_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	return fields_each(reader, value, read_rlimit, target);
}

int oci_scheduler_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		KNOWN_WORD("policy", &policies),
		KNOWN("nice"),
		KNOWN("priority"),
		KNOWN_WORDS("flags", &policy_flags),
		KNOWN("runtime"),
		KNOWN("deadline"),
		KNOWN("period"),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	return error < 0 ? error : fields_need(reader, value, "policy", "scheduler");
}

int oci_io_priority_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		KNOWN_WORD("class", &classes),
		KNOWN("priority"),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	return error < 0 ? error : fields_need(reader, value, "class", "I/O priority");
}

int oci_memory_policy_read(const struct fields_reader *reader, struct json_node *value,
			   void *target)
{
	static const struct field fields[] = {
		KNOWN_WORD("mode", &modes),
		KNOWN("nodes"),
		KNOWN_WORDS("flags", &mode_flags),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	return error < 0 ? error : fields_need(reader, value, "mode", "memory policy");
}

/* The specification has no flags yet, and runtimes take no notice of any. */
int oci_personality_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		KNOWN_WORD("domain", &domains),
		KNOWN("flags"),
	};
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), target);

	return error < 0 ? error : fields_need(reader, value, "domain", "personality");
}

int oci_time_offsets_read(const struct fields_reader *reader, struct json_node *value, void *target)
{
	static const struct field fields[] = {
		KNOWN("monotonic"),
		KNOWN("boottime"),
	};

	return fields_read(reader, value, fields, ARRAY_SIZE(fields), target);
}
