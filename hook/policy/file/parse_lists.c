/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads arguments of rules that are lists: an array, which replaces the list, or an object with
 * "add" and "remove", which changes it. What is probably unintended is a warning.
 */
#include "parse.h"

#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"
#include "oci/values.h"
#include "policy/file/arg_list.h"
#include "policy/id_ranges.h"

/* Does it use syntax that only args.allow of a path rule understands? */
static bool is_pattern(struct str path)
{
	return memchr(path.data, '*', path.len) != NULL ||
	       (path.len > 3 && memcmp(path.data + path.len - 3, ":ro", 3) == 0);
}

static int check_string(const struct fields_reader *reader, const struct json_node *element,
			enum rule_arg_kind kind, struct id_ranges *ranges)
{
	int error = fields_want(reader, element, JSON_STRING);

	if (error < 0)
		return error;
	if (kind != KIND_STRINGS && kind != KIND_RANGES && !str_starts_with(element->text, "/"))
		return fields_fail(reader, element, "expected an absolute path, found %s",
				   str_quote(reader->doc->arena, element->text));
	/* A pattern would be looked up as the name of one file and match nothing. */
	if ((kind == KIND_PATHS || kind == KIND_INSIDE) && is_pattern(element->text))
		return fields_fail(reader, element,
				   "expected one path, without * and :ro, found %s",
				   str_quote(reader->doc->arena, element->text));
	if (element->text.len == 0)
		return fields_fail(reader, element, "expected a string that is not empty");
	if (kind == KIND_RANGES && !id_ranges_add(ranges, element->text))
		return fields_fail(
			reader, element,
			"expected ids as \"FIRST-LAST\", \"FIRST/COUNT\" or \"ID\", at most %u of them, found %s",
			ID_RANGES_MAX, str_quote(reader->doc->arena, element->text));
	return 0;
}

int load_id(const struct fields_reader *reader, const struct json_node *node, uint64_t *ret_id)
{
	int error = fields_want(reader, node, JSON_NUMBER);

	if (error < 0)
		return error;
	if (!str_to_uint(node->text, OCI_ID_MAX, ret_id))
		return fields_fail(reader, node, "expected an id from 0 to %u, found %s",
				   OCI_ID_MAX, str_show(reader->doc->arena, node->text));
	return 0;
}

static int load_ids(const struct fields_reader *reader, struct json_node *array,
		    struct rule_arg *list)
{
	list->numbers = arena_array(reader->doc->arena, array->count, sizeof(*list->numbers));
	json_each (element, array) {
		int error = load_id(reader, element, &list->numbers[list->n]);

		list->n += error == 0;
		error = fields_go_on(reader, error);
		if (error < 0)
			return error;
	}
	return 0;
}

static int load_strings(const struct fields_reader *reader, struct json_node *array,
			enum rule_arg_kind kind, struct rule_arg *list)
{
	struct id_ranges ranges = { 0 };

	list->strings = arena_array(reader->doc->arena, array->count, sizeof(*list->strings));
	json_each (element, array) {
		int error = check_string(reader, element, kind, &ranges);

		if (error == 0)
			list->strings[list->n++] = element->text;
		error = fields_go_on(reader, error);
		if (error < 0)
			return error;
	}
	return 0;
}

/* Reads the entries of an array; those with an error are left out. NULL: none. */
static int load_entries(const struct fields_reader *reader, struct json_node *array,
			const struct rule_arg_spec *spec, struct rule_arg *ret_list)
{
	*ret_list = (struct rule_arg){ .set = true };
	if (array == NULL)
		return 0;
	if (spec->kind == KIND_CAPABILITIES)
		return field_capabilities(reader, array, &ret_list->number);
	if (spec->kind == KIND_IDS)
		return load_ids(reader, array, ret_list);
	return load_strings(reader, array, spec->kind, ret_list);
}

/* What the loss of entries means for specs, in the words of policy_diff(). */
static const char *loss_meaning(const struct rule_arg_spec *spec)
{
	switch (spec->effect) {
	case EFFECT_ADMITS:
		return "specs that need them fail";
	case EFFECT_DEMANDS:
		return "specs newly pass";
	case EFFECT_SHAPES:
	case EFFECT_SELECTS:
		break;
	}
	return "a rewrite leaves them out";
}

/*
 * Warns about what an array loses. An empty one that lets nothing pass is meant. One that is empty
 * where that sets no bound, or requires nothing, may not be.
 */
static void warn_loss(const struct fields_reader *reader, const struct json_node *value,
		      const struct rule_arg_spec *spec, const struct rule_arg *before,
		      const struct rule_arg *after)
{
	struct arena *arena = reader->doc->arena;
	const struct rule_arg lost = arg_list_pick(arena, spec, before, after, false);
	bool empty = arg_list_is_empty(spec, after);

	if (arg_list_is_empty(spec, &lost))
		return;
	if (spec->none_is_all && empty)
		load_warn(reader, value,
			  arena_printf(arena,
				       "an empty list sets no bound: everything passes; it had %s",
				       arg_list_summary(arena, spec, &lost)));
	else if (!empty || spec->effect != EFFECT_ADMITS)
		load_warn(
			reader, value,
			arena_printf(
				arena,
				"this array replaces the list, which loses %s: %s; write { \"add\": [...] } to keep them, or { \"remove\": [...] } to name what goes",
				arg_list_summary(arena, spec, &lost), loss_meaning(spec)));
}

