/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models of two command lines. runc: Go's flag package, called by urfave/cli, which moves options
 * in front of arguments for all verbs but exec. crun: argp, that is getopt_long() in order, with
 * abbreviations and clusters; here the C library's own.
 */
#include "runtimes.h"

#include <getopt.h>
#include <string.h>

/* One option of both models; kinds as in getopt_long(). */
struct known {
	const char *name;
	char letter;
	int has_arg;
	char meaning; /* where the value goes; 0: nowhere */
};

#define FLAG no_argument
#define VALUE required_argument

static const struct known runc_globals[] = {
	{ "log", 0, VALUE, 0 },		  { "log-format", 0, VALUE, 0 },
	{ "root", 0, VALUE, 0 },	  { "debug", 0, FLAG, 0 },
	{ "systemd-cgroup", 0, FLAG, 0 }, { "rootless", 0, VALUE, 0 },
	{ "criu", 0, VALUE, 0 },	  { "help", 'h', FLAG, '!' },
	{ "version", 'v', FLAG, '!' },	  { 0 },
};

static const struct known runc_container[] = {
	{ "bundle", 'b', VALUE, 'b' },	  { "console-socket", 0, VALUE, 0 },
	{ "pidfd-socket", 0, VALUE, 0 },  { "pid-file", 0, VALUE, 0 },
	{ "preserve-fds", 0, VALUE, 0 },  { "no-pivot", 0, FLAG, 0 },
	{ "no-new-keyring", 0, FLAG, 0 }, { "no-subreaper", 0, FLAG, 0 },
	{ "detach", 'd', FLAG, 0 },	  { "keep", 0, FLAG, 0 },
	{ "image-path", 0, VALUE, 0 },	  { "work-path", 0, VALUE, 0 },
	{ "help", 'h', FLAG, '!' },	  { 0 },
};

static const struct known runc_exec[] = {
	{ "process", 'p', VALUE, 'p' },
	{ "user", 'u', VALUE, 'u' },
	{ "additional-gids", 'g', VALUE, 0 },
	{ "cap", 'c', VALUE, 0 },
	{ "no-new-privs", 0, FLAG, 0 },
	{ "cwd", 0, VALUE, 'w' },
	{ "apparmor", 0, VALUE, 0 },
	{ "process-label", 0, VALUE, 0 },
	{ "env", 'e', VALUE, 0 },
	{ "tty", 't', FLAG, 0 },
	{ "detach", 'd', FLAG, 0 },
	{ "console-socket", 0, VALUE, 0 },
	{ "pidfd-socket", 0, VALUE, 0 },
	{ "pid-file", 0, VALUE, 0 },
	{ "preserve-fds", 0, VALUE, 0 },
	{ "cgroup", 0, VALUE, 0 },
	{ "ignore-paused", 0, FLAG, 0 },
	{ "help", 'h', FLAG, '!' },
	{ 0 },
};

static const struct known runc_start[] = { { "help", 'h', FLAG, '!' }, { 0 } };

static const struct known crun_start[] = { { "help", '?', FLAG, '!' },
					   { "usage", 0, FLAG, '!' },
					   { 0 } };

static const struct known crun_globals[] = {
	{ "debug", 0, FLAG, 0 },	  { "cgroup-manager", 0, VALUE, 0 },
	{ "systemd-cgroup", 0, FLAG, 0 }, { "log", 0, VALUE, 0 },
	{ "log-format", 0, VALUE, 0 },	  { "log-level", 0, VALUE, 0 },
	{ "root", 0, VALUE, 0 },	  { "rootless", 0, VALUE, 0 },
	{ "help", '?', FLAG, '!' },	  { "usage", 0, FLAG, '!' },
	{ "version", 'V', FLAG, '!' },	  { 0 },
};

