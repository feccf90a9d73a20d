/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what else a spec says of the first process: limits, file mode mask, OOM score, scheduling,
 * cgroup; and who traces it: see attest.h. Pure. What a spec leaves out, the process has from its
 * caller, as this process has.
 */
#include "attest.h"

#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/personality.h>

#include "base/cleanup.h"

#define UMASK_DEFAULT 022 /* of runc and crun */

static bool number_in(const struct json_node *object, const char *key, uint64_t *ret)
{
	const struct json_node *node = json_get(object, key);

	return node != NULL && node->type == JSON_NUMBER &&
	       str_to_uint(node->text, UINT64_MAX, ret);
}

static const char *compare_umask(const struct attest *attest)
{
	const unsigned int found = attest->facts->umask;
	uint64_t promised = UMASK_DEFAULT;

	number_in(attest->promise->config.process.user.node, "umask", &promised);
	/* A mode may be narrower than was approved. */
	if ((~found & promised & 0777) == 0)
		return NULL;
	return arena_printf(attest->arena,
			    "/process/user/umask: the process has %03o; approved: %03" PRIo64,
			    found, promised);
}

/* RLIMIT_* of asm-generic/resource.h; these numbers are the same where this program runs. */
static const char *const limit_names[RLIM_NLIMITS] = {
	[RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_CORE] = "RLIMIT_CORE",
	[RLIMIT_CPU] = "RLIMIT_CPU",
	[RLIMIT_DATA] = "RLIMIT_DATA",
	[RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",
	[RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME] = "RLIMIT_RTTIME",
	[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_STACK] = "RLIMIT_STACK",
};

/* Go raises its own soft limit of open files, and puts it back at execve: the hard one counts. */
static const char *compare_limit(const struct attest *attest, const struct json_node *limit)
{
	const struct json_node *type = json_get(limit, "type");
	uint64_t hard = 0, soft = 0;

	if (type == NULL || !number_in(limit, "hard", &hard) || !number_in(limit, "soft", &soft))
		return NULL;
	for (size_t i = 0; i < RLIM_NLIMITS; i++) {
		const struct rlimit *found = &attest->facts->limits[i];

		if (!str_is(type->text, limit_names[i]) ||
		    (found->rlim_max <= hard && (i == RLIMIT_NOFILE || found->rlim_cur <= soft)))
			continue;
		return arena_printf(attest->arena,
				    "/process/rlimits: %s of the process is %" PRIu64
				    ", at most %" PRIu64 "; approved: %" PRIu64
				    ", at most %" PRIu64,
				    limit_names[i], (uint64_t)found->rlim_cur,
				    (uint64_t)found->rlim_max, soft, hard);
	}
	return NULL;
}

static const char *compare_limits(const struct attest *attest)
{
	const struct json_node *limits = json_get(attest->promise->config.process.node, "rlimits");
	const char *difference = NULL;

	if (limits == NULL || limits->type != JSON_ARRAY)
		return NULL;
	json_each (limit, limits) {
		if (difference == NULL)
			difference = compare_limit(attest, limit);
	}
	return difference;
}

static const char *compare_oom_score(const struct attest *attest)
{
	const struct json_node *node =
		json_get(attest->promise->config.process.node, "oomScoreAdj");
	const int found = attest->facts->oom_score_adj;
	const bool negative = node != NULL && str_starts_with(node->text, "-");
	uint64_t number = 0;
	int promised;

	if (node == NULL || node->type != JSON_NUMBER ||
	    !str_to_uint((struct str){ node->text.data + negative, node->text.len - negative },
			 1000, &number))
		return NULL;
	promised = negative ? -(int)number : (int)number;
	return found >= promised
		       ? NULL
		       : arena_printf(attest->arena,
				      "/process/oomScoreAdj: the process has %d; approved: %d",
				      found, promised);
}

static bool is_realtime(int policy)
{
	policy &= ~SCHED_RESET_ON_FORK;
	return policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE;
}

static const char *compare_scheduling(const struct attest *attest)
{
	static const long weak = ADDR_NO_RANDOMIZE | MMAP_PAGE_ZERO | ADDR_COMPAT_LAYOUT;
	const struct init_facts *facts = attest->facts;

	if (facts->scheduler >= 0 && is_realtime(facts->scheduler) &&
	    !is_realtime(facts->own_scheduler) &&
	    json_get(attest->promise->config.process.node, "scheduler") == NULL)
		return "/process/scheduler: the process is scheduled in real time, which was not approved";
	if (facts->personality >= 0 && (facts->personality & ~facts->own_personality & weak) != 0)
		return "/linux/personality: the process's memory is laid out without protection, which was not approved";
	return NULL;
}

/* Has the text this line? */
static bool has_line(const char *text, struct str line)
{
	for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
		if (str_equal((struct str){ at, strcspn(at, "\n") }, line))
			return true;
	return false;
}

/*
 * With cgroup v1 /proc/PID/cgroup has a line for each hierarchy, and a new one may have been mounted
 * since.
 */
static const char *compare_cgroup(const struct attest *attest)
{
	const char *found = attest->facts->cgroup, *line = attest->promise->cgroup;

	for (; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		const struct str promised = { line, strcspn(line, "\n") };

		if (!has_line(found, promised))
			return arena_printf(
				attest->arena,
				"/linux/cgroupsPath: the process is no longer in cgroup %s, in which it was approved",
				str_quote(attest->arena, promised));
	}
	return NULL;
}

const char *attest_settings(const struct attest *attest)
{
	const struct init_facts *facts = attest->facts;
	const char *difference = NULL;

	/* A caller that is traced itself, with all that it starts, is debugged. */
	if (facts->tracer != 0 && facts->tracer != facts->own_tracer)
		return arena_printf(attest->arena, "process %" PRIu32 " traces the container's",
				    facts->tracer);
	difference = compare_cgroup(attest);
	if (difference == NULL)
		difference = compare_limits(attest);
	if (difference == NULL)
		difference = compare_umask(attest);
	if (difference == NULL)
		difference = compare_oom_score(attest);
	return difference != NULL ? difference : compare_scheduling(attest);
}
