/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads command lines of runc and crun: see command_line.h. The tables hold the options of runc 1.0
 * to 1.5 and of crun 0.17 to 1.29. The two read these spellings differently:
 *   -bundle B    runc: --bundle B             crun: -b undle, then an argument
 *   -bB, -dt     runc: unknown                crun: -b B, -d -t
 *   -b=B         runc: -b B                   crun: the bundle is "=B"
 *   --b, --bun   runc: knows --b              crun: any abbreviation
 *   --x -y       runc may move -y away        crun: the value of --x
 *   --x=         runc 1.5: the value is the next argument; others: it is empty
 *   ID --opt     runc: an option of create, run and restore; crun: an error
 */
#include "command_line.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "oci/state.h"

enum option_kind {
	OPTION_FLAG,
	OPTION_VALUE,
	OPTION_LIST,
	OPTION_BELOW, /* a path that must not contain ".." */
};

struct runtime_option {
	const char *name;
	char letter; /* 0: none */
	enum option_kind kind;
	size_t target; /* in struct runtime_args; 0, which is the verb, if the value is not used */
};

#define TARGET(member) offsetof(struct runtime_args, member)

static const struct runtime_option global_options[] = {
	{ "log", 0, OPTION_VALUE, TARGET(log) },
	{ "log-format", 0, OPTION_VALUE, TARGET(log_format) },
	{ "root", 0, OPTION_VALUE, TARGET(root) },
	{ "debug", 0, OPTION_FLAG, 0 },
	{ "systemd-cgroup", 0, OPTION_FLAG, 0 },
	{ "rootless", 0, OPTION_VALUE, 0 },
	{ "criu", 0, OPTION_VALUE, 0 },		  /* runc to 1.1 */
	{ "cgroup-manager", 0, OPTION_VALUE, 0 }, /* crun */
	{ "log-level", 0, OPTION_VALUE, 0 },	  /* crun */
	{ "help", 'h', OPTION_FLAG, 0 },
	{ "help", '?', OPTION_FLAG, 0 },
	{ "usage", 0, OPTION_FLAG, 0 },
	{ "version", 'v', OPTION_FLAG, 0 },
	{ "version", 'V', OPTION_FLAG, 0 },
	{ 0 },
};

/* Options of create, run and restore. The real runtime refuses an option that the verb lacks. */
static const struct runtime_option container_options[] = {
	{ "bundle", 'b', OPTION_VALUE, TARGET(bundle) },
	{ "config", 'f', OPTION_VALUE, TARGET(config) }, /* crun */
	{ "console-socket", 0, OPTION_VALUE, 0 },
	{ "pidfd-socket", 0, OPTION_VALUE, 0 },
	{ "pid-file", 0, OPTION_VALUE, 0 },
	{ "preserve-fds", 0, OPTION_VALUE, TARGET(preserve_fds) },
	{ "no-pivot", 0, OPTION_FLAG, 0 },
	{ "no-new-keyring", 0, OPTION_FLAG, 0 },
	{ "no-subreaper", 0, OPTION_FLAG, 0 },
	{ "detach", 'd', OPTION_FLAG, TARGET(detach) },
	{ "keep", 0, OPTION_FLAG, 0 },
	{ "image-path", 0, OPTION_VALUE, 0 },
	{ "work-path", 0, OPTION_VALUE, 0 },
	{ "tcp-established", 0, OPTION_FLAG, 0 },
	{ "tcp-close", 0, OPTION_FLAG, 0 },
	{ "ext-unix-sk", 0, OPTION_FLAG, 0 },
	{ "shell-job", 0, OPTION_FLAG, 0 },
	{ "file-locks", 0, OPTION_FLAG, 0 },
	{ "manage-cgroups-mode", 0, OPTION_VALUE, 0 },
	{ "network-lock", 0, OPTION_VALUE, 0 },
	{ "empty-ns", 0, OPTION_VALUE, 0 },
	{ "auto-dedup", 0, OPTION_FLAG, 0 },
	{ "lazy-pages", 0, OPTION_FLAG, 0 },
	{ "lsm-profile", 0, OPTION_VALUE, 0 },
	{ "lsm-mount-context", 0, OPTION_VALUE, 0 },
	{ "help", 'h', OPTION_FLAG, 0 },
	{ "help", '?', OPTION_FLAG, 0 },
	{ "usage", 0, OPTION_FLAG, 0 },
	{ 0 },
};

