/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrapper around the real runtime. create, run and restore: the bundle's config is judged,
 * rewritten, and given our hooks. exec: the process is judged by the policy that its container was
 * created under. Every other verb, and whatever starts nothing, goes on as it came. The wrapper
 * then becomes the real runtime: same argv, environment, descriptors and working directory.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "guard/guard.h"
#include "verdict/pipeline.h"
#include "policy_files.h"
#include "report/report.h"
#include "wrapper/bundle.h"
#include "wrapper/session.h"
#include "wrapper/own_hooks.h"
#include "wrapper/record.h"
#include "wrapper/user_files.h"

struct wrapper {
	struct arena *arena;
	struct runtime_args args;
	struct runtime_setup setup;
	enum runtime_kind kind;
	const char *real;   /* path of the real runtime */
	const char *record; /* directory of the container's record, there or not */
};

static void tell(const struct wrapper *wrapper, const char *text)
{
	const struct runtime_args *args = &wrapper->args;

	report_from_runtime(args->log, args->log_format, args->id, text);
}

static int refuse(const struct wrapper *wrapper, const struct verdict *verdict)
{
	tell(wrapper, report_refusal(wrapper->arena, verdict));
	return EXIT_REFUSED;
}

static int find_record(struct wrapper *wrapper, struct err *err)
{
	const char *base;
	int error = record_base(wrapper->arena, &base, err);

	return error < 0 ? error
			 : record_path(wrapper->arena, base, &wrapper->args, wrapper->kind,
				       &wrapper->record, err);
}

static int add_hooks(struct json_doc *doc, void *data, struct err *err)
{
	struct wrapper *wrapper = data;
	const char *self;
	int error = runtime_self(wrapper->arena, &self, err);

	if (error == 0)
		hooks_add(doc, self, wrapper->record);
	return error;
}

/* What was judged takes the place of what was read, and the record is there before a hook asks. */
static int put_in_place(const struct wrapper *wrapper, const char *bundle,
			const struct bundle_file *file, const struct inspection *inspection,
			struct err *err)
{
	const struct oci_cap_set *sets = inspection->config.process.capabilities.sets;
	const struct policy *policy = inspection->verdict.policy;
	struct record record = { .bundle = bundle };
	const char *state_dir;
	bool made = false;
	int error;

	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		record.capabilities |= sets[i].bits;
	error = record_state_dir(wrapper->arena, &wrapper->args, wrapper->kind, &state_dir, err);
	if (error == 0)
		error = record_write(wrapper->arena, wrapper->record, state_dir, &record,
				     policy_render(wrapper->arena, policy), &made, err);
	if (error == 0)
		error = user_files_write(file->dir, inspection->verdict.files,
					 inspection->verdict.n_files, err);
	if (error == 0 && inspection->output.data != file->text.data)
		error = bundle_file_replace(file, inspection->output, err);
	if (error < 0 && made) {
		struct err ignored;

		record_remove(wrapper->arena, wrapper->record, wrapper->args.id, &ignored);
	}
	if (error < 0)
		err_prefix(err, "bundle %s", bundle);
	return error;
}

/* Two creates of one bundle take turns: *ret_lock is held until the real runtime takes over. */
static int create(struct wrapper *wrapper, int *ret_lock, struct err *err)
{
	struct inspect_how how = { .front_end = FRONT_WRAPPER,
				   .scope = FACTS_LIVE,
				   .amend = add_hooks,
				   .amend_data = wrapper };
	struct inspection inspection;
	struct bundle_file file;
	struct policy *policy;
	int error = bundle_open(wrapper->arena, wrapper->args.bundle, BUNDLE_LOCK, ret_lock,
				&how.bundle, err);

	if (error < 0)
		return error;
	error = bundle_file_read(wrapper->arena, *ret_lock, "config.json", JSON_SIZE_MAX, &file,
				 err);
	if (error < 0) {
		err_prefix(err, "bundle %s", how.bundle);
		return error;
	}
	bundle_file_clean(&file);
	error = policy_select(wrapper->arena, wrapper->setup.policy, POLICY_FOR_HOOK, &policy, err);
	if (error == 0)
		error = find_record(wrapper, err);
	if (error < 0)
		return error;
	how.policy = policy;
	how.userns_needs_seal = !guard_refuses_userns(GUARD_DIR);
	error = inspect(wrapper->arena, &how, "config.json", file.text, &inspection, err);
	if (error < 0)
		return error;
	report_logged(wrapper->args.id, &inspection.verdict);
	if (inspection.verdict.kind == VERDICT_REJECT)
		return refuse(wrapper, &inspection.verdict);
	return put_in_place(wrapper, how.bundle, &file, &inspection, err);
}

