/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one pipeline, for a config and for the process of a session: bytes, tree, model, facts,
 * verdict, edits, judged again, bytes. It prints and changes nothing; that is left to the callers.
 */
#ifndef ROOTFENCE_VERDICT_PIPELINE_H
#define ROOTFENCE_VERDICT_PIPELINE_H

#include "host/facts.h"
#include "host/seccomp_reach.h"
#include "policy/policy.h"

/* The container that a session enters. */
struct pipeline_container {
	/* NULL: nothing is known of it. The session is judged as one in the host's user namespace,
	 * without annotations. */
	const struct oci_config *config;
	uint64_t given_capabilities; /* see struct facts */
};

/*
 * Facts that are looked up once for many documents and one policy. Initially zero, except for the
 * arenas.
 */
struct pipeline_cache {
	struct host_facts host;
	struct seccomp_seen profiles;
};

struct pipeline_options {
	const struct policy *policy;
	enum front_end front_end;
	enum facts_scope scope;
	unsigned int today; /* for exceptions, as YYYYMMDD in UTC; 0: read the clock */
	/* NULL: the document is a config. Else it is the process of a session in this container. */
	const struct pipeline_container *container;
	const char *bundle; /* the container's, for relative mount sources, or NULL */
	struct container_fact known;
	bool userns_needs_seal; /* see struct facts */
	/* Edits of the front end's own, made if nothing is refused; NULL: none. */
	int (*amend)(struct json_doc *doc, void *data, struct err *err);
	void *amend_data;
	bool verdict_only;	      /* the output is not used: neither made nor judged again */
	struct pipeline_cache *cache; /* or NULL */
};

struct pipeline_result {
	struct json_doc *doc;
	struct oci_config config; /* for a session: its process, see oci_process_read() */
	struct facts facts;
	unsigned int today; /* the day of the verdict */
	struct verdict verdict;
	struct str output; /* the document to use: the input or the rewritten text */
};

/*
 * Judges a document. When it is edited, the new text is read and judged again before it becomes
 * `output`. A text that would not pass is an error (EXIT_SYSTEM), never output. name is for
 * messages. Error: EXIT_SPEC for a document that cannot be read in exactly one way.
 */
int pipeline_judge(struct arena *arena, const struct pipeline_options *options, const char *name,
		   struct str text, struct pipeline_result *ret_result, struct err *err);

/* Like pipeline_judge(), for a document that was read already. */
int pipeline_judge_doc(struct arena *arena, const struct pipeline_options *options,
		       struct json_doc *doc, struct pipeline_result *ret_result, struct err *err);

/* Returns the date in UTC as YYYYMMDD. */
unsigned int pipeline_today(void);

#endif
