/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI state, and how it is told from a config. */
#include "support.h"

#include "oci/state.h"

static const struct {
	const char *text;
	enum oci_document kind;
} kinds[] = {
	{ "{}", OCI_UNKNOWN },
	{ "{\"process\":{}}", OCI_CONFIG },
	{ "{\"root\":{}}", OCI_CONFIG },
	{ "{\"process\":null}", OCI_CONFIG },
	{ "{\"id\":\"a\",\"bundle\":\"/b\",\"status\":\"created\"}", OCI_STATE },
	{ "{\"id\":\"a\",\"bundle\":\"/b\",\"status\":\"created\",\"process\":{}}", OCI_STATE },
	{ "{\"id\":\"a\",\"bundle\":\"/b\"}", OCI_UNKNOWN },
	{ "{\"id\":\"a\",\"status\":\"created\",\"root\":{}}", OCI_CONFIG },
	{ "{\"Id\":\"a\",\"bundle\":\"/b\",\"status\":\"created\"}", OCI_UNKNOWN },
};

static void kind_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		assert_int_equal(oci_document_kind(read_doc(*state, kinds[i].text)), kinds[i].kind);
}

static const struct {
	const char *members;
	const char *id; /* NULL: refused */
	const char *bundle;
	pid_t pid;
} states[] = {
	{ "\"id\":\"a\",\"bundle\":\"/b\",\"pid\":7", "a", "/b", 7 },
	{ "\"id\":\"a\",\"bundle\":\"/b\"", "a", "/b", 0 },
	{ "\"id\":\"A_b+c-d.0\",\"bundle\":\"/\",\"annotations\":{\"x\":1}", "A_b+c-d.0", "/", 0 },
	{ "\"id\":\"a\",\"bundle\":\"/b\",\"annotations\":7", "a", "/b", 0 },
	{ "\"id\":\"\",\"bundle\":\"/b\"", NULL, NULL, 0 },
	{ "\"id\":\"a/b\",\"bundle\":\"/b\"", NULL, NULL, 0 },
	{ "\"id\":\"a b\",\"bundle\":\"/b\"", NULL, NULL, 0 },
	{ "\"id\":\"\xc3\xa4\",\"bundle\":\"/b\"", NULL, NULL, 0 },
	{ "\"id\":7,\"bundle\":\"/b\"", NULL, NULL, 0 },
	{ "\"id\":\"a\",\"bundle\":\"b\"", NULL, NULL, 0 },
	{ "\"id\":\"a\",\"bundle\":null", NULL, NULL, 0 },
	{ "\"id\":\"a\"", NULL, NULL, 0 },
	{ "\"bundle\":\"/b\"", NULL, NULL, 0 },
	{ "\"id\":\"a\",\"bundle\":\"/b\",\"pid\":-1", NULL, NULL, 0 },
	{ "\"id\":\"a\",\"bundle\":\"/b\",\"pid\":2147483648", NULL, NULL, 0 },
	{ "\"id\":\"a\",\"bundle\":\"/b\",\"Pid\":1", NULL, NULL, 0 },
};

static void state_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct oci_state oci = { 0 };
		struct err err;
		int error = oci_state_read(
			read_doc(*state, arena_printf(*state, "{%s}", states[i].members)), &oci,
			&err);

		assert_int_equal(error, states[i].id != NULL ? 0 : -EINVAL);
		if (error < 0) {
			assert_int_equal(err.exit, EXIT_SPEC);
			assert_null(oci.id);
			continue;
		}
		assert_string_equal(oci.id, states[i].id);
		assert_string_equal(oci.bundle, states[i].bundle);
		assert_int_equal(oci.pid, states[i].pid);
	}
}

static void id_length(void **state)
{
	char id[130];

	for (size_t len = 126; len <= 128; len++) {
		struct oci_state oci;
		struct err err;

		memset(id, 'a', len);
		id[len] = '\0';
		assert_int_equal(
			oci_state_read(
				read_doc(*state,
					 arena_printf(*state, "{\"id\":\"%s\",\"bundle\":\"/b\"}",
						      id)),
				&oci, &err),
			len <= 127 ? 0 : -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(kind_rows),
		WITH_ARENA(state_rows),
		WITH_ARENA(id_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
