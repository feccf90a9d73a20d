/* SPDX-License-Identifier: Apache-2.0 */
/* Restores a container under the guard: see runtime_restore.h. */
#include "runtime_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "guard/guard.h"
#include "host/init_filter.h"
#include "oci/capability.h"
#include "policy_to_guard.h"
#include "report/report.h"
#include "wrapper/record.h"

/* What restored processes share with others cannot be told apart when they come back. */
static int check_pid_namespace(const struct oci_config *config, struct err *err)
{
	const struct oci_namespace *ns = &config->linux_.namespaces.types[NAMESPACE_PID];

	if (ns->node != NULL && ns->path.node == NULL)
		return 0;
	return err_set(
		err, ENOTSUP, EXIT_GUARD,
		"the guard cannot tell restored processes that share a pid namespace from others: restore the container with a pid namespace of its own");
}

int restore_announce(struct creation *creation, const struct policy *policy, pid_t runtime,
		     struct err *err)
{
	struct guard_container container = { .id = creation->args->id };
	struct pipeline_result output;
	struct exec_limits limits;
	enum guard_loaded ignored;
	int error = creation_read_output(creation, policy, !guard_refuses_userns(GUARD_DIR),
					 &output, err);

	if (error < 0)
		return error;
	policy_exec_limits(policy, &output.config, &output.facts, output.today, &limits);
	container.limits = policy_to_guard_limits(&limits);
	container.rules = policy_to_guard_rules(creation->arena, &limits);
	container.promise = policy_to_guard_promise(&limits, &output.config, &output.facts);
	if (guard_is_missing(GUARD_DIR))
		error = guard_load(GUARD_DIR, NULL, GUARD_LOAD_ONCE, &ignored, err);
	if (error == 0)
		error = check_pid_namespace(&output.config, err);
	if (error == 0)
		error = guard_expect_restore(GUARD_DIR, &container, runtime,
					     policy_to_guard_level(&limits), err);
	/* noNewPrivileges in the config says nothing about processes that come from images. */
	if (error == 0 || limits.exec.guarantee == GUARANTEE_NONE)
		return 0;
	err_prefix(err, "policy '%s' asks for guarantee '%s'", policy->name,
		   exec_guarantee_name(limits.exec.guarantee));
	return error;
}

/* What the caller does with signals; the runtime gets it back. */
struct signals {
	sigset_t mask;
	struct sigaction child;
};

/*
 * This process must outlive the runtime: the guard knows CRIU by it, and it judges what came back. A
 * runtime that is interrupted goes on. An ignored SIGCHLD would take the status of the runtime away.
 */
static void hold_signals(struct signals *before)
{
	const struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before->mask);
	sigaction(SIGCHLD, &plain, &before->child);
}

