/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definition of a rule, and the table of all rules. A rule is one const struct in
 * rules/SUBJECT.c: its name, arguments, references and check. table.c lists the rules in the order
 * in which a refusal names their findings.
 */
#ifndef ROOTFENCE_POLICY_RULE_H
#define ROOTFENCE_POLICY_RULE_H

#include "policy/policy.h"

enum rule_arg_kind {
	KIND_NONE,
	KIND_CAPABILITIES, /* array of exact names */
	KIND_STRINGS,	   /* array of strings; a final * matches any rest */
	KIND_PATHS,	   /* array of absolute paths, looked up on the host */
	KIND_INSIDE,	   /* array of absolute paths in the container, not looked up */
	KIND_NUMBER,	   /* a whole number */
	KIND_VERSION,	   /* "v1.0" to "v1.37" of Kubernetes, as its minor number */
	KIND_PATTERNS, /* array of absolute paths; * is any one component; :ro: read-only mounts */
	KIND_ID,       /* a uid or gid */
	KIND_IDS,      /* array of ids */
	KIND_WORD,     /* one of `words` */
	KIND_STRING,   /* a string that is not empty */
	KIND_RANGES,   /* array of ranges of ids: "FIRST-LAST", "FIRST/COUNT", "ID" */
};

/* How a larger value changes the verdict. policy_diff() compares two policies by it. */
enum rule_arg_effect {
	EFFECT_SHAPES, /* not at all: it shapes what a rewrite writes */
	EFFECT_ADMITS, /* more specs pass; larger means more entries, a larger number, a later word */
	EFFECT_DEMANDS, /* fewer specs pass */
	EFFECT_SELECTS, /* other specs pass */
};

/* True if an argument of this kind has entries; else it has one value. */
bool rule_arg_is_list(enum rule_arg_kind kind);

/*
 * The known strings of an argument. Others are valid too, since another host or version may know
 * more; policy_lint() warns about them.
 */
struct vocabulary {
	bool (*has)(struct arena *arena, struct str word);
	const char *unknown; /* what policy_lint() says of another string */
	const char *const *(*words)(
		struct arena *arena); /* ended by NULL, for suggestions; or NULL */
};

struct rule_arg_spec {
	const char *name;
	enum rule_arg_kind kind;
	enum rule_arg_effect effect;
	bool none_is_all;	     /* EFFECT_ADMITS: absent or empty, it lets everything pass */
	const char *const *words;    /* KIND_WORD, ended by NULL; the first is the default */
	const char *const *defaults; /* KIND_STRINGS and KIND_PATHS, ended by NULL; else NULL */
	const struct vocabulary *vocabulary; /* KIND_STRINGS, or NULL */
	/* policy_diff(): does one entry say what another says, and more? NULL: none does. */
	bool (*covers)(struct str wide, struct str narrow);
	/* policy_lint(): why an entry does more harm than it looks like, or NULL. Or NULL. */
	const char *(*flaw)(struct arena *arena, struct str entry);
	const char *meaning;
};

struct judge;

struct rule {
	const char *name;
	const char *title;
	const char *reads;			  /* JSON pointers, for the documentation */
	struct rule_arg_spec args[RULE_ARGS_MAX]; /* indexed by an enum of the rule's file */
	const char *const *references;
	bool process; /* about the process, so checked at exec too */
	/*
	 * NULL: the rule never rewrites. Else one entry per front end: why it cannot rewrite, and
	 * what to use instead; NULL if it can. The two arrays are rewrites_spec and rewrites_user.
	 */
	const char *const *rewrites;
	/* Reports findings with the edits that fix them: finding_add() in judge.h. */
	void (*check)(struct judge *judge);
	/* True if the argument has an effect, given or not. NULL: it has one if it is given. */
	bool (*arg_in_force)(const struct rule_setting *setting, size_t arg);
	/* policy_lint(): why the rule does nothing, or only refuses, as it is set, or NULL. Or NULL. */
	const char *(*flaw)(const struct rule_setting *setting);
};

#define REFERENCES(...)           \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

extern const struct rule *const rules[];
extern const size_t n_rules;

/* The row of the rule of that name, or -1. */
int rule_find(struct str name);

/* The row of a rule, or n_rules for one without a row. */
size_t rule_row(const struct rule *rule);

/* All names, ended by NULL, for suggestions. */
const char *const *rule_names(void);

/* The policy's setting of a rule of the table. */
static inline const struct rule_setting *rule_setting(const struct policy *policy,
						      const struct rule *rule)
{
	return &policy->settings[rule_row(rule)];
}

/* Rules that other files ask about. */
extern const struct rule rule_capabilities, rule_device_access, rule_host_user_namespace,
	rule_no_new_privileges, rule_root_user, rule_root_group, rule_seccomp_profile,
	rule_user_range;

/* Always on. Reading the spec is the check, and a finding means exit code 3. It has no row. */
extern const struct rule rule_spec;

/*
 * exec.userNamespaces, if the policy refuses new user namespaces and the kernel guard cannot. It
 * has no row, since the exec part of the policy decides what happens.
 */
extern const struct rule rule_user_namespaces;

/*
 * exec.rules, if the first program of the container will not start without one. It has no row,
 * since it says what the capabilities rule and the exec part together bring about.
 */
extern const struct rule rule_first_program;

#endif