struct list_change {
	struct json_node *add, *remove;
	struct rule_arg added, removed;
};

/* Calls about one entry of "add" or "remove" at a time: a warning and an error have its place. */
struct list_entry {
	const struct json_node *node;
	struct rule_arg list; /* this entry alone */
	const char *text;
};

/* The entry of a node of an array that load_entries() has read without an error. */
static struct list_entry entry_of(const struct fields_reader *reader, struct json_node *node,
				  const struct rule_arg_spec *spec)
{
	struct list_entry entry = { .node = node, .list = { .set = true } };
	struct arena *arena = reader->doc->arena;

	if (spec->kind == KIND_CAPABILITIES) {
		entry.list.number = UINT64_C(1) << cap_from_name(node->text);
	} else if (spec->kind == KIND_IDS) {
		entry.list.numbers = arena_array(arena, 1, sizeof(*entry.list.numbers));
		entry.list.n = str_to_uint(node->text, OCI_ID_MAX, entry.list.numbers);
	} else {
		entry.list.strings = &node->text;
		entry.list.n = 1;
	}
	entry.text = arg_list_summary(arena, spec, &entry.list);
	return entry;
}

static bool entry_is_in(const struct rule_arg_spec *spec, const struct list_entry *entry,
			const struct rule_arg *sorted)
{
	size_t slot = 0;

	while (!arg_list_holds(spec, &entry->list, slot))
		slot++;
	return arg_list_has(spec, sorted, &entry->list, slot);
}

/* An entry in both would make their order matter. */
static int refuse_both(const struct fields_reader *reader, const struct list_change *change,
		       const struct rule_arg_spec *spec)
{
	const struct rule_arg sorted = arg_list_sort(reader->doc->arena, spec, &change->removed);

	json_each (node, change->add) {
		const struct list_entry entry = entry_of(reader, node, spec);
		int error = 0;

		if (entry_is_in(spec, &entry, &sorted))
			error = fields_fail(reader, node, "%s is in \"add\" and in \"remove\"",
					    entry.text);
		error = fields_go_on(reader, error);
		if (error < 0)
			return error;
	}
	return 0;
}

/* ", did you mean ..." among the entries of a list of strings. */
static const char *nearest_entry(struct arena *arena, const struct rule_arg_spec *spec,
				 const struct rule_arg *list, const struct list_entry *entry)
{
	const char **words = arena_array(arena, list->n + 1, sizeof(*words));
	struct str_hint hint;

	if (spec->kind == KIND_CAPABILITIES || spec->kind == KIND_IDS)
		return "";
	for (size_t i = 0; i < list->n; i++)
		words[i] = arena_copy(arena, list->strings[i].data, list->strings[i].len);
	hint = str_hint(entry->list.strings[0], words, "\"", "\"?");
	return arena_copy(arena, hint.text, strlen(hint.text));
}

#define HINTS_MAX 100 /* entries of one "remove"; more are not typing errors */

/* An entry that changes nothing is no error: a newer policy that is extended may be the reason. */
static void warn_change(const struct fields_reader *reader, const struct list_change *change,
			const struct rule_arg_spec *spec, const struct rule_arg *before)
{
	struct arena *arena = reader->doc->arena;
	const struct rule_arg sorted = arg_list_sort(arena, spec, before);
	unsigned int n = 0;

	json_each (node, change->add) {
		const struct list_entry entry = entry_of(reader, node, spec);

		if (entry_is_in(spec, &entry, &sorted))
			load_warn(reader, node,
				  arena_printf(arena, "%s is in the list already", entry.text));
	}
	json_each (node, change->remove) {
		const struct list_entry entry = entry_of(reader, node, spec);

		if (!entry_is_in(spec, &entry, &sorted))
			load_warn(reader, node,
				  arena_printf(arena,
					       "%s is not in the list, so nothing is removed%s",
					       entry.text,
					       n++ < HINTS_MAX
						       ? nearest_entry(arena, spec, before, &entry)
						       : ""));
	}
}

/* An empty list of some rules lets everything pass. Leaving or reaching that is a surprise. */
static void warn_bound(const struct fields_reader *reader, const struct json_node *value,
		       const struct rule_arg_spec *spec, const struct rule_arg *before,
		       const struct rule_arg *after)
{
	bool had = !arg_list_is_empty(spec, before), has = !arg_list_is_empty(spec, after);

	if (spec->none_is_all && had && !has)
		load_warn(reader, value,
			  "nothing is left in the list, which sets no bound: everything passes");
	if (spec->none_is_all && !had && has)
		load_warn(
			reader, value,
			"the list was empty, which lets everything pass: now only these entries pass; write an array if that is meant");
	if (spec->effect == EFFECT_DEMANDS && had && !has)
		load_warn(reader, value,
			  "nothing is left in the list: the rule requires nothing more");
}

