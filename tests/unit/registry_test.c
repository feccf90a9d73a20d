/* SPDX-License-Identifier: Apache-2.0 */
/* What is written for a container that does not exist yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guard/guard.h"
#include "guard/registry.h"

static void test_entry_before_a_restore(void **state)
{
	const struct guard_container container = {
		.id = "restored",
		.limits = { .ceiling = 3,
			    .bounding = 7,
			    .exec_action = ABI_ERRNO,
			    .ceiling_action = ABI_KILL,
			    .root_action = ABI_KILL,
			    .set_ids_action = ABI_LOG,
			    .userns_action = ABI_ERRNO,
			    .errno_ret = 13 },
		.promise = { .flags = ABI_PROMISED_NNP, .action = ABI_KILL },
	};
	struct abi_entry entry;
	struct err err;

	(void)state;
	assert_int_equal(registry_entry_begin(&entry, &container, 5, &err), 0);
	assert_string_equal(entry.id, "restored");
	assert_memory_equal(&entry.limits, &container.limits, sizeof(entry.limits));
	assert_int_equal(entry.promise.flags, ABI_PROMISED_NNP);
	assert_int_equal(entry.promise.action, ABI_KILL);
	assert_int_equal(entry.rules_id, 5);
	assert_int_equal(entry.armed, 0);
	assert_int_equal(entry.init_pid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_entry_before_a_restore) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
