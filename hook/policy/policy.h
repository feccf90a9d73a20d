/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies and verdicts, see rootfence-policy(5). A policy is loaded into one setting per rule, the
 * kernel guard's part, and exceptions. Judging a config gives a verdict with findings, and with
 * edits if the policy rewrites. Nothing in hook/policy/ looks at the host, the clock or a global: a
 * verdict depends only on the arguments of policy_judge().
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
	RULE_LOG,     /* RF_ACT_LOG: reported, and allowed */
	RULE_REWRITE, /* RF_ACT_REWRITE: changed; refused where the front end cannot */
	RULE_REJECT,  /* RF_ACT_REJECT: refused */
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

/* Who asks, and what it can rewrite. It also decides how a refusal to rewrite is explained. */
enum front_end {
	FRONT_CHECK,	 /* check, rewrite: a spec file, as the runtime wrapper would */
	FRONT_READ_ONLY, /* check --no-rewrite: nothing */
	FRONT_PRECREATE, /* podman's precreate: all but the user and the user namespace */
	FRONT_HOOK,	 /* an OCI hook: nothing */
	FRONT_WRAPPER,	 /* the runtime wrapper at create, run and restore: everything */
	FRONT_EXEC,	 /* the runtime wrapper at exec: capabilities, noNewPrivileges, the user */
	FRONT_EXEC_OPTIONS, /* the same without a process document, from options alone: nothing */
	FRONT_COUNT,
};

/* The value of one argument of a rule. The rule's args name its kind. */
struct rule_arg {
	bool set;
	uint64_t
		number; /* KIND_ID; KIND_CAPABILITIES: the set; KIND_WORD: index of the word; KIND_NUMBER */
	struct str *strings; /* KIND_STRINGS, KIND_PATHS */
	uint64_t *numbers;   /* KIND_IDS */
	size_t n;	     /* of strings or numbers */
	/*
	 * Of a list that is not set and has a shipped default: what `add` and `remove` changed in
	 * it. strings has the result.
	 */
	struct str *added, *removed;
	size_t n_added, n_removed;
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

#define EXEC_RULES_MAX 64 /* paths; the guard's map entry has no room for more */

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
		const char *key, *value;	 /* POSIX extended, valid, match whole strings */
		struct str key_text, value_text; /* as the file has them */
	} * matches;				 /* each must match one annotation */
	size_t n_matches;
	const char *reason;	/* safe to print */
	struct str reason_text; /* as the file has it */
	unsigned int expires;	/* YYYYMMDD, 0: never */
	struct exception *next;
};

#define UNREGISTERED_EXEMPT_MAX 64

/* What the host does about containers that nobody registered. */
struct unregistered_policy {
	enum exec_action action;		     /* not EXEC_KILL_PROCESS */
	const char *exempt[UNREGISTERED_EXEMPT_MAX]; /* paths of cgroups */
	size_t n_exempt;
};

struct policy {
	const char *name;     /* safe to print */
	struct str name_text; /* as the file has it */
	bool audit;
	enum rule_action default_action;
	struct rule_setting settings[RULES_MAX];
	struct exec_policy exec;
	struct unregistered_policy unregistered;
	struct exception *exceptions, **exceptions_end;
};

/* Where policy_load() gets text from. The caller knows the directories and opens the files. */
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
 * Loads the policy of that name with all that it extends. Error: EXIT_POLICY, with file, line and
 * column.
 */
int policy_load(struct arena *arena, const struct policy_source *source, const char *name,
		struct policy **ret_policy, struct err *err);

#define POLICY_ERRORS_MAX 100U /* of one policy that policy_load_all() collects */

/* Every error of a policy, in the order found. Initialize with zeroes. */
struct policy_errors {
	struct policy_note *first;
	unsigned int n;
	/* What only loading can tell: entries that a list loses, for instance. See policy_lint(). */
	struct policy_note *warnings;
};

/*
 * Like policy_load(), but collects every error: after one it reads on with what does not depend on
 * it, and adds all errors to *errors.
 */
int policy_load_all(struct arena *arena, const struct policy_source *source, const char *name,
		    struct policy **ret_policy, struct policy_errors *errors, struct err *err);

/*
 * Writes the policy as the text of one file without extends. policy_load() reads an equal policy
 * from it.
 */
struct str policy_render(struct arena *arena, const struct policy *policy);

/* The host paths that facts_collect() has to look up for this policy. */
size_t policy_paths(struct arena *arena, const struct policy *policy, struct str **ret_paths);

/*
 * True if this policy can make this front end rewrite the user, which needs the container's
 * accounts; see accounts_collect().
 */
bool policy_accounts_needed(const struct policy *policy, enum front_end front_end);

/* The system calls that seccomp_reach() has to look up for this policy. */
size_t policy_syscalls(const struct policy *policy, const struct str **ret_names);

/* One change that fixes a finding: json_set(), or json_remove() if value is NULL. */
struct edit {
	struct json_node *node;
	const char *path;
	const char *value;
	struct edit *next;
};

