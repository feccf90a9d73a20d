/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule table: one row a rule. A rule is a check function, which reports findings, and, where
 * it can be put right, a fix function, which edits the document.
 */
#ifndef ROOTFENCE_POLICY_RULE_H
#define ROOTFENCE_POLICY_RULE_H

#include "policy/policy.h"

enum rule_arg_kind {
	ARG_NONE,
	ARG_CAPABILITIES, /* array of exact names */
	ARG_STRINGS,	  /* array of strings; a final * stands for any rest */
	ARG_PATHS,	  /* array of absolute paths, looked up on the host */
	ARG_INSIDE,	  /* array of absolute paths of the container, not looked up */
	ARG_NUMBER,	  /* a whole number */
	ARG_VERSION,	  /* "v1.0" to "v1.37" of Kubernetes, as its minor number */
	ARG_PATTERNS, /* array of absolute paths; * is any one component, :ro read-only mounts */
	ARG_ID,	      /* a uid or gid */
	ARG_IDS,      /* array of ids */
	ARG_WORD,     /* one of `words` */
	ARG_STRING,   /* a string that is not empty */
	ARG_RANGES,   /* array of ranges of ids: "FIRST-LAST", "FIRST/COUNT", "ID" */
};

/* What a larger value does to the verdict, for who compares two policies. */
enum rule_arg_effect {
	ARG_SHAPES,  /* nothing: it says what a rewrite makes */
	ARG_ADMITS,  /* more specs pass: entries, a number, a later word */
	ARG_DEMANDS, /* fewer specs pass */
	ARG_SELECTS, /* others pass */
};

/* rule_arg_is_list: has an argument of the kind entries, or one value? */
bool rule_arg_is_list(enum rule_arg_kind kind);

struct rule_arg_spec {
	const char *name;
	enum rule_arg_kind kind;
	enum rule_arg_effect effect;
	bool none_is_all;	     /* ARG_ADMITS: not given, or empty, it lets all pass */
	const char *const *words;    /* ARG_WORD, ended by NULL; the first is the default */
	const char *const *defaults; /* ARG_STRINGS and ARG_PATHS, ended by NULL; else NULL */
	const char *meaning;
};

/* What the rules so far make of the uid or the gid. */
struct id_change {
	const struct rule *rule; /* the last that changed it; NULL: it stays */
	uint32_t id;
};

/* One judgement as rules see it. */
struct judge {
	struct arena *arena;
	const struct oci_config *config;
	const struct facts *facts;
	const struct policy *policy;
	const struct rule *rule;	    /* the one that is being checked */
	const struct rule_setting *setting; /* its arguments */
	enum rule_action action;	    /* what its findings get */
	enum front_end front_end;
	const char *obstacle;	 /* why they are refusals although action is RULE_REWRITE */
	bool drops_capabilities; /* the capabilities rule rewrites here */
	bool ships_profile;	 /* the seccompProfile rule put the shipped profile in */
	struct verdict *verdict;
	struct id_change new_uid, new_gid; /* by the user's rules */
};

struct rule {
	const char *name;
	const char *title;
	const char *reads; /* JSON pointers, for the documentation */
	struct rule_arg_spec args[RULE_ARGS_MAX];
	const char *const *references;
	bool process; /* about the process, so asked at exec too */
	void (*check)(struct judge *judge);
	/* Edits the document so that check finds nothing; NULL: the rule cannot rewrite. */
	void (*fix)(struct judge *judge);
	/* Why a front end cannot carry out fix, and what to use instead; NULL: it can. */
	const char *obstacles[FRONT_COUNT];
};

extern const struct rule rules[];
extern const size_t n_rules;

/* rule_find: number of the row of that name, or -1. */
int rule_find(struct str name);

/* rule_names: all names, ended by NULL, for suggestions. */
const char *const *rule_names(void);

/* One finding as a check function states it; observed may be NULL for "absent" (JSON null). */
struct finding_text {
	const char *observed;
	const char *required;
	const char *message;
	const char *fix;
};

/*
 * finding_add: reports a finding of the current rule at node, or, where the document has no such
 * node, at the member `missing` below it. message is completed with the pointer in front.
 */
void finding_add(struct judge *judge, const struct json_node *node, const char *missing,
		 struct finding_text text);

/* Questions that several rules ask. */

/* judge_user_namespace_is_private: does the process get a user namespace that is not the host's? */
bool judge_user_namespace_is_private(const struct judge *judge);

/* judge_has_proc: are the kernel's files at /proc of the container, and nothing over /proc/sys? */
bool judge_has_proc(const struct judge *judge);

enum id_kind {
	ID_USER,
	ID_GROUP
};

#define HOST_ID_NONE UINT64_MAX		 /* the id maps to nothing */
#define HOST_ID_UNKNOWN (UINT64_MAX - 1) /* the map cannot be read */

/* judge_host_id: the id of the initial user namespace that an id in the container is. */
uint64_t judge_host_id(const struct judge *judge, enum id_kind kind, uint32_t id);

/* judge_allowed_capabilities: what the policy's capabilities rule lets this container keep. */
uint64_t judge_allowed_capabilities(const struct judge *judge);

