/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of policy_lint(): lint.c (rules), lint_exec.c, lint_exceptions.c. */
#ifndef ROOTFENCE_POLICY_FILE_LINT_H
#define ROOTFENCE_POLICY_FILE_LINT_H

#include "policy/rule.h"

struct lint {
	struct arena *arena;
	struct json_doc *doc;
	const struct policy *policy; /* the whole policy, or NULL: see policy_lint() */
	unsigned int today;
	const struct vocabulary *vocabulary; /* the last one whose words were needed */
	const char *const *words;
	unsigned int n_words;
	struct policy_note *first, **end;
};

/* Adds a warning about a place of the document. */
void lint_warn(struct lint *lint, const struct json_node *node, const char *text);

#define lint_note(lint, node, ...) lint_warn(lint, node, arena_printf((lint)->arena, __VA_ARGS__))

/* Warns about a name or path that an earlier entry has. */
void lint_again(struct lint *lint, const struct json_node *node, const struct json_node *earlier);

/* The line that a node starts on. */
unsigned int lint_line(struct lint *lint, const struct json_node *node);

/* Warns about an action of a rule entry, or of an exception, that the rule cannot have. */
void lint_action(struct lint *lint, const struct json_node *entry, const struct rule *rule);

/* The rule's action in the whole policy, without exceptions and the mode. */
enum rule_action lint_rule_action(const struct lint *lint, size_t row);

/* The parts of a document. Each may be NULL or malformed: the loader reports that. */
void lint_exec(struct lint *lint, const struct json_node *exec);
void lint_unregistered(struct lint *lint, const struct json_node *unregistered);
void lint_exceptions(struct lint *lint, const struct json_node *array);

#endif
