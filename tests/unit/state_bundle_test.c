/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the bundle of a container is: what a state says, what a runtime was told, what a record has.
 * And whether a runtime restores.
 */
#include "support.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "wrapper/state_bundle.h"

#define OWN "/tmp/rootfence-bundle-test"

/* Starts a process whose command line is that of a runtime, and which does nothing. */
static pid_t runtime(const char *const *words)
{
	char *argv[12] = { NULL };
	int ready[2];
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		close(ready[1]);
		dup2(ready[0], STDIN_FILENO);
		for (size_t i = 0; words[i] != NULL; i++)
			argv[i] = strdup(words[i]);
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	close(ready[0]);
	for (int tries = 0; tries < 500; tries++) {
		char path[64], text[64] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
		file = fopen(path, "r");
		if (file != NULL) {
			if (fread(text, 1, sizeof(text) - 1, file) > 0 &&
			    strcmp(text, words[0]) == 0) {
				fclose(file);
				return pid; /* it reads until the pipe closes, with this test */
			}
			fclose(file);
		}
		usleep(10000);
	}
	fail_msg("the process did not start");
	return -1;
}

static int found(struct arena *arena, const char *said, const char *const *words,
		 const char *recorded, const char **ret_bundle, struct err *err)
{
	const struct oci_state state = { .id = "c1", .bundle = said, .pid = 1 };
	pid_t pid = runtime(words);
	int error = state_bundle_find(arena, &state, pid, recorded, ret_bundle, err);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return error;
}

#define LINE(...)                        \
	{                                \
		"a-runtime", __VA_ARGS__ \
	}
#define CREATE(bundle) LINE("create", "--bundle", bundle, "c1")

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): OWN is the first part of a path */
static void test_found(void **state)
{
	static const struct {
		const char *said, *recorded, *bundle;
		const char *words[8];
	} rows[] = {
		{ OWN "/a", NULL, OWN "/a", LINE("create", "c1") },
		{ OWN "/a", OWN "/a", OWN "/a", LINE("create", "c1") },
		{ OWN "/a", OWN "/link", OWN "/a", LINE("create", "c1") },
		{ "/", NULL, OWN "/a", CREATE(OWN "/a") },
		{ "/..", NULL, OWN "/a", CREATE(OWN "/a") },
		{ "/", OWN "/a", OWN "/a", CREATE(OWN "/a") },
		{ "/", OWN "/a", OWN "/a", CREATE("a") },
		{ "/", OWN "/a", OWN "/a", LINE("run", "c1") },
		{ "/", OWN "/a", OWN "/link", CREATE(OWN "/link") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *bundle = "";
		struct err err;

		if (found(*state, rows[i].said, rows[i].words, rows[i].recorded, &bundle, &err) < 0)
			fail_msg("row %zu: %s", i, err.text);
		assert_string_equal(bundle, rows[i].bundle);
	}
}

/* A sane config elsewhere must not be judged in the place of the container's. */
static void test_refused(void **state)
{
	static const struct {
		const char *said, *recorded, *why;
		const char *words[8];
	} rows[] = {
		{ OWN "/b", OWN "/a", "was judged", CREATE(OWN "/b") },
		{ "/", OWN "/a", "was judged", CREATE(OWN "/b") },
		{ "/", NULL, "--bundle /PATH", LINE("create", "c1") },
		{ "/", NULL, "--bundle /PATH", CREATE("a") },
		{ "/", NULL, "--bundle /PATH", LINE("create", "--bundle", OWN "/a", "other") },
		{ "/", NULL, "--bundle /PATH", LINE("exec", "c1") },
		{ "/", NULL, "--bundle /PATH", LINE("state", "c1") },
		{ "/", NULL, "--bundle /PATH", LINE("create", "-b" OWN "/a", "c1") },
		{ OWN "/gone", NULL, "cannot open bundle", CREATE(OWN "/a") },
		{ OWN "/file", NULL, "cannot open bundle", CREATE(OWN "/a") },
		{ "/", NULL, "cannot open bundle", CREATE(OWN "/gone") },
		{ OWN "/a", OWN "/gone", "cannot open bundle", CREATE(OWN "/a") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *bundle = "";
		struct err err = { 0 };

		if (found(*state, rows[i].said, rows[i].words, rows[i].recorded, &bundle, &err) ==
		    0)
			fail_msg("row %zu: %s", i, bundle);
		assert_int_equal(err.exit, EXIT_SYSTEM);
		assert_non_null(strstr(err.text, rows[i].why));
	}
}
/* NOLINTEND(bugprone-suspicious-missing-comma) */

/* Only a restore of this very container: the hook of any other is to register it at once. */
static void test_restoring(void **state)
{
	static const struct {
		bool restoring;
		const char *words[8];
	} rows[] = {
		{ true, LINE("restore", "--detach", "c1") },
		{ true, LINE("--root", "/r", "restore", "--image-path", "/i", "c1") },
		{ false, LINE("restore", "--detach", "c2") },
		{ false, LINE("create", "--bundle", "restore", "c1") },
		{ false, LINE("--log", "restore", "create", "c1") },
		{ false, LINE("run", "--pid-file=restore", "c1") },
		{ false, LINE("restore", "-db", "c1") },
		{ false, LINE("restore") },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t pid = runtime(rows[i].words);
		bool restoring = runtime_is_restoring(*state, pid, "c1");

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (restoring != rows[i].restoring)
			fail_msg("row %zu", i);
	}
	assert_false(runtime_is_restoring(*state, 0x7fffffff, "c1"));
}

/* Called as a runtime, this program only waits for the end of its input. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_found),
		WITH_ARENA(test_refused),
		WITH_ARENA(test_restoring),
	};
	int result;
	char byte;

	if (argc > 1 && strcmp(argv[0], "a-runtime") == 0)
		return (int)read(STDIN_FILENO, &byte, 1);
	/* NOLINTNEXTLINE(cert-env33-c): fixed words */
	assert_int_equal(system("rm -rf " OWN " && mkdir -p " OWN "/a " OWN "/b && ln -s a " OWN
				"/link && touch " OWN "/file"),
			 0);
	result = cmocka_run_group_tests(tests, NULL, NULL);
	(void)!system("rm -rf " OWN); /* NOLINT: fixed words */
	return result;
}
