/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of the policy loader: parse.c (files, extends), parse_rules.c, parse_exec.c
 * and parse_unregistered.c, which read the members.
 */
#ifndef ROOTFENCE_POLICY_FILE_PARSE_H
#define ROOTFENCE_POLICY_FILE_PARSE_H

#include "json/fields.h"
#include "policy/rule.h"

#define VERSION_MINOR_MAX 37U /* the newest Pod Security Standards known here */

/*
 * load_errors: the number of errors noted so far, for entries after which reading goes on
 * (fields_go_on()).
 */
unsigned int load_errors(const struct fields_reader *reader);

/*
 * load_warn: adds a warning about a place of the document, for policy_lint(); the first 100 of a
 * policy. load_warns: false if nobody asked for warnings, or a file is read for the second time.
 */
void load_warn(const struct fields_reader *reader, const struct json_node *node, const char *text);
bool load_warns(const struct fields_reader *reader);

/* load_note_reset: to be called when an entry has set a row of the rule table again. */
void load_note_reset(const struct fields_reader *reader, size_t row);

/* rule_setting_equal: true if two settings of a row decide alike. */
bool rule_setting_equal(struct arena *arena, size_t row, const struct rule_setting *a,
			const struct rule_setting *b);

/* Readers for rows and for fields_each(). After the semicolon: the target. */

/* load_rule_entry: one entry of "rules"; the policy. */
int load_rule_entry(const struct fields_reader *reader, struct json_node *node, void *target);

/* load_rule_names: an array of rule names, as bits of the rule table; uint64_t. */
int load_rule_names(const struct fields_reader *reader, struct json_node *array, void *target);

/* load_exec: "exec"; struct exec_policy. load_exceptions: "exceptions"; the policy. */
int load_exec(const struct fields_reader *reader, struct json_node *object, void *target);
int load_exceptions(const struct fields_reader *reader, struct json_node *array, void *target);

/* load_list: an argument that is a list, in an array or changed by an object; see parse_lists.c. */
int load_list(const struct fields_reader *reader, struct json_node *value,
	      const struct rule_arg_spec *spec, struct rule_arg *arg);

/* load_unregistered: "unregistered"; struct unregistered_policy. */
int load_unregistered(const struct fields_reader *reader, struct json_node *value, void *target);

/* load_id: a uid or gid. */
int load_id(const struct fields_reader *reader, const struct json_node *node, uint64_t *ret_id);

/* load_rule_defaults: sets the arguments that rules have if a policy does not name them. */
void load_rule_defaults(struct arena *arena, struct policy *policy);

/* Spellings of actions, ended by NULL, in the order of enum rule_action and enum exec_action. */
extern const char *const rule_action_words[];
extern const char *const exec_action_words[];
extern const char *const guarantee_words[];
extern const char *const unregistered_action_words[];

/* The same for rows. */
extern const struct field_words rule_actions, exec_actions;

#endif
