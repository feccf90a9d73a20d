/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges a session in a container by the policy that the container was created under, as far as
 * that is about a process. The session comes as a process document (--process) or as options of
 * exec.
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
	/* For a document that cannot be judged in its place; see session_hand_on(). */
	int source, handed;
	/* From the record; zero if there is none. */
	const struct policy *policy; /* if there is none, the caller puts the host's here */
	const char *bundle;	     /* absolute path */
	struct pipeline_container container;
	struct oci_config config; /* where container.config points */
};

/*
 * Before anything is read: makes a file in memory for the document of --process, and opens the
 * document if it is a pipe, a link or a device, which can be read once or can lead elsewhere later.
 * If it is a FIFO, this waits for a writer, as the runtime would. Both descriptors are the caller's
 * to close. Error: EXIT_SYSTEM.
 */
int session_open_document(struct session *session, struct err *err);

/*
 * After session_judge() in a child: if the document was written to the file in memory, makes that
 * the file of --process, sealed and open for the runtime alone.
 */
int session_hand_on(const struct session *session, char **argv, struct err *err);

/*
 * Reads the container's record, and its config as it is in the bundle now. A container without a
 * record was created before rootfence was installed, or bypassing it. It is held to the host's
 * policy, as a container of which nothing is known. Error: EXIT_SYSTEM, EXIT_SPEC.
 */
int session_open(struct session *session, const char *path, struct err *err);

/*
 * Judges the process. A rewritten process document replaces the old one. Options are never
 * rewritten. Error: EXIT_USAGE for options that runtimes read differently, EXIT_SPEC, EXIT_SYSTEM.
 */
int session_judge(const struct session *session, struct verdict *ret_verdict, struct err *err);

#endif
