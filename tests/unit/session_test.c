/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions in a container: the container decides about them. */
#include "support.h"

#include <unistd.h>

#include "oci/capability.h"
#include "wrapper/session.h"

static const char policy_text[] =
	"{\"version\":1,\"name\":\"p\",\"rules\":["
	"{\"names\":[\"rootUser\",\"hostPidNamespace\",\"hostUserNamespace\"],\"action\":\"RF_ACT_REJECT\"},"
	"{\"names\":[\"capabilities\",\"noNewPrivileges\"],\"action\":\"RF_ACT_REWRITE\"}],"
	"\"exceptions\":[{\"names\":[\"rootUser\"],\"action\":\"RF_ACT_ALLOW\","
	"\"match\":{\"annotations\":{\"pod\":\"system\"}},\"reason\":\"r\"}]}";

#define ROOT "{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/\",\"noNewPrivileges\":true}"
#define CONTAINER "{\"process\":{\"user\":{\"uid\":5,\"gid\":5},\"cwd\":\"/\"}"
#define MAPPED                                                                              \
	CONTAINER ",\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":["      \
		  "{\"containerID\":0,\"hostID\":100000,\"size\":65536}],\"gidMappings\":[" \
		  "{\"containerID\":0,\"hostID\":100000,\"size\":65536}]}}"

/* given: the capabilities that the engine gave the container. NULL: a container without a record. */
static enum verdict_kind judged_by(struct arena *arena, const char *policy, const char *container,
				   uint64_t given, const char *process,
				   struct pipeline_result *ret_result)
{
	struct pipeline_container entered = { .given_capabilities = given };
	const struct pipeline_options options = { .policy = load_text(arena, policy),
						  .front_end = FRONT_EXEC,
						  .scope = FACTS_LIVE,
						  .today = 20260101,
						  .container = &entered };
	struct oci_config config;
	struct err err;

	if (container != NULL) {
		read_config(arena, container, &config);
		entered.config = &config;
	}
	if (pipeline_judge(arena, &options, "process.json", str_from(process), ret_result, &err) <
	    0)
		fail_msg("%s", err.text);
	return ret_result->verdict.kind;
}

static enum verdict_kind judged(struct arena *arena, const char *container, uint64_t given,
				const char *process, struct str *ret_output,
				struct verdict *verdict)
{
	struct pipeline_result result;

	judged_by(arena, policy_text, container, given, process, &result);
	*ret_output = result.output;
	*verdict = result.verdict;
	return verdict->kind;
}

/* Root of a private user namespace is not root, and a container's exceptions apply to its sessions.
 * An unknown container has neither. */
static void test_container_decides(void **state)
{
	struct verdict verdict;
	struct str output;

	assert_int_equal(judged(*state, NULL, 0, ROOT, &output, &verdict), VERDICT_REJECT);
	assert_string_equal(verdict.findings->pointer, "/user/uid");
	assert_int_equal(judged(*state, CONTAINER "}", 0, ROOT, &output, &verdict), VERDICT_REJECT);
	assert_int_equal(judged(*state, MAPPED, 0, ROOT, &output, &verdict), VERDICT_ALLOW);
	assert_int_equal(judged(*state, CONTAINER ",\"annotations\":{\"pod\":\"system\"}}", 0, ROOT,
				&output, &verdict),
			 VERDICT_ALLOW);
}

/* The rest of the document stays byte for byte, and no sysctl of the container is touched. */
static void test_rewrite(void **state)
{
	struct verdict verdict;
	struct str output;

	assert_int_equal(
		judged(*state, CONTAINER "}", 0,
		       "{ \"user\" : {\"uid\":5} ,\"x\":1e0, \"capabilities\":{\"bounding\":[\"CAP_NET_BIND_SERVICE\"]},\"cwd\":\"/\"}",
		       &output, &verdict),
		VERDICT_REWRITE);
	assert_true(str_is(
		output,
		"{ \"user\" : {\"uid\":5} ,\"x\":1e0, \"capabilities\":{\"bounding\":[]},\"cwd\":\"/\",\"noNewPrivileges\":true}"));
}

static void test_given_capabilities(void **state)
{
	static const char process[] =
		"{\"user\":{\"uid\":5},\"noNewPrivileges\":true,\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}}";
	struct verdict verdict;
	struct str output;

	assert_int_equal(judged(*state, CONTAINER "}", 0, process, &output, &verdict),
			 VERDICT_REJECT);
	assert_int_equal(judged(*state, CONTAINER "}", UINT64_C(1) << CAPABILITY_SYS_ADMIN, process,
				&output, &verdict),
			 VERDICT_REWRITE);
}

/* What Docker gives every container, somebody asked for on CRI-O: it is not silently taken away. */
static void test_defaults_of_the_engine(void **state)
{
	static const char process[] =
		"{\"user\":{\"uid\":5},\"noNewPrivileges\":true,\"capabilities\":{\"bounding\":[\"CAP_NET_RAW\"]}}";
	static const struct {
		const char *annotation;
		enum verdict_kind kind;
	} rows[] = {
		{ "\"pod\":\"x\"", VERDICT_REWRITE },
		{ "\"io.container.manager\":\"cri-o\"", VERDICT_REJECT },
		{ "\"io.container.manager\":\"libpod\"", VERDICT_REJECT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *container = arena_printf(*state, CONTAINER ",\"annotations\":{%s}}",
						     rows[i].annotation);
		struct verdict verdict;
		struct str output;

		assert_int_equal(judged(*state, container, 0, process, &output, &verdict),
				 rows[i].kind);
		assert_int_equal(
			judged(*state, container, UINT64_C(1) << 13, process, &output, &verdict),
			VERDICT_REWRITE);
	}
}

static void test_options(void **state)
{
	struct runtime_args args = { .verb = VERB_EXEC, .id = "c" };
	struct session session = { .arena = *state, .args = &args, .kind = RUNTIME_RUNC };
	struct oci_config config;
	struct verdict verdict;
	struct err err;

	read_config(
		*state,
		"{\"process\":{\"user\":{\"uid\":5,\"gid\":7},\"cwd\":\"/\",\"noNewPrivileges\":true}}",
		&config);
	session.container.config = &config;
	session.policy = load_text(*state, policy_text);
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_ALLOW);
	args.user = "0:5";
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_REJECT);
	args.user = "5:0x1";
	assert_true(session_judge(&session, &verdict, &err) < 0);
	assert_int_equal(err.exit, EXIT_USAGE);
	/* Without --user crun starts root, and without --no-new-privs it sets no
	 * noNewPrivileges. */
	session.kind = RUNTIME_CRUN;
	args.user = NULL;
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_REJECT);
	assert_string_equal(verdict.findings->pointer, "/user/uid");
	args.user = "5:7";
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_REJECT);
	assert_string_equal(verdict.findings->pointer, "/noNewPrivileges");
	args.no_new_privs = "true";
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_ALLOW);
	session.kind = RUNTIME_RUNC;
	/* Nothing is known of the container, so its process counts as root's. */
	args.user = NULL;
	session.container.config = NULL;
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_REJECT);
}

