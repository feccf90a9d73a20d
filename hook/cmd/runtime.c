/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrapper around the real runtime. create, run and restore: the bundle's config is judged,
 * rewritten, and given our hooks. exec: the process is judged by the policy that its container was
 * created under. A child process does that, within the limits of a hook. start: what the runtime made
 * is compared with what was approved. Every other verb is passed
 * on unchanged, as is any command line that starts nothing. The wrapper then becomes the real
 * runtime, with the same argv, environment, descriptors and working directory.
 */
#include "cmd.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/restrain.h"
#include "guard/guard.h"
#include "policy_files.h"
#include "report/report.h"
#include "runtime_restore.h"
#include "wrapper/attest.h"
#include "wrapper/create.h"
#include "wrapper/record.h"
#include "wrapper/session.h"

#define TOLD 0x40 /* in the exit status of the child: it has ended by itself, and said why */

struct wrapper {
	struct arena *arena;
	struct runtime_args args;
	struct runtime_setup setup;
	enum runtime_kind kind;
	const char *real; /* path of the real runtime */
	struct session session;
};

static void tell(const struct wrapper *wrapper, const char *text)
{
	const struct runtime_args *args = &wrapper->args;

	report_from_runtime(args->log, args->log_format, args->id, text);
}

/* Reports the verdict. Returns 0 or EXIT_REFUSED. */
static int report(const struct wrapper *wrapper, const struct verdict *verdict)
{
	report_logged(wrapper->args.id, verdict);
	if (verdict->kind != VERDICT_REJECT)
		return 0;
	tell(wrapper, report_refusal(wrapper->arena, verdict));
	return EXIT_REFUSED;
}

/* Returns the path of the container's record, which need not exist. */
static int find_record(const struct wrapper *wrapper, const char **ret_record, struct err *err)
{
	const char *base;
	int error = record_base(wrapper->arena, &base, err);

	return error < 0 ? error
			 : record_path(wrapper->arena, base, &wrapper->args, wrapper->kind,
				       ret_record, err);
}

static int create(struct wrapper *wrapper, struct creation *creation, int lock, struct err *err)
{
	struct policy *policy;
	const char *record;
	int result, error = creation_open(creation, lock, err);

	if (error == 0)
		error = policy_select(wrapper->arena, wrapper->setup.policy, POLICY_FOR_HOOK,
				      &policy, err);
	if (error == 0)
		error = find_record(wrapper, &record, err);
	if (error == 0)
		error = creation_judge(creation, policy, record, !guard_refuses_userns(GUARD_DIR),
				       err);
	if (error < 0)
		return error;
	result = report(wrapper, &creation->judged.verdict);
	if (result == 0 && wrapper->args.verb == VERB_RESTORE)
		result = restore_announce(creation, policy, getppid(), err);
	if (result == 0)
		result = creation_put_in_place(creation, err);
	if (result == 0)
		report_rewritten(wrapper->arena, wrapper->args.id, &creation->judged.config,
				 &creation->judged.verdict);
	return result;
}

static int exec(struct wrapper *wrapper, struct err *err)
{
	struct session session = wrapper->session;
	struct verdict verdict;
	struct policy *policy = NULL;
	const char *record;
	int error = find_record(wrapper, &record, err);

	if (error == 0)
		error = session_open(&session, record, err);
	if (error == 0 && session.policy == NULL) {
		error = policy_select(wrapper->arena, wrapper->setup.policy, POLICY_FOR_HOOK,
				      &policy, err);
		session.policy = policy;
	}
	if (error == 0)
		error = session_judge(&session, &verdict, err);
	if (error < 0)
		return error;
	error = report(wrapper, &verdict);
	if (error == 0)
		report_rewritten_session(wrapper->arena, wrapper->args.id, &verdict);
	return error;
}

/* Judges, and prepares what the real runtime reads. Ends the child: see judge_in_child(). */
static _Noreturn void judge(struct wrapper *wrapper, struct creation *creation, int lock,
			    pid_t parent)
{
	struct err err = { 0 };
	int result = restrain_child(parent, &err);

	if (result == 0)
		result = wrapper->args.verb == VERB_EXEC ? exec(wrapper, &err)
							 : create(wrapper, creation, lock, &err);
	if (result < 0) {
		tell(wrapper, err.text);
		result = err.exit;
	}
	_exit(TOLD | result);
}

