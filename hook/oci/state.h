/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI state that runtimes give hooks on standard input: runtime.md#state. */
#ifndef ROOTFENCE_OCI_STATE_H
#define ROOTFENCE_OCI_STATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "json/json.h"

struct oci_state {
	const char *id;	    /* of the container; safe to print, at most 127 bytes */
	const char *bundle; /* absolute path */
	pid_t pid;	    /* of the init process; 0 when the state has none (stopped) */
};

/* oci_id_is_valid: is it what runc and crun accept as a container id, of at most 127 bytes? */
bool oci_id_is_valid(struct str id);

/* What a document on standard input is, told by content. */
enum oci_document {
	OCI_UNKNOWN,
	OCI_STATE,
	OCI_CONFIG
};

/* oci_document_kind: status, id and bundle make a state; process or root make a config. */
enum oci_document oci_document_kind(const struct json_doc *doc);

/* oci_state_read: the model of a state. Annotations in it are not read: nothing is decided on them.
 * Error: EXIT_SPEC with pointer, line and column. */
int oci_state_read(struct json_doc *doc, struct oci_state *ret_state, struct err *err);

#endif
