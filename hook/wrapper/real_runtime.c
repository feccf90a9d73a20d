/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the runtime that the wrapper stands in front of: see real_runtime.h. */
#include "real_runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "json/fields.h"
#include "writable_by_others.h"

#define SELF "/proc/self/exe"
#define SETUP_SIZE_MAX (64 * 1024)

static const char *const kind_names[] = { "runc", "crun" };

/* An ELF note in the first page of every rootfence binary, of any version, also in copies. */
#define MARK "rootfence\0\0\0wrapper"
#define MARK_WITHIN 4096

__attribute__((section(".note.rootfence"), used, aligned(4))) static const struct {
	uint32_t name_size, size, type;
	char mark[sizeof(MARK)];
} note = { sizeof("rootfence"), sizeof("wrapper"), 1, MARK };

/*
 * Where distributions install runtimes, tried in order. Diverted ones come first, because the plain
 * names may then be this program.
 */
static const char *const usual_paths[RUNTIME_KINDS][8] = {
	[RUNTIME_RUNC] = { "/usr/sbin/runc" RUNTIME_DIVERTED, "/usr/bin/runc" RUNTIME_DIVERTED,
			   "/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc",
			   "/usr/local/bin/runc", "/usr/libexec/crio/runc" },
	[RUNTIME_CRUN] = { "/usr/bin/crun" RUNTIME_DIVERTED, "/usr/sbin/crun" RUNTIME_DIVERTED,
			   "/usr/bin/crun", "/usr/sbin/crun", "/usr/local/bin/crun",
			   "/usr/local/sbin/crun", "/usr/libexec/crio/crun" },
};

const char *runtime_kind_name(enum runtime_kind kind)
{
	return kind_names[kind];
}

enum runtime_kind runtime_kind_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	for (unsigned int kind = 0; kind < RUNTIME_KINDS; kind++)
		if (strcmp(slash != NULL ? slash + 1 : name, kind_names[kind]) == 0)
			return kind;
	return RUNTIME_DEFAULT;
}

static int read_paths(const struct fields_reader *reader, struct json_node *array, void *target)
{
	struct arena *arena = reader->doc->arena;
	const char **paths = arena_array(arena, array->count + 1, sizeof(*paths));
	size_t n = 0;

	if (array->first == NULL)
		return fields_fail(reader, array, "expected the path of a runtime");
	json_each (path, array) {
		int error = fields_want(reader, path, JSON_STRING);

		if (error < 0)
			return error;
		if (!str_starts_with(path->text, "/"))
			return fields_fail(reader, path, "expected an absolute path, found %s",
					   str_quote(arena, path->text));
		paths[n++] = arena_copy(arena, path->text.data, path->text.len);
	}
	*(const char *const **)target = paths;
	return 0;
}

static int read_runtimes(const struct fields_reader *reader, struct json_node *object, void *setup)
{
	static const struct field fields[] = {
		ROW(runtime_setup, "runc", paths[RUNTIME_RUNC], JSON_ARRAY, read_paths),
		ROW(runtime_setup, "crun", paths[RUNTIME_CRUN], JSON_ARRAY, read_paths),
	};

	return fields_read(reader, object, fields, ARRAY_SIZE(fields), setup);
}

static int read_preferred(const struct fields_reader *reader, struct json_node *value, void *target)
{
	enum runtime_kind kind = 0;

	while (kind < RUNTIME_KINDS && !str_is(value->text, kind_names[kind]))
		kind++;
	if (kind == RUNTIME_KINDS)
		return fields_fail(reader, value, "expected \"runc\" or \"crun\", found %s",
				   str_quote(reader->doc->arena, value->text));
	*(enum runtime_kind *)target = kind;
	return 0;
}

static int read_policy(const struct fields_reader *reader, struct json_node *value, void *target)
{
	if (value->text.len == 0)
		return fields_fail(reader, value, "expected the name of a policy");
	*(const char **)target = arena_copy(reader->doc->arena, value->text.data, value->text.len);
	return 0;
}

static int read_setup(struct json_doc *doc, struct runtime_setup *setup, struct err *err)
{
	static const struct field fields[] = {
		ROW_WHOLE("runtimes", JSON_OBJECT, read_runtimes),
		ROW(runtime_setup, "default", preferred, JSON_STRING, read_preferred),
		ROW(runtime_setup, "policy", policy, JSON_STRING, read_policy),
		ROW_COMMENT,
	};
	const struct fields_reader reader = {
		.doc = doc, .err = err, .exit = EXIT_POLICY, .strict = true
	};

	return fields_read(&reader, doc->root, fields, ARRAY_SIZE(fields), setup);
}

