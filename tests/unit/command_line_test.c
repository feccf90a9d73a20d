/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of runc and crun, as the wrapper reads it. */
#include "support.h"

#include "wrapper/command_line.h"

#define WORDS_MAX 24

/*
 * A command line with spaces between its words ('' is an empty one), and what the wrapper reads, or
 * the beginning of the error.
 */
struct line {
	const char *words;
	const char *expected;
};

static const struct line lines[] = {
	/* as engines write them */
	{ "--root /run/r --log /b/log.json --log-format json --systemd-cgroup create --bundle /b --pid-file /b/pid --console-socket /t/s c1",
	  "create id=c1 bundle=/b log=/b/log.json format=json root=/run/r" },
	{ "--systemd-cgroup --log-format=json --log /d/oci-log create --bundle /b --pid-file /p c1",
	  "create id=c1 bundle=/b log=/d/oci-log format=json" },
	{ "--log-format=json --log=/d/oci-log exec --pid-file /p --process /d/process.json --detach c1",
	  "exec id=c1 log=/d/oci-log format=json process=/d/process.json" },
	{ "--root /r --log /l --log-format json exec --process /tmp/runc-process1 --console-socket /c --detach --pid-file /p c1",
	  "exec id=c1 log=/l format=json root=/r process=/tmp/runc-process1" },
	{ "--root /r restore --image-path /i --work-path /w --detach --bundle /b c1",
	  "restore id=c1 bundle=/b detach=true root=/r" },
	{ "run -d -b /b c1", "run id=c1 bundle=/b detach=true" },
	{ "restore --detach=false --bundle /b c1", "restore id=c1 bundle=/b detach=false" },
	{ "--root=/r run --bundle=/b --keep --no-pivot c1", "run id=c1 bundle=/b root=/r" },
	{ "create c1", "create id=c1" },

	/* the last one counts, also after the id */
	{ "create --bundle /a --bundle /b c1", "create id=c1 bundle=/b" },
	{ "create -b /a --bundle=/b c1", "create id=c1 bundle=/b" },
	{ "create c1 --bundle /b", "create id=c1 bundle=/b" },
	{ "create --bundle /a c1 -b /b", "create id=c1 bundle=/b" },
	{ "run c1 --bundle=/b --pid-file /p", "run id=c1 bundle=/b" },
	{ "exec -p /a --process /b c1", "exec id=c1 process=/b" },

	/* after the id of exec comes a command */
	{ "exec c1 sh --process /x --bun /b", "exec id=c1" },
	{ "exec -t -d c1 sh -dt", "exec id=c1" },
	{ "exec --user 0:0 --cap CAP_KILL -c CAP_CHOWN -g 5 --additional-gids=6 --cwd /w c1 id",
	  "exec id=c1 user=0:0 cwd=/w caps=CAP_KILL,CAP_CHOWN gids=5,6" },
	{ "exec --no-new-privs c1 id", "exec id=c1 nnp=true" },
	{ "exec --no-new-privs=false c1 id", "exec id=c1 nnp=false" },
	{ "exec --no-new-privs=0 c1 id", "option --no-new-privs is true or false" },
	{ "exec --apparmor a --process-label l -e A=1 --env=B=2 c1 id",
	  "exec id=c1 apparmor=a label=l" },
	{ "exec --tty --ignore-paused --cgroup x --preserve-fds 3 c1 id", "exec id=c1" },
	{ "exec -- c1 --process /x", "exec id=c1" },
	{ "exec --cgroup=a..b/..c/... c1 id", "exec id=c1" },

	/* start takes an id and nothing else */
	{ "--root /r --log /l --log-format json start c1",
	  "start id=c1 log=/l format=json root=/r" },
	{ "start -- c1", "start id=c1" },
	{ "start --help", "start" },
	{ "start c1 c2", "'c2' is a second container id" },
	{ "start --bundle /b c1", "unknown option '--bundle' hides what follows it" },
	{ "start --root /r c1", "runtimes differ in whether they take '--root' after the verb" },

	/* out of the container's cgroup */
	{ "exec --cgroup .. c1 id", "option --cgroup: '..' leads out of the container" },
	{ "exec --cgroup=/a/../../b c1 id", "option --cgroup: '/a/../../b' leads out" },
	{ "exec --cgroup memory:../x --cgroup y c1 id", "option --cgroup: 'memory:../x' leads" },

	/* mounts in a running container */
	{ "mounts add c1 /m.json", "'mounts' changes a container after it was judged" },
	{ "--root /r mounts remove c1 /m.json", "'mounts' changes a container" },
	{ "list mounts", "other" },

	/* -- ends the options */
	{ "create --bundle /b -- c1", "create id=c1 bundle=/b" },
	{ "create -- c1 --bundle", "'--bundle' is a second container id" },
	{ "-- create c1", "unknown option '--' hides" },

	/* other verbs, and none: the rest is not read */
	{ "", "other" },
	{ "state c1", "other" },
	{ "kill -dt --bun x c1 KILL", "other" },
	{ "delete --force --whatever c1", "other" },
	{ "features", "other" },
	{ "--version", "other" },
	{ "-v", "other" },
	{ "--help", "other" },
	{ "--unknown", "other" },
	{ "-bundle", "other" },
	{ "--root /r list -q create", "other root=/r" },
	{ "--root /r events --bundle create c1", "other root=/r" },
	{ "CREATE c1", "other" },
	{ "'' create c1", "other" },
	{ "- create c1", "other" },
	{ "checkpoint --unknown c1", "other" },

	/* runc can switch --version and --help off again, so the rest is read */
	{ "--version create -b /b c1", "create id=c1 bundle=/b" },
	{ "--version=false create -b /b c1", "create id=c1 bundle=/b" },
	{ "--help run -b /b c1", "run id=c1 bundle=/b" },
	{ "create --help=false -b /b c1", "create id=c1 bundle=/b" },
	{ "--debug=true create c1", "create id=c1" },
	{ "--debug=yes create c1", "option --debug is true or false" },

	/* no id: no runtime starts anything */
	{ "create", "create" },
	{ "create --help", "create" },
	{ "create --bundle /b", "create bundle=/b" },
	{ "exec --process /p", "exec process=/p" },

	/* ids */
	{ "create a.b_c+d-E9", "create id=a.b_c+d-E9" },
	{ "create a/b", "container id 'a/b'" },
	{ "create ..", "container id '..'" },
	{ "create .", "container id '.'" },
	{ "create ''", "container id ''" },
	{ "exec a%b id", "container id 'a%b'" },
	{ "create c1 c2", "'c2' is a second container id" },
	{ "restore c1 c2", "'c2' is a second container id" },

	/* runtimes read these in different ways */
	{ "create -bundle /b c1", "runtimes differ in how they read '-bundle'; write --bundle" },
	{ "create -bundle=/b c1", "runtimes differ in how they read '-bundle=/b'" },
	{ "create -b=/b c1", "runtimes differ in how they read '-b=/b'; write --bundle" },
	{ "create -b/b c1", "runtimes differ in how they read '-b/b'" },
	{ "create --b /b c1", "runtimes differ in how they read '--b'; write --bundle" },
	{ "create --b=/b c1", "runtimes differ in how they read '--b=/b'" },
	{ "create --bun /b c1", "runtimes differ in how they read '--bun'" },
	{ "create --bun=/b c1", "runtimes differ in how they read '--bun=/b'" },
	{ "run -db /b c1", "runtimes differ in how they read '-db'; write --detach" },
	{ "exec -dt c1 id", "runtimes differ in how they read '-dt'" },
	{ "exec -pp.json c1", "runtimes differ in how they read '-pp.json'; write --process" },
	{ "exec --proc=/p c1", "runtimes differ in how they read '--proc=/p'; write --process" },
	{ "exec -u0 c1 id", "runtimes differ in how they read '-u0'; write --user" },
	{ "exec -user 0 c1 id", "runtimes differ in how they read '-user'" },
	{ "-root /r create c1", "runtimes differ in how they read '-root'" },
	{ "--ro /r create c1", "runtimes differ in how they read '--ro'; write --root" },
	{ "--lo=/r create c1", "runtimes differ in how they read '--lo=/r'; write --log" },
	{ "-debug create c1", "runtimes differ in how they read '-debug'; write --debug" },

	/* values that look like options, and empty values */
	{ "create --bundle -x c1", "runtimes differ in whether '-x' is the value of --bundle" },
	{ "create --pid-file --bundle=/evil c1",
	  "runtimes differ in whether '--bundle=/evil' is the value of --pid-file; write --pid-file=VALUE" },
	{ "--log -l create c1", "runtimes differ in whether '-l' is the value of --log" },
	{ "create --pid-file=-x -b /b c1", "create id=c1 bundle=/b" },
	{ "create --bundle= c1", "option --bundle has an empty value" },
	{ "create --bundle '' c1", "option --bundle has an empty value" },
	{ "--root= create c1", "option --root has an empty value" },
	{ "create c1 --bundle", "option --bundle needs a value" },
	{ "exec --process", "option --process needs a value" },

	/* options that neither runtime has */
	{ "--new-option create c1", "unknown option '--new-option' hides what follows it" },
	{ "--new-option=x create c1", "create id=c1" },
	{ "--x list", "unknown option '--x' hides" },
	{ "-x create c1", "unknown option '-x' hides" },
	{ "create --new-option c1", "unknown option '--new-option' hides" },
	{ "create --new-option=x --bundle /b c1", "create id=c1 bundle=/b" },
	{ "create c1 --new-option x", "unknown option '--new-option' hides" },
	{ "exec --new-option c1 id", "unknown option '--new-option' hides" },
	{ "create --program-name x c1", "unknown option '--program-name' hides" },

	/* runc plans to read its global options everywhere, and to trim blanks from words */
	{ "create --root=/x -b /b c1", "runtimes differ in whether they take '--root=/x' after" },
	{ "exec --log /l c1 id", "runtimes differ in whether they take '--log' after the verb" },
	{ "exec c1 id --root /x", "exec id=c1" },
	{ "\t--root=/x exec --user 0 c1 id", "runtimes differ in how they read '?--root=/x'" },
	{ "mounts\t add c1", "runtimes differ in how they read 'mounts?'" },
	{ "\t c1", "other" },
	{ "\tlist c1", "other" },
	{ "\texec --user 0 c1 id", "runtimes differ in how they read '?exec'; write it without" },

	/* crun reads another file */
	{ "run -f/evil.json c1", "runtimes differ in how they read '-f/evil.json'" },
	{ "create --conf=/evil.json c1", "runtimes differ in how they read '--conf=/evil.json'" },
};