/* Returns the exit code of a program, as a shell would; argv[0] is not its path. */
static int run(const char *path, char **argv, const struct signals *signals, bool quiet,
	       int *ret_code, struct err *err)
{
	int status = 0;
	pid_t ended, child = fork();

	if (child == 0) {
		int null = quiet ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;

		for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
			dup2(null, fd);
		sigaction(SIGCHLD, &signals->child, NULL);
		sigprocmask(SIG_SETMASK, &signals->mask, NULL);
		execv(path, argv);
		_exit(EXIT_SYSTEM);
	}
	if (child < 0)
		return err_set_system(err, errno, "cannot start the real runtime %s", path);
	do
		ended = waitpid(child, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return err_set_system(err, errno, "cannot wait for the real runtime %s", path);
	*ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

/* The runtime knows all processes of the container. As after a create that failed, none stays. */
static int delete_container(struct arena *arena, const struct runtime_args *args, const char *real,
			    char **argv, const struct signals *signals, struct err *err)
{
	const char *const last[] = { "delete", "--force", args->id, NULL };
	char **words =
		arena_array(arena, (size_t)args->verb_index + ARRAY_SIZE(last), sizeof(*words));
	int code = 0, error;

	memcpy(words, argv, (size_t)args->verb_index * sizeof(*words));
	for (size_t i = 0; i + 1 < ARRAY_SIZE(last); i++)
		words[(size_t)args->verb_index + i] =
			arena_copy(arena, last[i], strlen(last[i]) + 1);
	error = run(real, words, signals, true, &code, err);
	if (error == 0 && code != 0)
		error = err_set(err, EIO, EXIT_SYSTEM, "%s delete --force ended with %d", real,
				code);
	return error;
}

/* "ceiling", or what of the promises of the config is not kept. */
static const char *reason_of(struct arena *arena, const struct guard_restored *restored)
{
	const char *text = guard_reason_name(restored->reason), *separator = ": ";

	if (restored->reason != ABI_REASON_PROMISE)
		return text;
	for (unsigned int i = 0; i < ABI_PROMISED_COUNT; i++)
		if ((restored->difference >> i & 1) != 0) {
			text = arena_printf(arena, "%s%s%s", text, separator,
					    guard_promised_name(i));
			separator = ", ";
		}
	return text;
}

static int refusal(struct arena *arena, const struct guard_restored *restored, struct err *err)
{
	const struct abi_creds *creds = &restored->creds;

	if (restored->pid != 0)
		return err_set(
			err, EPERM, EXIT_REFUSED,
			"the checkpoint has a process that the policy does not allow (%s): pid %d, uid %u, permitted capabilities %s, bounding %s; it was killed before it ran, and the container with it; restore only what was checkpointed under this policy",
			reason_of(arena, restored), (int)restored->pid, creds->uid,
			cap_set_text(arena, creds->permitted),
			cap_set_text(arena, creds->bounding));
	return err_set(
		err, EIO, EXIT_GUARD,
		"the kernel guard did not see all that the checkpoint brought back, so the container was killed; `rootfence status` tells whether the guard is whole");
}

/*
 * crun keeps the seccomp filter of a container in a file, for sessions in it, but writes none at a
 * restore: a session would have no filter, and the guard stops that. It gets what init has.
 */
static int give_sessions_filter(struct arena *arena, const struct runtime_args *args, pid_t init,
				struct err *err)
{
	auto_close int fd = -1;
	const char *path;
	struct str filter = { 0 };
	int error = record_state_dir(arena, args, RUNTIME_CRUN, &path, err);

	if (error == 0)
		error = init_filter_read(arena, init, &filter, err);
	if (error < 0 || filter.len == 0)
		return error;
	path = arena_printf(arena, "%s/seccomp.bpf", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0700);
	if (fd < 0 && errno == EEXIST)
		return 0; /* a crun that writes it */
	if (fd < 0)
		return err_set_system(err, errno, "cannot make %s", path);
	return io_write(fd, path, filter, err);
}

/* The container runs and is held. Returns 0: what fails here only stops sessions in it. */
static int restored_well(struct arena *arena, const struct runtime_args *args,
			 enum runtime_kind kind, pid_t init)
{
	struct err err;

	if (kind != RUNTIME_CRUN || give_sessions_filter(arena, args, init, &err) == 0)
		return 0;
	err_prefix(&err, "sessions in this container will have no seccomp filter");
	report_from_runtime(args->log, args->log_format, args->id, err.text);
	return 0;
}

int restore_run(struct arena *arena, const struct runtime_args *args, enum runtime_kind kind,
		const char *real, char **argv, struct err *err)
{
	const bool announced = guard_expects_restore(GUARD_DIR, args->id, getpid());
	struct guard_restored restored;
	struct signals signals;
	struct err failure;
	int code = 0, error;

	hold_signals(&signals);
	error = run(real, argv, &signals, false, &code, err);
	if (error < 0)
		return error;
	error = guard_restore_end(GUARD_DIR, getpid(), &restored, &failure);
	if (error == -ENOENT && !announced)
		return code; /* the policy asks for no guard */
	if (error < 0)
		restored = (struct guard_restored){ 0 };
	if (code != 0 && restored.pid == 0)
		return code; /* the runtime has said why */
	if (code == 0 && restored.pid == 0 && restored.registered)
		return restored_well(arena, args, kind, restored.init);
	error = refusal(arena, &restored, err);
	if (delete_container(arena, args, real, argv, &signals, &failure) < 0)
		err_prefix(err, "%s; delete container %s yourself", failure.text, args->id);
	return error;
}
