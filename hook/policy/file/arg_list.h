/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments that are lists, whatever the kind of their entries. The entry of a slot is a
 * capability, a number or a string; slots of capabilities are capability numbers, and some have no
 * entry.
 */
#ifndef ROOTFENCE_POLICY_FILE_ARG_LIST_H
#define ROOTFENCE_POLICY_FILE_ARG_LIST_H

#include "policy/rule.h"

/* The number of slots, and whether a slot has an entry. */
size_t arg_list_slots(const struct rule_arg_spec *spec, const struct rule_arg *list);
bool arg_list_holds(const struct rule_arg_spec *spec, const struct rule_arg *list, size_t slot);

bool arg_list_is_empty(const struct rule_arg_spec *spec, const struct rule_arg *list);

/* The entry of a slot, for messages. */
const char *arg_list_text(struct arena *arena, const struct rule_arg_spec *spec,
			  const struct rule_arg *list, size_t slot);

/* A copy with its entries sorted, for arg_list_has(). */
struct rule_arg arg_list_sort(struct arena *arena, const struct rule_arg_spec *spec,
			      const struct rule_arg *list);

/* True if the sorted list has the entry that `from` has in this slot. */
bool arg_list_has(const struct rule_arg_spec *spec, const struct rule_arg *sorted,
		  const struct rule_arg *from, size_t slot);

/* The entries of a that b has (common) or lacks, in the order of a. */
struct rule_arg arg_list_pick(struct arena *arena, const struct rule_arg_spec *spec,
			      const struct rule_arg *a, const struct rule_arg *b, bool common);

/* The entries of a, and those of b that a lacks, each once. */
struct rule_arg arg_list_join(struct arena *arena, const struct rule_arg_spec *spec,
			      const struct rule_arg *a, const struct rule_arg *b);

/* The shipped default: what the list is if no policy names it. */
struct rule_arg arg_list_default(struct arena *arena, const struct rule_arg_spec *spec);

/* "A, B, C and 5 more": the entries, at most a few of them. */
const char *arg_list_summary(struct arena *arena, const struct rule_arg_spec *spec,
			     const struct rule_arg *list);

#endif
