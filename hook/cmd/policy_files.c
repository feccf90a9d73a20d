/* SPDX-License-Identifier: Apache-2.0 */
/* Finds policies on disk: see policy_files.h. */
#include "policy_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/own_namespaces.h"
#include "policy/file/shipped.h"

static bool name_is_file(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '/') != NULL || (len > 5 && strcmp(name + len - 5, ".json") == 0);
}

/*
 * True if anything of that name exists. A dangling link is a policy that cannot be read, not a
 * missing one.
 */
static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

static int open_file(struct arena *arena, const char *path, const char *from, const char **ret_path,
		     struct str *ret_text, struct err *err)
{
	int error = io_read_file(arena, AT_FDCWD, path, POLICY_SIZE_MAX, ret_text, err);

	if (error < 0) {
		err_prefix(err, "policy");
		err->exit = EXIT_POLICY;
		return error;
	}
	*ret_path = path;
	/* One name for one file, so that a policy that extends itself is detected. */
	if (from != NULL) {
		auto_free char *real = realpath(path, NULL);

		if (real != NULL)
			*ret_path = arena_copy(arena, real, strlen(real));
	}
	return 0;
}

/* Returns the directory that `from` lies in, with its slash. */
static char *directory_of(struct arena *arena, const char *from)
{
	const char *slash = strrchr(from, '/');

	return arena_copy(arena, from, slash != NULL ? (size_t)(slash - from) + 1 : 0);
}

/* A shipped policy's path begins with this. A file's path has a slash or ends in .json. */
#define SHIPPED "rootfence:"

/* The name of a shipped policy in messages, and for those that it extends. */
static bool is_shipped_path(const char *path)
{
	return path != NULL && strncmp(path, SHIPPED, strlen(SHIPPED)) == 0 && !name_is_file(path);
}

/* Returns false if there is no shipped policy of this name. */
static bool take_shipped(struct arena *arena, const char *name, const char **ret_path,
			 struct str *ret_text)
{
	const struct shipped_policy *shipped = shipped_policy_find(name);

	if (shipped == NULL)
		return false;
	*ret_path = arena_printf(arena, SHIPPED "%s", name);
	*ret_text = shipped->text;
	return true;
}

static int not_found(struct arena *arena, const char *name, const char *beside, const char *from,
		     struct err *err)
{
	auto_buf struct buf names = { 0 };

	for (const struct shipped_policy *shipped = shipped_policies; shipped->name != NULL;
	     shipped++)
		buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", shipped->name);
	if (beside != NULL)
		return err_set(err, ENOENT, EXIT_POLICY,
			       "no policy '%.64s' beside %s or in %s; shipped are %s", name, from,
			       POLICY_NAMES_DIR, names.data);
	return err_set(
		err, ENOENT, EXIT_POLICY,
		"no policy '%.64s' in %s; shipped are %s; a file is named with its directory: ./%.64s.json",
		name, POLICY_NAMES_DIR, names.data, name);
}

/*
 * A file that has the name of a shipped policy and extends this name means the shipped one: a file
 * never extends itself.
 */
static bool means_shipped(const char *path, const char *name, const char *from)
{
	auto_free char *real = from != NULL ? realpath(from, NULL) : NULL;

	return real != NULL && strcmp(path, real) == 0 && shipped_policy_find(name) != NULL;
}

/* What a shipped policy extends is shipped, too, whatever has that name here. */
static int find_policy(struct arena *arena, const char *name, const char *from,
		       const char **ret_path, struct str *ret_text, struct err *err)
{
	bool by_shipped = is_shipped_path(from);
	const char *beside = from != NULL && !by_shipped ? directory_of(arena, from) : NULL;
	const char *directories[] = { beside, POLICY_NAMES_DIR "/" };

	if (name_is_file(name)) {
		if (beside != NULL && name[0] != '/')
			name = arena_printf(arena, "%s%s", beside, name);
		return open_file(arena, name, from, ret_path, ret_text, err);
	}
	if (by_shipped && take_shipped(arena, name, ret_path, ret_text))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		const char *path;
		int error;

		if (directories[i] == NULL)
			continue;
		path = arena_printf(arena, "%s%s.json", directories[i], name);
		error = open_file(arena, path, from, ret_path, ret_text, err);
		if (error == 0 && means_shipped(*ret_path, name, from))
			continue;
		/* The search goes on only if no file exists. An unreadable one is an error. */
		if (error != -ENOENT || is_there(path))
			return error;
	}
	return take_shipped(arena, name, ret_path, ret_text)
		       ? 0
		       : not_found(arena, name, beside, from, err);
}

static int open_policy(void *data, struct arena *arena, const char *name, const char *from,
		       const char **ret_path, struct str *ret_text, struct err *err)
{
	struct policy_file **files = data, *file;
	int error = find_policy(arena, name, from, ret_path, ret_text, err);

	if (error < 0)
		return error;
	for (file = *files; file != NULL; file = file->next)
		if (strcmp(file->path, *ret_path) == 0)
			return 0;
	file = arena_new_object(arena, struct policy_file);
	*file = (struct policy_file){ *ret_path, *ret_text, *files };
	*files = file;
	return 0;
}

static bool engine_is_rootless(void)
{
	struct err ignored;
	bool hosts;

	/* If this is unknown, the stricter policy of root's engine applies. */
	return own_namespace_is_hosts(OWN_USER, &hosts, &ignored) == 0 && !hosts;
}

int policy_select_files(struct arena *arena, const char *name, enum policy_use use,
			struct policy **ret_policy, struct policy_file **ret_files,
			struct policy_errors *errors, struct err *err)
{
	struct policy_file *files = NULL;
	const struct policy_source source = { .open = open_policy, .data = &files };
	bool rootless = use == POLICY_FOR_HOOK && engine_is_rootless();
	const char *local = rootless ? ROOTFENCE_SYSCONFDIR "/policy-rootless.json"
				     : ROOTFENCE_SYSCONFDIR "/policy.json";
	int error;

	if (name == NULL && is_there(local))
		name = local;
	if (name == NULL)
		name = rootless ? "rootless" : "default";
	error = policy_load_all(arena, &source, name, ret_policy, errors, err);
	*ret_files = files;
	return error;
}

int policy_select(struct arena *arena, const char *name, enum policy_use use,
		  struct policy **ret_policy, struct err *err)
{
	struct policy_file *ignored;

	return policy_select_files(arena, name, use, ret_policy, &ignored, NULL, err);
}
