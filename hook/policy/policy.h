/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies and verdicts: rootfence-policy(5). A policy is read into one row a rule, the kernel
 * guard's part and exceptions; judging a config gives a verdict with findings, and edits where
 * the policy rewrites. Nothing in hook/policy/ looks at the host, the clock or a global: a verdict
 * depends on nothing but the arguments of policy_judge().
 */
#ifndef ROOTFENCE_POLICY_POLICY_H
#define ROOTFENCE_POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "oci/config.h"
#include "oci/facts.h"

/* In rising order of severity. */
enum rule_action {
	RULE_ALLOW,   /* RF_ACT_ALLOW: not checked */
	RULE_LOG,     /* RF_ACT_LOG: reported, let through */
	RULE_REWRITE, /* RF_ACT_REWRITE: changed; refused where the front end cannot */
	RULE_REJECT,  /* RF_ACT_REJECT */
};

enum exec_action {
	EXEC_ALLOW,	   /* RF_ACT_ALLOW */
	EXEC_LOG,	   /* RF_ACT_LOG */
	EXEC_ERRNO,	   /* RF_ACT_ERRNO */
	EXEC_KILL_PROCESS, /* RF_ACT_KILL_PROCESS */
};

enum exec_guarantee {
	GUARANTEE_NONE,
	GUARANTEE_NNP,
	GUARANTEE_KILL,
	GUARANTEE_DENY
};

/* Who asks: decides what can be rewritten, and how a refusal to rewrite is explained. */
enum front_end {
	FRONT_CHECK,	 /* check, rewrite: a file; as the runtime wrapper would */
	FRONT_READ_ONLY, /* check --no-rewrite: nothing */
	FRONT_PRECREATE, /* podman's precreate: all but the user and the user namespace */
	FRONT_HOOK,	 /* an OCI hook: nothing */
	FRONT_WRAPPER,	 /* the runtime wrapper at create, run and restore: all there is */
	FRONT_EXEC,	 /* the runtime wrapper at exec: capabilities, noNewPrivileges, the user */
	FRONT_EXEC_OPTIONS, /* the same where the command line says it all: nothing */
	FRONT_COUNT,
};

/* The value of one argument of a rule, of the kind that the rule's table row names. */
struct rule_arg {
	bool set;
	uint64_t
		number; /* ARG_ID; ARG_CAPABILITIES: the set; ARG_WORD: index of the word; ARG_NUMBER */
	struct str *strings; /* ARG_STRINGS, ARG_PATHS */
	uint64_t *numbers;   /* ARG_IDS */
	size_t n;	     /* of strings or numbers */
};

#define RULE_ARGS_MAX 4
#define RULES_MAX 64

struct rule;

struct rule_setting {
	enum rule_action action;
	bool named; /* by a rule entry; else defaultAction applies */
	struct rule_arg args[RULE_ARGS_MAX];
};

struct exec_rule {
	const char *path;
	uint64_t capabilities;
	enum exec_action action;
};

#define EXEC_RULES_MAX 64 /* paths; the guard's map entry has room for no more */

struct exec_policy {
	enum exec_action default_action;
	unsigned int errno_ret;
	enum exec_guarantee guarantee;
	enum exec_action user_namespaces;
	enum exec_action set_ids;
	struct exec_rule rules[EXEC_RULES_MAX];
	size_t n_rules;
};

struct exception {
	uint64_t rules; /* bit n: row n of the rule table */
	enum rule_action action;
	struct exception_match {
		const char *key, *value; /* POSIX extended, valid, for whole strings */
	} * matches;			 /* each must match one annotation */
	size_t n_matches;
	const char *reason;	/* fit to be printed */
	struct str reason_text; /* as the file has it */
	unsigned int expires;	/* YYYYMMDD, 0: never */
	struct exception *next;
};

struct policy {
	const char *name;     /* fit to be printed */
	struct str name_text; /* as the file has it */
	bool audit;
	enum rule_action default_action;
	struct rule_setting settings[RULES_MAX];
	struct exec_policy exec;
	struct exception *exceptions, **exceptions_end;
};

/* Where policy_load() gets text from: the one who calls knows directories and opens files. */
struct policy_source {
	/*
	 * Opens the policy that an `extends` entry or a command line names. from is the file that
	 * extends it, or NULL. *ret_path names it in messages. Error: EXIT_POLICY.
	 */
	int (*open)(void *data, struct arena *arena, const char *name, const char *from,
		    const char **ret_path, struct str *ret_text, struct err *err);
	void *data;
};

#define POLICY_SIZE_MAX (1024U * 1024)
#define POLICY_EXTENDS_MAX 16U /* policies in one chain of extends */

/*
 * policy_load: the policy of that name with all that it extends. Error: EXIT_POLICY, with file,
 * line and column.
 */
int policy_load(struct arena *arena, const struct policy_source *source, const char *name,
		struct policy **ret_policy, struct err *err);

#define POLICY_ERRORS_MAX 100U /* of one policy that policy_load_all() names */

/* Every error of a policy, in the order found; starts as zeroes. */
struct policy_errors {
	struct policy_note *first;
	unsigned int n;
};

/*
 * policy_load_all: the same for who mends the policy: behind an error it reads on with what does
 * not depend on it, and adds all that it finds to *errors.
 */
int policy_load_all(struct arena *arena, const struct policy_source *source, const char *name,
		    struct policy **ret_policy, struct policy_errors *errors, struct err *err);

