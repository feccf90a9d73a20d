/* SPDX-License-Identifier: Apache-2.0 */
/* The OCI state, which runtimes pass to hooks on standard input: runtime.md#state. */
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

/* oci_id_is_valid: do runc and crun accept it as a container id, and is it at most 127 bytes? */
bool oci_id_is_valid(struct str id);

/* The kind of a document on standard input, by its content. */
enum oci_document {
	OCI_UNKNOWN,
	OCI_STATE,
	OCI_CONFIG
};

/* oci_document_kind: a state has status, id and bundle; a config has process or root. */
enum oci_document oci_document_kind(const struct json_doc *doc);

/* oci_state_read: reads a state. Its annotations are ignored: no decision depends on them.
 * Error: EXIT_SPEC with pointer, line and column. */
int oci_state_read(struct json_doc *doc, struct oci_state *ret_state, struct err *err);

#endif
