/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of the policy loader: parse.c (files, extends), parse_rules.c and
 * parse_exec.c, which read the members.
 */
#ifndef ROOTFENCE_POLICY_FILE_PARSE_H
#define ROOTFENCE_POLICY_FILE_PARSE_H

#include "json/fields.h"
#include "policy/policy.h"

#define VERSION_MINOR_MAX 37U /* the newest Pod Security Standards known here */

/*
 * load_errors: the number of errors noted so far, for entries after which reading goes on
 * (fields_go_on()).
 */
unsigned int load_errors(const struct fields_reader *reader);

/* Readers for rows and for fields_each(). After the semicolon: the target. */

/* load_rule_entry: one entry of "rules"; the policy. */
int load_rule_entry(const struct fields_reader *reader, struct json_node *node, void *target);

/* load_rule_names: an array of rule names, as bits of the rule table; uint64_t. */
int load_rule_names(const struct fields_reader *reader, struct json_node *array, void *target);

/* load_exec: "exec"; struct exec_policy. load_exceptions: "exceptions"; the policy. */
int load_exec(const struct fields_reader *reader, struct json_node *object, void *target);
int load_exceptions(const struct fields_reader *reader, struct json_node *array, void *target);

/* load_rule_defaults: sets the arguments that rules have if a policy does not name them. */
void load_rule_defaults(struct arena *arena, struct policy *policy);

/* Spellings of actions, ended by NULL, in the order of enum rule_action and enum exec_action. */
extern const char *const rule_action_words[];
extern const char *const exec_action_words[];
extern const char *const guarantee_words[];

/* The same for rows. */
extern const struct field_words rule_actions, exec_actions;

#endif
