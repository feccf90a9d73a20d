/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a spec through all layers: bytes, tree, model, facts, verdict, edits, judged again. */
#ifndef ROOTFENCE_VERDICT_PIPELINE_H
#define ROOTFENCE_VERDICT_PIPELINE_H

#include "host/facts.h"
#include "host/seccomp_reach.h"
#include "policy/policy.h"

struct inspection {
	struct json_doc *doc;
	struct oci_config config;
	struct facts facts;
	struct verdict verdict;
	struct str output; /* the spec to use: the text itself, or the rewritten one */
};

/* What is looked up once for many specs judged by one policy; zeroes but for the arenas at first. */
struct inspect_cache {
	struct host_facts host;
	struct seccomp_seen profiles;
};

struct inspect_how {
	const struct policy *policy;
	enum front_end front_end;
	enum facts_scope scope;
	const char *bundle;	/* for relative mount sources, or NULL */
	bool userns_needs_seal; /* see struct facts */
	/* Edits of the front end's own, made where nothing is refused; NULL: none. */
	int (*amend)(struct json_doc *doc, void *data, struct err *err);
	void *amend_data;
	bool verdict_only; /* nobody uses the output: it is not made, and not judged again */
	struct inspect_cache *cache; /* or NULL */
};

/*
 * inspect: judges a config. When the document is edited, the new text is read and judged again
 * before it becomes `output`; a text that would not pass is an error (EXIT_SYSTEM), never output.
 * Error: EXIT_SPEC for what cannot be read in one way only.
 */
int inspect(struct arena *arena, const struct inspect_how *how, const char *name, struct str text,
	    struct inspection *ret_inspection, struct err *err);

/* inspect_doc: the same for a document that was read already. */
int inspect_doc(struct arena *arena, const struct inspect_how *how, struct json_doc *doc,
		struct inspection *ret_inspection, struct err *err);

/* inspect_today: the date in UTC as YYYYMMDD, for exceptions. */
unsigned int inspect_today(void);

#endif
