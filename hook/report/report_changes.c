/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rewrite did to a container, as one line for the log. What somebody asked for by name comes
 * first: a sysctl, a capability, a profile. Engines read the runtime's --log for failures, so the
 * line is not written there.
 */
#include "report.h"

#include <string.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "policy/rule.h"

/* Bytes of changes in the line. Some logs cut a message at 1024, all take 2048. */
#define CHANGES_MAX 700

struct line {
	struct buf text;
	const struct rule *rule; /* whose changes are being added */
	bool has_rule;		 /* there was room for its name */
	unsigned int more;	 /* changes of the rule that are only counted */
	unsigned int left_out;	 /* rules for which there was no room */
};

/* Is the finding carried out, and not only a part of what another one says? */
static bool is_told(const struct finding *finding, bool asked)
{
	return finding->action == RULE_REWRITE && finding->obstacle == NULL &&
	       finding->asked == asked && (finding->change == NULL || finding->change[0] != '\0');
}

static void end_rule(struct line *line)
{
	if (line->more > 0)
		buf_printf(&line->text, ", and %u more", line->more);
	line->more = 0;
}

static void add_change(struct arena *arena, struct line *line, const struct finding *finding)
{
	const char *change = finding->change;
	bool first = line->rule != finding->rule, full;

	if (first)
		end_rule(line);
	full = line->text.len >= CHANGES_MAX;
	if (first) {
		line->rule = finding->rule;
		line->has_rule = !full;
		line->left_out += full;
	}
	if (full || (change == NULL && !first)) {
		line->more += line->has_rule;
		return;
	}
	/* Without words of its own: what was seen, and is not so any more. */
	if (change == NULL)
		change = arena_copy(arena, finding->message, strcspn(finding->message, ";"));
	if (first)
		buf_printf(&line->text, "%s%s: ", line->text.len > 0 ? "; " : "",
			   finding->rule->name);
	else
		buf_printf(&line->text, ", ");
	buf_add(&line->text, change, strnlen(change, CHANGES_MAX));
}

char *report_changes(struct arena *arena, const struct verdict *verdict, bool only_asked)
{
	auto_buf struct buf text = { 0 };
	struct line line = { 0 };
	char *whole = NULL;

	for (int asked = 1; asked >= (only_asked ? 1 : 0); asked--) {
		for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
			if (is_told(f, asked))
				add_change(arena, &line, f);
		end_rule(&line);
		line.rule = NULL;
	}
	if (line.text.len > 0) {
		buf_printf(&text, "rewritten by policy '%s': ", verdict->policy->name);
		buf_add(&text, line.text.data, line.text.len);
		if (line.left_out > 0)
			buf_printf(&text, "; and %u more rule%s", line.left_out,
				   line.left_out > 1 ? "s" : "");
		whole = arena_copy(arena, text.data, text.len);
	}
	cleanup_buf(&line.text);
	return whole;
}

/* The names that Kubernetes' engines write last. Under other engines anybody may set them. */
static const char *annotation(struct arena *arena, const struct oci_config *config,
			      const char *containerd, const char *crio)
{
	const struct json_node *node = oci_map_get(&config->annotations, containerd);

	if (node == NULL)
		node = oci_map_get(&config->annotations, crio);
	return node != NULL && node->type == JSON_STRING ? str_quote(arena, node->text) : NULL;
}

static const char *workload(struct arena *arena, const struct oci_config *config)
{
	const char *namespace = annotation(arena, config, "io.kubernetes.cri.sandbox-namespace",
					   "io.kubernetes.pod.namespace");
	const char *pod = annotation(arena, config, "io.kubernetes.cri.sandbox-name",
				     "io.kubernetes.pod.name");
	const char *name = annotation(arena, config, "io.kubernetes.cri.container-name",
				      "io.kubernetes.container.name");

	if (namespace == NULL || pod == NULL)
		return "";
	return arena_printf(arena, "namespace %s, pod %s%s%s: ", namespace, pod,
			    name != NULL ? ", container " : "", name != NULL ? name : "");
}

void report_rewritten(struct arena *arena, const char *container, const struct oci_config *config,
		      const struct verdict *verdict)
{
	const char *changes = report_changes(arena, verdict, false);

	if (changes != NULL)
		report_syslog(LOG_NOTICE, container,
			      arena_printf(arena, "%s%s", workload(arena, config), changes));
}

void report_rewritten_session(struct arena *arena, const char *container,
			      const struct verdict *verdict)
{
	const char *changes = report_changes(arena, verdict, true);

	if (changes != NULL)
		report_syslog(LOG_NOTICE, container, arena_printf(arena, "session: %s", changes));
}
