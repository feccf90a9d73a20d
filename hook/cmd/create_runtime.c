/* SPDX-License-Identifier: Apache-2.0 */
/*
 * createRuntime, an OCI hook. It runs in the runtime namespace after the container's namespaces and
 * cgroup were made, and before any process of the container runs. It judges the bundle's config and
 * puts the container under the guard. prestart is the same function by the older name of this
 * stage.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/restrain.h"
#include "guard/guard.h"
#include "verdict/pipeline.h"
#include "oci/state.h"
#include "policy_files.h"
#include "policy_to_guard.h"
#include "report/report.h"
#include "wrapper/promise.h"
#include "wrapper/record.h"
#include "wrapper/state_bundle.h"

struct hook {
	struct arena *arena;
	const char *policy_name;
	const char *guard_dir;
	const char *record; /* made by the wrapper, or NULL */
	bool except_builds;
	const char *container; /* id, once it is known */
	bool loaded;	       /* by this process, so that the policy was not told yet */
	int promise;	       /* descriptor of what `start` compares with, or -1; stays open */
	int load_error;	       /* of loading the guard; 0, or -errno with why_not */
	struct err why_not;
};

static int read_stdin(struct arena *arena, struct json_doc **ret_doc, struct err *err)
{
	struct str text;
	int error = io_read(arena, STDIN_FILENO, "standard input", JSON_SIZE_MAX, &text, err);

	if (error < 0)
		return error;
	return json_read(arena, "standard input", text, JSON_NO_COMMENTS, ret_doc, err);
}

/* Reads the config through a descriptor of the bundle. */
static int read_bundle(struct arena *arena, const char *bundle, struct json_doc **ret_doc,
		       struct err *err)
{
	auto_close int dir = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct str text;
	int error;

	if (dir < 0)
		return err_set_system(err, errno, "cannot open bundle %s", bundle);
	error = io_read_file(arena, dir, "config.json", JSON_SIZE_MAX, &text, err);
	if (error < 0) {
		err_prefix(err, "bundle %s", bundle);
		return error;
	}
	return json_read(arena, "config.json", text, JSON_NO_COMMENTS, ret_doc, err);
}

/*
 * If loading the guard failed earlier, that error is reported. At a restore, CRIU works in the
 * container now, with its own privileges and helpers; the guard registers it when CRIU is done.
 */
static int register_container(const struct hook *hook, const struct oci_state *state,
			      const struct pipeline_result *result,
			      const struct exec_limits *limits, struct err *err)
{
	const struct guard_container container = {
		.id = state->id,
		.init_pid = state->pid,
		.limits = policy_to_guard_limits(limits),
		.rules = policy_to_guard_rules(hook->arena, limits),
		.promise = policy_to_guard_promise(limits, &result->config, &result->facts),
		.has_hooks = result->config.hooks.stages[HOOK_CREATE_CONTAINER].n > 0,
	};
	const enum guard_level level = policy_to_guard_level(limits);
	const pid_t runtime = getppid();
	int error = runtime_is_restoring(hook->arena, runtime, state->id)
			    ? guard_expect_restore(hook->guard_dir, &container, runtime, level, err)
			    : guard_register(hook->guard_dir, &container, level, err);

	if (error != -ENOENT || hook->load_error == 0)
		return error;
	*err = hook->why_not;
	return hook->load_error;
}

/*
 * Ensures the guarantee that the policy asks for. Up to nnp, noNewPrivileges in the spec is enough:
 * a missing guard (a rootless engine cannot load one) stops nothing.
 */
static int guarantee(const struct hook *hook, const struct oci_state *state,
		     const struct pipeline_result *result, const struct policy *policy,
		     struct err *err)
{
	bool nnp = result->config.process.no_new_privileges.value;
	struct exec_limits limits;
	int error;

