/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of the guard's ring buffer. A record that is not an event is refused. An event has
 * strings that end, a word for everything that it says, and a container's text can be printed.
 */
#include <string.h>

#include "abi.h"
#include "fuzz.h"
#include "guard/guard.h"
#include "json/writer.h"

/* No control character on a terminal, and JSON that reads back. */
static void check_text(struct arena *arena, const char *text, size_t size)
{
	struct buf json = { 0 };
	const char *shown;

	must(memchr(text, '\0', size) != NULL, "unterminated string");
	for (size_t i = strlen(text); i < size; i++)
		must(text[i] == '\0', "bytes behind the end");
	for (shown = str_quote(arena, str_from(text)); *shown != '\0'; shown++)
		must((unsigned char)*shown >= 0x20 && *shown != 0x7f, "control character %d",
		     *shown);
	buf_add(&json, "{\"\":", 4);
	json_quote(&json, str_from(text));
	buf_add(&json, "}", 1);
	must(rfc8259_is_one_object((struct str){ json.data, json.len }, JSON_NO_COMMENTS),
	     "no JSON: %s", json.data);
	cleanup_buf(&json);
}

static void check_event(const struct abi_event *event, const struct abi_event *raw)
{
	struct arena *arena = arena_new();

	must(guard_action_name(event->action) != NULL && guard_reason_name(event->reason) != NULL &&
		     guard_hook_name(event->hook) != NULL,
	     "no word for action %u, reason %u or hook %u", event->action, event->reason,
	     event->hook);
	must(event->action > ABI_ALLOW && event->reason != ABI_REASON_NONE, "nothing happened");
	must((int)event->pid >= 0 && (int)event->tgid >= 0 && (int)event->ppid >= 0 &&
		     (int)event->starter >= 0,
	     "pid %u", event->pid);
	must(event->errno_ret <= ABI_ERRNO_MAX, "errno %u", event->errno_ret);
	must(event->gained == raw->gained && event->ceiling == raw->ceiling &&
		     event->time == raw->time,
	     "numbers differ");
	must(event->new_creds.permitted == raw->new_creds.permitted &&
		     event->new_creds.root == raw->new_creds.root &&
		     event->old_creds.permitted == raw->old_creds.permitted &&
		     event->old_creds.egid == raw->old_creds.egid,
	     "credentials differ");
	check_text(arena, event->comm, sizeof(event->comm));
	check_text(arena, event->starter_comm, sizeof(event->starter_comm));
	check_text(arena, event->id, sizeof(event->id));
	check_text(arena, event->path, sizeof(event->path));
	arena_free(arena);
}

/* 'e': an event of the given length, with a valid head; else the bytes as they are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct abi_event raw = { 0 };
	struct abi_event event;
	struct err err = { 0 };
	bool whole = size > 0 && data[0] == 'e';

	if (size > 0) {
		data++;
		size--;
	}
	if (size <= sizeof(raw))
		memcpy(&raw, data, size);
	if (whole) {
		raw.abi = GUARD_ABI;
		raw.size = sizeof(raw);
		data = (const uint8_t *)&raw;
		size = sizeof(raw);
	}
	if (guard_event_read(data, size, &event, &err) == 0) {
		must(size == sizeof(raw) && raw.abi == GUARD_ABI && raw.size == sizeof(raw),
		     "%zu bytes are taken for an event", size);
		check_event(&event, &raw);
	} else {
		must(err.exit == EXIT_GUARD && err.text[0] != '\0', "exit %d: %s", err.exit,
		     err.text);
	}
	return 0;
}