static int split(char *text, char **argv)
{
	int argc = 1;

	argv[0] = text; /* not read */
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
		assert_true(argc < WORDS_MAX);
		if (strcmp(word, "''") == 0)
			*word = '\0';
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return argc;
}

static void add_member(struct buf *buf, const char *name, const char *value)
{
	if (value != NULL)
		buf_printf(buf, " %s=%s", name, value);
}

static void add_words(struct buf *buf, const char *name, const struct runtime_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		buf_printf(buf, "%s%s%s%s", i == 0 ? " " : "", i == 0 ? name : "",
			   i == 0 ? "=" : ",", words->items[i]);
}

static const char *summary(struct arena *arena, const struct runtime_args *args)
{
	static const char *const names[] = { "other", "create", "run", "restore", "exec", "start" };
	auto_buf struct buf buf = { 0 };

	buf_printf(&buf, "%s", names[args->verb]);
	add_member(&buf, "id", args->id);
	add_member(&buf, "bundle", args->bundle);
	add_member(&buf, "detach", args->detach);
	add_member(&buf, "log", args->log);
	add_member(&buf, "format", args->log_format);
	add_member(&buf, "root", args->root);
	add_member(&buf, "process", args->process);
	add_member(&buf, "user", args->user);
	add_member(&buf, "cwd", args->cwd);
	add_member(&buf, "apparmor", args->apparmor);
	add_member(&buf, "label", args->process_label);
	add_member(&buf, "nnp", args->no_new_privs);
	add_words(&buf, "caps", &args->capabilities);
	add_words(&buf, "gids", &args->additional_gids);
	return arena_copy(arena, buf.data, buf.len);
}