	policy_exec_limits(policy, &result->config, &result->facts, result->today, &limits);
	if (state->pid <= 0 && limits.exec.guarantee != GUARANTEE_NONE)
		return err_set(
			err, EINVAL, EXIT_SPEC,
			"standard input: /pid: the state names no process; is the container running?");
	error = register_container(hook, state, result, &limits, err);
	if (error == 0 || limits.exec.guarantee == GUARANTEE_NONE ||
	    (limits.exec.guarantee == GUARANTEE_NNP && nnp))
		return 0;
	err_prefix(err, "policy '%s' asks for guarantee '%s'", policy->name,
		   exec_guarantee_name(limits.exec.guarantee));
	return error;
}

/*
 * Reads standard input: a state, or a config, and then *ret_state has no id. Restricts this process
 * first, unless the guard must still be loaded, which needs calls that the filter forbids. The
 * first container after boot loads it. In that case the state is read before the process is
 * restricted; it comes from the runtime, not from a user.
 */
static int read_restrained(struct hook *hook, struct json_doc **ret_doc,
			   struct oci_state *ret_state, struct err *err)
{
	bool missing = guard_is_missing(hook->guard_dir);
	enum guard_loaded loaded = GUARD_WAS_LOADED;
	int error = hook->record == NULL
			    ? 0
			    : promise_open(hook->arena, hook->record, &hook->promise, err);

	if (error == 0 && !missing)
		error = restrain(RESTRAIN_CREATE_RUNTIME, err);
	if (error == 0)
		error = read_stdin(hook->arena, ret_doc, err);
	if (error == 0 && oci_document_kind(*ret_doc) == OCI_STATE)
		error = oci_state_read(*ret_doc, ret_state, err);
	if (error < 0 || !missing)
		return error;
	if (ret_state->id != NULL)
		hook->load_error =
			guard_load(hook->guard_dir, NULL, GUARD_LOAD_ONCE, &loaded, &hook->why_not);
	hook->loaded = hook->load_error == 0 && loaded != GUARD_WAS_LOADED;
	return restrain(RESTRAIN_CREATE_RUNTIME, err);
}

/* Reads the wrapper's record, if there is one. */
static int read_own_record(const struct hook *hook, struct record *record, struct err *err)
{
	int error;

	if (hook->record == NULL)
		return 0;
	error = record_read(hook->arena, hook->record, record, err);
	if (error == 0 && hook->container != NULL && !record_is_of(hook->record, hook->container))
		error = err_set(err, EINVAL, EXIT_USAGE, "%s is not the record of container %s",
				hook->record, hook->container);
	return error;
}

/* Takes the policy that the wrapper judged by, or else the host's. */
static int find_policy(const struct hook *hook, const struct record *record,
		       const struct policy **ret_policy, struct err *err)
{
	struct policy *policy;
	int error;

	if (record->policy != NULL) {
		*ret_policy = record->policy;
		return 0;
	}
	error = policy_select(hook->arena, hook->policy_name, POLICY_FOR_HOOK, &policy, err);
	if (error == 0)
		*ret_policy = policy;
	return error;
}

/*
 * Is it the bundle of a RUN step of a build? buildah makes it as mkdtemp(3) would, for itself. Only
 * its owner can make a runtime use a directory of that name.
 */