static const struct known crun_container[] = {
	{ "bundle", 'b', VALUE, 'b' },
	{ "config", 'f', VALUE, 'f' },
	{ "console-socket", 0, VALUE, 0 },
	{ "preserve-fds", 0, VALUE, 0 },
	{ "no-pivot", 0, FLAG, 0 },
	{ "pid-file", 0, VALUE, 0 },
	{ "no-subreaper", 0, FLAG, 0 },
	{ "no-new-keyring", 0, FLAG, 0 },
	{ "detach", 'd', FLAG, 0 },
	{ "keep", 0, FLAG, 0 },
	{ "image-path", 0, VALUE, 0 },
	{ "work-path", 0, VALUE, 0 },
	{ "help", '?', FLAG, '!' },
	{ "usage", 0, FLAG, '!' },
	{ 0 },
};

static const struct known crun_exec[] = {
	{ "process", 'p', VALUE, 'p' },
	{ "user", 'u', VALUE, 'u' },
	{ "additional-gids", 'g', VALUE, 0 },
	{ "cap", 'c', VALUE, 0 },
	{ "no-new-privs", 0, FLAG, 0 },
	{ "cwd", 0, VALUE, 'w' },
	{ "apparmor", 0, VALUE, 0 },
	{ "process-label", 0, VALUE, 0 },
	{ "env", 'e', VALUE, 0 },
	{ "tty", 't', FLAG, 0 },
	{ "detach", 'd', FLAG, 0 },
	{ "console-socket", 0, VALUE, 0 },
	{ "pid-file", 0, VALUE, 0 },
	{ "preserve-fds", 0, VALUE, 0 },
	{ "cgroup", 0, VALUE, 0 },
	{ "help", '?', FLAG, '!' },
	{ "usage", 0, FLAG, '!' },
	{ 0 },
};

/* Returns the verb if it starts something; NULL: another word. */
static const char *starting_verb(const char *word)
{
	static const char *const verbs[] = { "create", "run", "restore", "exec", "start" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i]) == 0)
			return verbs[i];
	return NULL;
}

/* False if the runtime prints something and ends. */
static bool put(struct started *started, char meaning, const char *value)
{
	switch (meaning) {
	case 'b':
		started->bundle = value;
		break;
	case 'p':
		started->process = value;
		break;
	case 'u':
		started->user = value;
		break;
	case 'w':
		started->cwd = value;
		break;
	case 'f':
		started->config = value;
		break;
	default:
		break;
	}
	return meaning != '!';
}

/* Go: one dash or two, a whole name, and "=" if a value is attached. */
static const struct known *go_find(const struct known *table, const char *arg)
{
	const char *name = arg + 1 + (arg[1] == '-');
	size_t len = strcspn(name, "=");

	for (; table->name != NULL; table++) {
		if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
			return table;
		if (len == 1 && table->letter == name[0])
			return table;
	}
	return NULL;
}

