/* SPDX-License-Identifier: Apache-2.0 */
/* The line of the log about a rewritten container, and the id of the container in a spec. */
#include "support.h"

#include "oci/container_id.h"
#include "report/report.h"

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PROC "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}]"
#define SPEC(caps, linux)                                                               \
	"{\"process\":{\"cwd\":\"/\",\"user\":{\"uid\":7,\"gid\":7},\"capabilities\":{" \
	"\"bounding\":[" caps "],\"permitted\":[" caps "]}}," PROC                      \
	",\"linux\":{\"namespaces\":[]," linux "}}"
#define POLICY                                                                              \
	"{\"version\":1,\"name\":\"p\",\"rules\":[{\"names\":[\"capabilities\","            \
	"\"noNewPrivileges\",\"sysctls\"],\"action\":\"RF_ACT_REWRITE\"},"                  \
	"{\"names\":[\"seccompProfile\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{\"deny\":" \
	"[\"bpf\"]}}]}"
#define PROFILE(names)                                                                       \
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[" names \
	"],\"action\":\"SCMP_ACT_ALLOW\"}]}"
#define NO_PROFILE "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"

static const struct {
	const char *name, *spec, *line;
} rows[] = {
	{ "nothing but what every container loses",
	  SPEC("\"CAP_CHOWN\",\"CAP_KILL\"", "\"sysctl\":{}"),
	  "rewritten by policy 'p': capabilities: the engine's default ones taken away; "
	  "noNewPrivileges: set; seccompProfile: a profile was added" },
	{ "what was asked for comes first",
	  SPEC("\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"",
	       "\"sysctl\":{\"kernel.panic\":\"1\",\"a; b: c\":\"2\",\"vm.x\":\"a\\tb\"}," NO_PROFILE),
	  "rewritten by policy 'p': capabilities: CAP_SYS_ADMIN and the engine's default ones "
	  "taken away; seccompProfile: the profile of the container was replaced; sysctls: "
	  "kernel.panic=\"1\" dropped, \"a; b: c\"=\"2\" dropped, vm.x=\"a\\u0009b\" dropped; noNewPrivileges: set" },
	/* podman and CRI-O do not give CAP_NET_RAW unasked, as Docker does. */
	{ "what this engine gives only if asked for it",
	  SPEC("\"CAP_CHOWN\",\"CAP_NET_RAW\"", "\"cgroupsPath\":\"a.slice:libpod:0a\""),
	  "rewritten by policy 'p': capabilities: CAP_NET_RAW and the engine's default ones taken "
	  "away; noNewPrivileges: set; seccompProfile: a profile was added" },
};

static char *line_of(struct arena *arena, const char *spec, enum front_end front_end, bool asked,
		     uint64_t given)
{
	const enum seccomp_reach bpf =
		strstr(spec, "\"bpf\"") != NULL ? SECCOMP_OPEN : SECCOMP_BLOCKED;
	const struct facts facts = { .scope = FACTS_LIVE,
				     .user_namespace_initial = true,
				     .syscalls = &bpf,
				     .n_syscalls = 1,
				     .given_capabilities = given };
	struct oci_config config;
	struct verdict verdict;

	read_config(arena, spec, &config);
	policy_judge(arena, load_text(arena, POLICY), &config, &facts, front_end, 20260101,
		     &verdict);
	return report_changes(arena, &verdict, asked);
}

static void test_lines(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("%s\n", rows[i].name);
		assert_string_equal(line_of(*state, rows[i].spec, FRONT_PRECREATE, false, 0),
				    rows[i].line);
	}
}

/* Only the front end that rewrites says so, and once. */
static void test_nothing_to_say(void **state)
{
	static const char clean[] = "{\"process\":{\"cwd\":\"/\",\"capabilities\":{},"
				    "\"noNewPrivileges\":true},"
				    "\"linux\":{" PROFILE("\"read\"") "}}";

	assert_null(line_of(*state, clean, FRONT_PRECREATE, false, 0));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_null(line_of(*state, rows[i].spec, FRONT_HOOK, false, 0));
}

/* A session that gets what its container got is not worth a line, whatever the rule takes. */
static void test_session(void **state)
{
	const uint64_t chown_kill = UINT64_C(1) << 0 | UINT64_C(1) << 5;

	assert_null(line_of(*state, rows[0].spec, FRONT_EXEC, true, chown_kill));
	assert_string_equal(line_of(*state, rows[0].spec, FRONT_EXEC, true, 1),
			    "rewritten by policy 'p': capabilities: CAP_KILL and those "
			    "that the container was given taken away");
}

static void test_length(void **state)
{
	struct arena *arena = *state;
	auto_buf struct buf sysctls = { 0 };
	unsigned int told = 0, more = 0;
	const char *line;

	for (unsigned int i = 0; i < 500; i++)
		buf_printf(&sysctls, "%s\"vm.key%u\":\"1\"", i > 0 ? "," : "", i);
	line = line_of(arena,
		       arena_printf(arena,
				    "{\"process\":{\"cwd\":\"/\",\"capabilities\":{}}," PROC
				    ",\"linux\":{\"sysctl\":{%s}," PROFILE("\"bpf\"") "}}",
				    sysctls.data),
		       FRONT_WRAPPER, false, 0);
	assert_non_null(strstr(line, "seccompProfile: bpf taken out of the profile; sysctls: "));
	for (const char *at = line; (at = strstr(at, "vm.key")) != NULL; at++)
		told++;
	assert_non_null(strstr(line, " dropped, and "));
	sscanf(strstr(line, " dropped, and "), " dropped, and %u more; and 1 more rule", &more);
	assert_int_equal(told + more, 500);
	assert_non_null(strstr(line, " more; and 1 more rule"));
	assert_true(strlen(line) < 1024);
	assert_null(strchr(line, '\n'));
}

static void test_container_id(void **state)
{
	static const struct {
		const char *spec, *id;
	} specs[] = {
		{ "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"cgroupsPath\":\"/libpod_parent/libpod-" ID
		  "\"}}",
		  ID },
		{ "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"cgroupsPath\":\"machine.slice:libpod:" ID
		  "\"}}",
		  ID },
		{ "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"cgroupsPath\":\"/a/libpod-" ID
		  ".scope/container\"}}",
		  ID },
		{ "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"cgroupsPath\":\"/a/" ID "0\"}}", "" },
		{ "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"cgroupsPath\":\"/docker/short\"}}",
		  "" },
		{ "{\"process\":{\"cwd\":\"/\"},\"mounts\":[{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":"
		  "\"/run/containers/storage/vfs-containers/" ID "/userdata/hosts\"}]}",
		  ID },
		{ "{\"process\":{\"cwd\":\"/\"},\"mounts\":[{\"destination\":\"/a\",\"type\":\"bind\",\"source\":"
		  "\"/userdata/x\"}]}",
		  "" },
		{ "{\"process\":{\"cwd\":\"/\"}}", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct oci_config config;

		read_config(*state, specs[i].spec, &config);
		assert_true(str_is(oci_container_id(&config), specs[i].id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_lines),	 WITH_ARENA(test_nothing_to_say), WITH_ARENA(test_session),
		WITH_ARENA(test_length), WITH_ARENA(test_container_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