/* The container's config as it is in the bundle now: what the wrapper wrote there. */
static int read_container(struct wrapper *wrapper, const char *bundle, struct oci_config *config,
			  struct err *err)
{
	auto_close int dir = -1;
	struct bundle_file file;
	struct json_doc *doc;
	int error = bundle_open(wrapper->arena, bundle, BUNDLE_READ, &dir, &bundle, err);

	if (error == 0)
		error = bundle_file_read(wrapper->arena, dir, "config.json", JSON_SIZE_MAX, &file,
					 err);
	if (error == 0)
		error = json_read(wrapper->arena, "config.json", file.text, JSON_NO_COMMENTS, &doc,
				  err);
	if (error == 0)
		error = oci_config_read(doc, config, err);
	if (error < 0)
		err_prefix(err, "bundle %s", bundle);
	return error;
}

/*
 * The policy and the config that the container was created with. One that has no record was made
 * before rootfence, or past it: it is held to the host's policy as if nothing set it apart.
 */
static int find_session(struct wrapper *wrapper, struct oci_config *config,
			struct exec_session *session, struct err *err)
{
	const char *name = wrapper->setup.policy;
	struct record record;
	struct policy *policy;
	int error = find_record(wrapper, err);

	if (error < 0)
		return error;
	error = record_read(wrapper->arena, wrapper->record, &record, err);
	if (error < 0 && error != -ENOENT)
		return error;
	if (error == 0) {
		name = record_policy(wrapper->arena, wrapper->record);
		error = read_container(wrapper, record.bundle, config, err);
		if (error < 0)
			return error;
		session->container = config;
		session->bundle = record.bundle;
		session->given_capabilities = record.capabilities;
	}
	error = policy_select(wrapper->arena, name, POLICY_FOR_HOOK, &policy, err);
	session->policy = policy;
	session->today = inspect_today();
	return error;
}

/* --process FILE: the directory, and the name in it. */
static int open_process(struct wrapper *wrapper, int *ret_dir, struct bundle_file *ret_file,
			struct err *err)
{
	const char *path = wrapper->args.process, *slash = strrchr(path, '/');
	const char *dir =
		slash == NULL ? "." : arena_copy(wrapper->arena, path, (size_t)(slash - path) + 1);
	int error;

	*ret_dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return err_set_system(err, errno, "cannot open %s", dir);
	error = bundle_file_read(wrapper->arena, *ret_dir, slash != NULL ? slash + 1 : path,
				 JSON_SIZE_MAX, ret_file, err);
	if (error < 0)
		err_prefix(err, "--process %s", path);
	return error;
}

static int exec_document(struct wrapper *wrapper, const struct exec_session *session,
			 struct verdict *verdict, struct err *err)
{
	auto_close int dir = -1;
	struct bundle_file file;
	struct str output = { 0 };
	int error = open_process(wrapper, &dir, &file, err);

	if (error == 0)
		error = exec_judge_document(wrapper->arena, session, wrapper->args.process,
					    file.text, verdict, &output, err);
	if (error < 0 || verdict->kind == VERDICT_REJECT || output.data == file.text.data)
		return error;
	return bundle_file_replace(&file, output, err);
}

static int exec(struct wrapper *wrapper, struct err *err)
{
	struct exec_session session = { .options_start_blank = wrapper->kind == RUNTIME_CRUN };
	struct oci_config config;
	struct verdict verdict;
	int error = find_session(wrapper, &config, &session, err);

	if (error < 0)
		return error;
	if (wrapper->args.process != NULL)
		error = exec_document(wrapper, &session, &verdict, err);
	else
		error = exec_judge_options(wrapper->arena, &session, &wrapper->args, &verdict, err);
	if (error < 0)
		return error;
	report_logged(wrapper->args.id, &verdict);
	return verdict.kind == VERDICT_REJECT ? refuse(wrapper, &verdict) : 0;
}

/* Without an id no runtime starts anything: what is wrong then, it says in its own words. */
static int judge(struct wrapper *wrapper, int *ret_lock, struct err *err)
{
	if (wrapper->args.verb == VERB_OTHER || wrapper->args.id == NULL)
		return 0;
	return wrapper->args.verb == VERB_EXEC ? exec(wrapper, err)
					       : create(wrapper, ret_lock, err);
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
		result = judge(wrapper, &lock, err);
	if (result != 0)
		return result;
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