/*
 * policy_render: the policy as the text of one file that extends nothing; policy_load() makes an
 * equal policy of it.
 */
struct str policy_render(struct arena *arena, const struct policy *policy);

/* policy_paths: the host paths that facts_collect() has to look up for this policy. */
size_t policy_paths(struct arena *arena, const struct policy *policy, struct str **ret_paths);

/*
 * policy_accounts_needed: can this policy make this front end rewrite the user, so that it has to
 * know the container's accounts? See facts_collect_accounts().
 */
bool policy_accounts_needed(const struct policy *policy, enum front_end front_end);

/* policy_syscalls: the system calls that seccomp_reach() has to look up for this policy. */
size_t policy_syscalls(const struct policy *policy, const struct str **ret_names);

/* One change that puts a finding right: json_set(), or json_remove() where value is NULL. */
struct edit {
	struct json_node *node;
	const char *path;
	const char *value;
	struct edit *next;
};

struct finding {
	const struct rule *rule;
	enum rule_action action;      /* after mode and exceptions */
	const char *pointer;	      /* of the place; it may be a member that the document lacks */
	const struct json_node *node; /* the place, or the nearest that there is */
	const char *observed;	      /* JSON text */
	const char *required;	      /* words */
	const char *message;	      /* "/process/user/uid is 0; must not be 0" */
	const char *fix;	      /* what the user changes */
	const char *obstacle; /* why a RULE_REWRITE is a refusal here; NULL: it is carried out */
	struct edit *edits, **edits_end; /* in the order in which they are carried out */
	struct finding *next;
};

/* finding_that_counts: the first that a rule rewrites or rejects, or NULL. */
const struct finding *finding_that_counts(const struct finding *findings);

enum verdict_kind {
	VERDICT_ALLOW,
	VERDICT_LOG,
	VERDICT_REWRITE,
	VERDICT_REJECT
};

/*
 * A file that has to be in rootfence/ of the bundle when the runtime reads the rewritten spec. Only
 * FRONT_WRAPPER's edits mount them: for a file, nobody would make them.
 */
struct generated_file {
	const char *name; /* "passwd", "group" */
	struct str text;
};

struct verdict {
	enum verdict_kind kind;
	const struct policy *policy;
	struct finding *findings,
		**findings_end; /* in the order of the rule table, then what follows from a rewrite */
	unsigned int n_refusals;
	struct generated_file files[ACCOUNTS_COUNT]; /* a name and a group for a rewritten user */
	size_t n_files;
};

/*
 * policy_judge: the verdict on config. For the front ends of exec, config is a process that enters
 * a container: only rules that are about a process are asked. Where the policy rewrites and
 * front_end can, config->doc carries the edits afterwards (see json_render). today is YYYYMMDD in
 * UTC, for exceptions.
 */
void policy_judge(struct arena *arena, const struct policy *policy, const struct oci_config *config,
		  const struct facts *facts, enum front_end front_end, unsigned int today,
		  struct verdict *ret_verdict);

/* What the policy says of a rule for one container, and why. */
struct rule_state {
	enum rule_action action;
	const struct exception *exception; /* the one that decided, or NULL */
	bool audited;			   /* the mode made RF_ACT_LOG of it */
};

/* policy_actions: the policy's action for every row, then exceptions, then the mode. */
void policy_actions(const struct policy *policy, const struct oci_config *config,
		    unsigned int today, struct rule_state *ret_states);

/* policy_exec: the guard's part of the policy, the mode applied. */
struct exec_policy policy_exec(const struct policy *policy);

/* One sentence about a policy or two. */
struct policy_note {
	enum policy_note_kind {
		NOTE_ERROR,   /* policy_load_all(): FILE:LINE:COLUMN where there is one, and why */
		NOTE_WARNING, /* policy_lint(): allowed, but hardly meant */
		NOTE_WEAKER,  /* policy_diff(): something passes that did not, or is held less */
		NOTE_STRICTER,
		NOTE_OTHER,
	} kind;
	const char *text;
	unsigned int line, column; /* of NOTE_ERROR and NOTE_WARNING; 0: no place */
	struct policy_note *next;
};

/*
 * policy_lint: warnings about one policy file, valid or not; doc is its text, read with comments.
 * today is YYYYMMDD in UTC, for exceptions. NULL: none.
 */
struct policy_note *policy_lint(struct arena *arena, struct json_doc *doc, unsigned int today);

/* policy_diff: what changes for specs and containers when b takes a's place. NULL: nothing. */
struct policy_note *policy_diff(struct arena *arena, const struct policy *a, const struct policy *b,
				unsigned int today);

/* What the guard has to hold the container to: the policy as it applies to this config. */
struct exec_limits {
	uint64_t ceiling;
	uint64_t bounding; /* the ceiling, and what exec rules let some binary gain */
	enum exec_action ceiling_action;
	enum exec_action root_action;
	struct exec_policy exec; /* mode applied */
};

void policy_exec_limits(const struct policy *policy, const struct oci_config *config,
			const struct facts *facts, unsigned int today,
			struct exec_limits *ret_limits);

/* Names as they are spelled in policies and reports. */
const char *rule_action_name(enum rule_action action);
const char *verdict_name(enum verdict_kind kind);
const char *exec_guarantee_name(enum exec_guarantee guarantee);

#endif
