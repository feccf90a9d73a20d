/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what was approved of a container until it starts: see promise.h. */
#include "promise.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/init_facts.h"
#include "json/writer.h"
#include "oci/values.h"
#include "wrapper/record.h"

int promise_begin(struct arena *arena, const char *record, struct err *err)
{
	auto_close int fd = -1;

	return record_open_beside(arena, record, RECORD_APPROVED, O_WRONLY | O_CREAT | O_TRUNC, &fd,
				  err);
}

int promise_open(struct arena *arena, const char *record, int *ret_fd, struct err *err)
{
	int error = record_open_beside(arena, record, RECORD_APPROVED, O_WRONLY, ret_fd, err);

	if (error != -ENOENT)
		return error;
	*ret_fd = -1;
	return 0;
}

void promise_end(struct arena *arena, const char *record)
{
	record_remove_beside(arena, record, RECORD_APPROVED);
}

static void write_file(struct json_writer *writer, struct file_id file)
{
	json_begin_array(writer);
	json_integer(writer, (long long)file.device);
	json_integer(writer, (long long)file.inode);
	json_end_array(writer);
}

static struct file_id look_up(struct arena *arena, const char *bundle, struct str path, int flags)
{
	const char *name = arena_printf(
		arena, "%s%s%.*s", path.len > 0 && path.data[0] == '/' ? "" : bundle,
		path.len > 0 && path.data[0] == '/' ? "" : "/", (int)path.len, path.data);
	struct stat st;

	if (path.len == 0 || fstatat(AT_FDCWD, name, &st, flags) < 0)
		return (struct file_id){ 0 };
	return (struct file_id){ st.st_dev, st.st_ino };
}

static bool has_option(const struct oci_mount *mount, const char *name)
{
	for (size_t i = 0; i < mount->options.n; i++)
		if (str_is(mount->options.items[i].value, name))
			return true;
	return false;
}

/* Does the path lead to another file for each process? */
static bool is_own(struct str path)
{
	return str_starts_with(path, "/proc/self/") ||
	       str_starts_with(path, "/proc/thread-self/") || str_starts_with(path, "/dev/fd/");
}

static void write_sources(struct json_writer *writer, struct arena *arena,
			  const struct oci_config *config, const char *bundle)
{
	json_key(writer, "sources");
	json_begin_array(writer);
	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);
		const int flags = has_option(mount, "src-nofollow") ? AT_SYMLINK_NOFOLLOW : 0;

		write_file(writer, mount->bind && !mount->remount && !is_own(mount->source.value)
					   ? look_up(arena, bundle, mount->source.value, flags)
					   : (struct file_id){ 0 });
	}
	json_end_array(writer);
}

static void write_namespaces(struct json_writer *writer, struct arena *arena,
			     const struct oci_config *config, const char *bundle)
{
	json_key(writer, "namespaces");
	json_begin_array(writer);
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		const struct oci_namespace *entry = &config->linux_.namespaces.types[i];

		json_integer(
			writer,
			entry->path.node == NULL
				? 0
				: (long long)look_up(arena, bundle, entry->path.value, 0).inode);
	}
	json_end_array(writer);
}

/*
 * Is it one of our hooks, or Docker's for the network? Neither mounts anything in a container. What
 * other hooks may run is for the rule foreignHooks.
 */
static bool mounts_nothing(const struct oci_hook *hook)
{
	const struct oci_string *args = hook->args.items;

	for (size_t i = 0; i < hook->args.n && i < 2; i++)
		if (str_is(args[i].value, "libnetwork-setkey") ||
		    str_is(args[i].value, "createRuntime") || str_is(args[i].value, "prestart"))
			return true;
	return false;
}

static bool has_other_hooks(const struct oci_config *config)
{
	static const enum oci_hook_stage stages[] = { HOOK_PRESTART, HOOK_CREATE_RUNTIME,
						      HOOK_CREATE_CONTAINER };

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		const struct oci_list *list = &config->hooks.stages[stages[i]];
		const struct oci_hook *hooks = list->items;

		for (size_t j = 0; j < list->n; j++)
			if (!mounts_nothing(&hooks[j]))
				return true;
	}
	return false;
}

struct member {
	const char *key;
	const struct json_node *node;
};

static void write_members(struct json_writer *writer, const struct json_doc *doc,
			  const struct member *members, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (members[i].node == NULL)
			continue;
		json_key(writer, members[i].key);
		json_raw(writer, json_source(doc, members[i].node));
	}
}

