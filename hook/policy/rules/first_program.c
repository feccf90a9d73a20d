/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec.rules: whether the first program of the container starts with what the policy leaves it. The
 * kernel refuses a program whose file capabilities the bounding set lacks, and the guard one that
 * gains something without a rule. Engines tell of neither more than 'operation not permitted', so
 * this says it before, with the rule that helps. See execve in capabilities(7).
 */
#include "policy/judge.h"

#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"

/* The process as it will call execve, and what it then has. */
struct start {
	const struct first_program *program;
	uint64_t bounding, inheritable, permitted;
	bool root; /* uid 0 of its user namespace: what a file has does not matter much */
	bool no_new_privileges;
	bool has_caps;	/* the file's capabilities count in this user namespace */
	bool sets_root; /* it is set-user-ID, and its owner is root of this user namespace */
	uint64_t gained;
};

/* Will the policy bring about what the rule wants? In mode audit: would it? */
static bool rule_acts(const struct judge *judge, const struct rule *rule)
{
	const struct rule_state *state = &judge->states[rule_row(rule)];

	return state->action >= RULE_REWRITE || state->audited;
}

/* What a set holds when the process starts. */
static uint64_t set_left(const struct judge *judge, enum cap_set set)
{
	return rule_acts(judge, &rule_capabilities)
		       ? judge_set_left(judge, set)
		       : judge->config->process.capabilities.sets[set].bits;
}

static struct start start_of(const struct judge *judge)
{
	const struct first_program *program = &judge->facts->first;
	uint64_t root = judge_own_id(judge, ID_USER, 0);
	struct start start = {
		.program = program,
		.bounding = set_left(judge, CAP_SET_BOUNDING),
		.inheritable = set_left(judge, CAP_SET_INHERITABLE),
		.permitted = set_left(judge, CAP_SET_PERMITTED),
		.root = judge_id(judge, ID_USER) == 0,
		.no_new_privileges = judge->config->process.no_new_privileges.value ||
				     (rule_acts(judge, &rule_no_new_privileges) &&
				      judge_wants_no_new_privileges(judge)),
		.has_caps = program->caps.present &&
			    (program->caps.root == 0 || program->caps.root == root),
		.sets_root = program->set_uid && program->uid == root,
	};

	if (start.has_caps)
		start.gained = (start.bounding & program->caps.permitted) |
			       (start.inheritable & program->caps.inheritable);
	else if (start.sets_root)
		start.gained = start.bounding | start.inheritable;
	start.gained &= ~start.permitted;
	return start;
}

/* "/process/args/0 is ..." without the pointer: which file this is about. */
static const char *program_text(const struct judge *judge, const struct start *start)
{
	const char *path = str_quote(judge->arena, str_from(start->program->path));

	const char *what = start->program->arg > 0 ? "starts" : "is";

	if (start->program->script == NULL)
		return arena_printf(judge->arena, "%s %s,", what, path);
	return arena_printf(judge->arena, "%s the script %s for %s,", what,
			    str_quote(judge->arena, str_from(start->program->script)), path);
}

/* An entry of exec.rules, to paste. */
static const char *rule_text(const struct judge *judge, const struct start *start,
			     uint64_t capabilities)
{
	return arena_printf(
		judge->arena,
		"add { \"paths\": [%s], \"capabilities\": %s, \"action\": \"RF_ACT_ALLOW\" } to exec.rules of the policy",
		judge_quote(judge, str_from(start->program->path)),
		cap_set_json(judge->arena, capabilities));
}

/*
 * The same, with what the engine must give: a rule adds nothing to a spec. For a process that starts
 * as root, exec rules leave nothing in the bounding set.
 */
static const char *fix_text(const struct judge *judge, const struct start *start,
			    uint64_t capabilities)
{
	uint64_t given = judge->config->process.capabilities.sets[CAP_SET_BOUNDING].bits;
	auto_buf struct buf text = { 0 };

	if (start->root)
		buf_printf(&text, "start it as another user; or add %s to args.%s of capabilities",
			   cap_set_text(judge->arena, capabilities),
			   judge_root_is_mapped(judge) ? "allowMapped" : "allow");
	else
		buf_printf(&text, "%s", rule_text(judge, start, capabilities));
	for (unsigned int i = 0; i <= CAP_LAST; i++)
		if (cap_set_has(capabilities & ~given, i))
			buf_printf(&text, " and --cap-add=%s", cap_name(i));
	if (start->has_caps)
		buf_printf(&text, "; or take them from the file in the image: setcap -r %s",
			   start->program->path);
	return arena_copy(judge->arena, text.data, text.len);
}

