/* SPDX-License-Identifier: Apache-2.0 */
/* Judges sessions in a container: see session.h. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "wrapper/bundle.h"
#include "wrapper/exec_options.h"
#include "wrapper/record.h"

/* Reads the container's config as it is in the bundle now, which the wrapper wrote. */
static int read_container(struct arena *arena, const char *bundle, struct oci_config *ret_config,
			  struct err *err)
{
	auto_close int dir = -1;
	struct bundle_file file;
	struct json_doc *doc;
	int error = bundle_open(arena, bundle, BUNDLE_READ, &dir, &bundle, err);

	if (error == 0)
		error = bundle_file_read(arena, dir, "config.json", JSON_SIZE_MAX, &file, err);
	if (error == 0)
		error = json_read(arena, "config.json", file.text, JSON_NO_COMMENTS, &doc, err);
	if (error == 0)
		error = oci_config_read(doc, ret_config, err);
	if (error < 0)
		err_prefix(err, "bundle %s", bundle);
	return error;
}

int session_open(struct session *session, const char *path, struct err *err)
{
	struct record record;
	int error = record_read(session->arena, path, &record, err);

	if (error == -ENOENT)
		return 0;
	if (error == 0)
		error = read_container(session->arena, record.bundle, &session->config, err);
	if (error < 0)
		return error;
	session->policy = record.policy;
	session->bundle = record.bundle;
	session->container.config = &session->config;
	session->container.given_capabilities = record.capabilities;
	return 0;
}

static int judge(const struct session *session, enum front_end front_end, const char *name,
		 struct str text, struct pipeline_result *ret_result, struct err *err)
{
	const struct pipeline_options options = {
		.policy = session->policy,
		.front_end = front_end,
		.scope = FACTS_LIVE,
		.container = &session->container,
		.bundle = session->bundle,
		.verdict_only = front_end == FRONT_EXEC_OPTIONS,
	};

	return pipeline_judge(session->arena, &options, name, text, ret_result, err);
}

/* To crun, the file "-" is its standard input. */
static const char *document_path(const struct session *session)
{
	const char *path = session->args->process;

	return session->kind == RUNTIME_CRUN && strcmp(path, "-") == 0 ? "/dev/stdin" : path;
}

int session_open_document(struct session *session, struct err *err)
{
	auto_close int memory = memfd_create("process.json", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const char *path = document_path(session);
	struct stat st;

	if (memory < 0)
		return err_set_system(err, errno, "cannot make a file in memory for --process");
	session->handed = fcntl(memory, F_DUPFD_CLOEXEC, runtime_args_descriptors(session->args));
	/* If every number goes to the session, it gets its own document, too. */
	if (session->handed < 0 && errno == EINVAL)
		session->handed = fcntl(memory, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (session->handed < 0)
		return err_set_system(err, errno, "cannot open a file in memory for --process");
	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 0; /* one that is missing is reported where it is read */
	session->source = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (session->source < 0)
		return err_set_system(err, errno, "cannot open --process %s", path);
	return 0;
}

int session_hand_on(const struct session *session, char **argv, struct err *err)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	char name[64];
	struct stat st;

	if (fstat(session->handed, &st) < 0)
		return err_set_system(err, errno, "cannot stat the document in memory");
	if (st.st_size == 0)
		return 0; /* judged in its place */
	if (fcntl(session->handed, F_ADD_SEALS, seals) < 0 ||
	    fcntl(session->handed, F_SETFD, 0) < 0)
		return err_set_system(err, errno, "cannot hand on the document in memory");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", session->handed);
	runtime_args_replace(session->arena, argv, session->args->process, name);
	return 0;
}

/* Opens the directory of --process FILE, and reads the file. */
static int open_process(const struct session *session, int *ret_dir, struct bundle_file *ret_file,
			struct err *err)
{
	const char *path = session->args->process, *slash = strrchr(path, '/');
	const char *dir =
		slash == NULL ? "." : arena_copy(session->arena, path, (size_t)(slash - path) + 1);
	int error;

	*ret_dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return err_set_system(err, errno, "cannot open %s", dir);
	error = bundle_file_read(session->arena, *ret_dir, slash != NULL ? slash + 1 : path,
				 JSON_SIZE_MAX, ret_file, err);
	if (error < 0)
		err_prefix(err, "--process %s", path);
	return error;
}

/* Judges a document that may be another one when it is read again, and writes what was judged. */
static int judge_and_hand_on(const struct session *session, int source,
			     struct pipeline_result *ret_result, struct err *err)
{
	const char *name = session->args->process;
	struct str text;
	int error = io_read(session->arena, source, name, JSON_SIZE_MAX, &text, err);

	if (error == 0)
		error = judge(session, FRONT_EXEC, name, text, ret_result, err);
	if (error == 0 && ret_result->verdict.kind != VERDICT_REJECT)
		error = io_write(session->handed, "the document in memory", ret_result->output,
				 err);
	return error;
}

static int judge_document(const struct session *session, struct pipeline_result *ret_result,
			  struct err *err)
{
	auto_close int dir = -1;
	struct bundle_file file;
	int error;

	if (session->source >= 0)
		return judge_and_hand_on(session, session->source, ret_result, err);
	error = open_process(session, &dir, &file, err);
	if (error == -EPERM) {
		auto_close int open_to_others =
			open(session->args->process, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

		if (open_to_others >= 0)
			return judge_and_hand_on(session, open_to_others, ret_result, err);
	}
	if (error == 0)
		error = judge(session, FRONT_EXEC, session->args->process, file.text, ret_result,
			      err);
	if (error < 0 || ret_result->output.data == file.text.data)
		return error;
	return bundle_file_replace(&file, ret_result->output, err);
}

static int judge_options(const struct session *session, struct pipeline_result *ret_result,
			 struct err *err)
{
	struct str text;
	int error = exec_options_process(session->arena, session->container.config, session->kind,
					 session->args, &text, err);

	return error < 0 ? error
			 : judge(session, FRONT_EXEC_OPTIONS, "the options of exec", text,
				 ret_result, err);
}

int session_judge(const struct session *session, struct verdict *ret_verdict, struct err *err)
{
	struct pipeline_result result;
	int error = session->args->process != NULL ? judge_document(session, &result, err)
						   : judge_options(session, &result, err);

	if (error == 0)
		*ret_verdict = result.verdict;
	return error;
}