static bool is_build(const char *bundle)
{
	static const char engine[] = "/buildah";
	const char *name = strrchr(bundle, '/');
	struct stat st;

	return name != NULL && strncmp(name, engine, strlen(engine)) == 0 &&
	       name[strlen(engine)] != '\0' &&
	       name[strlen(engine) + strspn(name + strlen(engine), "0123456789")] == '\0' &&
	       lstat(bundle, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0;
}

/* Root in a RUN step is what a build is; see --except-builds. The guard needs not report it. */
static int except_build(const struct hook *hook, const struct oci_state *state, struct err *err)
{
	if (state->pid > 0 && guard_exempt(hook->guard_dir, state->pid, err) < 0)
		report_from_hook(hook->container, err->text);
	return 0;
}

/* The host's own, not the one that this hook judges by. */
static int tell_host_policy(const struct hook *hook, struct err *err)
{
	struct policy *policy;
	int error = policy_select(hook->arena, NULL, POLICY_FOR_HOOK, &policy, err);

	return error < 0 ? error : policy_to_guard_unregistered(hook->guard_dir, policy, err);
}

/* The container is approved: what the wrapper's `start` compares it with is kept. */
static int approve(const struct hook *hook, const struct oci_state *state,
		   const struct pipeline_result *result, const struct policy *policy,
		   struct err *err)
{
	int error = guarantee(hook, state, result, policy, err);

	if (error < 0 || hook->promise < 0)
		return error;
	return promise_write(hook->arena, hook->promise, &result->config, state->bundle, state->pid,
			     err);
}

static int create_runtime(struct hook *hook, struct err *err)
{
	struct pipeline_options options = { .front_end = FRONT_HOOK, .scope = FACTS_LIVE };
	struct pipeline_result result;
	struct oci_state state = { 0 };
	struct record record = { 0 };
	const struct policy *policy;
	struct json_doc *doc;
	bool is_state;
	int error = read_restrained(hook, &doc, &state, err);

	is_state = state.id != NULL;
	hook->container = state.id;
	if (error == 0)
		error = read_own_record(hook, &record, err);
	if (error == 0 && hook->loaded)
		error = tell_host_policy(hook, err);
	if (error == 0 && is_state)
		error = state_bundle_find(hook->arena, &state, getppid(), record.bundle,
					  &state.bundle, err);
	if (error == 0 && is_state && hook->except_builds && is_build(state.bundle))
		return except_build(hook, &state, err);
	if (error == 0)
		error = find_policy(hook, &record, &policy, err);
	/* The wrapper has judged the config and announced the container. By now runc has mounted its
	 * root a second time, below /run, where hostMounts would take it for a directory of the host. */
	if (error == 0 && is_state && record.policy != NULL &&
	    guard_expects_restore(hook->guard_dir, state.id, getppid()))
		return 0;
	if (error == 0)
		error = record_known_base(&options.known.records, err);
	if (error == 0 && is_state)
		error = read_bundle(hook->arena, state.bundle, &doc, err);
	if (error != 0)
		return error;
	options.policy = policy;
	options.bundle = state.bundle;
	options.known.id = state.id;
	options.userns_needs_seal = is_state && !guard_refuses_userns(hook->guard_dir);
	error = pipeline_judge_doc(hook->arena, &options, doc, &result, err);
	if (error < 0)
		return error;
	report_logged(hook->container, &result.verdict);
	if (result.verdict.kind == VERDICT_REJECT) {
		report_from_hook(hook->container, report_refusal(hook->arena, &result.verdict));
		return EXIT_REFUSED;
	}
	return is_state ? approve(hook, &state, &result, policy, err) : 0;
}

int command_create_runtime(const struct command *command, int argc, char **argv)
{
	struct hook hook = { .guard_dir = GUARD_DIR, .promise = -1 };
	const struct option options[] = { { "policy", &hook.policy_name, NULL },
					  { "guard", &hook.guard_dir, NULL },
					  { "record", &hook.record, NULL },
					  { "except-builds", NULL, &hook.except_builds } };
	struct err err;
	int n, result;

	report_begin_hook();
	if (options_parse(command, options, ARRAY_SIZE(options), argc, argv, &n, &err) < 0)
		return report_error(&err);
	if (n > 0) {
		err_set(&err, EINVAL, EXIT_USAGE,
			"%s takes no arguments; the state comes on standard input", command->name);
		return report_error(&err);
	}
	if (hook.record != NULL && hook.policy_name != NULL) {
		err_set(&err, EINVAL, EXIT_USAGE,
			"--record brings its own policy; leave out --policy");
		return report_error(&err);
	}
	hook.arena = arena_new();
	result = create_runtime(&hook, &err);
	if (result < 0) {
		report_from_hook(hook.container, err.text);
		result = err.exit;
	}
	arena_free(hook.arena);
	return result;
}