static const char mapped_policy[] =
	"{\"version\":1,\"name\":\"p\",\"rules\":[{\"names\":[\"capabilities\"],"
	"\"action\":\"RF_ACT_REWRITE\",\"args\":{\"allowMapped\":[\"CAP_CHOWN\"]}}]}";

#define WITH_CHOWN(uid)                                                            \
	"{\"user\":{\"uid\":" uid ",\"gid\":" uid "},\"cwd\":\"/\","               \
	"\"noNewPrivileges\":true,\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"]," \
	"\"effective\":[\"CAP_CHOWN\"],\"permitted\":[\"CAP_CHOWN\"]}}"
#define NAMESPACE                                                                 \
	"\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":["       \
	"{\"containerID\":0,\"hostID\":100000,\"size\":65536}],\"gidMappings\":[" \
	"{\"containerID\":0,\"hostID\":100000,\"size\":65536}]}"

/* exec -u 0 and exec -u 5 in a container with a user namespace: what counts is who the session is,
 * not who the container is. */
static void test_session_of_mapped_root(void **state)
{
	static const struct {
		const char *container, *process;
		enum verdict_kind kind;
	} rows[] = {
		{ "{\"process\":" WITH_CHOWN("0") "," NAMESPACE "}", WITH_CHOWN("0"),
		  VERDICT_ALLOW },
		{ "{\"process\":" WITH_CHOWN("5") "," NAMESPACE "}", WITH_CHOWN("0"),
		  VERDICT_ALLOW },
		{ "{\"process\":" WITH_CHOWN("0") "," NAMESPACE "}", WITH_CHOWN("5"),
		  VERDICT_REWRITE },
		{ "{\"process\":" WITH_CHOWN("0") "}", WITH_CHOWN("0"), VERDICT_REWRITE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pipeline_result result;

		if (judged_by(*state, mapped_policy, rows[i].container, 0, rows[i].process,
			      &result) != rows[i].kind)
			fail_msg("row %zu: %s", i, verdict_name(result.verdict.kind));
	}
}

/* Options of exec cannot be rewritten. A session as another user has the container's sets, and loses
 * them at execve; --cap asks for more. */
static void test_options_in_mapped_container(void **state)
{
	struct runtime_args args = { .verb = VERB_EXEC, .id = "c", .user = "5:5" };
	struct session session = { .arena = *state, .args = &args, .kind = RUNTIME_RUNC };
	const char *asked[] = { "CAP_CHOWN" };
	struct oci_config config;
	struct verdict verdict;
	struct err err;

	read_config(*state, "{\"process\":" WITH_CHOWN("0") "," NAMESPACE "}", &config);
	session.container.config = &config;
	session.policy = load_text(*state, mapped_policy);
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_ALLOW);
	args.capabilities.items = asked;
	args.capabilities.n = 1;
	assert_int_equal(session_judge(&session, &verdict, &err), 0);
	assert_int_equal(verdict.kind, VERDICT_REJECT);
}

/* The document's descriptor is above those that go to the session, unless that is every number. */
static void test_document_descriptor(void **state)
{
	static const struct {
		const char *preserve_fds;
		int above;
	} rows[] = { { NULL, 2 }, { "20", 22 }, { "200000000", 2 }, { "-1", 2 }, { "x", 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct runtime_args args = { .verb = VERB_EXEC,
						   .id = "c",
						   .process = "/proc/self/exe",
						   .preserve_fds = rows[i].preserve_fds };
		struct session session = { .arena = *state, .args = &args, .source = -1 };
		struct err err;

		if (session_open_document(&session, &err) < 0)
			fail_msg("row %zu: %s", i, err.text);
		assert_true(session.handed > rows[i].above);
		assert_true(session.source > STDERR_FILENO); /* a link */
		close(session.source);
		close(session.handed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_container_decides),
		WITH_ARENA(test_rewrite),
		WITH_ARENA(test_given_capabilities),
		WITH_ARENA(test_defaults_of_the_engine),
		WITH_ARENA(test_options),
		WITH_ARENA(test_session_of_mapped_root),
		WITH_ARENA(test_options_in_mapped_container),
		WITH_ARENA(test_document_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
