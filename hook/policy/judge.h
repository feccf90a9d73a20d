/* SPDX-License-Identifier: Apache-2.0 */
/* One judgement as the checks of rules see it, and the questions that several rules ask. */
#ifndef ROOTFENCE_POLICY_JUDGE_H
#define ROOTFENCE_POLICY_JUDGE_H

#include "policy/rule.h"

/* The uid or gid after the rules so far. */
struct id_change {
	const struct rule *rule; /* the last rule that changed it; NULL: unchanged */
	uint32_t id;
};

struct judge {
	struct arena *arena;
	const struct oci_config *config;
	const struct facts *facts;
	const struct policy *policy;
	const struct rule *rule;	    /* the rule being checked */
	const struct rule_setting *setting; /* its arguments */
	enum rule_action action;	    /* the action of its findings */
	const struct exception *exception;  /* that decided it, or NULL */
	enum front_end front_end;
	bool drops_capabilities; /* the capabilities rule rewrites here */
	bool ships_profile;	 /* the seccompProfile rule has put the shipped profile in */
	struct verdict *verdict;
	struct id_change new_uid, new_gid; /* by the rules about the user */
	const struct rule_state *states;   /* the action of each row of the table */
};

/* One finding as a check states it; observed may be NULL for "absent" (JSON null). */
struct finding_text {
	const char *observed;
	const char *required;
	const char *message;
	const char *fix;
};

/*
 * Reports a finding of the current rule at node. If the document lacks the place, node is the
 * nearest node above it and `missing` the path from there. The message gets the pointer in front.
 * Returns the finding, so that the check can add edits and an obstacle.
 */
struct finding *finding_add(struct judge *judge, const struct json_node *node, const char *missing,
			    struct finding_text text);

/*
 * Add an edit that fixes the finding; json_set() and json_remove() carry it out. The judge does so
 * if the policy rewrites and the front end can. A finding without edits cannot be rewritten.
 */
void finding_set(struct judge *judge, struct finding *finding, struct json_node *node,
		 const char *path, const char *value);
void finding_remove(struct judge *judge, struct finding *finding, struct json_node *node);

/*
 * Records why the finding cannot be rewritten here, even if it has edits. NULL changes nothing. The
 * first reason stays, and a front end that cannot rewrite is always the first.
 */
void finding_block(struct finding *finding, const char *obstacle);

/* Did somebody ask by name for what a rewrite takes away, or does the engine give it to all? */
enum change_kind {
	CHANGE_DEFAULT,
	CHANGE_ASKED
};

/*
 * Says what the edits do to the container, for the log: "bpf taken out of the profile". A finding
 * that is not rewritten ignores it. Call it after finding_block().
 */
void finding_changes(struct finding *finding, enum change_kind kind, const char *text);

/* True if the judge will carry out the finding's edits. */
bool finding_is_rewritten(const struct finding *finding);

/* An argument of the current rule. */
static inline const struct rule_arg *judge_arg(const struct judge *judge, size_t arg)
{
	return &judge->setting->args[arg];
}

/* Reports a finding at node, or if node is NULL, at the member `name` of linux. */
struct finding *judge_linux_finding(struct judge *judge, const struct json_node *node,
				    const char *name, struct finding_text text);

/* The text as a JSON string. */
const char *judge_quote(const struct judge *judge, struct str text);

/* The JSON text of a node, for `observed`; NULL if node is NULL. */
const char *judge_source(const struct judge *judge, const struct json_node *node);

/* True if an entry (KIND_STRINGS) equals the text, or ends in * and matches the start of it. */
bool judge_entry_names(const struct rule_arg *entries, struct str text);

/* The same for entries that the policy adds to the shipped default, which args.version may limit. */
bool judge_entry_was_added(const struct rule_arg *entries, struct str text);

/* True if the process is a session in a running container. */
bool judge_at_exec(const struct judge *judge);

/* True if the policy asks for Pod Security Standards older than v1.MINOR (KIND_VERSION). */
static inline bool judge_before(const struct rule_arg *version, unsigned int minor)
{
	return version->set && version->number < minor;
}

