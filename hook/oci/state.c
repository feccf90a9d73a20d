/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the OCI state: see state.h. */
#include "state.h"

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "oci/config.h"

#define STATE_ID_MAX 127 /* the room in a guard entry; engines use 64 hexadecimal digits */

struct state_fields {
	struct oci_string id;
	struct oci_string bundle;
	struct oci_string status;
	struct oci_id pid;
};

enum oci_document oci_document_kind(const struct json_doc *doc)
{
	if (json_get(doc->root, "status") != NULL && json_get(doc->root, "id") != NULL &&
	    json_get(doc->root, "bundle") != NULL)
		return OCI_STATE;
	if (json_get(doc->root, "process") != NULL || json_get(doc->root, "root") != NULL)
		return OCI_CONFIG;
	return OCI_UNKNOWN;
}

bool oci_id_is_valid(struct str id)
{
	/* Runtimes also name directories after ids. */
	bool valid = id.len > 0 && id.len <= STATE_ID_MAX && !str_is(id, ".") && !str_is(id, "..");

	for (size_t i = 0; valid && i < id.len; i++) {
		char c = id.data[i];

		valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '.';
	}
	return valid;
}

/* The id goes into map entries, events and logs, so only what runc and crun accept is allowed. */
static int check_id(struct json_doc *doc, const struct oci_string *id, struct err *err)
{
	if (oci_id_is_valid(id->value))
		return 0;
	return json_fail(
		doc, id->node, EXIT_SPEC, err,
		"expected 1 to %d letters, digits or any of _+-. as container id, found %s",
		STATE_ID_MAX, str_quote(doc->arena, id->value));
}

int oci_state_read(struct json_doc *doc, struct oci_state *ret_state, struct err *err)
{
	static const struct field fields[] = {
		ROW(state_fields, "id", id, FIELD_STRING),
		ROW(state_fields, "bundle", bundle, FIELD_PATH),
		ROW(state_fields, "status", status, FIELD_STRING),
		ROW(state_fields, "pid", pid, FIELD_ID),
		KNOWN("ociVersion"),
		KNOWN("annotations"),
	};
	struct fields_reader reader = { .doc = doc, .err = err, .exit = EXIT_SPEC };
	struct state_fields state = { 0 };
	int error = fields_read(&reader, doc->root, fields, ARRAY_SIZE(fields), &state);

	if (error < 0)
		return error;
	if (state.id.node == NULL || state.bundle.node == NULL)
		return json_fail(doc, doc->root, EXIT_SPEC, err,
				 "an OCI state needs \"id\" and \"bundle\"");
	error = check_id(doc, &state.id, err);
	if (error < 0)
		return error;
	ret_state->id = arena_copy(doc->arena, state.id.value.data, state.id.value.len);
	ret_state->bundle = arena_copy(doc->arena, state.bundle.value.data, state.bundle.value.len);
	ret_state->pid = (pid_t)state.pid.value;
	return 0;
}
