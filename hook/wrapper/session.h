/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session in a container: judged by the policy that the container was created under, as far as
 * that is about a process. It comes as a process document (--process), or as options of exec.
 */
#ifndef ROOTFENCE_WRAPPER_SESSION_H
#define ROOTFENCE_WRAPPER_SESSION_H

#include "verdict/pipeline.h"
#include "wrapper/command_line.h"
#include "wrapper/real_runtime.h"

struct session {
	struct arena *arena;
	const struct runtime_args *args;
	enum runtime_kind kind; /* of the real runtime */
	/* Of the record; zeroes where there is none. */
	const struct policy *policy; /* where there is none, the caller puts the host's here */
	const char *bundle;	     /* absolute path */
	struct pipeline_container container;
	struct oci_config config; /* where container.config points */
};

/*
 * session_open: what the container's record says, and its config as it is in the bundle now. A container
 * without a record was created before rootfence was installed, or bypassing it: it is held to the
 * host's policy, and nothing sets it apart. Error: EXIT_SYSTEM, EXIT_SPEC.
 */
int session_open(struct session *session, const char *record, struct err *err);

/*
 * session_judge: the verdict on the process. A process document that is rewritten takes the old one's
 * place. Options are never rewritten. Error: EXIT_USAGE for options that runtimes read differently,
 * EXIT_SPEC, EXIT_SYSTEM.
 */
int session_judge(const struct session *session, struct verdict *ret_verdict, struct err *err);

#endif