static int read_setup_file(struct arena *arena, const char *path, struct str *ret_text,
			   struct err *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	bool others;
	int error;

	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", path);
	if (fstat(fd, &st) < 0)
		return err_set_system(err, errno, "cannot stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, EXIT_POLICY, "%s is not a regular file", path);
	error = others_can_write(&st, &others, err);
	if (error < 0)
		return error;
	if (others)
		return err_set(
			err, EPERM, EXIT_POLICY,
			"%s is writable by users other than root; chown root and chmod go-w it",
			path);
	return io_read(arena, fd, path, SETUP_SIZE_MAX, ret_text, err);
}

/*
 * Called by a name that was diverted, the wrapper stands for the runtime that was there. The
 * configuration does not count then, because a configured runtime calls runc or crun by that name.
 * Among the usual paths, diverted ones come first anyway.
 */
static void find_diverted(struct arena *arena, struct runtime_setup *setup)
{
	const char *name =
		(const char *)getauxval(AT_EXECFN); /* NOLINT: an address, by its contract */
	const char *path, **paths;

	if (name == NULL || name[0] != '/' || runtime_kind_of(name) == RUNTIME_DEFAULT)
		return;
	path = arena_printf(arena, "%s" RUNTIME_DIVERTED, name);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return;
	paths = arena_array(arena, 2, sizeof(*paths));
	paths[0] = path;
	setup->paths[runtime_kind_of(name)] = paths;
}

int runtime_setup_read(struct arena *arena, const char *path, struct runtime_setup *ret_setup,
		       struct err *err)
{
	struct runtime_setup setup = {
		.paths = { usual_paths[RUNTIME_RUNC], usual_paths[RUNTIME_CRUN] },
		.preferred = RUNTIME_DEFAULT,
	};
	struct json_doc *doc;
	struct str text;
	int error = read_setup_file(arena, path, &text, err);

	if (error == 0)
		error = json_read(arena, path, text, JSON_COMMENTS, &doc, err);
	if (error == 0)
		error = read_setup(doc, &setup, err);
	if (error < 0 && error != -ENOENT) {
		err->exit = EXIT_POLICY;
		return error;
	}
	if (error == 0)
		find_diverted(arena, &setup);
	*ret_setup = setup;
	return 0;
}

/* Returns why the file cannot be the real runtime, or NULL if it can. */
static const char *path_flaw(const char *path, struct stat *st)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char page[MARK_WITHIN];
	ssize_t len;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? "not there" : strerror(errno);
	if (fstat(fd, st) < 0)
		return strerror(errno);
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return "not executable";
	len = pread(fd, page, sizeof(page), 0);
	if (len < 0)
		return strerror(errno);
	/* Another version of rootfence would only look for the real runtime again. */
	return memmem(page, (size_t)len, note.mark, sizeof(note.mark)) != NULL ? "rootfence itself"
									       : NULL;
}

static int find_among(const char *const *paths, const char **ret_path, struct buf *tried,
		      struct err *err)
{
	for (; *paths != NULL; paths++) {
		struct stat st;
		const char *flaw = path_flaw(*paths, &st);
		bool others;
		int error;

		if (flaw != NULL) {
			buf_printf(tried, "%s%s (%s)", tried->len > 0 ? ", " : "", *paths, flaw);
			continue;
		}
		/* Anybody who can change it decides what runs as root. Trying the next path would
		 * not fix that. */
		error = others_can_write(&st, &others, err);
		if (error < 0)
			return error;
		if (others)
			return err_set(
				err, EPERM, EXIT_SYSTEM,
				"the real runtime %s is writable by users other than root; chown root and chmod go-w it",
				*paths);
		*ret_path = *paths;
		return 0;
	}
	return -ENOENT;
}

int runtime_find(const struct runtime_setup *setup, enum runtime_kind kind,
		 enum runtime_kind *ret_kind, const char **ret_path, struct err *err)
{
	enum runtime_kind order[] = { RUNTIME_CRUN, RUNTIME_RUNC };
	auto_buf struct buf tried = { 0 };
	size_t n = ARRAY_SIZE(order);

	if (kind == RUNTIME_DEFAULT)
		kind = setup->preferred;
	if (kind != RUNTIME_DEFAULT) {
		order[0] = kind;
		n = 1;
	}
	for (size_t i = 0; i < n; i++) {
		int error = find_among(setup->paths[order[i]], ret_path, &tried, err);

		if (error != -ENOENT) {
			*ret_kind = order[i];
			return error;
		}
	}
	return err_set(err, ENOENT, EXIT_SYSTEM,
		       "no real runtime: %s; install it, or name it in " ROOTFENCE_SYSCONFDIR
		       "/runtime.json as {\"runtimes\": {\"%s\": [\"/PATH\"]}}",
		       tried.data, kind_names[order[0]]);
}

int runtime_self(struct arena *arena, const char **ret_path, struct err *err)
{
	char path[4096];
	ssize_t len = readlink(SELF, path, sizeof(path));
	struct stat own, there;

	if (len < 0 || (size_t)len >= sizeof(path))
		return err_set_system(err, len < 0 ? errno : ENAMETOOLONG, "cannot read " SELF);
	*ret_path = arena_copy(arena, path, (size_t)len);
	/* If this program was replaced or removed since it started, hooks would call another one,
	 * or none. */
	if (stat(SELF, &own) < 0 || stat(*ret_path, &there) < 0 || own.st_ino != there.st_ino ||
	    own.st_dev != there.st_dev)
		return err_set(err, ESTALE, EXIT_SYSTEM,
			       "rootfence was replaced while it ran; try again");
	return 0;
}