static const struct runtime_option exec_options[] = {
	{ "process", 'p', OPTION_VALUE, TARGET(process) },
	{ "user", 'u', OPTION_VALUE, TARGET(user) },
	{ "additional-gids", 'g', OPTION_LIST, TARGET(additional_gids) },
	{ "cap", 'c', OPTION_LIST, TARGET(capabilities) },
	{ "no-new-privs", 0, OPTION_FLAG, TARGET(no_new_privs) },
	{ "cwd", 0, OPTION_VALUE, TARGET(cwd) },
	{ "apparmor", 0, OPTION_VALUE, TARGET(apparmor) },
	{ "process-label", 0, OPTION_VALUE, TARGET(process_label) },
	{ "env", 'e', OPTION_VALUE, 0 },
	{ "tty", 't', OPTION_FLAG, 0 },
	{ "detach", 'd', OPTION_FLAG, 0 },
	{ "console-socket", 0, OPTION_VALUE, 0 },
	{ "pidfd-socket", 0, OPTION_VALUE, 0 },
	{ "pid-file", 0, OPTION_VALUE, 0 },
	{ "preserve-fds", 0, OPTION_VALUE, TARGET(preserve_fds) },
	{ "cgroup", 0, OPTION_BELOW, 0 },
	{ "ignore-paused", 0, OPTION_FLAG, 0 },
	{ "help", 'h', OPTION_FLAG, 0 },
	{ "help", '?', OPTION_FLAG, 0 },
	{ "usage", 0, OPTION_FLAG, 0 },
	{ 0 },
};

static const struct runtime_option start_options[] = {
	{ "help", 'h', OPTION_FLAG, 0 },
	{ "help", '?', OPTION_FLAG, 0 },
	{ "usage", 0, OPTION_FLAG, 0 },
	{ 0 },
};

static const struct runtime_verb_row {
	const char *name;
	enum runtime_verb verb;
	const struct runtime_option *options;
} verbs[] = {
	{ "create", VERB_CREATE, container_options },	{ "run", VERB_RUN, container_options },
	{ "restore", VERB_RESTORE, container_options }, { "exec", VERB_EXEC, exec_options },
	{ "start", VERB_START, start_options },
};

/* A verb of crun since 1.20. It bind-mounts into a running container, and nothing judges that. */
#define MOUNTS_VERB "mounts"

struct args_reader {
	struct arena *arena;
	int argc;
	char *const *argv;
	int next;
	struct runtime_args *args;
	struct err *err;
};

#define args_fail(reader, ...) err_set((reader)->err, EINVAL, EXIT_USAGE, __VA_ARGS__)

/* Finds an option by its full name or its letter. Returns NULL if the table does not have it. */
static const struct runtime_option *option_find(const struct runtime_option *options,
						const char *arg)
{
	size_t len = strcspn(arg, "=");

	for (; options->name != NULL; options++) {
		if (strncmp(arg, "--", 2) == 0 && strlen(options->name) == len - 2 &&
		    strncmp(arg + 2, options->name, len - 2) == 0)
			return options;
		if (arg[1] != '-' && arg[1] == options->letter && arg[2] == '\0')
			return options;
	}
	return NULL;
}