static void test_lines(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char *text = arena_copy(*state, lines[i].words, strlen(lines[i].words));
		char *argv[WORDS_MAX + 1] = { NULL };
		struct runtime_args args;
		struct err err = { 0 };
		int argc = split(text, argv);
		const char *got;

		if (runtime_args_parse(*state, argc, argv, &args, &err) < 0) {
			assert_int_equal(err.exit, EXIT_USAGE);
			if (strncmp(err.text, lines[i].expected, strlen(lines[i].expected)) != 0)
				fail_msg("%s: %s", lines[i].words, err.text);
			continue;
		}
		got = summary(*state, &args);
		if (strcmp(got, lines[i].expected) != 0)
			fail_msg("%s: read as %s", lines[i].words, got);
	}
}

/* An error can still be written to the log that was named before it. */
static void test_log_before_error(void **state)
{
	char words[] = "--log /l --log-format json create --bun /b c1";
	char *argv[WORDS_MAX + 1] = { NULL };
	struct runtime_args args;
	struct err err;
	int argc = split(words, argv);

	assert_true(runtime_args_parse(*state, argc, argv, &args, &err) < 0);
	assert_string_equal(args.log, "/l");
	assert_string_equal(args.log_format, "json");
}

/* A value is replaced wherever it stands, and only there. */
static void test_replace(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "create --config /b/config.json --bundle /b c1",
		  "create --config config.json --bundle /b c1" },
		{ "run --config=/b/config.json c1", "run --config=config.json c1" },
		{ "run -f ./config.json -b /b c1", "run -f config.json -b /b c1" },
		{ "run -f /a -f /b/config.json c1", "run -f /a -f config.json c1" },
		{ "--log config.json run -f /b/config.json c1",
		  "--log config.json run -f config.json c1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *words = arena_copy(*state, rows[i].before, strlen(rows[i].before));
		char *argv[WORDS_MAX + 1] = { NULL };
		struct runtime_args args;
		const char *text = "";
		struct err err;
		int argc = split(words, argv);

		assert_int_equal(runtime_args_parse(*state, argc, argv, &args, &err), 0);
		assert_non_null(args.config);
		runtime_args_replace(*state, argv, args.config, CONFIG_OF_BUNDLE);
		for (int n = 1; n < argc; n++)
			text = arena_printf(*state, "%s%s%s", text, n > 1 ? " " : "", argv[n]);
		assert_string_equal(text, rows[i].after);
	}
}

