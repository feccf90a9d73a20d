/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process document that enters a container, as exec --process reads it: the same properties as
 * for a spec.
 */
#include <string.h>

#include "fuzz.h"
#include "oci/capability.h"
#include "policy/rule.h"
#include "verdict/pipeline.h"

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

static void check_output(struct arena *arena, const struct pipeline_options *options,
			 const struct pipeline_result *first)
{
	struct pipeline_result second;
	struct err err = { 0 };

	if (first->verdict.kind != VERDICT_REWRITE) {
		must(str_equal(first->output, first->doc->text), "changed without a word");
		return;
	}
	must(pipeline_judge(arena, options, "again", first->output, &second, &err) == 0, "%s",
	     err.text);
	must(second.verdict.kind < VERDICT_REWRITE && str_equal(second.output, first->output),
	     "a second pass changes it: %.*s", (int)second.output.len, second.output.data);
	for (const struct finding *f = first->verdict.findings; f != NULL; f = f->next)
		must(f->rule->process, "%s is not about a process", f->rule->name);
	only_reported_differs(arena, first->doc->text, first->output, first->verdict.findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pipeline_container container = { .given_capabilities = CAP_ENGINE_DEFAULT };
	struct pipeline_options options = { .front_end = FRONT_EXEC,
					    .scope = FACTS_LIVE,
					    .today = TODAY,
					    .container = &container };
	struct pipeline_result result, other;
	struct json_doc *doc;
	struct arena *arena;
	struct err err = { 0 };
	struct str text;
	int error;

	if (size <= fuzz_prefix)
		return 0;
	arena = arena_new();
	text = (struct str){ (const char *)data + fuzz_prefix, size - fuzz_prefix };
	options.policy = fuzz_policy(data[0]);
	container.config = container_of(data[1]);
	error = pipeline_judge(arena, &options, "input", text, &result, &err);
	must(error == 0 || err.exit == EXIT_SPEC, "exit %d: %s", err.exit, err.text);
	if (json_read(arena, "input", text, JSON_NO_COMMENTS, &doc, &err) == 0) {
		must(pipeline_judge(arena, &options, "respelled",
				    respell(arena, doc, seed_of(text)), &other, &err) == error,
		     "%d, in other bytes not so: %s", error, err.text);
		must(error < 0 || other.verdict.kind == result.verdict.kind,
		     "%s, but %s in other bytes", verdict_name(result.verdict.kind),
		     verdict_name(other.verdict.kind));
	}
	if (error == 0)
		check_output(arena, &options, &result);
	arena_free(arena);
	return 0;
}
