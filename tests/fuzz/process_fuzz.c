/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process document that enters a container, as exec --process reads it: the same properties as
 * for a spec.
 */
#include <string.h>

#include "fuzz.h"
#include "oci/capability.h"
#include "policy/rule.h"
#include "wrapper/session.h"

const size_t fuzz_prefix = 2; /* policy, container */

#define TODAY 20260101

/* The containers that sessions enter; NULL: the container is unknown. */
static const char *const containers[] = {
	NULL,
	"{\"process\":{\"user\":{\"uid\":5,\"gid\":5},\"cwd\":\"/\"}}",
	"{\"process\":{\"user\":{\"uid\":0},\"cwd\":\"/\"},\"linux\":{\"namespaces\":[{\"type\":\"user\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]}}",
	"{\"process\":{\"user\":{\"uid\":7},\"cwd\":\"/\"},\"annotations\":{\"openshift.io/sa.scc.uid-range\":\"1000/10\","
	"\"openshift.io/sa.scc.supplemental-groups\":\"1000/10\",\"io.kubernetes.pod.namespace\":\"kube-system\"}}",
};

static struct oci_config *container_of(uint8_t byte)
{
	static struct oci_config configs[ARRAY_SIZE(containers)];
	static struct arena *arena;
	unsigned int i = choice(byte, ARRAY_SIZE(containers));
	struct json_doc *doc;
	struct err err;

	if (containers[i] == NULL)
		return NULL;
	if (arena == NULL)
		arena = arena_new();
	if (configs[i].process.node == NULL)
		must(json_read(arena, "container", str_from(containers[i]), JSON_NO_COMMENTS, &doc,
			       &err) == 0 &&
			     oci_config_read(doc, &configs[i], &err) == 0,
		     "%s", err.text);
	return &configs[i];
}

static void check_output(struct arena *arena, const struct exec_session *session, struct str text,
			 const struct verdict *verdict, struct str output)
{
	struct verdict again;
	struct str second;
	struct err err = { 0 };

	if (verdict->kind != VERDICT_REWRITE) {
		must(str_equal(output, text), "changed without a word");
		return;
	}
	must(exec_judge_document(arena, session, "again", output, &again, &second, &err) == 0, "%s",
	     err.text);
	must(again.kind < VERDICT_REWRITE && str_equal(second, output),
	     "a second pass changes it: %.*s", (int)second.len, second.data);
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		must(f->rule->process, "%s is not about a process", f->rule->name);
	only_reported_differs(arena, text, output, verdict->findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct exec_session session = { .today = TODAY, .given_capabilities = CAP_ENGINE_DEFAULT };
	struct verdict verdict, other;
	struct str text, output, ignored;
	struct json_doc *doc;
	struct arena *arena;
	struct err err = { 0 };
	int error;

	if (size <= fuzz_prefix)
		return 0;
	arena = arena_new();
	text = (struct str){ (const char *)data + fuzz_prefix, size - fuzz_prefix };
	session.policy = fuzz_policy(data[0]);
	session.container = container_of(data[1]);
	error = exec_judge_document(arena, &session, "input", text, &verdict, &output, &err);
	must(error == 0 || err.exit == EXIT_SPEC, "exit %d: %s", err.exit, err.text);
	if (json_read(arena, "input", text, JSON_NO_COMMENTS, &doc, &err) == 0) {
		must(exec_judge_document(arena, &session, "respelled",
					 respell(arena, doc, seed_of(text)), &other, &ignored,
					 &err) == error,
		     "%d, in other bytes not so: %s", error, err.text);
		must(error < 0 || other.kind == verdict.kind, "%s, but %s in other bytes",
		     verdict_name(verdict.kind), verdict_name(other.kind));
	}
	if (error == 0)
		check_output(arena, &session, text, &verdict, output);
	arena_free(arena);
	return 0;
}