/* rule_arg_before: does the policy ask for Pod Security Standards older than v1.MINOR? (ARG_VERSION) */
static inline bool rule_arg_before(const struct rule_arg *version, unsigned int minor)
{
	return version->set && version->number < minor;
}

/* judge_exec_rule_capabilities: what exec rules let some binary of the container gain. */
uint64_t judge_exec_rule_capabilities(const struct judge *judge);

/*
 * judge_process_keeps_power: is the process root on the host, or does it keep a capability once
 * the capabilities rule has had its say?
 */
bool judge_process_keeps_power(const struct judge *judge);

/* The rewrite of the user, by several rules: user_rewrite.c. */

/* judge_id: the uid or gid of the process, as the rules so far have it. */
uint32_t judge_id(const struct judge *judge, enum id_kind kind);

/* judge_set_id: edits the uid or gid, where the document has one and where it has none. */
void judge_set_id(struct judge *judge, enum id_kind kind, uint32_t id);

/* judge_accounts_obstacle: why the user cannot be rewritten in this container, or NULL. */
const char *judge_accounts_obstacle(const struct judge *judge);

/*
 * judge_settle_user: what a changed user needs besides: HOME, and a name and a group. Called when
 * all rules have been judged.
 */
void judge_settle_user(struct judge *judge);

/* judge_linux_finding: a finding at node, or, where it is NULL, at the member of that name of linux. */
void judge_linux_finding(struct judge *judge, const struct json_node *node, const char *name,
			 struct finding_text text);

/* judge_linux_add: adds a member that linux lacks, and linux where the spec lacks that. */
void judge_linux_add(struct judge *judge, const char *name, const char *value);

/* judge_source: the JSON text of a node, for `observed`. */
const char *judge_source(const struct judge *judge, const struct json_node *node);

/* judge_entry_names: is the text one of the ARG_STRINGS? A final * of an entry stands for any rest. */
bool judge_entry_names(const struct rule_arg *entries, struct str text);

/* resource_limit_is_asked: does the setting of resourceLimits ask for the limit of that argument? */
bool resource_limit_is_asked(const struct rule_setting *setting, size_t limit);

/* The check and fix functions, by file. */
void check_root_user(struct judge *judge);
void fix_root_user(struct judge *judge);
void check_root_group(struct judge *judge);
void fix_root_group(struct judge *judge);
void check_user_range(struct judge *judge);
void fix_user_range(struct judge *judge);
void check_identity_mapping(struct judge *judge);
void check_capabilities(struct judge *judge);
void fix_capabilities(struct judge *judge);
void check_no_new_privileges(struct judge *judge);
void fix_no_new_privileges(struct judge *judge);
void check_privileged_container(struct judge *judge);
void check_host_user_namespace(struct judge *judge);
void check_host_pid_namespace(struct judge *judge);
void fix_host_pid_namespace(struct judge *judge);
void check_host_network_namespace(struct judge *judge);
void check_host_ipc_namespace(struct judge *judge);
void fix_host_ipc_namespace(struct judge *judge);
void check_host_uts_namespace(struct judge *judge);
void fix_host_uts_namespace(struct judge *judge);
void check_host_cgroup_namespace(struct judge *judge);
void fix_host_cgroup_namespace(struct judge *judge);
void check_host_mount_namespace(struct judge *judge);
void fix_host_mount_namespace(struct judge *judge);
void check_host_mounts(struct judge *judge);
void check_mount_options(struct judge *judge);
void fix_mount_options(struct judge *judge);
void check_unsafe_annotations(struct judge *judge);
void fix_unsafe_annotations(struct judge *judge);
void check_working_directory(struct judge *judge);
void check_mount_propagation(struct judge *judge);
void fix_mount_propagation(struct judge *judge);
/* device_entry_is_known: is it an entry of deviceAccess, "TYPE MAJOR:MINOR" or with " ACCESS"? */
bool device_entry_is_known(struct str entry);
void check_device_access(struct judge *judge);
void fix_device_access(struct judge *judge);
void check_masked_paths(struct judge *judge);
void fix_masked_paths(struct judge *judge);
void check_readonly_paths(struct judge *judge);
void fix_readonly_paths(struct judge *judge);
void check_proc_mount(struct judge *judge);
void check_readonly_rootfs(struct judge *judge);
void fix_readonly_rootfs(struct judge *judge);
void check_seccomp_profile(struct judge *judge);
void fix_seccomp_profile(struct judge *judge);
void check_apparmor_profile(struct judge *judge);
void check_selinux_label(struct judge *judge);
void check_sysctls(struct judge *judge);
void fix_sysctls(struct judge *judge);
void check_resource_limits(struct judge *judge);
void fix_resource_limits(struct judge *judge);
void check_foreign_hooks(struct judge *judge);
void check_unsafe_environment(struct judge *judge);
void fix_unsafe_environment(struct judge *judge);
void check_net_devices(struct judge *judge);
void check_new_user_namespaces(struct judge *judge);
void fix_new_user_namespaces(struct judge *judge);

/* What is always on: reading itself is the check, and a finding is exit code 3. No row either. */
extern const struct rule rule_spec;

/*
 * exec.userNamespaces, where the policy refuses and the kernel guard cannot: no row of the table,
 * since the exec part of the policy says what happens.
 */
extern const struct rule rule_user_namespaces;

#endif