/* The part of the config that `start` compares. The seccomp profile alone is most of a config. */
static void write_spec(struct json_writer *writer, const struct oci_config *config)
{
	const struct oci_process *process = &config->process;
	const struct oci_linux *linux_ = &config->linux_;
	const struct member of_process[] = {
		{ "user", process->user.node },
		{ "cwd", process->cwd.node },
		{ "capabilities", process->capabilities.node },
		{ "noNewPrivileges", process->no_new_privileges.node },
		{ "selinuxLabel", process->selinux_label.node },
	};
	const struct member of_linux[] = {
		{ "namespaces", linux_->namespaces.node },
		{ "uidMappings", linux_->uid_mappings.node },
		{ "gidMappings", linux_->gid_mappings.node },
		{ "maskedPaths", linux_->masked_paths.node },
		{ "readonlyPaths", linux_->readonly_paths.node },
		{ "devices", linux_->devices.node },
	};
	const struct member whole[] = { { "root", config->root.node },
					{ "mounts", config->mounts.node } };
	const struct json_node *kept = oci_map_get(&config->annotations, KEEP_GROUPS);

	json_key(writer, "spec");
	json_begin_object(writer);
	json_key(writer, "process");
	json_begin_object(writer);
	write_members(writer, config->doc, of_process, ARRAY_SIZE(of_process));
	json_end_object(writer);
	write_members(writer, config->doc, whole, ARRAY_SIZE(whole));
	json_key(writer, "linux");
	json_begin_object(writer);
	write_members(writer, config->doc, of_linux, ARRAY_SIZE(of_linux));
	json_end_object(writer);
	if (kept != NULL) {
		json_key(writer, "annotations");
		json_begin_object(writer);
		json_key(writer, KEEP_GROUPS);
		json_string(writer, kept->text);
		json_end_object(writer);
	}
	json_end_object(writer);
}

struct str promise_render(struct arena *arena, const struct oci_config *config, const char *bundle,
			  pid_t pid, uint64_t start_time)
{
	const struct json_node *terminal = json_get(config->process.node, "terminal");
	struct json_writer *writer = json_writer_new(arena, false);

	json_begin_object(writer);
	json_member_integer(writer, "version", 1);
	json_member_integer(writer, "pid", pid);
	json_member_integer(writer, "startTime", (long long)start_time);
	json_member_boolean(writer, "seccomp", config->linux_.seccomp.node != NULL);
	json_member_boolean(writer, "hooks", has_other_hooks(config));
	json_member_boolean(writer, "terminal",
			    terminal != NULL && terminal->type == JSON_BOOL && terminal->boolean);
	json_member_text(writer, "bundle", bundle);
	json_key(writer, "root");
	write_file(writer, look_up(arena, bundle, config->root.path.value, 0));
	write_sources(writer, arena, config, bundle);
	write_namespaces(writer, arena, config, bundle);
	write_spec(writer, config);
	json_end_object(writer);
	return json_writer_finish(writer);
}

int promise_write(struct arena *arena, int fd, const struct oci_config *config, const char *bundle,
		  pid_t pid, struct err *err)
{
	uint64_t start_time = 0;
	int error = init_start_time(arena, pid, &start_time, err);

	if (error < 0)
		return error;
	return io_write(fd, "what was approved of the container",
			promise_render(arena, config, bundle, pid, start_time), err);
}

struct promise_document {
	struct oci_number pid, start_time;
	struct oci_bool seccomp, hooks, terminal;
	struct oci_string bundle;
	struct json_node *root, *sources, *namespaces, *spec;
};

static int read_numbers(const struct fields_reader *reader, struct json_node *array,
			uint64_t *numbers, size_t n)
{
	size_t i = 0;

	if (array->type != JSON_ARRAY || array->count != n)
		return fields_fail(reader, array, "expected %zu numbers", n);
	json_each (item, array) {
		struct oci_number number = { 0 };
		int error = fields_want(reader, item, JSON_NUMBER);

		if (error == 0)
			error = field_number(reader, item, &number);
		if (error < 0)
			return error;
		numbers[i++] = number.value;
	}
	return 0;
}

static int read_file(const struct fields_reader *reader, struct json_node *array,
		     struct file_id *file)
{
	uint64_t numbers[2];
	int error = read_numbers(reader, array, numbers, 2);

	*file = (struct file_id){ numbers[0], numbers[1] };
	return error;
}

