/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a created container before it starts: see attest.h. */
#include "attest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "wrapper/record.h"

#define LOOKS 3
#define LOOK_MS 30000 /* in all; it takes some milliseconds */

static const char *resolve(const struct attest *attest, struct str path)
{
	return promise_resolve(attest->arena, attest->promise->bundle, path);
}

static void read_sources(const struct attest *attest, struct attest_host *host)
{
	const struct oci_config *config = &attest->promise->config;

	host->sources = arena_array(attest->arena, config->mounts.n + 1, sizeof(*host->sources));
	for (size_t i = 0; i < config->mounts.n; i++)
		if (oci_config_mount(config, i)->bind)
			host->sources[i] =
				resolve(attest, oci_config_mount(config, i)->source.value);
	host->root = resolve(attest, config->root.path.value);
}

static int compare(struct attest *attest, struct attest_host *host, const char **ret_difference,
		   struct err *err)
{
	const struct oci_config *config = &attest->promise->config;
	const char *difference = attest_process(attest);
	struct init_mount *mounts;
	int error;

	if (difference == NULL)
		difference = attest_settings(attest);
	if (difference == NULL && !attest->facts->unseen)
		difference = attest_namespaces(attest);
	*ret_difference = difference;
	/* Without a mount namespace the container has the host's mounts: policies refuse that. */
	if (difference != NULL || attest->facts->unseen ||
	    config->linux_.namespaces.types[NAMESPACE_MOUNT].node == NULL)
		return 0;
	error = init_own_mounts(attest->arena, &mounts, &host->n_mounts, err);
	if (error < 0)
		return error;
	host->mounts = mounts;
	attest->host = host;
	difference = attest_files(attest);
	if (difference == NULL)
		difference = attest_mounts(attest);
	if (attest->wants_sources && difference == NULL) {
		read_sources(attest, host);
		difference = attest_mounts(attest);
	}
	*ret_difference = difference;
	return 0;
}

/* Without a policy that can be read, nothing says that it only audits. */
static bool only_audits(struct arena *arena, const char *record)
{
	struct record kept;
	struct err ignored;

	return record_read(arena, record, &kept, &ignored) == 0 && kept.policy->audit;
}

/* What the child that looks hands back, in memory that both have. */
struct report {
	int error;
	bool differs;
	char difference[ERR_TEXT_MAX];
	struct err err;
};

static void look_once(const struct attest *promised, struct report *report)
{
	struct init_facts facts;
	struct attest_host host = { 0 };
	struct attest attest = *promised;
	const char *difference = NULL;

	attest.facts = &facts;
	report->error = init_facts_collect(attest.arena, attest.promise->pid,
					   &attest.promise->config, &facts, &report->err);
	if (report->error == 0)
		init_others_look(attest.arena, &attest.promise->config, attest.others,
				 attest.n_others, &facts);
	if (report->error == 0)
		report->error = compare(&attest, &host, &difference, &report->err);
	report->differs = difference != NULL;
	if (difference != NULL)
		snprintf(report->difference, sizeof(report->difference), "%s", difference);
}

/* The files of /proc cannot be read at one moment, and the host's mounts come and go. */
static _Noreturn void look(const struct attest *promised, pid_t parent, struct report *report)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_SYSTEM);
	for (int i = 0; i < LOOKS; i++) {
		look_once(promised, report);
		if (report->error < 0 || !report->differs)
			break;
	}
	_exit(0);
}

/* Waits until a process has ended, or for some time. */
static bool has_ended(int pidfd, int milliseconds)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&ended, 1, milliseconds);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/*
 * A child looks: a file system that is served by a program may never answer, and then the process
 * that asks cannot be killed. The child sends no signal when it ends: see judge_in_child().
 */
static int look_in_child(const struct attest *attest, struct report *report, struct err *err)
{
	const pid_t self = getpid();
	pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL), waited;
	auto_close int pidfd = -1;
	int status = 0;

	if (child == 0)
		look(attest, self, report);
	if (child < 0)
		return err_set_system(err, errno,
				      "cannot make a process that looks at the container");
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	if (pidfd >= 0 && !has_ended(pidfd, LOOK_MS)) {
		kill(child, SIGKILL);
		return err_set(
			err, ETIME, EXIT_SYSTEM,
			"looking at the container took longer than %d seconds: a file system in it does not answer; it was killed before it started",
			LOOK_MS / 1000);
	}
	do
		waited = waitpid(child, &status, __WALL);
	while (waited < 0 && errno == EINTR);
	if (waited != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, EIO, EXIT_SYSTEM,
			       "the process that looked at the container ended with status %d",
			       status);
	*err = report->err;
	return report->error;
}

int attest(struct arena *arena, const char *record, const char *id,
	   const struct init_container *others, size_t n_others, int *ret_lock,
	   const char **ret_difference, bool *ret_killed, struct err *err)
{
	auto_close int lock = -1, pidfd = -1;
	struct promise promise;
	struct attest state = { .arena = arena,
				.id = id,
				.others = others,
				.n_others = n_others,
				.promise = &promise };
	struct report *report;
	struct err ignored;
	bool is = false;
	int error = promise_read(arena, record, &lock, &promise, err);

	*ret_difference = NULL;
	*ret_killed = false;
	if (error < 0 || lock < 0)
		return error;
	error = init_open(arena, promise.pid, promise.start_time, &pidfd, &is, err);
	if (error < 0 || !is)
		return error; /* it has ended: the runtime says so */
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (report == MAP_FAILED)
		return err_set_system(err, errno, "cannot make memory to look at the container");
	error = look_in_child(&state, report, err);
	/* Of a process that has ended meanwhile, nothing can be read. */
	if ((error < 0 || report->differs) && has_ended(pidfd, 0))
		return 0;
	if (report->differs)
		*ret_difference = report->difference;
	*ret_killed = error < 0 || (report->differs && !only_audits(arena, record));
	if (*ret_killed) {
		init_kill(pidfd, &ignored);
	} else {
		promise_end(arena, record);
		*ret_lock = TAKE_FD(lock);
	}
	return error;
}