/*
 * A child reads what others wrote: its limits need not be taken back, and it can end in any way.
 * Only the status TOLD alone lets this process go on. The child sends no signal when it ends,
 * because the engine may have blocked or ignored SIGCHLD, and the real runtime may wait for it.
 */
static int judge_in_child(struct wrapper *wrapper, struct creation *creation, int lock,
			  struct err *err)
{
	const pid_t self = getpid();
	int status = 0;
	pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL), ended;

	if (child == 0)
		judge(wrapper, creation, lock, self);
	if (child < 0)
		return err_set_system(err, errno, "cannot make a process that judges");
	do
		ended = waitpid(child, &status, __WALL);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return err_set_system(err, errno, "cannot wait for the process that judges");
	if (WIFEXITED(status) && (WEXITSTATUS(status) & TOLD) != 0)
		return WEXITSTATUS(status) & ~TOLD;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return err_set(err, ETIME, EXIT_SYSTEM,
			       "judging took longer than %d seconds; nothing was started",
			       RESTRAIN_CHILD_SECONDS);
	if (WIFSIGNALED(status))
		return err_set(err, EIO, EXIT_SYSTEM,
			       "judging was ended by signal %d (%s); nothing was started",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	return err_set(
		err, ENOMEM, EXIT_SYSTEM,
		"judging needed more memory or processor time than its limits allow; nothing was started");
}

static int prepare_session(struct wrapper *wrapper, char **argv, struct err *err)
{
	struct session *session = &wrapper->session;
	const bool has_document = wrapper->args.process != NULL;
	int result = has_document ? session_open_document(session, err) : 0;

	if (result == 0)
		result = judge_in_child(wrapper, NULL, -1, err);
	return result == 0 && has_document ? session_hand_on(session, argv, err) : result;
}

static int prepare_container(struct wrapper *wrapper, char **argv, int *ret_lock, struct err *err)
{
	struct creation creation = { .arena = wrapper->arena,
				     .args = &wrapper->args,
				     .kind = wrapper->kind };
	int result = creation_lock(&creation, ret_lock, err);

	if (result == 0)
		result = judge_in_child(wrapper, &creation, *ret_lock, err);
	if (result == 0 && wrapper->args.config != NULL)
		runtime_args_replace(wrapper->arena, argv, wrapper->args.config, CONFIG_OF_BUNDLE);
	return result;
}

struct containers {
	struct arena *arena;
	struct init_container *items;
	size_t n, room;
};

static int list_container(const struct abi_key *key, const struct abi_entry *entry, void *data)
{
	static const enum oci_namespace_type types[ABI_HOST_NS_COUNT] = {
		[ABI_HOST_NS_MNT] = NAMESPACE_MOUNT,	 [ABI_HOST_NS_IPC] = NAMESPACE_IPC,
		[ABI_HOST_NS_UTS] = NAMESPACE_UTS,	 [ABI_HOST_NS_NET] = NAMESPACE_NETWORK,
		[ABI_HOST_NS_CGROUP] = NAMESPACE_CGROUP,
	};
	struct containers *all = data;
	struct init_container *item;

	(void)key;
	if (all->n == all->room) {
		const size_t room = all->room > 0 ? all->room * 2 : 64;
		struct init_container *items = arena_array(all->arena, room, sizeof(*items));

		if (all->n > 0)
			memcpy(items, all->items, all->n * sizeof(*items));
		all->items = items;
		all->room = room;
	}
	item = &all->items[all->n++];
	item->id = arena_copy(all->arena, entry->id, strlen(entry->id));
	item->pid = (pid_t)entry->init_pid;
	for (size_t i = 0; i < ABI_HOST_NS_COUNT; i++)
		item->namespaces[types[i]] = entry->own_ns[i];
	return 0;
}

/*
 * Compares what the runtime made with what was approved. Kernel and wrapper wrote all that this
 * reads, so it needs no limits but that of time: see attest().
 */