/* Keeps what was changed in a shipped default. An entry that is removed again was not added. */
static void note_change(struct arena *arena, const struct rule_arg_spec *spec,
			const struct list_change *change, const struct rule_arg *before,
			struct rule_arg *after)
{
	const struct rule_arg added = { .strings = before->added, .n = before->n_added },
			      removed = { .strings = before->removed, .n = before->n_removed };
	const struct rule_arg still_added =
		arg_list_pick(arena, spec, &added, &change->removed, false);
	const struct rule_arg still_removed =
		arg_list_pick(arena, spec, &removed, &change->added, false);
	const struct rule_arg usual = arg_list_default(arena, spec);
	const struct rule_arg from_usual =
		arg_list_pick(arena, spec, &change->removed, &usual, true);
	const struct rule_arg all_added = arg_list_join(arena, spec, &still_added, &change->added);
	const struct rule_arg all_removed = arg_list_join(arena, spec, &still_removed, &from_usual);

	after->set = false;
	after->added = all_added.strings;
	after->n_added = all_added.n;
	after->removed = all_removed.strings;
	after->n_removed = all_removed.n;
}

/* The shipped default with its changes, in one order, so that policy_render() gives it back. */
static struct rule_arg changed_default(struct arena *arena, const struct rule_arg_spec *spec,
				       const struct rule_arg *changes)
{
	const struct rule_arg added = { .strings = changes->added, .n = changes->n_added },
			      removed = { .strings = changes->removed, .n = changes->n_removed };
	const struct rule_arg usual = arg_list_default(arena, spec);
	const struct rule_arg rest = arg_list_pick(arena, spec, &usual, &removed, false);

	return arg_list_join(arena, spec, &rest, &added);
}

/* Applies a change. A list that is still the shipped default stays one, with changes. */
static struct rule_arg change_list(struct arena *arena, const struct rule_arg_spec *spec,
				   const struct list_change *change, const struct rule_arg *before)
{
	struct rule_arg rest, after, result;

	rest = arg_list_pick(arena, spec, before, &change->removed, false);
	after = arg_list_join(arena, spec, &rest, &change->added);
	if (before->set || spec->defaults == NULL)
		return after;
	note_change(arena, spec, change, before, &after);
	result = changed_default(arena, spec, &after);
	after.strings = result.strings;
	after.n = result.n;
	return after;
}

/* Each array had few enough ranges, but all of them together may be too many. */
static int check_ranges(const struct fields_reader *reader, const struct json_node *value,
			const struct rule_arg *list)
{
	struct id_ranges ranges = { 0 };

	for (size_t i = 0; i < list->n; i++)
		if (!id_ranges_add(&ranges, list->strings[i]))
			return fields_fail(reader, value, "more than %u ranges with those added",
					   ID_RANGES_MAX);
	return 0;
}

static int load_change(const struct fields_reader *reader, struct json_node *value,
		       const struct rule_arg_spec *spec, struct rule_arg *arg)
{
	static const struct field fields[] = {
		ROW(list_change, "add", add, JSON_ARRAY, field_node),
		ROW(list_change, "remove", remove, JSON_ARRAY, field_node),
	};
	unsigned int before = load_errors(reader);
	struct list_change change = { 0 };
	struct rule_arg after;
	int error = fields_read(reader, value, fields, ARRAY_SIZE(fields), &change);

	if (error == 0 && change.add == NULL && change.remove == NULL &&
	    load_errors(reader) == before)
		error = fields_fail(reader, value, "expected \"add\" or \"remove\"");
	if (error == 0)
		error = load_entries(reader, change.add, spec, &change.added);
	if (error == 0)
		error = load_entries(reader, change.remove, spec, &change.removed);
	if (error == 0 && load_errors(reader) == before)
		error = refuse_both(reader, &change, spec);
	if (error < 0 || load_errors(reader) > before)
		return error;
	after = change_list(reader->doc->arena, spec, &change, arg);
	if (spec->kind == KIND_RANGES)
		error = check_ranges(reader, value, &after);
	if (error < 0)
		return error;
	if (load_warns(reader)) {
		warn_change(reader, &change, spec, arg);
		warn_bound(reader, value, spec, arg, &after);
	}
	*arg = after;
	return 0;
}

int load_list(const struct fields_reader *reader, struct json_node *value,
	      const struct rule_arg_spec *spec, struct rule_arg *arg)
{
	unsigned int before = load_errors(reader);
	struct rule_arg list;
	int error;

	if (value->type == JSON_OBJECT)
		return load_change(reader, value, spec, arg);
	error = fields_want(reader, value, JSON_ARRAY);
	if (error == 0)
		error = load_entries(reader, value, spec, &list);
	if (error < 0)
		return error;
	if (load_warns(reader) && load_errors(reader) == before)
		warn_loss(reader, value, spec, arg, &list);
	*arg = list;
	return 0;
}