static bool go_is_flag(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

/* Reads options up to the first argument and returns its index; -1: an error, or nothing starts. */
static int go_parse(const struct known *table, int argc, char *const *argv, int i,
		    struct started *started)
{
	while (i < argc && go_is_flag(argv[i])) {
		const char *arg = argv[i++];
		const char *equals = strchr(arg, '=');
		const struct known *option;

		if (strcmp(arg, "--") == 0)
			return i;
		option = go_find(table, arg);
		if (option == NULL)
			return -1;
		if (option->has_arg == VALUE && equals == NULL && i == argc)
			return -1;
		if (option->has_arg == FLAG && equals != NULL && strcmp(equals, "=false") == 0)
			continue;
		if (!put(started, option->meaning,
			 equals != NULL		   ? equals + 1
			 : option->has_arg == FLAG ? "true"
						   : argv[i++]))
			return -1;
	}
	return i;
}

/* urfave/cli moves options that follow arguments to the front, each with the next word. */
static int go_reorder(const struct known *table, int argc, char *const *argv, int i,
		      char **ret_words)
{
	char *arguments[RUNTIME_ARGS_MAX];
	bool value_may_follow = false;
	int n = 0, n_arguments = 0;

	for (; i < argc; i++) {
		bool is_option = go_is_flag(argv[i]) && strcmp(argv[i], "--") != 0 &&
				 go_find(table, argv[i]) != NULL;

		if (value_may_follow && !is_option) {
			value_may_follow = false;
			ret_words[n++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				arguments[n_arguments++] = argv[i++];
		} else if (is_option) {
			ret_words[n++] = argv[i];
			value_may_follow = strchr(argv[i], '=') == NULL;
		} else {
			arguments[n_arguments++] = argv[i];
		}
	}
	for (int k = 0; k < n_arguments; k++)
		ret_words[n++] = arguments[k];
	ret_words[n] = NULL;
	return n;
}

struct started as_runc(int argc, char *const *argv)
{
	struct started started = { 0 }, nothing = { 0 };
	char *words[RUNTIME_ARGS_MAX + 1];
	const struct known *table;
	const char *verb;
	int i = go_parse(runc_globals, argc, argv, 1, &started);

	if (i < 0 || i >= argc)
		return nothing;
	verb = starting_verb(argv[i++]);
	if (verb == NULL)
		return nothing;
	table = strcmp(verb, "exec") == 0    ? runc_exec
		: strcmp(verb, "start") == 0 ? runc_start
					     : runc_container;
	if (table != runc_exec) {
		argc = go_reorder(table, argc, argv, i, words);
		argv = words;
		i = 0;
	}
	i = go_parse(table, argc, argv, i, &started);
	/* Only exec takes more than the id. */
	if (i < 0 || i >= argc || (table != runc_exec && i + 1 != argc))
		return nothing;
	started.verb = verb;
	started.id = argv[i];
	return started;
}

#define LONG_BASE 256

/* argp in order: the first argument ends the options. Returns its index, or -1. */
static int argp_parse_in_order(const struct known *table, int argc, char *const *argv, int i,
			       struct started *started)
{
	struct option longs[RUNTIME_ARGS_MAX] = { 0 };
	char letters[2 * RUNTIME_ARGS_MAX + 3] = "+", *at = letters + 1;
	char name[] = "crun", *words[RUNTIME_ARGS_MAX + 2] = { name };
	int n = 1, option;

	for (int k = 0; table[k].name != NULL; k++) {
		longs[k] = (struct option){ table[k].name, table[k].has_arg, NULL, LONG_BASE + k };
		/* '?' is also getopt's sign of an error, which starts nothing either way. */
		if (table[k].letter == 0 || table[k].letter == '?')
			continue;
		*at++ = table[k].letter;
		if (table[k].has_arg == VALUE)
			*at++ = ':';
	}
	for (int k = i; k < argc; k++)
		words[n++] = argv[k];
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(n, words, letters, longs, NULL)) != -1) {
		const struct known *known = table;

		if (option >= LONG_BASE)
			known = table + (option - LONG_BASE);
		else
			while (known->name != NULL && known->letter != option)
				known++;
		if (option == '?' || known->name == NULL ||
		    !put(started, known->meaning, optarg != NULL ? optarg : "true"))
			return -1;
	}
	return i + optind - 1;
}

struct started as_crun(int argc, char *const *argv)
{
	struct started started = { 0 }, nothing = { 0 };
	const struct known *table;
	const char *verb;
	int i = argp_parse_in_order(crun_globals, argc, argv, 1, &started);

	if (i < 0 || i >= argc)
		return nothing;
	verb = starting_verb(argv[i++]);
	if (verb == NULL)
		return nothing;
	table = strcmp(verb, "exec") == 0    ? crun_exec
		: strcmp(verb, "start") == 0 ? crun_start
					     : crun_container;
	i = argp_parse_in_order(table, argc, argv, i, &started);
	if (i < 0 || i >= argc || (table != crun_exec && i + 1 != argc))
		return nothing;
	started.verb = verb;
	started.id = argv[i];
	return started;
}
