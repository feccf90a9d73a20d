/* SPDX-License-Identifier: Apache-2.0 */
/* One judgement, as the checks of rules see it, and the questions that several rules ask. */
#ifndef ROOTFENCE_POLICY_JUDGE_H
#define ROOTFENCE_POLICY_JUDGE_H

#include "policy/rule.h"

/* What the rules so far make of the uid or the gid. */
struct id_change {
	const struct rule *rule; /* the last that changed it; NULL: it stays */
	uint32_t id;
};

struct judge {
	struct arena *arena;
	const struct oci_config *config;
	const struct facts *facts;
	const struct policy *policy;
	const struct rule *rule;	    /* the one that is being checked */
	const struct rule_setting *setting; /* its arguments */
	enum rule_action action;	    /* what its findings get */
	enum front_end front_end;
	bool drops_capabilities; /* the capabilities rule rewrites here */
	bool ships_profile;	 /* the seccompProfile rule put the shipped profile in */
	struct verdict *verdict;
	struct id_change new_uid, new_gid; /* by the user's rules */
};

/* One finding as a check states it; observed may be NULL for "absent" (JSON null). */
struct finding_text {
	const char *observed;
	const char *required;
	const char *message;
	const char *fix;
};

/*
 * finding_add: reports a finding of the current rule at node, or, where the document has no such
 * node, at the member `missing` below it. message is completed with the pointer in front. Returns
 * the finding, for its edits and obstacle.
 */
struct finding *finding_add(struct judge *judge, const struct json_node *node, const char *missing,
			    struct finding_text text);

/*
 * finding_set, finding_remove: an edit that puts the finding right, as json_set() and json_remove()
 * carry it out. The judge does so when the policy rewrites and the front end can. A finding without
 * edits cannot be rewritten.
 */
void finding_set(struct judge *judge, struct finding *finding, struct json_node *node,
		 const char *path, const char *value);
void finding_remove(struct judge *judge, struct finding *finding, struct json_node *node);

/*
 * finding_block: why the finding cannot be rewritten here, whatever edits it has. NULL changes
 * nothing; nor does a second reason, and what keeps the front end from rewriting comes first.
 */
void finding_block(struct finding *finding, const char *obstacle);

/* finding_is_rewritten: will the judge carry out the finding's edits? */
bool finding_is_rewritten(const struct finding *finding);

/* judge_arg: an argument of the current rule. */
static inline const struct rule_arg *judge_arg(const struct judge *judge, size_t arg)
{
	return &judge->setting->args[arg];
}

/* judge_linux_finding: a finding at node, or, where it is NULL, at the member of that name of linux. */
struct finding *judge_linux_finding(struct judge *judge, const struct json_node *node,
				    const char *name, struct finding_text text);

/* judge_quote: text as a JSON string. */
const char *judge_quote(const struct judge *judge, struct str text);

/* judge_source: the JSON text of a node, for `observed`; NULL for no node. */
const char *judge_source(const struct judge *judge, const struct json_node *node);

/* judge_entry_names: is the text one of the ARG_STRINGS? A final * of an entry stands for any rest. */
bool judge_entry_names(const struct rule_arg *entries, struct str text);

/* judge_at_exec: is it a session in a container that is judged? */
bool judge_at_exec(const struct judge *judge);

/* judge_before: does the policy ask for Pod Security Standards older than v1.MINOR? (ARG_VERSION) */
static inline bool judge_before(const struct rule_arg *version, unsigned int minor)
{
	return version->set && version->number < minor;
}

/* Why a front end cannot carry out a rewrite of the spec; of the user, with what belongs to it. */
extern const char *const rewrites_spec[FRONT_COUNT], *const rewrites_user[FRONT_COUNT];

/* Ids and user namespaces: user_namespace.c. */

enum id_kind {
	ID_USER,
	ID_GROUP
};

#define HOST_ID_NONE UINT64_MAX		 /* the id maps to nothing */
#define HOST_ID_UNKNOWN (UINT64_MAX - 1) /* the map cannot be read */

/* judge_host_id: the id of the initial user namespace that an id in the container is. */
uint64_t judge_host_id(const struct judge *judge, enum id_kind kind, uint32_t id);

/* judge_user_namespace_is_private: does the process get a user namespace that is not the host's? */
bool judge_user_namespace_is_private(const struct judge *judge);

/* Each answered in the file of its rule. */

/* judge_engine_is_private: args.engine of hostUserNamespace: does the engine's own namespace count? */
bool judge_engine_is_private(const struct judge *judge);

/* judge_has_proc: are the kernel's files at /proc of the container, and nothing over /proc/sys? */
bool judge_has_proc(const struct judge *judge);

/* judge_allowed_capabilities: what the policy's capabilities rule lets this container keep. */
uint64_t judge_allowed_capabilities(const struct judge *judge);

/* judge_exec_rule_capabilities: what exec rules let some binary of the container gain. */
uint64_t judge_exec_rule_capabilities(const struct judge *judge);

/*
 * judge_process_keeps_power: is the process root on the host, or does it keep a capability once
 * the capabilities rule has had its say?
 */
bool judge_process_keeps_power(const struct judge *judge);

/* The rewrite of the user, by several rules: rules/user_rewrite.c. */

/* judge_id: the uid or gid of the process, as the rules so far have it. */
uint32_t judge_id(const struct judge *judge, enum id_kind kind);

/*
 * judge_id_finding: a finding at the uid or gid, or where the document lacks it; field may also be
 * one of additionalGids. text.observed is filled in.
 */
struct finding *judge_id_finding(struct judge *judge, enum id_kind kind, const struct oci_id *field,
				 struct finding_text text);

/*
 * judge_change_id: an edit of the finding that gives the process another uid or gid, where the
 * document has one and where it has none. Called after finding_block(): where the edit will be
 * carried out, later rules see the new id.
 */
void judge_change_id(struct judge *judge, struct finding *finding, enum id_kind kind, uint32_t id);

/* judge_accounts_obstacle: why the user cannot be rewritten in this container, or NULL. */
const char *judge_accounts_obstacle(const struct judge *judge);

/*
 * judge_settle_user: what a changed user needs as well: HOME, and a name and a group. Called when
 * all rules have been judged.
 */
void judge_settle_user(struct judge *judge);

#endif
