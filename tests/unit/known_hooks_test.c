/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreignHooks where a container starts: whose record a hook names, and whose network Docker's hook
 * sets up, by what each front end knows of the container. tests/golden/foreignHooks has the forms.
 */
#include "support.h"

#include "policy/judge.h"

#define POLICY                                                                    \
	"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"foreignHooks\"]," \
	"\"action\":\"RF_ACT_REJECT\"}]}"
#define HOOK(stage, path, args, more)                                              \
	"{\"process\":{\"cwd\":\"/\"},\"hooks\":{\"" stage "\":[{\"path\":\"" path \
	"\",\"args\":[" args "]" more "}]}}"
#define RECORD_WITH(path, more)                              \
	HOOK("createRuntime", ROOTFENCE_BINDIR "/rootfence", \
	     "\"rootfence\",\"createRuntime\",\"--record\",\"" path "\"", more)
#define RECORD(path) RECORD_WITH(path, "")
#define DIR "/run/rootfence/containers"
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BUILD "uj3q3ggnvdxs3fxjcqckvhdh8"
#define DOCKER(pid, id)                       \
	HOOK("prestart", "/proc/" pid "/exe", \
	     "\"libnetwork-setkey\",\"-exec-root=/run/docker\",\"" id "\",\"0123456789ab\"", "")

static const struct {
	const char *name, *spec;
	enum front_end front_end;
	struct container_fact container;
	bool known;
} rows[] = {
	{ "own record", RECORD(DIR "/r/c1.json"), FRONT_HOOK, { "c1", DIR }, true },
	{ "record of another", RECORD(DIR "/r/c2.json"), FRONT_HOOK, { "c1", DIR }, false },
	{ "record elsewhere",
	  RECORD("/tmp/rootfence/containers/r/c1.json"),
	  FRONT_HOOK,
	  { "c1", DIR },
	  false },
	{ "rootless record",
	  RECORD("/run/user/1/rootfence/containers/r/c1.json"),
	  FRONT_HOOK,
	  { "c1", NULL },
	  true },
	{ "rootless record of another",
	  RECORD("/run/user/1/rootfence/containers/r/c2.json"),
	  FRONT_HOOK,
	  { "c1", NULL },
	  false },
	{ "precreate knows no id", RECORD(DIR "/r/c2.json"), FRONT_PRECREATE, { NULL, DIR }, true },
	{ "precreate, elsewhere",
	  RECORD("/tmp/rootfence/containers/r/c2.json"),
	  FRONT_PRECREATE,
	  { NULL, DIR },
	  false },
	{ "the wrapper removes it", RECORD(DIR "/r/c2.json"), FRONT_WRAPPER, { "c1", DIR }, true },
	{ "the wrapper does not",
	  RECORD_WITH(DIR "/r/c2.json", ",\"timeout\":1"),
	  FRONT_WRAPPER,
	  { "c1", DIR },
	  false },
	{ "the wrapper, elsewhere",
	  RECORD("/tmp/rootfence/containers/r/c1.json"),
	  FRONT_WRAPPER,
	  { "c1", DIR },
	  false },
	{ "the daemon", DOCKER("42", ID), FRONT_WRAPPER, { ID, DIR }, true },
	{ "another process", DOCKER("43", ID), FRONT_WRAPPER, { ID, DIR }, false },
	{ "another's network", DOCKER("42", OTHER), FRONT_WRAPPER, { ID, DIR }, false },
	{ "another's network, in the hook", DOCKER("42", OTHER), FRONT_HOOK, { ID, DIR }, false },
	{ "a build",
	  DOCKER("42", BUILD),
	  FRONT_WRAPPER,
	  { "vj3q3ggnvdxs3fxjcqckvhdh8", DIR },
	  true },
	{ "a build's network", DOCKER("42", BUILD), FRONT_WRAPPER, { ID, DIR }, false },
	{ "a build with another's", DOCKER("42", ID), FRONT_WRAPPER, { BUILD, DIR }, false },
};

static void test_rows(void **state)
{
	static pid_t daemons[] = { 41, 42 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct facts facts = { .scope = FACTS_LIVE,
					     .container = rows[i].container,
					     .daemons = daemons,
					     .n_daemons = ARRAY_SIZE(daemons) };
		struct oci_config config;
		struct verdict verdict;

		print_message("%s\n", rows[i].name);
		read_config(*state, rows[i].spec, &config);
		policy_judge(*state, load_text(*state, POLICY), &config, &facts, rows[i].front_end,
			     20260101, &verdict);
		assert_int_equal(verdict.kind, rows[i].known ? VERDICT_ALLOW : VERDICT_REJECT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { WITH_ARENA(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
