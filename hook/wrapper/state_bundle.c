/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the bundle of a container for a hook: see state_bundle.h. */
#include "state_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "wrapper/command_line.h"

#define CMDLINE_MAX (128 * 1024) /* bytes of a command line; those of engines have under 1 KiB */

static int stat_directory(const char *path, struct stat *ret_st, struct err *err)
{
	if (stat(path, ret_st) < 0)
		return err_set_system(err, errno, "cannot open bundle %s", path);
	if (!S_ISDIR(ret_st->st_mode))
		return err_set_system(err, ENOTDIR, "cannot open bundle %s", path);
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Splits what /proc/PID/cmdline holds. Its last argument may have lost the NUL at its end. */
static char **split(struct arena *arena, struct str text, int *ret_n)
{
	char *copy = arena_copy(arena, text.data, text.len), **words;
	int n = 0;

	for (size_t i = 0; i < text.len; i += strlen(copy + i) + 1)
		n++;
	words = arena_array(arena, (size_t)n + 1, sizeof(*words));
	n = 0;
	for (size_t i = 0; i < text.len; i += strlen(copy + i) + 1)
		words[n++] = copy + i;
	*ret_n = n;
	return words;
}

/*
 * Reads the command line of the runtime that starts a container of this id. The caller of the
 * runtime chose these words, so they can be trusted as much as the runtime itself. The container's
 * processes cannot change them.
 */
static bool read_command_line(struct arena *arena, pid_t runtime, const char *id,
			      struct runtime_args *args)
{
	const char *path = arena_printf(arena, "/proc/%d/cmdline", (int)runtime);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct err ignored;
	struct str text;
	char **words;
	int n;

	if (fd < 0 || io_read(arena, fd, path, CMDLINE_MAX, &text, &ignored) < 0)
		return false;
	words = split(arena, text, &n);
	return runtime_args_parse(arena, n, words, args, &ignored) == 0 && args->id != NULL &&
	       args->verb != VERB_OTHER && args->verb != VERB_EXEC && args->verb != VERB_START &&
	       strcmp(args->id, id) == 0;
}

bool runtime_is_restoring(struct arena *arena, pid_t runtime, const char *id)
{
	struct runtime_args args;

	return read_command_line(arena, runtime, id, &args) && args.verb == VERB_RESTORE;
}

/* Returns NULL if it names none, or one that depends on the working directory that was lost. */
static const char *named_bundle(struct arena *arena, pid_t runtime, const char *id)
{
	struct runtime_args args;

	if (!read_command_line(arena, runtime, id, &args))
		return NULL;
	return args.bundle != NULL && args.bundle[0] == '/' ? args.bundle : NULL;
}

int state_bundle_find(struct arena *arena, const struct oci_state *state, pid_t runtime,
		      const char *recorded, const char **ret_bundle, struct err *err)
{
	const char *bundle = state->bundle;
	struct stat root, found, kept;
	int error = stat_directory("/", &root, err);

	if (error == 0)
		error = stat_directory(bundle, &found, err);
	if (error == 0 && is_same(&found, &root)) {
		bundle = named_bundle(arena, runtime, state->id);
		if (bundle == NULL)
			bundle = recorded;
		if (bundle == NULL)
			return err_set(
				err, ENOENT, EXIT_SYSTEM,
				"the state says that the bundle is /, as crun does when it has lost its working directory, and the runtime's command line does not name one; call the runtime with --bundle /PATH");
		error = stat_directory(bundle, &found, err);
	}
	if (error == 0 && recorded != NULL)
		error = stat_directory(recorded, &kept, err);
	if (error < 0)
		return error;
	if (recorded != NULL && !is_same(&found, &kept))
		return err_set(
			err, ESTALE, EXIT_SYSTEM,
			"the runtime started this container from bundle %s, but %s was judged; create it again from one bundle",
			bundle, recorded);
	*ret_bundle = bundle;
	return 0;
}