/* The config is a part of this document, with positions in its text. */
static int read_spec(struct arena *arena, const struct json_doc *doc, struct json_node *spec,
		     struct promise *promise, struct err *err)
{
	struct json_doc *part = arena_alloc(arena, sizeof(*part));

	*part = *doc;
	part->root = spec;
	return oci_config_read(part, &promise->config, err);
}

static int read_files(const struct fields_reader *reader, struct arena *arena,
		      const struct promise_document *document, struct promise *promise)
{
	int error = read_file(reader, document->root, &promise->root);
	size_t i = 0;

	if (error == 0)
		error = read_numbers(reader, document->namespaces, promise->namespaces,
				     NAMESPACE_COUNT);
	if (error == 0 && document->sources->count != promise->config.mounts.n)
		error = fields_fail(reader, document->sources, "expected one for each mount");
	if (error < 0)
		return error;
	promise->sources =
		arena_array(arena, promise->config.mounts.n + 1, sizeof(*promise->sources));
	json_each (source, document->sources) {
		error = read_file(reader, source, &promise->sources[i++]);
		if (error < 0)
			return error;
	}
	return 0;
}

int promise_parse(struct arena *arena, struct str text, struct promise *ret_promise,
		  struct err *err)
{
	static const struct field fields[] = {
		ROW_WHOLE("version", JSON_NUMBER, field_version),
		ROW(promise_document, "pid", pid, FIELD_NUMBER),
		ROW(promise_document, "startTime", start_time, FIELD_NUMBER),
		ROW(promise_document, "seccomp", seccomp, FIELD_BOOL),
		ROW(promise_document, "hooks", hooks, FIELD_BOOL),
		ROW(promise_document, "terminal", terminal, FIELD_BOOL),
		ROW(promise_document, "bundle", bundle, FIELD_PATH),
		ROW(promise_document, "root", root, JSON_ARRAY, field_node),
		ROW(promise_document, "sources", sources, JSON_ARRAY, field_node),
		ROW(promise_document, "namespaces", namespaces, JSON_ARRAY, field_node),
		ROW(promise_document, "spec", spec, JSON_OBJECT, field_node),
	};
	struct promise_document document = { 0 };
	struct promise promise = { 0 };
	struct fields_reader reader = { .err = err, .exit = EXIT_SYSTEM, .strict = true };
	int error = json_read(arena, "the approved spec", text, JSON_NO_COMMENTS, &reader.doc, err);

	if (error == 0)
		error = fields_read(&reader, reader.doc->root, fields, ARRAY_SIZE(fields),
				    &document);
	for (size_t i = 0; i < ARRAY_SIZE(fields) && error == 0; i++)
		error = fields_need(&reader, reader.doc->root, fields[i].key.data, "it");
	if (error == 0)
		error = read_spec(arena, reader.doc, document.spec, &promise, err);
	if (error == 0)
		error = read_files(&reader, arena, &document, &promise);
	if (error < 0) {
		err->exit = EXIT_SYSTEM;
		return error;
	}
	promise.pid = (pid_t)document.pid.value;
	promise.start_time = document.start_time.value;
	promise.seccomp = document.seccomp.value;
	promise.hooks = document.hooks.value;
	promise.terminal = document.terminal.value;
	promise.bundle = arena_copy(arena, document.bundle.value.data, document.bundle.value.len);
	*ret_promise = promise;
	return 0;
}

/* A start before this one has removed the file. */
static int lock(int fd, bool *ret_gone, struct err *err)
{
	struct stat st;

	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set_system(err, errno, "cannot lock what was approved");
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat what was approved");
	*ret_gone = st.st_nlink == 0;
	return 0;
}

int promise_read(struct arena *arena, const char *record, int *ret_fd, struct promise *ret_promise,
		 struct err *err)
{
	auto_close int fd = -1;
	bool gone = false;
	struct str text;
	int error = record_open_beside(arena, record, RECORD_APPROVED, O_RDONLY, &fd, err);

	*ret_fd = -1;
	if (error == -ENOENT)
		return 0;
	if (error == 0)
		error = lock(fd, &gone, err);
	if (error < 0 || gone)
		return error;
	error = io_read(arena, fd, "what was approved of the container", JSON_SIZE_MAX, &text, err);
	if (error == 0 && text.len == 0)
		error = err_set(
			err, ENODATA, EXIT_SYSTEM,
			"rootfence's createRuntime hook did not approve this container: the runtime did not run it");
	if (error == 0)
		error = promise_parse(arena, text, ret_promise, err);
	if (error == 0)
		*ret_fd = TAKE_FD(fd);
	return error;
}
