/* SPDX-License-Identifier: Apache-2.0 */
/* Root of the host or not: one answer, and none is an error for all who ask. */
#include "support.h"

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own_namespaces.h"
#include "guard/container.h"
#include "wrapper/command_line.h"
#include "wrapper/record.h"
#include "wrapper/writable_by_others.h"

/* Answers are kept for good, so each question needs a process that has not asked yet. */
static void in_child(bool (*question)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(question() ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static bool without_proc(void)
{
	const struct stat theirs = { .st_uid = 5, .st_mode = S_IFREG | 0644 };
	const struct stat ours = { .st_mode = S_IFREG | 0644 };
	struct arena *arena = arena_new();
	const char *base;
	struct err err;
	bool answer;

	return chroot("/etc") == 0 && chdir("/") == 0 && is_host_root(&answer, &err) < 0 &&
	       err.exit == EXIT_SYSTEM && others_can_write(&theirs, &answer, &err) < 0 &&
	       err.exit == EXIT_SYSTEM && others_can_write(&ours, &answer, &err) == 0 && !answer &&
	       record_base(arena, &base, &err) < 0 && err.exit == EXIT_SYSTEM &&
	       identity_check_host(&err) < 0 && err.exit == EXIT_SYSTEM;
}

static void test_unknown_is_an_error(void **state)
{
	if (geteuid() != 0)
		skip_because("needs root");
	in_child(without_proc);
	(void)state;
}

static bool in_a_user_namespace(void)
{
	const struct stat theirs = { .st_uid = 5, .st_mode = S_IFREG | 0644 };
	struct err err;
	bool answer;

	if (unshare(CLONE_NEWUSER) < 0)
		return true; /* not allowed here */
	return own_namespace_is_hosts(OWN_USER, &answer, &err) == 0 && !answer &&
	       is_host_root(&answer, &err) == 0 && !answer &&
	       others_can_write(&theirs, &answer, &err) == 0 && !answer &&
	       identity_check_host(&err) < 0 && err.exit == EXIT_GUARD;
}

static void test_user_namespace(void **state)
{
	in_child(in_a_user_namespace);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_is_an_error),
		cmocka_unit_test(test_user_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
