/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two directories change places on kernels before 5.16, where bpffs cannot exchange names: if the
 * second rename fails, the first is taken back.
 */
#include "support.h"

#include <seccomp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/pins.h"

static void forbid_exchange(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(renameat2), 0) < 0 ||
	    seccomp_load(filter) < 0)
		_exit(99);
	seccomp_release(filter);
}

static void test_without_exchange(void **state)
{
	char work[] = "/tmp/rootfence-pins.XXXXXX";
	int status = 0;
	pid_t child;

	(void)state;
	assert_non_null(mkdtemp(work));
	child = fork();
	if (child == 0) {
		struct err err;
		struct stat st, now;

		forbid_exchange();
		if (chdir(work) < 0 || mkdir("guard", 0700) < 0 || stat("guard", &st) < 0)
			_exit(1);
		if (pins_exchange("missing", "guard", &err) >= 0)
			_exit(2);
		if (stat("guard", &now) < 0 || now.st_ino != st.st_ino || rmdir("guard-old") == 0)
			_exit(3);
		if (mkdir("new", 0700) < 0 || stat("new", &st) < 0 ||
		    pins_exchange("new", "guard", &err) < 0)
			_exit(4);
		if (stat("guard", &now) < 0 || now.st_ino != st.st_ino || rmdir("guard") < 0)
			_exit(5);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	rmdir(work);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_without_exchange) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
