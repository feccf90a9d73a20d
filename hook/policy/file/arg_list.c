/* SPDX-License-Identifier: Apache-2.0 */
/* Compares and joins arguments that are lists: see arg_list.h. */
#include "arg_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"

#define SUMMARY_MAX 3 /* entries that a message names */

size_t arg_list_slots(const struct rule_arg_spec *spec, const struct rule_arg *list)
{
	return spec->kind == KIND_CAPABILITIES ? CAP_LAST + 1 : list->n;
}

bool arg_list_holds(const struct rule_arg_spec *spec, const struct rule_arg *list, size_t slot)
{
	return spec->kind != KIND_CAPABILITIES || cap_set_has(list->number, (unsigned int)slot);
}

bool arg_list_is_empty(const struct rule_arg_spec *spec, const struct rule_arg *list)
{
	return spec->kind == KIND_CAPABILITIES ? list->number == 0 : list->n == 0;
}

const char *arg_list_text(struct arena *arena, const struct rule_arg_spec *spec,
			  const struct rule_arg *list, size_t slot)
{
	if (spec->kind == KIND_CAPABILITIES)
		return cap_name((unsigned int)slot);
	if (spec->kind == KIND_IDS)
		return arena_printf(arena, "%llu", (unsigned long long)list->numbers[slot]);
	return str_quote(arena, list->strings[slot]);
}

static int compare_strings(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static int compare_numbers(const void *a_, const void *b_)
{
	const uint64_t *a = a_, *b = b_;

	return (*a > *b) - (*a < *b);
}

/* An empty list with room for n entries. */
static struct rule_arg list_new(struct arena *arena, const struct rule_arg_spec *spec, size_t n)
{
	struct rule_arg list = { .set = true };

	if (spec->kind == KIND_IDS)
		list.numbers = arena_array(arena, n, sizeof(*list.numbers));
	else if (spec->kind != KIND_CAPABILITIES)
		list.strings = arena_array(arena, n, sizeof(*list.strings));
	return list;
}

static void list_add(const struct rule_arg_spec *spec, struct rule_arg *list,
		     const struct rule_arg *from, size_t slot)
{
	if (spec->kind == KIND_CAPABILITIES)
		list->number |= UINT64_C(1) << slot;
	else if (spec->kind == KIND_IDS)
		list->numbers[list->n++] = from->numbers[slot];
	else
		list->strings[list->n++] = from->strings[slot];
}

struct rule_arg arg_list_sort(struct arena *arena, const struct rule_arg_spec *spec,
			      const struct rule_arg *list)
{
	struct rule_arg sorted = list_new(arena, spec, list->n);

	for (size_t slot = 0; slot < arg_list_slots(spec, list); slot++)
		if (arg_list_holds(spec, list, slot))
			list_add(spec, &sorted, list, slot);
	if (sorted.n > 0 && spec->kind == KIND_IDS)
		qsort(sorted.numbers, sorted.n, sizeof(*sorted.numbers), compare_numbers);
	else if (sorted.n > 0)
		qsort(sorted.strings, sorted.n, sizeof(*sorted.strings), compare_strings);
	return sorted;
}

bool arg_list_has(const struct rule_arg_spec *spec, const struct rule_arg *sorted,
		  const struct rule_arg *from, size_t slot)
{
	if (spec->kind == KIND_CAPABILITIES)
		return cap_set_has(sorted->number, (unsigned int)slot);
	if (sorted->n == 0)
		return false;
	if (spec->kind == KIND_IDS)
		return bsearch(&from->numbers[slot], sorted->numbers, sorted->n,
			       sizeof(*sorted->numbers), compare_numbers) != NULL;
	return bsearch(&from->strings[slot], sorted->strings, sorted->n, sizeof(*sorted->strings),
		       compare_strings) != NULL;
}

struct rule_arg arg_list_pick(struct arena *arena, const struct rule_arg_spec *spec,
			      const struct rule_arg *a, const struct rule_arg *b, bool common)
{
	const struct rule_arg sorted = arg_list_sort(arena, spec, b);
	struct rule_arg picked = list_new(arena, spec, a->n);

	for (size_t slot = 0; slot < arg_list_slots(spec, a); slot++)
		if (arg_list_holds(spec, a, slot) && arg_list_has(spec, &sorted, a, slot) == common)
			list_add(spec, &picked, a, slot);
	return picked;
}

/* Where a sorted list has the entry of a slot; of equal entries always the same one. */
static size_t list_find(const struct rule_arg_spec *spec, const struct rule_arg *sorted,
			const struct rule_arg *from, size_t slot)
{
	const uint64_t *number;
	const struct str *string;

	if (spec->kind == KIND_IDS) {
		number = bsearch(&from->numbers[slot], sorted->numbers, sorted->n,
				 sizeof(*sorted->numbers), compare_numbers);
		return (size_t)(number - sorted->numbers);
	}
	string = bsearch(&from->strings[slot], sorted->strings, sorted->n, sizeof(*sorted->strings),
			 compare_strings);
	return (size_t)(string - sorted->strings);
}

/* The entries, each once, in their order. */
static struct rule_arg list_once(struct arena *arena, const struct rule_arg_spec *spec,
				 const struct rule_arg *list)
{
	const struct rule_arg sorted = arg_list_sort(arena, spec, list);
	struct rule_arg once = list_new(arena, spec, list->n);
	bool *seen = arena_array(arena, sorted.n, sizeof(*seen));

	if (spec->kind == KIND_CAPABILITIES)
		return *list;
	for (size_t slot = 0; slot < list->n; slot++) {
		bool *here = &seen[list_find(spec, &sorted, list, slot)];

		if (!*here)
			list_add(spec, &once, list, slot);
		*here = true;
	}
	return once;
}

struct rule_arg arg_list_join(struct arena *arena, const struct rule_arg_spec *spec,
			      const struct rule_arg *a, const struct rule_arg *b)
{
	const struct rule_arg rest = arg_list_pick(arena, spec, b, a, false);
	const struct rule_arg more = list_once(arena, spec, &rest);
	struct rule_arg joined = list_new(arena, spec, a->n + more.n);

	for (size_t slot = 0; slot < arg_list_slots(spec, a); slot++)
		if (arg_list_holds(spec, a, slot))
			list_add(spec, &joined, a, slot);
	for (size_t slot = 0; slot < arg_list_slots(spec, &more); slot++)
		if (arg_list_holds(spec, &more, slot))
			list_add(spec, &joined, &more, slot);
	return joined;
}

struct rule_arg arg_list_default(struct arena *arena, const struct rule_arg_spec *spec)
{
	struct rule_arg list = { 0 };

	while (spec->defaults != NULL && spec->defaults[list.n] != NULL)
		list.n++;
	list.strings = arena_array(arena, list.n, sizeof(*list.strings));
	for (size_t i = 0; i < list.n; i++)
		list.strings[i] = str_from(spec->defaults[i]);
	return list;
}

const char *arg_list_summary(struct arena *arena, const struct rule_arg_spec *spec,
			     const struct rule_arg *list)
{
	auto_buf struct buf text = { 0 };
	size_t n = 0;

	for (size_t slot = 0; slot < arg_list_slots(spec, list); slot++)
		if (arg_list_holds(spec, list, slot) && n++ < SUMMARY_MAX)
			buf_printf(&text, "%s%s", n > 1 ? ", " : "",
				   arg_list_text(arena, spec, list, slot));
	if (n > SUMMARY_MAX)
		buf_printf(&text, " and %zu more", n - SUMMARY_MAX);
	return text.len > 0 ? arena_copy(arena, text.data, text.len) : "none";
}