static int prepare_start(struct wrapper *wrapper, int *ret_lock, struct err *err)
{
	const char *record, *difference = NULL;
	struct containers others = { .arena = wrapper->arena };
	struct err ignored;
	bool killed = false;
	int error = find_record(wrapper, &record, err);

	/* Without the guard, or without the right to read it, no other container is known. */
	if (error == 0 && guard_each_entry(GUARD_DIR, list_container, &others, &ignored) < 0)
		others.n = 0;
	if (error == 0)
		error = attest(wrapper->arena, record, wrapper->args.id, others.items, others.n,
			       ret_lock, &difference, &killed, err);
	if (error < 0 || difference == NULL)
		return error;
	if (!killed) {
		report_syslog(
			LOG_NOTICE, wrapper->args.id,
			arena_printf(
				wrapper->arena,
				"the container is not what was approved: %s; it starts, because the policy is in mode audit",
				difference));
		return 0;
	}
	tell(wrapper,
	     arena_printf(
		     wrapper->arena,
		     "the container is not what was approved, and was killed before it started: %s; update the runtime %s, or find out what changed the container",
		     difference, wrapper->real));
	return EXIT_REFUSED;
}

/* Without an id no runtime starts anything. The real runtime reports that error itself. */
static int prepare(struct wrapper *wrapper, char **argv, int *ret_lock, struct err *err)
{
	wrapper->session = (struct session){ .arena = wrapper->arena,
					     .args = &wrapper->args,
					     .kind = wrapper->kind,
					     .source = -1,
					     .handed = -1 };
	if (wrapper->args.verb == VERB_OTHER || wrapper->args.id == NULL)
		return 0;
	if (wrapper->args.verb == VERB_START)
		return prepare_start(wrapper, ret_lock, err);
	return wrapper->args.verb == VERB_EXEC ? prepare_session(wrapper, argv, err)
					       : prepare_container(wrapper, argv, ret_lock, err);
}

/* A runtime that leaves the container alone ends soon, so the wrapper can wait for it. */
static bool is_watched(const struct runtime_args *args)
{
	return args->verb == VERB_RESTORE && args->id != NULL && args->detach != NULL &&
	       strcmp(args->detach, "true") == 0;
}

static int become_real(struct wrapper *wrapper, int argc, char **argv, struct err *err)
{
	auto_close int lock = -1;
	int result = runtime_args_parse(wrapper->arena, argc, argv, &wrapper->args, err);

	if (result == 0)
		result = runtime_setup_read(wrapper->arena, RUNTIME_SETUP_FILE, &wrapper->setup,
					    err);
	if (result == 0)
		result = runtime_find(&wrapper->setup, wrapper->kind, &wrapper->kind,
				      &wrapper->real, err);
	if (result == 0)
		result = prepare(wrapper, argv, &lock, err);
	if (result != 0)
		return result;
	if (is_watched(&wrapper->args))
		return restore_run(wrapper->arena, &wrapper->args, wrapper->kind, wrapper->real,
				   argv, err);
	execv(wrapper->real, argv);
	return err_set_system(err, errno, "cannot start the real runtime %s", wrapper->real);
}

static int wrap(enum runtime_kind kind, int argc, char **argv)
{
	struct wrapper wrapper = { .arena = arena_new(), .kind = kind };
	struct err err = { 0 };
	int result = become_real(&wrapper, argc, argv, &err);

	if (result < 0) {
		tell(&wrapper, err.text);
		result = err.exit;
	}
	arena_free(wrapper.arena);
	return result;
}

bool runtime_is_called(const char *name)
{
	const char *slash = strrchr(name, '/');

	return runtime_kind_of(name) != RUNTIME_DEFAULT ||
	       strcmp(slash != NULL ? slash + 1 : name, "rootfence-runtime") == 0;
}

int runtime_main(int argc, char **argv)
{
	return wrap(runtime_kind_of(argv[0]), argc, argv);
}

int command_runtime(const struct command *command, int argc, char **argv)
{
	struct arena *arena;
	char **words;
	int result;

	if (argc > 0 && strcmp(argv[0], "--help") == 0) {
		print_help(command);
		return EXIT_ALLOWED;
	}
	arena = arena_new();
	words = arena_array(arena, (size_t)argc + 2, sizeof(*words));
	words[0] = arena_copy(arena, "rootfence-runtime", sizeof("rootfence-runtime"));
	for (int i = 0; i < argc; i++)
		words[i + 1] = argv[i];
	result = wrap(RUNTIME_DEFAULT, argc + 1, words);
	arena_free(arena);
	return result;
}
