/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oci_state_read(): an id that is safe in paths, logs and map keys, an absolute bundle, and a pid.
 * In other bytes they are the same.
 */
#include <string.h>

#include "fuzz.h"
#include "oci/state.h"

const size_t fuzz_prefix = 0;

static bool read_state(struct json_doc *doc, struct oci_state *state)
{
	struct err err = { 0 };

	if (oci_state_read(doc, state, &err) == 0)
		return true;
	must(err.exit == EXIT_SPEC && err.text[0] != '\0' && err.line > 0, "exit %d: %s", err.exit,
	     err.text);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *arena = arena_new();
	struct json_doc *doc, *again;
	struct oci_state state, other;
	struct err err = { 0 };

	if (json_read(arena, "input", text, JSON_NO_COMMENTS, &doc, &err) == 0) {
		bool taken = read_state(doc, &state);

		text = respell(arena, doc, seed_of(text));
		must(json_read(arena, "again", text, JSON_NO_COMMENTS, &again, &err) == 0, "%s",
		     err.text);
		must(read_state(again, &other) == taken, "taken %d, in other bytes not so", taken);
		must(oci_document_kind(doc) == oci_document_kind(again), "another kind");
		if (taken) {
			must(oci_id_is_valid(str_from(state.id)) && strlen(state.id) < 128 &&
				     strchr(state.id, '/') == NULL,
			     "id %s", state.id);
			must(state.bundle[0] == '/', "bundle %s", state.bundle);
			must(state.pid >= 0, "pid %d", (int)state.pid);
			must(strcmp(state.id, other.id) == 0 &&
				     strcmp(state.bundle, other.bundle) == 0 &&
				     state.pid == other.pid,
			     "another state in other bytes");
		}
	}
	arena_free(arena);
	return 0;
}