static struct finding *report(struct judge *judge, const struct start *start, const char *message,
			      const char *fix)
{
	return finding_add(judge, judge->config->process.args.items[start->program->arg].node, NULL,
			   (struct finding_text){
				   .observed = judge_quote(judge, str_from(start->program->path)),
				   .required = "an exec rule for it, or a program that needs none",
				   .message = arena_printf(judge->arena, "%s %s",
							   program_text(judge, start), message),
				   .fix = fix,
			   });
}

/* It starts, but with less than its file says. */
static void warn(struct judge *judge, const struct start *start, const char *message,
		 const char *fix)
{
	report(judge, start, message, fix)->action = RULE_LOG;
}

/*
 * The bounding set cuts what a file may give. If the file also says that the program knows nothing
 * of capabilities (effective), the kernel refuses to give it a part, even to root and in spite of
 * no_new_privs. Returns true if it starts.
 */
static bool check_bounding(struct judge *judge, const struct start *start)
{
	const struct file_caps *caps = &start->program->caps;
	uint64_t lacks =
		caps->permitted & ~start->bounding & ~(start->inheritable & caps->inheritable);
	const char *names, *fix;

	if (!start->has_caps || lacks == 0 || !rule_acts(judge, &rule_capabilities))
		return true;
	names = cap_set_text(judge->arena, lacks);
	fix = fix_text(judge, start, caps->permitted);
	if (caps->effective)
		report(judge, start,
		       arena_printf(
			       judge->arena,
			       "whose file capabilities need %s in the bounding set: without, the kernel refuses to start it ('operation not permitted')",
			       names),
		       fix);
	else if (!start->root)
		warn(judge, start,
		     arena_printf(
			     judge->arena,
			     "whose file capabilities include %s: it starts without, since the bounding set lacks it",
			     names),
		     fix);
	return !caps->effective;
}

/* The rule that the guard finds for the program, or NULL. */
static const struct exec_rule *rule_of(const struct judge *judge, const struct start *start)
{
	const struct exec_policy *exec = &judge->policy->exec;

	for (size_t i = 0; i < exec->n_rules; i++)
		if (strcmp(exec->rules[i].path, start->program->path) == 0)
			return &exec->rules[i];
	return NULL;
}

/* A rule lets the program gain what it lists, and nothing else: bpf/decide.h. */
static bool rule_covers(const struct exec_rule *rule, const struct start *start)
{
	return rule != NULL && rule->action <= EXEC_LOG &&
	       (start->gained & ~rule->capabilities) == 0;
}

static bool guard_stops(const struct judge *judge, const struct start *start)
{
	const struct exec_policy *exec = &judge->policy->exec;
	const struct exec_rule *rule = rule_of(judge, start);

	if (exec->guarantee < GUARANTEE_KILL || rule_covers(rule, start))
		return false;
	return exec->default_action > EXEC_LOG || (rule != NULL && rule->action > EXEC_LOG);
}

/* It starts with no_new_privs, as the person who starts it or the policy wants. */
static void warn_held_back(struct judge *judge, const struct start *start, const char *what)
{
	const char *fix =
		"if it needs a capability, add an entry with its path and that capability to exec.rules of the policy";

	if (rule_covers(rule_of(judge, start), start))
		fix = "drop --security-opt no-new-privileges, or allowPrivilegeEscalation: false";
	else if (start->has_caps)
		fix = fix_text(judge, start, start->program->caps.permitted);
	warn(judge, start,
	     arena_printf(judge->arena, "%s: noNewPrivileges lets it start, and gain nothing",
			  what),
	     fix);
}

static void check_gain(struct judge *judge, const struct start *start)
{
	const char *what = start->has_caps ? "with file capabilities" : "set-user-ID root";
	uint64_t all = start->has_caps ? start->program->caps.permitted : start->gained;
	const char *gained =
		start->gained != 0 ? cap_set_text(judge->arena, start->gained) : "uid 0";

	if (start->no_new_privileges)
		warn_held_back(judge, start, what);
	else if (guard_stops(judge, start))
		report(judge, start,
		       arena_printf(
			       judge->arena,
			       "%s: it would gain %s, which no exec rule allows, so the guard stops it",
			       what, gained),
		       fix_text(judge, start, all));
}

static void check(struct judge *judge)
{
	struct start start = start_of(judge);

	if (!check_bounding(judge, &start) || start.root)
		return;
	if (start.gained != 0 || start.sets_root)
		check_gain(judge, &start);
}

const struct rule rule_first_program = {
	.name = "exec.rules",
	.title = "The first program cannot start with what the policy leaves it",
	.reads = "/process/args",
	.references = REFERENCES("capabilities(7): Transformation of capabilities during execve()"),
	.check = check,
};
