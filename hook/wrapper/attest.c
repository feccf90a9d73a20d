/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a created container before it starts: see attest.h. */
#include "attest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "wrapper/record.h"

#define LOOKS 3

static const char *resolve(const struct attest *attest, struct str path)
{
	return promise_resolve(attest->arena, attest->promise->bundle, path);
}

static int read_host(const struct attest *attest, struct attest_host *host, struct err *err)
{
	const struct oci_config *config = &attest->promise->config;
	struct init_mount *mounts;
	int error = init_own_mounts(attest->arena, &mounts, &host->n_mounts, err);

	if (error < 0)
		return error;
	host->mounts = mounts;
	host->sources = arena_array(attest->arena, config->mounts.n + 1, sizeof(*host->sources));
	for (size_t i = 0; i < config->mounts.n; i++)
		if (oci_config_mount(config, i)->bind)
			host->sources[i] =
				resolve(attest, oci_config_mount(config, i)->source.value);
	host->root = resolve(attest, config->root.path.value);
	return 0;
}

static int compare(struct attest *attest, struct attest_host *host, const char **ret_difference,
		   struct err *err)
{
	const struct oci_config *config = &attest->promise->config;
	const char *difference = attest_process(attest);
	int error;

	if (difference == NULL && !attest->facts->unseen)
		difference = attest_namespaces(attest);
	*ret_difference = difference;
	/* Without a mount namespace the container has the host's mounts: policies refuse that. */
	if (difference != NULL || attest->facts->unseen ||
	    config->linux_.namespaces.types[NAMESPACE_MOUNT].node == NULL)
		return 0;
	difference = attest_files(attest);
	if (difference == NULL)
		difference = attest_mounts(attest);
	if (attest->wants_host && difference == NULL) {
		error = read_host(attest, host, err);
		if (error < 0)
			return error;
		attest->host = host;
		difference = attest_mounts(attest);
	}
	*ret_difference = difference;
	return 0;
}

static int look_and_compare(struct arena *arena, const char *id, const struct promise *promise,
			    const char **ret_difference, struct err *err)
{
	struct init_facts facts;
	struct attest_host host = { 0 };
	struct attest state = { .arena = arena, .id = id, .promise = promise, .facts = &facts };
	int error = init_facts_collect(arena, promise->pid, &promise->config, &facts, err);

	return error < 0 ? error : compare(&state, &host, ret_difference, err);
}

/* Without a policy that can be read, nothing says that it only audits. */
static bool only_audits(struct arena *arena, const char *record)
{
	struct record kept;
	struct err ignored;

	return record_read(arena, record, &kept, &ignored) == 0 && kept.policy->audit;
}

int attest(struct arena *arena, const char *record, const char *id, int *ret_lock,
	   const char **ret_difference, bool *ret_killed, struct err *err)
{
	auto_close int lock = -1, pidfd = -1;
	struct promise promise;
	struct err ignored;
	bool is = false, kill;
	int error = promise_read(arena, record, &lock, &promise, err);

	*ret_difference = NULL;
	*ret_killed = false;
	if (error < 0 || lock < 0)
		return error;
	error = init_open(arena, promise.pid, promise.start_time, &pidfd, &is, err);
	if (error < 0 || !is)
		return error; /* it has ended: the runtime says so */
	/* The files of /proc cannot be read at one moment, and the host's mounts come and go. */
	for (int i = 0; i < LOOKS; i++) {
		error = look_and_compare(arena, id, &promise, ret_difference, err);
		if (error < 0 || *ret_difference == NULL)
			break;
	}
	kill = error < 0 || (*ret_difference != NULL && !only_audits(arena, record));
	if (kill) {
		init_kill(pidfd, &ignored);
	} else {
		promise_end(arena, record);
		*ret_lock = TAKE_FD(lock);
	}
	*ret_killed = kill;
	return error;
}
