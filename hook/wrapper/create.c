/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a new container and writes its bundle: see create.h. */
#include "create.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "wrapper/own_hooks.h"
#include "wrapper/promise.h"
#include "wrapper/record.h"
#include "wrapper/user_files.h"

int creation_lock(struct creation *creation, int *ret_lock, struct err *err)
{
	return bundle_open(creation->arena, creation->args->bundle, BUNDLE_LOCK, ret_lock,
			   &creation->bundle, err);
}

/*
 * A --config under another name must be the bundle's own file. The runtime is then called with the
 * plain name, so nobody can change what it leads to after this.
 */
static int check_config(const struct creation *creation, struct err *err)
{
	const char *config = creation->args->config;
	struct stat st;

	if (config == NULL || strcmp(config, CONFIG_OF_BUNDLE) == 0)
		return 0;
	if (stat(config, &st) < 0)
		return err_set_system(err, errno, "cannot open --config %s", config);
	if (st.st_dev == creation->file.st.st_dev && st.st_ino == creation->file.st.st_ino)
		return 0;
	return err_set(
		err, EINVAL, EXIT_USAGE,
		"--config %s is another file than the config.json of bundle %s, which is the one that is judged; put it there, and leave --config out",
		config, creation->bundle);
}

int creation_open(struct creation *creation, int lock, struct err *err)
{
	int error = bundle_file_read(creation->arena, lock, "config.json", JSON_SIZE_MAX,
				     &creation->file, err);

	if (error < 0) {
		err_prefix(err, "bundle %s", creation->bundle);
		return error;
	}
	bundle_file_clean(&creation->file);
	return check_config(creation, err);
}

static int add_hooks(struct json_doc *doc, void *data, struct err *err)
{
	const struct creation *creation = data;
	const char *self;
	int error = runtime_self(creation->arena, &self, err);

	if (error == 0)
		hooks_add(doc, self, creation->record);
	return error;
}

static struct pipeline_options options_of(struct creation *creation, const struct policy *policy,
					  bool userns_needs_seal)
{
	return (struct pipeline_options){
		.policy = policy,
		.front_end = FRONT_WRAPPER,
		.scope = FACTS_LIVE,
		.bundle = creation->bundle,
		.known = { creation->args->id, record_parent(creation->arena, creation->record) },
		.userns_needs_seal = userns_needs_seal,
		.amend = add_hooks,
		.amend_data = creation,
	};
}

int creation_judge(struct creation *creation, const struct policy *policy, const char *record,
		   bool userns_needs_seal, struct err *err)
{
	struct pipeline_options options;

	creation->record = record;
	options = options_of(creation, policy, userns_needs_seal);
	return pipeline_judge(creation->arena, &options, "config.json", creation->file.text,
			      &creation->judged, err);
}

int creation_read_output(struct creation *creation, const struct policy *policy,
			 bool userns_needs_seal, struct pipeline_result *ret_output,
			 struct err *err)
{
	struct pipeline_options options = options_of(creation, policy, userns_needs_seal);

	options.verdict_only = true;
	return pipeline_judge(creation->arena, &options, "config.json", creation->judged.output,
			      ret_output, err);
}

static int write_record(const struct creation *creation, bool *ret_made, struct err *err)
{
	const struct oci_cap_set *sets = creation->judged.config.process.capabilities.sets;
	struct record record = { .bundle = creation->bundle,
				 .policy = creation->judged.verdict.policy };
	const char *state_dir;
	int error =
		record_state_dir(creation->arena, creation->args, creation->kind, &state_dir, err);

	for (unsigned int i = 0; i < CAP_SET_COUNT; i++)
		record.capabilities |= sets[i].bits;
	return error < 0 ? error
			 : record_write(creation->arena, creation->record, state_dir, &record,
					ret_made, err);
}

int creation_put_in_place(const struct creation *creation, struct err *err)
{
	const struct pipeline_result *judged = &creation->judged;
	const struct bundle_file *file = &creation->file;
	bool made = false;
	int error = write_record(creation, &made, err);

	if (error == 0 && made && creation->args->verb == VERB_CREATE)
		error = promise_begin(creation->arena, creation->record,
				      runtime_args_descriptors(creation->args), err);
	if (error == 0)
		error = user_files_write(file->dir, judged->verdict.files, judged->verdict.n_files,
					 err);
	if (error == 0 && judged->output.data != file->text.data)
		error = bundle_file_replace(file, judged->output, err);
	if (error < 0 && made) {
		struct err ignored;

		record_remove(creation->arena, creation->record, creation->args->id, &ignored);
	}
	if (error < 0)
		err_prefix(err, "bundle %s", creation->bundle);
	return error;
}