/* Words in every order. The word after an option that takes a value is its value, never the id. */
static void test_random_lines(void **state)
{
	static const char *const words[] = {
		"--bundle", "--bundle=/b", "-b",  "/x",	  "c1", "--no-pivot", "--", "-",   "--log",
		"create",   "exec",	   "run", "--x=", "-p", "--process",  "",   "-dt", "state",
		"--root",   "start",
	};
	uint32_t seed = 7;

	for (int round = 0; round < 100000; round++) {
		struct arena *arena = arena_new();
		char *argv[10] = { NULL };
		int argc = 1 + (int)dice(&seed, 9);
		struct runtime_args args;
		struct err err;

		for (int i = 0; i < argc; i++) {
			const char *word = words[dice(&seed, ARRAY_SIZE(words))];

			argv[i] = arena_copy(arena, word, strlen(word));
		}
		argv[0] = arena_copy(arena, "runc", sizeof("runc"));
		if (runtime_args_parse(arena, argc, argv, &args, &err) < 0) {
			assert_int_equal(err.exit, EXIT_USAGE);
			assert_true(err.text[0] != '\0');
		}
		for (int i = 2; i < argc && strcmp(argv[i - 1], "--") != 0; i++)
			if (argv[i] == args.id && (strcmp(argv[i - 1], "--bundle") == 0 ||
						   strcmp(argv[i - 1], "-b") == 0))
				fail_msg("an id from behind --bundle");
		arena_free(arena);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_lines),
		WITH_ARENA(test_log_before_error),
		WITH_ARENA(test_replace),
		WITH_ARENA(test_random_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