struct finding {
	const struct rule *rule;
	enum rule_action action;	   /* after mode and exceptions */
	const struct exception *exception; /* that decided the action, or NULL */
	const char *pointer;		   /* of the place, which the document may lack */
	const struct json_node *node;	   /* the place, or the nearest node above it */
	const char *observed;		   /* JSON text */
	const char *required;		   /* words */
	const char *message;		   /* "/process/user/uid is 0; must not be 0" */
	const char *fix;		   /* what the user changes */
	const char *obstacle; /* why a RULE_REWRITE is a refusal here; NULL: it is carried out */
	struct edit *edits, **edits_end; /* in the order of carrying them out */
	const char *change; /* what the edits do to the container, or NULL: see its rule */
	bool asked;	    /* somebody asked by name for what they take away */
	struct finding *next;
};

/* The first finding that a rule rewrites or rejects, or NULL. */
const struct finding *finding_that_counts(const struct finding *findings);

enum verdict_kind {
	VERDICT_ALLOW,
	VERDICT_LOG,
	VERDICT_REWRITE,
	VERDICT_REJECT
};

/*
 * A file that must be in rootfence/ of the bundle when the runtime reads the rewritten spec. Only
 * the edits of FRONT_WRAPPER mount such files, since only the wrapper creates them.
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
	/* What rules would find that an exception makes RF_ACT_ALLOW. It changes nothing. */
	struct finding *excepted, **excepted_end;
	unsigned int n_refusals;
	struct generated_file files[ACCOUNTS_COUNT]; /* name and group of a rewritten user */
	size_t n_files;
};

/*
 * Judges config. For the front ends of exec, config is a process that enters a container, and only
 * rules about a process are checked. If the policy rewrites and front_end can, config->doc has the
 * edits afterwards (see json_render). today is YYYYMMDD in UTC, for exceptions.
 */
void policy_judge(struct arena *arena, const struct policy *policy, const struct oci_config *config,
		  const struct facts *facts, enum front_end front_end, unsigned int today,
		  struct verdict *ret_verdict);

/* The action of a rule for one container, and where it comes from. */
struct rule_state {
	enum rule_action action;
	enum rule_action usual;		   /* without exceptions and the mode */
	const struct exception *exception; /* the one that decided, or NULL */
	bool audited;			   /* audit mode turned the action into RF_ACT_LOG */
};

/* Takes the policy's action for every row, then applies exceptions, then the mode. */
void policy_actions(const struct policy *policy, const struct oci_config *config,
		    unsigned int today, struct rule_state *ret_states);

/* The guard's part of the policy, with the mode applied. */
struct exec_policy policy_exec(const struct policy *policy);

/* The action on an execve in a container that nobody registered, with the mode applied. */
enum exec_action policy_unregistered_action(const struct policy *policy);

/* One sentence about one or two policies. */
struct policy_note {
	enum policy_note_kind {
		NOTE_ERROR,   /* policy_load_all(): the reason, after FILE:LINE:COLUMN if known */
		NOTE_WARNING, /* policy_lint(): valid but probably unintended */
		NOTE_WEAKER,  /* policy_diff(): something newly passes, or is restricted less */
		NOTE_STRICTER,
		NOTE_OTHER,
	} kind;
	const char *text;
	unsigned int line, column; /* of NOTE_ERROR and NOTE_WARNING; 0: no place */
	const char *file;	   /* of policy_errors.warnings: the path that it was opened by */
	struct policy_note *next;
};

/*
 * Returns warnings about one policy file, valid or not; NULL: none. doc is its text, read with
 * comments. policy is what it is with all that it extends; NULL if it is invalid, or if only its own
 * text counts, as for a file that another one extends. today is YYYYMMDD in UTC, for exceptions.
 * Loading gives more warnings: policy_errors.warnings.
 */
struct policy_note *policy_lint(struct arena *arena, struct json_doc *doc,
				const struct policy *policy, unsigned int today);

/* Returns what changes for specs and containers if b replaces a; NULL: nothing. */
struct policy_note *policy_diff(struct arena *arena, const struct policy *a, const struct policy *b,
				unsigned int today);

/* The limits that the guard sets for the container: the policy as it applies to this config. */
struct exec_limits {
	uint64_t ceiling;
	uint64_t bounding; /* the ceiling, and what exec rules let some binary gain */
	enum exec_action ceiling_action;
	enum exec_action root_action;
	enum exec_action promise_action; /* where the container is not what the spec says */
	struct exec_policy exec;	 /* with the mode applied */
};

void policy_exec_limits(const struct policy *policy, const struct oci_config *config,
			const struct facts *facts, unsigned int today,
			struct exec_limits *ret_limits);

/* Names as policies and reports spell them. */
const char *rule_action_name(enum rule_action action);
const char *verdict_name(enum verdict_kind kind);
const char *exec_guarantee_name(enum exec_guarantee guarantee);

#endif
