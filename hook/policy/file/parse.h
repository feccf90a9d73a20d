/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the policy loader share: load.c (files, extends), load_rules.c, load_exec.c.
 * The documents of policy test cases (hook/cmd/case_files.c) are read with the same functions.
 */
#ifndef ROOTFENCE_POLICY_FILE_PARSE_H
#define ROOTFENCE_POLICY_FILE_PARSE_H

#include "policy/policy.h"

#define VERSION_MINOR_MAX 37U /* the newest Pod Security Standards that are known here */

struct loader {
	struct arena *arena;
	const struct policy_source *source;
	struct policy *policy; /* being filled: parents first, so that later wins */
	struct json_doc *doc;  /* the file that is being read */
	struct err *err;
	struct policy_errors *all; /* where every error goes; NULL: the first one ends it */
	const char *chain[POLICY_EXTENDS_MAX]; /* files from the first to this one */
	unsigned int depth;
};

/* One member that an object may have. */
struct policy_key {
	const char *name;
	enum json_type type;
	int (*read)(struct loader *loader, struct json_node *value, void *target);
};

/* policy_fail: json_fail() with EXIT_POLICY for the loader's document. */
#define policy_fail(loader, node, ...) \
	json_fail((loader)->doc, node, EXIT_POLICY, (loader)->err, __VA_ARGS__)

/*
 * load_go_on: for a loop over what does not depend on each other. Where all errors are wanted it
 * notes this one and returns 0, so that the next is read; else, and without an error, it returns
 * what it was given.
 */
int load_go_on(struct loader *loader, int error);

/* load_errors: how many were noted so far. */
static inline unsigned int load_errors(const struct loader *loader)
{
	return loader->all != NULL ? loader->all->n : 0;
}

/* load_object: reads each member by its key; an unknown one, or a wrong type, is an error. */
int load_object(struct loader *loader, struct json_node *object, const struct policy_key *keys,
		size_t n_keys, void *target);

/* load_want: an error unless node has the type. */
int load_want(struct loader *loader, const struct json_node *node, enum json_type type);

/*
 * load_word: index of the string in words (ended by NULL), which are `what` in the message; an
 * error names the nearest. Returns the index or -EINVAL.
 */
int load_word(struct loader *loader, const struct json_node *node, const char *what,
	      const char *const *words);

/* load_capabilities: an array of exact capability names as a set. */
int load_capabilities(struct loader *loader, struct json_node *array, uint64_t *ret_set);

/* load_rule_entry: one entry of "rules". */
int load_rule_entry(struct loader *loader, struct json_node *node);

/* load_rule_names: an array of rule names as bits of the rule table. */
int load_rule_names(struct loader *loader, struct json_node *array, uint64_t *ret_rules);

/* load_rule_defaults: the arguments that rules have where no policy names them. */
void load_rule_defaults(struct arena *arena, struct policy *policy);

int load_exec(struct loader *loader, struct json_node *object, void *target);
int load_exceptions(struct loader *loader, struct json_node *array, void *target);

/* Spellings of actions, ended by NULL, in the order of enum rule_action and enum exec_action. */
extern const char *const rule_action_words[];
extern const char *const exec_action_words[];
extern const char *const guarantee_words[];

#endif