/* Lint: why args.version does nothing, or NULL. The version limits only the default args.allow. */
static inline const char *judge_version_flaw(const struct rule_arg *version,
					     const struct rule_arg *allow)
{
	return version->set && allow->set
		       ? "args.version has no effect, since an array replaces args.allow; write { \"add\": [...] } to keep the list of that version"
		       : NULL;
}

/* Why a front end cannot rewrite the spec, or the user and what depends on it; NULL: it can. */
extern const char *const rewrites_spec[FRONT_COUNT], *const rewrites_user[FRONT_COUNT];

/* Ids and user namespaces, in user_namespace.c. */

enum id_kind {
	ID_USER,
	ID_GROUP
};

#define HOST_ID_NONE UINT64_MAX		 /* the id maps to nothing */
#define HOST_ID_UNKNOWN (UINT64_MAX - 1) /* the map cannot be read */

/* Translates an id of the container to one of this process's user namespace, as files have it. */
uint64_t judge_own_id(const struct judge *judge, enum id_kind kind, uint32_t id);

/* Translates an id of the container to an id of the initial user namespace. */
uint64_t judge_host_id(const struct judge *judge, enum id_kind kind, uint32_t id);

/* True if the process gets a user namespace other than the host's. */
bool judge_user_namespace_is_private(const struct judge *judge);

/*
 * True if root of the container's user namespace is not root of the host: the namespace is private,
 * and maps none of its ids to root of the host, which uid 0 could become.
 */
bool judge_root_is_mapped(const struct judge *judge);

/* Each of these is in the file of its rule, or in exec_limits.c. */

/* args.engine of hostUserNamespace: true if the engine's own user namespace counts as private. */
bool judge_engine_is_private(const struct judge *judge);

/* True if /proc of the container has the kernel's files, and nothing is mounted over /proc/sys. */
bool judge_has_proc(const struct judge *judge);

/* The capabilities that the policy's capabilities rule lets this process keep. */
uint64_t judge_allowed_capabilities(const struct judge *judge);

/* The same for any process that may enter this container, such as a session as root. */
uint64_t judge_ceiling_capabilities(const struct judge *judge);

/*
 * What the capabilities rule, as a rewrite, leaves of a set. The bounding set keeps what exec rules
 * let some binary gain. The ambient and the inheritable set are emptied if they hold too much.
 */
uint64_t judge_set_left(const struct judge *judge, enum cap_set set);

/*
 * The capabilities that exec rules let some binary gain, which are left in the bounding set for it.
 * The kernel gives root the whole bounding set at every execve, whatever the file: so a process
 * that starts as uid 0 has only those that the capabilities rule allows.
 */
uint64_t judge_exec_rule_capabilities(const struct judge *judge);

/* True if the noNewPrivileges rule asks for it: unless exec rules need the opposite. */
bool judge_wants_no_new_privileges(const struct judge *judge);

/* True if the process is root on the host, or keeps a capability after the capabilities rule. */
bool judge_process_keeps_power(const struct judge *judge);

/* The rewrite of the user, which several rules share, in rules/user_rewrite.c. */

/* The uid or gid of the process after the rules so far. */
uint32_t judge_id(const struct judge *judge, enum id_kind kind);

/*
 * Reports a finding at the uid or gid, or at its place if the document lacks it. field may also be
 * an entry of additionalGids. Fills in text.observed.
 */
struct finding *judge_id_finding(struct judge *judge, enum id_kind kind, const struct oci_id *field,
				 struct finding_text text);

/*
 * Adds an edit that gives the process another uid or gid, whether the document has one or not. Call
 * it after finding_block(): if the edit will be carried out, later rules see the new id.
 */
void judge_change_id(struct judge *judge, struct finding *finding, enum id_kind kind, uint32_t id);

/* Returns why the user cannot be rewritten in this container, or NULL. */
const char *judge_accounts_obstacle(const struct judge *judge);

/* Adds what a changed user also needs: HOME, a name and a group. Called after all rules. */
void judge_settle_user(struct judge *judge);

#endif
