/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies. One that loads is the same policy after rendering, and does not differ from itself. Its
 * verdict on a spec that has everything holds, or is a refusal. A policy can extend only itself.
 */
#include <errno.h>
#include <string.h>

#include "verdict/pipeline.h"
#include "fuzz.h"

const size_t fuzz_prefix = 1; /* the front end */

#define TODAY 20260101

static int open_self(void *data, struct arena *arena, const char *name, const char *from,
		     const char **ret_path, struct str *ret_text, struct err *err)
{
	(void)arena;
	(void)from;
	if (strcmp(name, "self") != 0)
		return err_set(err, ENOENT, EXIT_POLICY, "no policy '%.64s'", name);
	*ret_path = "self";
	*ret_text = *(struct str *)data;
	return 0;
}

static struct policy *load(struct arena *arena, struct str text, struct err *err)
{
	const struct policy_source source = { .open = open_self, .data = &text };
	struct policy *policy = NULL;

	if (policy_load(arena, &source, "self", &policy, err) == 0)
		return policy;
	must(err->exit == EXIT_POLICY && err->text[0] != '\0', "exit %d: %s", err->exit, err->text);
	return NULL;
}

/* Something for every rule to find, and to fix if it can. */
static const char spec[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[0,7]},"
	"\"args\":[\"sh\"],\"env\":[\"PATH=/bin\",\"HOME=/root\",\"LD_PRELOAD=/x.so\"],\"cwd\":\"/proc/1\","
	"\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\",\"CAP_NET_BIND_SERVICE\"],\"effective\":[\"CAP_KILL\"],"
	"\"permitted\":[\"CAP_KILL\"],\"inheritable\":[\"CAP_CHOWN\"],\"ambient\":[\"CAP_NET_RAW\"]},"
	"\"apparmorProfile\":\"unconfined\",\"selinuxLabel\":\"u:r:spc_t:s0\"},\"root\":{\"path\":\"rootfs\"},"
	"\"annotations\":{\"run.oci.x\":\"1\",\"ids\":\"7/3\",\"io.kubernetes.pod.namespace\":\"kube-system\"},"
	"\"hooks\":{\"createContainer\":[{\"path\":\"/usr/bin/other\",\"args\":[\"other\"]}]},"
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/e\",\"type\":\"bind\",\"source\":\"/etc\",\"options\":[\"rbind\",\"rshared\"]},"
	"{\"destination\":\"/t\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"suid\"]},"
	"{\"destination\":\"/sys\",\"type\":\"bind\",\"source\":\"/sys\",\"options\":[\"rbind\"]}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"network\"},{\"type\":\"user\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":10}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":10}],"
	"\"sysctl\":{\"kernel.core_pattern\":\"|/x\",\"net.ipv4.tcp_syncookies\":\"1\"},"
	"\"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[],\"rootfsPropagation\":\"rshared\","
	"\"netDevices\":{\"eth0\":{}},\"devices\":[{\"path\":\"/dev/mem\",\"type\":\"c\",\"major\":1,\"minor\":1}],"
	"\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwm\"},{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":200,\"access\":\"rwm\"}],"
	"\"pids\":{\"limit\":-1},\"memory\":{\"limit\":9999999999},\"unified\":{\"pids.max\":\"max\"}},"
	"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\"}]}}}";

static const enum front_end fronts[] = { FRONT_CHECK, FRONT_PRECREATE, FRONT_READ_ONLY };

/* The spec gets a verdict, and a rewrite holds: pipeline_judge() reads and judges it again. */
static void check_judgement(struct arena *arena, const struct policy *policy, uint8_t front)
{
	struct pipeline_options options = { .policy = policy,
					    .front_end =
						    fronts[choice(front, ARRAY_SIZE(fronts))] };
	struct pipeline_result result, again;
	struct err err = { 0 };

	must(pipeline_judge(arena, &options, "spec", STR(spec), &result, &err) == 0, "%s",
	     err.text);
	if (result.verdict.kind != VERDICT_REWRITE)
		return;
	only_reported_differs(arena, STR(spec), result.output, result.verdict.findings);
	must(pipeline_judge(arena, &options, "spec", result.output, &again, &err) == 0, "%s",
	     err.text);
	must(str_equal(again.output, result.output), "a second rewrite: %.*s",
	     (int)again.output.len, again.output.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct policy *policy, *again;
	struct json_doc *doc;
	struct str text, rendered;
	struct err err = { 0 };

	if (size <= fuzz_prefix) {
		arena_free(arena);
		return 0;
	}
	text = (struct str){ (const char *)data + fuzz_prefix, size - fuzz_prefix };
	policy = load(arena, text, &err);
	if (policy != NULL) {
		rendered = policy_render(arena, policy);
		again = load(arena, rendered, &err);
		must(again != NULL, "rendered, it is refused: %s in %.*s", err.text,
		     (int)rendered.len, rendered.data);
		must(str_equal(policy_render(arena, again), rendered), "rendered twice: %.*s",
		     (int)rendered.len, rendered.data);
		for (const struct policy_note *note = policy_diff(arena, policy, again, TODAY);
		     note != NULL; note = note->next)
			must(false, "differs from itself: %s", note->text);
		must(json_read(arena, "lint", text, JSON_COMMENTS, &doc, &err) == 0, "%s",
		     err.text);
		policy_lint(arena, doc, policy, TODAY);
		check_judgement(arena, policy, data[0]);
	}
	arena_free(arena);
	return 0;
}
