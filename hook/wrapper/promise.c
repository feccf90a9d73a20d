/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what was approved of a container until it starts: see promise.h. promise_write.c writes it. */
#include "promise.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "host/init_facts.h"
#include "json/writer.h"
#include "oci/seccomp.h"
#include "oci/values.h"
#include "wrapper/record.h"

int promise_begin(struct arena *arena, const char *record, int descriptors, struct err *err)
{
	auto_close int fd = -1;
	int error = record_open_beside(arena, record, RECORD_APPROVED, O_WRONLY | O_CREAT | O_TRUNC,
				       &fd, err);

	return error < 0 ? error
			 : io_write(fd, "what will be approved of the container",
				    str_from(arena_printf(arena, "%d\n", descriptors)), err);
}

int promise_open(struct arena *arena, const char *record, int *ret_fd, struct err *err)
{
	int error = record_open_beside(arena, record, RECORD_APPROVED, O_WRONLY | O_APPEND, ret_fd,
				       err);

	if (error != -ENOENT)
		return error;
	*ret_fd = -1;
	return 0;
}

void promise_end(struct arena *arena, const char *record)
{
	record_remove_beside(arena, record, RECORD_APPROVED);
}

struct promise_document {
	struct oci_number pid, start_time;
	struct oci_bool seccomp, hooks, terminal;
	struct oci_string bundle, cgroup;
	struct json_node *root, *sources, *namespaces, *brought, *spec;
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

static int read_row(const struct fields_reader *reader, struct json_node *row,
		    struct promise_brought *brought)
{
	struct str number;
	struct str *const columns[] = { &number, &brought->device, &brought->root, &brought->rest };
	size_t i = 0;

	if (row->type != JSON_ARRAY || row->count != ARRAY_SIZE(columns))
		return fields_fail(reader, row, "expected a number and %zu texts",
				   ARRAY_SIZE(columns) - 1);
	json_each (column, row) {
		int error = fields_want(reader, column, i == 0 ? JSON_NUMBER : JSON_STRING);

		if (error < 0)
			return error;
		*columns[i++] = column->text;
	}
	return str_to_uint(number, UINT64_MAX, &brought->number)
		       ? 0
		       : fields_fail(reader, row, "expected a number of a mount");
}

static int read_brought(const struct fields_reader *reader, struct arena *arena,
			struct json_node *rows, struct promise *promise)
{
	promise->brought = arena_array(arena, rows->count + 1, sizeof(*promise->brought));
	json_each (row, rows) {
		int error = read_row(reader, row, &promise->brought[promise->n_brought++]);

		if (error < 0)
			return error;
	}
	return 0;
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

static int parse_document(struct arena *arena, struct str text, struct promise *ret_promise,
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
		ROW(promise_document, "cgroup", cgroup, FIELD_STRING),
		ROW(promise_document, "root", root, JSON_ARRAY, field_node),
		ROW(promise_document, "sources", sources, JSON_ARRAY, field_node),
		ROW(promise_document, "namespaces", namespaces, JSON_ARRAY, field_node),
		ROW(promise_document, "brought", brought, JSON_ARRAY, field_node),
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
	if (error == 0)
		error = read_brought(&reader, arena, document.brought, &promise);
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
	promise.cgroup = arena_copy(arena, document.cgroup.value.data, document.cgroup.value.len);
	*ret_promise = promise;
	return 0;
}

int promise_parse(struct arena *arena, struct str text, struct promise *ret_promise,
		  struct err *err)
{
	const char *end = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;
	const size_t len = end != NULL ? (size_t)(end - text.data) : 0;
	uint64_t descriptors = 0;
	int error;

	if (!str_to_uint((struct str){ text.data, len }, INT_MAX, &descriptors) || len == 0)
		return err_set(err, EPROTO, EXIT_SYSTEM,
			       "cannot read what was approved of the container");
	text = (struct str){ end + 1, text.len - len - 1 };
	if (text.len == 0)
		return err_set(
			err, ENODATA, EXIT_SYSTEM,
			"rootfence's createRuntime hook did not approve this container: the runtime did not run it");
	error = parse_document(arena, text, ret_promise, err);
	if (error == 0)
		ret_promise->descriptors = (int)descriptors;
	return error;
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
	if (error == 0)
		error = promise_parse(arena, text, ret_promise, err);
	if (error == 0)
		*ret_fd = TAKE_FD(fd);
	return error;
}
