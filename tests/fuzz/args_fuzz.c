/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wrapper's command line, one word per line. From a command line that it accepts, runc and crun
 * start only what was judged: the verb, container, bundle and process that the wrapper read.
 */
#include <string.h>

#include "fuzz.h"
#include "oci/state.h"
#include "wrapper/command_line.h"
#include "runtimes.h"

static const char *const verbs[] = { "", "create", "run", "restore", "exec", "start" };

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A container id that no runtime accepts starts nothing. */
static void must_agree(const char *runtime, const struct started *started,
		       const struct runtime_args *args)
{
	if (started->verb == NULL || started->id == NULL || !oci_id_is_valid(str_from(started->id)))
		return;
	must(same(started->verb, verbs[args->verb]), "%s starts '%s', the wrapper read '%s'",
	     runtime, started->verb, verbs[args->verb]);
	must(same(started->id, args->id), "%s: id '%s', not '%s'", runtime, started->id,
	     args->id != NULL ? args->id : "");
	must(same(started->bundle, args->bundle), "%s: bundle '%s'", runtime,
	     started->bundle != NULL ? started->bundle : "");
	must(same(started->process, args->process), "%s: process '%s'", runtime,
	     started->process != NULL ? started->process : "");
	must(same(started->user, args->user), "%s: user '%s'", runtime,
	     started->user != NULL ? started->user : "");
	must(same(started->cwd, args->cwd), "%s: cwd '%s'", runtime,
	     started->cwd != NULL ? started->cwd : "");
	must(started->config == NULL || same(started->config, args->config), "%s: config '%s'",
	     runtime, started->config != NULL ? started->config : "");
}

static bool is_word(char *const *argv, int argc, const char *value)
{
	for (int i = 0; i < argc && argv[i] != NULL; i++)
		if (value >= argv[i] && value <= argv[i] + strlen(argv[i]))
			return true;
	return value == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	char *text = arena_copy(arena, data, size);
	char name[] = "/usr/libexec/rootfence/runc", *argv[RUNTIME_ARGS_MAX + 1] = { name };
	struct runtime_args args = { 0 };
	struct err err = { 0 };
	int argc = 1;

	/* A NUL byte ends the input, since no argument has one. */
	for (char *next = text; argc < RUNTIME_ARGS_MAX && *next != '\0';) {
		char *word = strsep(&next, "\n");

		argv[argc++] = word;
		if (next == NULL)
			break;
	}
	if (runtime_args_parse(arena, argc, argv, &args, &err) == 0) {
		const struct started runc = as_runc(argc, argv), crun = as_crun(argc, argv);

		must_agree("runc", &runc, &args);
		must_agree("crun", &crun, &args);
		must(args.id == NULL || oci_id_is_valid(str_from(args.id)), "id '%s'", args.id);
		must(is_word(argv, argc, args.id) && is_word(argv, argc, args.bundle) &&
			     is_word(argv, argc, args.process),
		     "a value that nobody wrote");
	} else {
		must(err.exit == EXIT_USAGE && err.text[0] != '\0', "exit %d: %s", err.exit,
		     err.text);
	}
	arena_free(arena);
	return 0;
}
