/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as a difference between a process and the spec, row by row: the kernel's own code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attest.h"
#include "base/cleanup.h"

#define EVERYTHING ((1u << ABI_PROMISED_COUNT) - 1)
#define HOST_MNT 1000
#define RUNTIME_MNT 1001
#define OWN_MNT 2000

static const struct abi_promise promise = {
	.flags = EVERYTHING,
	.others = EVERYTHING & ~(ABI_PROMISED_NNP | ABI_PROMISED_UID_MAP),
	.filters = 2,
	.uid_map = { 0, 100000, 65536 },
	.host_ns = { HOST_MNT, 1002, 1003, 1004, 0 },
};

/* Just as promised; the kernel has no cgroup namespaces. */
static const struct attest_seen as_promised = {
	.is_first = 1,
	.no_new_privs = 1,
	.filters = 2,
	.in_userns = 1,
	.uid_map = { 0, 100000, 65536 },
	.pidns_level = 1,
	.ns = { OWN_MNT, 2001, 2002, 2003, 0 },
	.cwd_ns = OWN_MNT,
};

struct row {
	size_t offset;
	__u32 value;
	__u32 init, other; /* what differs at init's first execve, and at another */
	const char *name;
};

#define ROW(member, number, of_init, of_other)                                         \
	{                                                                              \
		.offset = offsetof(struct attest_seen, member), .value = (number),     \
		.init = (of_init), .other = (of_other), .name = #member " is " #number \
	}

static const struct row rows[] = {
	ROW(no_new_privs, 1, 0, 0),
	ROW(no_new_privs, 0, ABI_PROMISED_NNP, 0),
	ROW(filters, 3, 0, 0),
	ROW(filters, 0xffffffff, 0, 0),
	ROW(filters, 1, ABI_PROMISED_SECCOMP, 0),
	ROW(filters, 0, ABI_PROMISED_SECCOMP, ABI_PROMISED_SECCOMP),
	ROW(in_userns, 0, ABI_PROMISED_USERNS, ABI_PROMISED_USERNS),
	ROW(uid_map[0], 1, ABI_PROMISED_UID_MAP, 0),
	ROW(uid_map[1], 0, ABI_PROMISED_UID_MAP, 0),
	ROW(uid_map[2], 65535, ABI_PROMISED_UID_MAP, 0),
	ROW(pidns_level, 2, 0, 0),
	ROW(pidns_level, 0, ABI_PROMISED_PIDNS, ABI_PROMISED_PIDNS),
	ROW(ns[ABI_HOST_NS_IPC], 1002, ABI_PROMISED_IPCNS, ABI_PROMISED_IPCNS),
	ROW(ns[ABI_HOST_NS_IPC], 1003, 0, 0), /* the host's of another kind */
	ROW(ns[ABI_HOST_NS_UTS], 1003, ABI_PROMISED_UTSNS, ABI_PROMISED_UTSNS),
	ROW(ns[ABI_HOST_NS_NET], 1004, ABI_PROMISED_NETNS, ABI_PROMISED_NETNS),
	ROW(ns[ABI_HOST_NS_NET], 3000, 0, 0), /* one that the process made */
	ROW(cwd_ns, 0, ABI_PROMISED_CWD, 0),  /* unmounted since */
	ROW(cwd_ns, 3000, ABI_PROMISED_CWD, 0),
	ROW(cwd_ns, HOST_MNT, ABI_PROMISED_CWD, ABI_PROMISED_CWD),
	ROW(cwd_ns, RUNTIME_MNT, ABI_PROMISED_CWD, ABI_PROMISED_CWD),
};

static __u32 differs(const struct attest_seen *seen)
{
	return attest_differences(&promise, seen, RUNTIME_MNT);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct attest_seen seen = as_promised;
		__u32 of_init, of_other;

		*(__u32 *)(void *)((char *)&seen + rows[i].offset) = rows[i].value;
		of_init = differs(&seen);
		seen.is_first = 0;
		of_other = differs(&seen);
		if (of_init != rows[i].init || of_other != rows[i].other)
			fail_msg("%s: %#x and %#x instead of %#x and %#x", rows[i].name, of_init,
				 of_other, rows[i].init, rows[i].other);
	}
}

/* The host's mount namespace, with the working directory in it. */
static void test_host_mount_namespace(void **state)
{
	struct attest_seen seen = as_promised;

	(void)state;
	seen.ns[ABI_HOST_NS_MNT] = HOST_MNT;
	seen.cwd_ns = HOST_MNT;
	assert_int_equal(differs(&seen), ABI_PROMISED_MNTNS);
}

static void test_nothing_promised(void **state)
{
	const struct abi_promise nothing = { .host_ns = { 1, 2, 3, 4, 5 } };
	const struct attest_seen seen = { .is_first = 1, .ns = { 1, 2, 3, 4, 5 }, .cwd_ns = 7 };

	(void)state;
	assert_int_equal(attest_differences(&nothing, &seen, 0), 0);
}

static void test_all_at_once(void **state)
{
	struct abi_promise all = promise;
	struct attest_seen seen = { .is_first = 1,
				    .ns = { HOST_MNT, 1002, 1003, 1004, 1005 },
				    .cwd_ns = 7 };

	(void)state;
	all.host_ns[ABI_HOST_NS_CGROUP] = 1005;
	assert_int_equal(attest_differences(&all, &seen, 0), EVERYTHING);
}

/* Without branches, and right at the edges. */
static void test_comparisons(void **state)
{
	static const __u32 edges[] = { 0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		for (size_t j = 0; j < ARRAY_SIZE(edges); j++) {
			assert_int_equal(attest_is(edges[i], edges[j]), i == j);
			assert_int_equal(attest_is_not(edges[i], edges[j]), i != j);
			assert_int_equal(attest_is_less(edges[i], edges[j]), i < j);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_host_mount_namespace),
		cmocka_unit_test(test_nothing_promised),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_comparisons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
