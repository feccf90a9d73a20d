/* SPDX-License-Identifier: Apache-2.0 */
/* Capability names, compared with the kernel's own header, and words that are not names. */
#include "support.h"

#include <linux/capability.h>

#include "oci/capability.h"

/* A few numbers of linux/capability.h. All names together are counted, and must differ. */
static const struct {
	const char *name;
	int number;
} known[] = {
	{ "CAP_CHOWN", CAP_CHOWN },
	{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH },
	{ "CAP_KILL", CAP_KILL },
	{ "CAP_SETUID", CAP_SETUID },
	{ "CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE },
	{ "CAP_NET_RAW", CAP_NET_RAW },
	{ "CAP_SYS_MODULE", CAP_SYS_MODULE },
	{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE },
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ "CAP_MKNOD", CAP_MKNOD },
	{ "CAP_SETFCAP", CAP_SETFCAP },
	{ "CAP_MAC_ADMIN", CAP_MAC_ADMIN },
	{ "CAP_SYSLOG", CAP_SYSLOG },
	{ "CAP_WAKE_ALARM", CAP_WAKE_ALARM },
	{ "CAP_BLOCK_SUSPEND", CAP_BLOCK_SUSPEND },
	{ "CAP_AUDIT_READ", CAP_AUDIT_READ },
	{ "CAP_PERFMON", 38 },
	{ "CAP_BPF", 39 },
	{ "CAP_CHECKPOINT_RESTORE", 40 },
};

static void names_of_the_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		assert_int_equal(cap_from_name(str_from(known[i].name)), known[i].number);
		assert_string_equal(cap_name((unsigned int)known[i].number), known[i].name);
	}
}

static void every_name_is_its_own(void **state)
{
	size_t n = 0;

	(void)state;
	for (const char *const *name = cap_names(); *name != NULL; name++, n++) {
		assert_int_equal(cap_from_name(str_from(*name)), (int)n);
		assert_int_equal(strncmp(*name, "CAP_", 4), 0);
	}
	assert_int_equal(n, CAP_LAST + 1);
	assert_int_equal(CAP_ALL, (UINT64_C(1) << n) - 1);
}

static void other_spellings(void **state)
{
	static const char *const none[] = {
		"",
		"cap_chown",
		"Cap_Chown",
		"CHOWN",
		"CAP_",
		"CAP_CHOW",
		"CAP_CHOWNX",
		" CAP_CHOWN",
		"CAP_CHOWN ",
		"CAP_CHOWN,CAP_KILL",
		"0",
		"21",
		"0x15",
		"ALL",
		"all",
		"CAP_ALL",
		"CAP_LAST_CAP",
		"CAP_FOO",
		"=ep",
		"CAP-CHOWN",
		"C\xc3\x81P_CHOWN",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(cap_from_name(str_from(none[i])), -1);
	assert_int_equal(cap_from_name((struct str){ "CAP_CHOWN\0x", 11 }), -1);
	assert_int_equal(cap_from_name((struct str){ NULL, 0 }), -1);
}

/* libcap reads a name up to its first digit, so CAP_SYS_ADMIN2 is CAP_SYS_ADMIN to crun. */
static void newer(void **state)
{
	static const char *const yes[] = { "CAP_OF_TOMORROW", "CAP_X",		 "CAP_NEW_2",
					   "CAP_9",	      "CAP_SYS_ADMIN_X", "CAP_SYS_ADMI" };
	static const char *const no[] = { "CAP_",
					  "CAP",
					  "cap_new",
					  "CAP_new",
					  "OF_TOMORROW",
					  "CAP_SYS_ADMIN2",
					  "CAP_BPF2_X",
					  "CAP_NEW,",
					  "CAP_NEW ",
					  "CAP-NEW",
					  "",
					  "CAP_SYS_ADMIN,X" };
	char longest[66] = "CAP_";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(cap_is_newer(str_from(yes[i])));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(cap_is_newer(str_from(no[i])));
	for (size_t i = 4; i < 65; i++)
		longest[i] = 'A';
	assert_true(cap_is_newer((struct str){ longest, 64 }));
	assert_false(cap_is_newer((struct str){ longest, 65 }));
}

static void sets(void **state)
{
	assert_string_equal(cap_set_text(*state, 0), "none");
	assert_string_equal(cap_set_text(*state, 1), "CAP_CHOWN");
	assert_string_equal(cap_set_text(*state, UINT64_C(1) << 21 | 1),
			    "CAP_CHOWN, CAP_SYS_ADMIN");
	assert_non_null(strstr(cap_set_text(*state, UINT64_C(1) << 62), "62"));
	assert_string_equal(cap_set_text(*state, UINT64_C(1) << CAPABILITY_NEWER),
			    "capabilities that rootfence does not know");
	assert_string_equal(cap_set_text(*state, 0x7fff), "15 capabilities");
	assert_true(cap_set_has(UINT64_C(1) << 40, 40));
	assert_false(cap_set_has(UINT64_C(1) << 40, 39));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_kernel),
		cmocka_unit_test(every_name_is_its_own),
		cmocka_unit_test(other_spellings),
		WITH_ARENA(newer),
		WITH_ARENA(sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
