/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session in a container: judged by the policy that the container was created under, as far as
 * that is about a process. It comes as a process document (--process), or as options of exec.
 */
#ifndef ROOTFENCE_WRAPPER_SESSION_H
#define ROOTFENCE_WRAPPER_SESSION_H

#include "policy/policy.h"
#include "wrapper/command_line.h"

struct exec_session {
	const struct policy *policy;
	unsigned int today; /* YYYYMMDD in UTC */
	/* The container's config; NULL when there is no record of it: then the session is judged as
	 * one in the host's user namespace, without annotations. */
	const struct oci_config *container;
	const char *bundle;	     /* its bundle's absolute path */
	uint64_t given_capabilities; /* see struct facts */
	bool options_start_blank;    /* crun: what no option says is root's, not the container's */
};

/*
 * exec_judge_document: the verdict on a process document. *ret_output is the document to use: the
 * text itself, or the rewritten one, which has been judged again. Error: EXIT_SPEC for what cannot
 * be read in one way only, EXIT_SYSTEM for a rewrite that does not hold.
 */
int exec_judge_document(struct arena *arena, const struct exec_session *session, const char *name,
			struct str text, struct verdict *ret_verdict, struct str *ret_output,
			struct err *err);

/*
 * exec_judge_options: the verdict on the container's own process with what the options change, or
 * with options_start_blank on one without user and noNewPrivileges. It never rewrites. Error: EXIT_USAGE for options that runtimes read differently.
 */
int exec_judge_options(struct arena *arena, const struct exec_session *session,
		       const struct runtime_args *args, struct verdict *ret_verdict,
		       struct err *err);

#endif
