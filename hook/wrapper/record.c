/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what a container was created under: see record.h. */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "json/writer.h"
#include "oci/capability.h"
#include "oci/values.h"
#include "wrapper/bundle.h"

#define SWEEP_AFTER (10 * 60) /* seconds; a create takes less than one */
#define RECORD_SWEPT "%swept" /* touched by each sweep; ids have no % */
/* A policy is kept with all that it extends, so it can be larger than one policy file. */
#define RECORD_SIZE_MAX JSON_SIZE_MAX

/* Opens one of our directories, or makes it. Anybody who can write to it can put a policy in it. */
static int enter(int parent, const char *name, const char *path, int *ret_fd, struct err *err)
{
	auto_close int fd = -1;
	struct stat st;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return err_set_system(err, errno, "cannot make %s in %s", name, path);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s in %s", name, path);
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat %s in %s", name, path);
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return err_set(
			err, EPERM, EXIT_SYSTEM,
			"directory %s above %s can be written by others: make uid %u its owner and its mode 700; if others may have changed what is in it, create those containers again",
			name, path, (unsigned int)geteuid());
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Opens the directory that holds the records of one --root. The last three directories are ours. */
static int open_parent(struct arena *arena, const char *path, int *ret_fd, const char **ret_name,
		       struct err *err)
{
	char *names = arena_copy(arena, path, strlen(path)), *parts[4];
	auto_close int fd = -1;

	for (int i = 3; i >= 0; i--) {
		char *slash = strrchr(names, '/');

		*slash = '\0';
		parts[i] = slash + 1;
	}
	*ret_name = parts[3];
	fd = open(names[0] != '\0' ? names : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", names);
	for (int i = 0; i < 3; i++) {
		int next = -1, error = enter(fd, parts[i], path, &next, err);

		if (error < 0)
			return error;
		close(fd);
		fd = next;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Returns NAME of BASE/ROOT/NAME, or NULL if the path does not have that form. */
static const char *name_in(const char *path)
{
	static const char base[] = "/rootfence/containers";
	const char *name = strrchr(path, '/');
	const char *root = name != NULL ? memrchr(path, '/', (size_t)(name - path)) : NULL;

	if (root == NULL || (size_t)(root - path) < strlen(base) ||
	    memcmp(root - strlen(base), base, strlen(base)) != 0 || strstr(path, "/../") != NULL)
		return NULL;
	return name + 1;
}

/* Returns the length of the name without RECORD_END. For a record this is the length of the id. */
static int id_len(const char *name)
{
	const size_t len = strlen(name), end = strlen(RECORD_END);

	return (int)(len > end && strcmp(name + len - end, RECORD_END) == 0 ? len - end : len);
}

/* Returns the length of the id that a file of any kind is kept for. */
static int owner_len(const char *name)
{
	const size_t len = strcspn(name, "%");

	return name[len] == '\0' ? id_len(name) : (int)len;
}

/*
 * Before records were documents, each was a directory BASE/ROOT/ID with these three files. Such a
 * directory is removed but not read: see record_read().
 */
static int remove_at(struct arena *arena, int parent, const char *name, struct err *err)
{
	static const char *const old[] = { "policy.json", "bundle", "capabilities" };
	int result = unlinkat(parent, name, 0);

	if (result < 0 && errno == EISDIR) {
		for (size_t i = 0; i < ARRAY_SIZE(old); i++)
			unlinkat(parent, arena_printf(arena, "%s/%s", name, old[i]), 0);
		result = unlinkat(parent, name, AT_REMOVEDIR);
	}
	if (result < 0 && errno != ENOENT)
		return err_set_system(err, errno, "cannot remove the record %s", name);
	return 0;
}

/* A file of ours keeps the time of the last sweep, so nobody else can change it. */
static bool sweep_is_due(int parent, time_t now)
{
	auto_close int stamp = -1;
	struct stat st;

	if (fstatat(parent, RECORD_SWEPT, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mtime <= now &&
	    st.st_mtime > now - SWEEP_AFTER)
		return false;
	stamp = openat(parent, RECORD_SWEPT, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return stamp >= 0 && futimens(stamp, NULL) == 0;
}

/*
 * Removes what dead containers left: files of killed writers, and records that no poststop removed,
 * because crun runs no hook after a failed create.
 */
static void sweep(struct arena *arena, int parent, const char *state_dir)
{
	const int root_len = (int)(strrchr(state_dir, '/') - state_dir);
	const time_t now = time(NULL);
	const struct dirent *entry;
	DIR *all;
	int fd;

	if (!sweep_is_due(parent, now))
		return;
	fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	all = fd >= 0 ? fdopendir(fd) : NULL;
	while (all != NULL && (entry = readdir(all)) != NULL) {
		const char *name = entry->d_name;
		struct err ignored;
		struct stat st;
		int len;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_mtime > now - SWEEP_AFTER)
			continue;
		len = S_ISDIR(st.st_mode) ? (int)strlen(name) : owner_len(name);
		if (lstat(arena_printf(arena, "%.*s/%.*s", root_len, state_dir, len, name), &st) <
			    0 &&
		    errno == ENOENT)
			remove_at(arena, parent, name, &ignored);
	}
	if (all != NULL)
		closedir(all);
	else if (fd >= 0)
		close(fd);
}

static struct str render(struct arena *arena, const struct record *record)
{
	struct json_writer *writer = json_writer_new(arena, true);

	json_begin_object(writer);
	json_member_integer(writer, "version", 1);
	json_member_text(writer, "bundle", record->bundle);
	json_key(writer, "capabilities");
	json_raw(writer, str_from(cap_set_json(arena, record->capabilities)));
	json_key(writer, "policy");
	json_raw(writer, policy_render(arena, record->policy));
	json_end_object(writer);
	return json_writer_finish(writer);
}

/*
 * Allows one writer at a time. The directory is ours alone, so nobody else holds its lock for long.
 */
static int put(struct arena *arena, int parent, const char *name, const char *state_dir,
	       const struct record *record, struct err *err)
{
	const struct bundle_file file = {
		.dir = parent,
		.name = name,
		.st = { .st_uid = geteuid(), .st_gid = getegid(), .st_mode = 0600 },
	};
	struct str text;

	/* JSON is UTF-8. The state that hooks read could not name such a bundle either. */
	for (size_t i = 0, size; record->bundle[i] != '\0'; i += size) {
		size = utf8_decode(record->bundle + i, strlen(record->bundle + i), NULL);
		if (size == 0)
			return err_set(err, EILSEQ, EXIT_SYSTEM,
				       "the bundle's path is not valid UTF-8; rename it");
	}
	while (flock(parent, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set_system(err, errno, "cannot lock the records");
	sweep(arena, parent, state_dir);
	text = render(arena, record);
	if (text.len > RECORD_SIZE_MAX)
		return err_set(
			err, EFBIG, EXIT_POLICY,
			"policy '%s' with all that it extends is larger than the limit of %u bytes; split it by host",
			record->policy->name, RECORD_SIZE_MAX);
	return bundle_file_replace(&file, text, err);
}

/* Creating a container that exists will fail: see record_write(). */
static int container_exists(const char *state_dir, bool *ret_exists, struct err *err)
{
	struct stat st;

	*ret_exists = lstat(state_dir, &st) == 0;
	if (!*ret_exists && errno != ENOENT && errno != ENOTDIR)
		return err_set_system(err, errno, "cannot look up %s", state_dir);
	return 0;
}

int record_write(struct arena *arena, const char *path, const char *state_dir,
		 const struct record *record, bool *ret_made, struct err *err)
{
	bool exists = false;
	auto_close int parent = -1;
	const char *name;
	int error = open_parent(arena, path, &parent, &name, err);

	if (error == 0)
		error = container_exists(state_dir, &exists, err);
	if (error == 0 && !exists)
		error = put(arena, parent, name, state_dir, record, err);
	*ret_made = error == 0 && !exists;
	if (error < 0)
		err_prefix(err, "cannot keep the policy of container %.*s in %s", id_len(name),
			   name, path);
	return error;
}

struct record_document {
	struct oci_string bundle;
	uint64_t capabilities;
	struct json_node *policy;
};

static int read_document(struct json_doc *doc, struct record_document *document, struct err *err)
{
	static const struct field fields[] = {
		ROW_WHOLE("version", JSON_NUMBER, field_version),
		ROW(record_document, "bundle", bundle, FIELD_PATH),
		ROW(record_document, "capabilities", capabilities, FIELD_CAPABILITIES),
		ROW(record_document, "policy", policy, JSON_OBJECT, field_node),
	};
	const struct fields_reader reader = {
		.doc = doc, .err = err, .exit = EXIT_SYSTEM, .strict = true
	};
	int error = fields_read(&reader, doc->root, fields, ARRAY_SIZE(fields), document);

	for (size_t i = 0; i < ARRAY_SIZE(fields) && error == 0; i++)
		if (json_get(doc->root, fields[i].key.data) == NULL)
			error = fields_fail(&reader, doc->root, "no \"%s\"", fields[i].key.data);
	return error;
}

/* Returns the only text there is: a policy from policy_render() extends no other. */
static int open_policy(void *data, struct arena *arena, const char *name, const char *from,
		       const char **ret_path, struct str *ret_text, struct err *err)
{
	*ret_path = name;
	*ret_text = *(const struct str *)data;
	return 0;
}

static int read_record(struct arena *arena, int parent, const char *name, struct record *ret_record,
		       struct err *err)
{
	struct record_document document = { 0 };
	struct bundle_file file;
	struct policy *policy;
	struct json_doc *doc;
	struct str text;
	int error = bundle_file_read(arena, parent, name, RECORD_SIZE_MAX, &file, err);

	if (error == 0)
		error = json_read(arena, name, file.text, JSON_NO_COMMENTS, &doc, err);
	if (error == 0)
		error = read_document(doc, &document, err);
	if (error < 0) {
		err->exit = EXIT_SYSTEM;
		return error;
	}
	text = json_source(doc, document.policy);
	error = policy_load(arena, &(struct policy_source){ open_policy, &text }, "policy", &policy,
			    err);
	if (error < 0)
		return error;
	text = document.bundle.value;
	*ret_record = (struct record){ arena_copy(arena, text.data, text.len),
				       document.capabilities, policy };
	return 0;
}

int record_read(struct arena *arena, const char *path, struct record *ret_record, struct err *err)
{
	auto_close int parent = -1;
	const char *name, *old = arena_copy(arena, path, (size_t)id_len(path));
	struct stat st;
	int error;

	if (name_in(path) == NULL)
		return err_set(err, EINVAL, EXIT_USAGE, "%s is no record", path);
	if (lstat(path, &st) < 0 && errno == ENOENT) {
		/* The container was created before an upgrade. The host's policy may allow more
		 * than its own, so falling back to it is unsafe. */
		if (lstat(old, &st) == 0)
			return err_set(
				err, ESTALE, EXIT_SYSTEM,
				"record %s is of an older rootfence, which this one does not read; create the container again",
				old);
		return err_set_system(err, ENOENT, "no record %s", path);
	}
	error = open_parent(arena, path, &parent, &name, err);
	if (error == 0)
		error = read_record(arena, parent, name, ret_record, err);
	if (error < 0)
		err_prefix(err, "record %s", path);
	return error == -ENOENT ? -EIO
				: error; /* -ENOENT would make the caller use another policy */
}

bool record_is_of(const char *path, const char *id)
{
	const char *name = name_in(path);

	return name != NULL && (size_t)id_len(name) == strlen(id) &&
	       memcmp(name, id, strlen(id)) == 0;
}

/* Returns the name of a file beside the record. */
static const char *beside(struct arena *arena, const char *path, const char *end)
{
	return arena_printf(arena, "%.*s%s", id_len(path), path, end);
}

int record_remove(struct arena *arena, const char *path, const char *id, struct err *err)
{
	auto_close int parent = -1;
	const char *name;
	struct stat st;
	int error;

	if (!record_is_of(path, id))
		return err_set(err, EINVAL, EXIT_USAGE, "%s is not the record of container %s",
			       path, id);
	if (lstat(path, &st) < 0 && errno == ENOENT)
		return 0; /* before open_parent() makes directories */
	error = open_parent(arena, path, &parent, &name, err);
	/* The record goes last: while it is there, the next poststop tries again. */
	if (error == 0)
		error = remove_at(arena, parent, beside(arena, name, RECORD_APPROVED), err);
	if (error == 0)
		error = remove_at(arena, parent, name, err);
	return error;
}

int record_open_beside(struct arena *arena, const char *path, const char *end, int flags,
		       int *ret_fd, struct err *err)
{
	const char *file = beside(arena, path, end), *name;
	auto_close int parent = -1;
	struct stat st;
	int error;

	if (name_in(path) == NULL)
		return err_set(err, EINVAL, EXIT_USAGE, "%s is no record", path);
	if ((flags & O_CREAT) == 0 && lstat(file, &st) < 0)
		return err_set_system(err, errno, "no file %s", file); /* makes no directories */
	error = open_parent(arena, file, &parent, &name, err);
	if (error < 0)
		return error;
	*ret_fd = openat(parent, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	return *ret_fd < 0 ? err_set_system(err, errno, "cannot open %s", file) : 0;
}

void record_remove_beside(struct arena *arena, const char *path, const char *end)
{
	unlinkat(AT_FDCWD, beside(arena, path, end), 0);
}
