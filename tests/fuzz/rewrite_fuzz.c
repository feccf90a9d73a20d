/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spec's whole way, by each policy and each front end that is given a config. The result can be
 * read, differs only where a finding says so, has nothing left to rewrite, and is not changed by a
 * second pass. A refused spec is refused in other bytes, too, and by front ends that may rewrite
 * less.
 */
#include <string.h>

#include "verdict/pipeline.h"
#include "fuzz.h"
#include "policy/rule.h"

/* Policy; front end, new user namespaces guarded or not, a file or a container: '0' to 'C'. */
const size_t fuzz_prefix = 2;

static const enum front_end fronts[] = { FRONT_CHECK, FRONT_WRAPPER, FRONT_PRECREATE, FRONT_HOOK,
					 FRONT_READ_ONLY };

/* Counts the findings of each row, and in one place more those of rules without a row. */
static void count(const struct verdict *verdict, unsigned int *ret_counts)
{
	memset(ret_counts, 0, (RULES_MAX + 1) * sizeof(*ret_counts));
	for (const struct finding *f = verdict->findings; f != NULL; f = f->next)
		ret_counts[rule_row(f->rule)]++;
}

static void must_be_alike(const struct verdict *a, const struct verdict *b, struct str text)
{
	unsigned int of_a[RULES_MAX + 1], of_b[RULES_MAX + 1];

	must(a->kind == b->kind && a->n_refusals == b->n_refusals, "%s, but %s: %.*s",
	     verdict_name(a->kind), verdict_name(b->kind), (int)text.len, text.data);
	count(a, of_a);
	count(b, of_b);
	must(memcmp(of_a, of_b, sizeof(of_a)) == 0, "other findings: %.*s", (int)text.len,
	     text.data);
}

static void check_findings(const struct verdict *verdict)
{
	unsigned int refusals = 0;

	for (const struct finding *f = verdict->findings; f != NULL; f = f->next) {
		must(f->node != NULL && f->pointer != NULL && f->message[0] != '\0' &&
			     f->observed[0] != '\0',
		     "a finding of %s without words", f->rule->name);
		refusals += f->action == RULE_REJECT ||
			    (f->action == RULE_REWRITE && f->obstacle != NULL);
	}
	must(refusals == verdict->n_refusals && (refusals > 0) == (verdict->kind == VERDICT_REJECT),
	     "%u refusals make %s", refusals, verdict_name(verdict->kind));
}

static void check_output(struct arena *arena, const struct pipeline_options *options,
			 const struct pipeline_result *first)
{
	struct pipeline_result second;
	struct err err = { 0 };

	only_reported_differs(arena, first->doc->text, first->output, first->verdict.findings);
	must(pipeline_judge(arena, options, "again", first->output, &second, &err) == 0, "%s",
	     err.text);
	must(second.verdict.kind < VERDICT_REWRITE, "rewritten, and still %s: %s",
	     verdict_name(second.verdict.kind), second.verdict.findings->message);
	must(str_equal(second.output, first->output), "a second pass changes it: %.*s",
	     (int)second.output.len, second.output.data);
}

/* Without the right to rewrite, a spec that passed may be refused, but never the reverse. */
static void check_read_only(struct arena *arena, const struct pipeline_options *options,
			    struct str text, const struct pipeline_result *first)
{
	struct pipeline_options less = *options;
	struct pipeline_result other;
	struct err err = { 0 };

	less.front_end = FRONT_READ_ONLY;
	must(pipeline_judge(arena, &less, "again", text, &other, &err) == 0, "%s", err.text);
	must(str_equal(other.output, text), "changed without the right to");
	must(first->verdict.kind < VERDICT_REWRITE || other.verdict.kind == VERDICT_REJECT,
	     "%s becomes %s", verdict_name(first->verdict.kind), verdict_name(other.verdict.kind));
}

static void check_spec(struct arena *arena, const struct pipeline_options *options, struct str text)
{
	struct pipeline_result first, other;
	struct json_doc *doc;
	struct err err = { 0 };
	int error = pipeline_judge(arena, options, "input", text, &first, &err);
	struct str respelled;

	must(error == 0 || err.exit == EXIT_SPEC, "exit %d: %s", err.exit, err.text);
	if (json_read(arena, "input", text, JSON_NO_COMMENTS, &doc, &err) < 0) {
		must(error < 0, "judged, but not read");
		return;
	}
	respelled = respell(arena, doc, seed_of(text));
	must(pipeline_judge(arena, options, "respelled", respelled, &other, &err) == error,
	     "%d, in other bytes not so: %s", error, err.text);
	if (error < 0)
		return;
	check_findings(&first.verdict);
	must_be_alike(&first.verdict, &other.verdict, respelled);
	if (first.verdict.kind == VERDICT_REWRITE)
		check_output(arena, options, &first);
	else
		must(str_equal(first.output, text), "changed without a word");
	check_read_only(arena, options, text, &first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pipeline_cache caches[256];
	static struct arena *kept;
	struct pipeline_options options = { 0 };
	struct pipeline_cache *cache;
	struct arena *arena;

	if (size <= fuzz_prefix)
		return 0;
	arena = arena_new();
	if (kept == NULL)
		kept = arena_new();
	options.policy = fuzz_policy(data[0]);
	options.front_end = fronts[choice(data[1], ARRAY_SIZE(fronts))];
	options.userns_needs_seal = choice(data[1], 10) >= 5;
	options.scope = choice(data[1], 20) >= 10 ? FACTS_LIVE : FACTS_OFFLINE;
	/* The host does not change, so its own facts are looked up once per policy. */
	cache = &caches[data[0]];
	cache->host.arena = cache->profiles.arena = kept;
	options.cache = cache;
	check_spec(arena, &options,
		   (struct str){ (const char *)data + fuzz_prefix, size - fuzz_prefix });
	arena_free(arena);
	return 0;
}