/* Returns the option of the table that arg abbreviates or misspells, or NULL. */
static const char *option_meant(const struct runtime_option *options, const char *arg)
{
	const char *name = arg + (arg[1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");

	if (len == 0)
		return NULL;
	for (; options->name != NULL; options++) {
		if (strncmp(options->name, name, len) == 0)
			return options->name;
		if (options->letter == name[0] && (arg[1] != '-' || len == 1))
			return options->name;
	}
	return NULL;
}

/*
 * Handles an option of neither runtime, or a spelling that one of them reads differently. Only
 * --NAME=VALUE takes no further argument in both, so it is left to the real runtime, unless NAME is
 * the beginning of a known option, which crun completes.
 */
static int unknown_option(const struct args_reader *reader, const struct runtime_option *options,
			  const char *arg)
{
	const char *meant = option_meant(options, arg);
	bool alone = strncmp(arg, "--", 2) == 0 && strchr(arg, '=') != NULL;

	if (option_find(global_options, arg) != NULL)
		return args_fail(
			reader,
			"runtimes differ in whether they take '%.64s' after the verb; write it before the verb",
			arg);
	if (meant != NULL)
		return args_fail(
			reader,
			"runtimes differ in how they read '%.64s'; write --%s, and its value as an argument of its own or after =",
			arg, meant);
	if (alone)
		return 0;
	return args_fail(
		reader,
		"unknown option '%.64s' hides what follows it; write --NAME=VALUE, or leave it out",
		arg);
}

static int option_value(struct args_reader *reader, const struct runtime_option *option,
			const char *arg, const char **ret_value)
{
	const char *equals = strchr(arg, '=');
	const char *value = equals != NULL ? equals + 1 : NULL;

	if (value == NULL && reader->next == reader->argc)
		return args_fail(reader, "option --%s needs a value", option->name);
	if (value == NULL) {
		value = reader->argv[reader->next++];
		if (value[0] == '-')
			return args_fail(
				reader,
				"runtimes differ in whether '%.64s' is the value of --%s; write --%s=VALUE",
				value, option->name, option->name);
	}
	if (value[0] == '\0')
		return args_fail(reader, "option --%s has an empty value", option->name);
	*ret_value = value;
	return 0;
}

static int option_flag(struct args_reader *reader, const struct runtime_option *option,
		       const char *arg, const char **ret_value)
{
	const char *equals = strchr(arg, '=');

	*ret_value = equals == NULL || strcmp(equals + 1, "true") == 0 ? "true" : "false";
	if (equals == NULL || strcmp(equals + 1, *ret_value) == 0)
		return 0;
	return args_fail(reader, "option --%s is true or false", option->name);
}

/* runc refuses "..". crun may leave the cgroup by which the guard knows the container. */
static int check_below(struct args_reader *reader, const struct runtime_option *option,
		       const char *value)
{
	for (const char *part = value; *part != '\0'; part += strspn(part, "/:")) {
		size_t len = strcspn(part, "/:");

		if (len == 2 && strncmp(part, "..", len) == 0)
			return args_fail(
				reader,
				"option --%s: '%.64s' leads out of the container; name a cgroup below the container's",
				option->name, value);
		part += len;
	}
	return 0;
}

static void words_add(struct arena *arena, struct runtime_words *words, const char *word)
{
	/* Doubles the room whenever the number is a power of two. */
	if ((words->n & (words->n - 1)) == 0) {
		const char **items =
			arena_array(arena, words->n > 0 ? 2 * words->n : 1, sizeof(*items));

		for (size_t i = 0; i < words->n; i++)
			items[i] = words->items[i];
		words->items = items;
	}
	words->items[words->n++] = word;
}

/* Reads the option at reader->next, and moves on after it and its value. */
static int read_option(struct args_reader *reader, const struct runtime_option *options)
{
	const char *arg = reader->argv[reader->next++];
	const struct runtime_option *option = option_find(options, arg);
	void *target;
	const char *value;
	int error;

	if (option == NULL)
		return unknown_option(reader, options, arg);
	if (option->kind == OPTION_FLAG)
		error = option_flag(reader, option, arg, &value);
	else
		error = option_value(reader, option, arg, &value);
	if (error == 0 && option->kind == OPTION_BELOW)
		error = check_below(reader, option, value);
	if (error < 0 || option->target == 0)
		return error;
	target = (char *)reader->args + option->target;
	if (option->kind == OPTION_LIST)
		words_add(reader->arena, target, value);
	else
		*(const char **)target = value;
	return 0;
}

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

/* True for an option or a judged verb with blanks around it. Some runtimes may trim words. */
static bool is_judged_with_blanks(const char *arg)
{
	static const char blanks[] = " \t\r\n\v\f";
	const char *start = arg + strspn(arg, blanks);
	size_t len = strcspn(start, blanks);

	if (start == arg && start[len] == '\0')
		return false;
	if (start[0] == '-')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (len == strlen(verbs[i].name) && strncmp(start, verbs[i].name, len) == 0)
			return true;
	return len == strlen(MOUNTS_VERB) && strncmp(start, MOUNTS_VERB, len) == 0;
}

/* Reads global options, up to the verb. Without a verb there is nothing to judge. */
static int read_globals(struct args_reader *reader, const struct runtime_verb_row **ret_row)
{
	while (reader->next < reader->argc) {
		const char *arg = reader->argv[reader->next];
		int error;

		if (is_option(arg)) {
			if (reader->next + 1 == reader->argc)
				return 0; /* nothing follows that it could hide */
			error = read_option(reader, global_options);
			if (error < 0)
				return error;
			continue;
		}
		reader->next++;
		if (is_judged_with_blanks(arg))
			return args_fail(
				reader,
				"runtimes differ in how they read '%.64s'; write it without blanks",
				arg);
		if (strcmp(arg, MOUNTS_VERB) == 0)
			return args_fail(
				reader,
				"'" MOUNTS_VERB
				"' changes a container after it was judged; create the container with its mounts");
		for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
			if (strcmp(arg, verbs[i].name) == 0)
				*ret_row = &verbs[i];
		return 0;
	}
	return 0;
}

static int read_id(struct args_reader *reader, const char *arg)
{
	if (!oci_id_is_valid(str_from(arg)))
		return args_fail(
			reader,
			"container id '%.64s': expected 1 to 127 letters, digits or any of _+-.",
			arg);
	reader->args->id = arg;
	return 0;
}

static int read_verb(struct args_reader *reader, const struct runtime_verb_row *row)
{
	bool ended = false;

	while (reader->next < reader->argc) {
		const char *arg = reader->argv[reader->next];
		int error;

		if (!ended && is_option(arg) && strcmp(arg, "--") != 0) {
			error = read_option(reader, row->options);
			if (error < 0)
				return error;
			continue;
		}
		reader->next++;
		if (!ended && strcmp(arg, "--") == 0) {
			ended = true;
			continue;
		}
		if (reader->args->id != NULL)
			return args_fail(
				reader,
				"'%.64s' is a second container id; one command takes one, after its options",
				arg);
		error = read_id(reader, arg);
		/* After the id of exec comes the command to run. */
		if (error < 0 || row->verb == VERB_EXEC)
			return error;
	}
	return 0;
}

int runtime_args_parse(struct arena *arena, int argc, char *const *argv, struct runtime_args *args,
		       struct err *err)
{
	const struct runtime_verb_row *row = NULL;
	struct args_reader reader = { arena, argc, argv, 1, args, err };
	int error;

	*args = (struct runtime_args){ 0 };
	error = read_globals(&reader, &row);
	if (error < 0 || row == NULL)
		return error;
	args->verb = row->verb;
	args->verb_index = reader.next - 1;
	return read_verb(&reader, row);
}

int runtime_args_descriptors(const struct runtime_args *args)
{
	const char *more[] = { args->preserve_fds, getenv("LISTEN_FDS") };
	unsigned long first = STDERR_FILENO + 1;

	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		unsigned long n = more[i] != NULL ? strtoul(more[i], NULL, 10) : 0;

		first += n < INT32_MAX / 4 ? n : 0;
	}
	return (int)first;
}

void runtime_args_replace(struct arena *arena, char **argv, const char *value, const char *with)
{
	for (; *argv != NULL; argv++)
		for (size_t i = 0, len = strlen(*argv); i <= len; i++)
			if (*argv + i == value) {
				*argv = arena_printf(arena, "%.*s%s", (int)i, *argv, with);
				return;
			}
}
