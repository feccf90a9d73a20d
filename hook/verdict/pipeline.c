/* SPDX-License-Identifier: Apache-2.0 */
/* Takes one document through all layers: see pipeline.h. */
#include "pipeline.h"

#include <errno.h>
#include <time.h>

#include "base/date.h"
#include "host/account_files.h"
#include "host/image_user.h"
#include "oci/state.h"

unsigned int pipeline_today(void)
{
	return date_of(time(NULL));
}

static int read_model(const struct pipeline_options *options, struct pipeline_result *result,
		      struct err *err)
{
	struct json_doc *doc = result->doc;

	if (options->container != NULL)
		return oci_process_read(doc, options->container->config, &result->config, err);
	if (oci_document_kind(doc) == OCI_STATE)
		return json_fail(doc, doc->root, EXIT_SPEC, err,
				 "this is an OCI state; expected a config.json");
	return oci_config_read(doc, &result->config, err);
}

/* Returns the profile as it was when the document was read, without later edits. */
static struct str seccomp_source(const struct pipeline_result *result)
{
	const struct json_node *node = result->config.linux_.seccomp.node;

	if (node == NULL)
		return (struct str){ 0 };
	return (struct str){ result->doc->text.data + node->start, node->end - node->start };
}

static void collect_syscalls(struct arena *arena, const struct pipeline_options *options,
			     const struct pipeline_result *before, struct pipeline_result *result)
{
	struct facts *facts = &result->facts;
	struct str source = seccomp_source(result);
	const struct str *names;

	facts->n_syscalls = policy_syscalls(options->policy, &names);
	/* The same bytes allow the same calls. */
	if (before != NULL && str_equal(seccomp_source(before), source)) {
		facts->syscalls = before->facts.syscalls;
		return;
	}
	facts->syscalls = seccomp_reach_seen(
		arena, &result->config.linux_.seccomp, source, names, facts->n_syscalls,
		options->cache != NULL ? &options->cache->profiles : NULL);
}

/* Collects the container's accounts. A session's process names none. */
static void collect_accounts(struct arena *arena, const struct pipeline_options *options,
			     struct pipeline_result *result)
{
	const struct pipeline_container *container = options->container;
	const struct oci_config *config = container != NULL ? container->config : &result->config;
	bool required = container == NULL && options->scope == FACTS_LIVE;

	if (config != NULL && policy_accounts_needed(options->policy, options->front_end))
		accounts_collect(arena, config, result->facts.bundle, options->scope, required,
				 &result->facts.accounts);
}

/* Collects what the words of a finding depend on. */
static void collect_words(struct arena *arena, const struct pipeline_options *options,
			  const struct pipeline_result *before, struct pipeline_result *result)
{
	const struct pipeline_container *container = options->container;
	const struct oci_config *config = container != NULL ? container->config : &result->config;

	if (config != NULL)
		result->facts.engine = engine_of(config, result->facts.bundle);
	if (before != NULL)
		result->facts.image_user = before->facts.image_user;
	else if (container == NULL)
		image_user_find(arena, config, &result->facts);
}

static int collect_facts(struct arena *arena, const struct pipeline_options *options,
			 const struct pipeline_result *before, struct pipeline_result *result,
			 struct err *err)
{
	struct facts_query query = {
		.scope = options->scope,
		.bundle = options->bundle,
		.id = options->known.id,
		.before = before != NULL ? &before->facts : NULL,
		.host = options->cache != NULL ? &options->cache->host : NULL,
	};
	struct facts *facts = &result->facts;
	struct str *paths;
	int error;

	query.n_paths = policy_paths(arena, options->policy, &paths);
	query.paths = paths;
	error = facts_collect(arena, &result->config, &query, facts, err);
	if (error < 0)
		return error;
	collect_syscalls(arena, options, before, result);
	collect_accounts(arena, options, result);
	collect_words(arena, options, before, result);
	facts->userns_needs_seal = options->userns_needs_seal;
	facts->container = options->known;
	if (options->container != NULL)
		facts->given_capabilities = options->container->given_capabilities;
	return 0;
}

/* before: the result for the document before it was rewritten, or NULL. */
static int judge(struct arena *arena, const struct pipeline_options *options,
		 const struct pipeline_result *before, struct pipeline_result *result,
		 struct err *err)
{
	int error = read_model(options, result, err);

	if (error == 0)
		error = collect_facts(arena, options, before, result, err);
	if (error == 0)
		policy_judge(arena, options->policy, &result->config, &result->facts,
			     options->front_end, result->today, &result->verdict);
	return error;
}

/*
 * Reads and judges the output like the input. A failure is our error: an edit did not do what it
 * should.
 */
static int check_rewritten(struct arena *arena, const struct pipeline_options *options,
			   const struct pipeline_result *before, struct err *err)
{
	const char *name =
		options->container != NULL ? "the rewritten process" : "the rewritten spec";
	struct pipeline_result again = { .today = before->today };
	int error = json_read(arena, name, before->output, JSON_NO_COMMENTS, &again.doc, err);

	if (error == 0)
		error = judge(arena, options, before, &again, err);
	if (error == 0 && again.verdict.kind >= VERDICT_REWRITE)
		error = err_set(err, EPROTO, EXIT_SYSTEM, "%s is not what the policy asks for: %s",
				name, finding_that_counts(again.verdict.findings)->message);
	if (error < 0)
		err->exit = EXIT_SYSTEM;
	return error;
}

/* Makes the text to use, for a document that is not refused. */
static int rewrite(struct arena *arena, const struct pipeline_options *options,
		   struct pipeline_result *result, struct err *err)
{
	int error =
		options->amend != NULL ? options->amend(result->doc, options->amend_data, err) : 0;

	if (error < 0 || !json_is_edited(result->doc))
		return error;
	result->output = json_render(result->doc);
	return check_rewritten(arena, options, result, err);
}

int pipeline_judge_doc(struct arena *arena, const struct pipeline_options *options,
		       struct json_doc *doc, struct pipeline_result *ret_result, struct err *err)
{
	struct pipeline_result result = {
		.doc = doc,
		.today = options->today != 0 ? options->today : pipeline_today(),
		.output = doc->text,
	};
	int error = judge(arena, options, NULL, &result, err);

	if (error == 0 && !options->verdict_only && result.verdict.kind != VERDICT_REJECT)
		error = rewrite(arena, options, &result, err);
	if (error == 0)
		*ret_result = result;
	return error;
}

int pipeline_judge(struct arena *arena, const struct pipeline_options *options, const char *name,
		   struct str text, struct pipeline_result *ret_result, struct err *err)
{
	struct json_doc *doc;
	int error = json_read(arena, name, text, JSON_NO_COMMENTS, &doc, err);

	return error < 0 ? error : pipeline_judge_doc(arena, options, doc, ret_result, err);
}
