/* SPDX-License-Identifier: Apache-2.0 */
/* One spec through all layers: see pipeline.h. */
#include "pipeline.h"

#include <errno.h>
#include <time.h>

#include "base/date.h"
#include "oci/state.h"

unsigned int inspect_today(void)
{
	return date_of(time(NULL));
}

/* As the document had it when it was read, whatever has been edited since. */
static struct str seccomp_source(const struct inspection *inspection)
{
	const struct json_node *node = inspection->config.linux_.seccomp.node;

	if (node == NULL)
		return (struct str){ 0 };
	return (struct str){ inspection->doc->text.data + node->start, node->end - node->start };
}

/* before: how the spec was judged before it was rewritten, or NULL. */
static int judge_doc(struct arena *arena, const struct inspect_how *how, struct json_doc *doc,
		     const struct inspection *before, struct inspection *inspection,
		     struct err *err)
{
	struct facts_query query = { .scope = how->scope,
				     .bundle = how->bundle,
				     .before = before != NULL ? &before->facts : NULL,
				     .host = how->cache != NULL ? &how->cache->host : NULL };
	const struct str *syscalls;
	struct str *paths;
	int error;

	inspection->doc = doc;
	if (oci_document_kind(doc) == OCI_STATE)
		return json_fail(doc, doc->root, EXIT_SPEC, err,
				 "this is an OCI state; expected a config.json");
	error = oci_config_read(doc, &inspection->config, err);
	if (error < 0)
		return error;
	query.n_paths = policy_paths(arena, how->policy, &paths);
	query.paths = paths;
	error = facts_collect(arena, &inspection->config, &query, &inspection->facts, err);
	if (error < 0)
		return error;
	inspection->facts.n_syscalls = policy_syscalls(how->policy, &syscalls);
	/* The same bytes do the same. */
	if (before != NULL && str_equal(seccomp_source(before), seccomp_source(inspection)))
		inspection->facts.syscalls = before->facts.syscalls;
	else
		inspection->facts.syscalls = seccomp_reach_seen(
			arena, &inspection->config.linux_.seccomp, seccomp_source(inspection),
			syscalls, inspection->facts.n_syscalls,
			how->cache != NULL ? &how->cache->profiles : NULL);
	inspection->facts.userns_needs_seal = how->userns_needs_seal;
	if (policy_accounts_needed(how->policy, how->front_end))
		facts_collect_accounts(arena, &inspection->config, &inspection->facts);
	policy_judge(arena, how->policy, &inspection->config, &inspection->facts, how->front_end,
		     inspect_today(), &inspection->verdict);
	return 0;
}

/* What goes out is read and judged like what came in: an edit that does not hold is our error. */
static int check_rewritten(struct arena *arena, const struct inspect_how *how,
			   const struct inspection *before, struct str text, struct err *err)
{
	struct inspection again;
	struct json_doc *doc;
	int error = json_read(arena, "the rewritten spec", text, JSON_NO_COMMENTS, &doc, err);

	if (error == 0)
		error = judge_doc(arena, how, doc, before, &again, err);
	if (error == 0 && again.verdict.kind >= VERDICT_REWRITE)
		error = err_set(err, EPROTO, EXIT_SYSTEM,
				"the rewritten spec is not what the policy asks for: %s",
				finding_that_counts(again.verdict.findings)->message);
	err->exit = EXIT_SYSTEM;
	return error;
}

int inspect_doc(struct arena *arena, const struct inspect_how *how, struct json_doc *doc,
		struct inspection *ret_inspection, struct err *err)
{
	struct inspection inspection = { 0 };
	int error = judge_doc(arena, how, doc, NULL, &inspection, err);

	if (error < 0)
		return error;
	inspection.output = doc->text;
	if (how->verdict_only) {
		*ret_inspection = inspection;
		return 0;
	}
	if (how->amend != NULL && inspection.verdict.kind != VERDICT_REJECT) {
		error = how->amend(doc, how->amend_data, err);
		if (error < 0)
			return error;
	}
	if (inspection.verdict.kind != VERDICT_REJECT && json_is_edited(doc)) {
		inspection.output = json_render(doc);
		error = check_rewritten(arena, how, &inspection, inspection.output, err);
		if (error < 0)
			return error;
	}
	*ret_inspection = inspection;
	return 0;
}

int inspect(struct arena *arena, const struct inspect_how *how, const char *name, struct str text,
	    struct inspection *ret_inspection, struct err *err)
{
	struct json_doc *doc;
	int error = json_read(arena, name, text, JSON_NO_COMMENTS, &doc, err);

	if (error < 0)
		return error;
	return inspect_doc(arena, how, doc, ret_inspection, err);
}
