/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares two policies in words: what passes under the second that the first refuses or changes,
 * and the reverse. Only what affects verdicts is compared: not names, comments or the order of
 * entries. A change that cannot be classified counts as weaker, so that a person looks at it.
 */
#include <stdlib.h>
#include <string.h>

#include "oci/capability.h"
#include "policy/file/arg_list.h"
#include "policy/file/parse.h"
#include "policy/rule.h"

struct diff {
	struct arena *arena;
	const struct policy *a, *b;
	unsigned int today;
	struct policy_note *first, **end;
};

static void add(struct diff *diff, enum policy_note_kind kind, const char *text)
{
	struct policy_note *note = arena_new_object(diff->arena, struct policy_note);

	*note = (struct policy_note){ .kind = kind, .text = text };
	*diff->end = note;
	diff->end = &note->next;
}

#define note(diff, kind, ...) add(diff, kind, arena_printf((diff)->arena, __VA_ARGS__))

static enum rule_action action_of(const struct policy *policy, size_t row)
{
	const struct rule_setting *setting = &policy->settings[row];
	enum rule_action action = setting->named ? setting->action : policy->default_action;

	return policy->audit && action > RULE_LOG ? RULE_LOG : action;
}

/* Returns the most severe action for any container: an exception may be stricter than its rule. */
static enum rule_action most_severe(const struct policy *policy, size_t row)
{
	enum rule_action action = action_of(policy, row);

	for (const struct exception *e = policy->exceptions; e != NULL && !policy->audit;
	     e = e->next)
		if ((e->rules >> row & 1) != 0 && e->action > action)
			action = e->action;
	return action;
}

static const char *outcome(enum rule_action action)
{
	static const char *const words[] = {
		[RULE_ALLOW] = "not looked at",
		[RULE_LOG] = "only logged",
		[RULE_REWRITE] = "rewritten",
		[RULE_REJECT] = "refused",
	};

	return words[action];
}

static void diff_action(struct diff *diff, size_t row)
{
	enum rule_action a = action_of(diff->a, row), b = action_of(diff->b, row);
	enum policy_note_kind kind = NOTE_OTHER;
	const char *who = "";

	if (a == b)
		return;
	if (a >= RULE_REWRITE || b >= RULE_REWRITE)
		kind = b < a ? NOTE_WEAKER : NOTE_STRICTER;
	if (a == RULE_REJECT)
		who = "specs newly pass: ";
	else if (b == RULE_REJECT)
		who = "specs newly fail: ";
	note(diff, kind, "%s: %s\"%s\" is %s, was %s", rules[row]->name, who, rules[row]->title,
	     outcome(b), outcome(a));
}

/* Says what happens to specs when an argument changes. */
static const char *specs(struct diff *diff, size_t row, bool weaker)
{
	if (most_severe(diff->b, row) == RULE_REWRITE)
		return weaker ? "specs newly pass as they are" : "specs are newly rewritten";
	return weaker ? "specs newly pass" : "specs newly fail";
}

/* Arguments with entries: reports those that only one of the two policies has. */

/* Does a wider entry of the list say the same of the entry in this slot? */
static bool is_covered(const struct rule_arg_spec *spec, const struct rule_arg *list,
		       const struct rule_arg *from, size_t slot)
{
	for (size_t i = 0; spec->covers != NULL && i < list->n; i++)
		if (spec->covers(list->strings[i], from->strings[slot]))
			return true;
	return false;
}

/* Reports the entries of `of` that `other` lacks. added: `of` is the second policy. */
static void note_entries(struct diff *diff, size_t row, size_t i, const struct rule_arg *of,
			 const struct rule_arg *other, bool added)
{
	const struct rule_arg_spec *spec = &rules[row]->args[i];
	bool weaker = (spec->effect == EFFECT_ADMITS) == added || spec->effect == EFFECT_SELECTS;
	const struct rule_arg sorted = arg_list_sort(diff->arena, spec, other);

	for (size_t k = 0; k < arg_list_slots(spec, of); k++)
		if (arg_list_holds(spec, of, k) && !arg_list_has(spec, &sorted, of, k) &&
		    !is_covered(spec, other, of, k))
			note(diff, weaker ? NOTE_WEAKER : NOTE_STRICTER, "%s: %s: args.%s %s %s",
			     rules[row]->name, specs(diff, row, weaker), spec->name,
			     added ? "has also" : "has no longer",
			     arg_list_text(diff->arena, spec, of, k));
}

/* Entries of the shipped default that a policy adds to it pass whatever args.version says. */
static void note_additions(struct diff *diff, size_t row, size_t i)
{
	const struct rule_arg_spec *spec = &rules[row]->args[i];
	const struct rule_arg *a = &diff->a->settings[row].args[i],
			      *b = &diff->b->settings[row].args[i];
	const struct rule_arg usual = arg_list_default(diff->arena, spec),
			      before = { .strings = a->added, .n = a->n_added },
			      now = { .strings = b->added, .n = b->n_added };
	const struct rule_arg usual_before =
				      arg_list_pick(diff->arena, spec, &before, &usual, true),
			      usual_now = arg_list_pick(diff->arena, spec, &now, &usual, true);
	bool versioned = false;

	for (size_t k = 0; k < RULE_ARGS_MAX; k++)
		versioned = versioned || rules[row]->args[k].kind == KIND_VERSION;
	if (!versioned || a->set || b->set)
		return;
	note_entries(diff, row, i, &usual_now, &usual_before, true);
	note_entries(diff, row, i, &usual_before, &usual_now, false);
}

static void diff_entries(struct diff *diff, size_t row, size_t i)
{
	const struct rule_arg_spec *spec = &rules[row]->args[i];
	const struct rule_arg *a = &diff->a->settings[row].args[i],
			      *b = &diff->b->settings[row].args[i];

	if (spec->none_is_all && arg_list_is_empty(spec, a) != arg_list_is_empty(spec, b)) {
		bool weaker = arg_list_is_empty(spec, b);

		note(diff, weaker ? NOTE_WEAKER : NOTE_STRICTER, "%s: %s: args.%s sets %s bound",
		     rules[row]->name, specs(diff, row, weaker), spec->name,
		     weaker ? "no longer a" : "a");
		return;
	}
	note_entries(diff, row, i, b, a, true);
	note_entries(diff, row, i, a, b, false);
	if (spec->defaults != NULL)
		note_additions(diff, row, i);
}

/* Arguments with one value. */

static bool is_given(const struct rule_setting *setting, size_t row, size_t i)
{
	return rules[row]->arg_in_force != NULL ? rules[row]->arg_in_force(setting, i)
						: setting->args[i].set;
}

/* Returns the value as the number that EFFECT_ADMITS and EFFECT_DEMANDS compare. */
static uint64_t extent(const struct rule_setting *setting, size_t row, size_t i)
{
	const struct rule_arg_spec *spec = &rules[row]->args[i];

	if (spec->kind == KIND_VERSION && !setting->args[i].set)
		return VERSION_MINOR_MAX;
	if (spec->none_is_all && !is_given(setting, row, i))
		return UINT64_MAX;
	if (spec->kind == KIND_NUMBER && setting->args[i].number == 0)
		return UINT64_MAX - 1; /* 0 accepts any limit */
	return setting->args[i].number;
}

static const char *value_text(struct diff *diff, const struct rule_setting *setting, size_t row,
			      size_t i)
{
	const struct rule_arg_spec *spec = &rules[row]->args[i];
	const struct rule_arg *arg = &setting->args[i];

	if (spec->kind == KIND_WORD)
		return arena_printf(diff->arena, "\"%s\"", spec->words[arg->number]);
	if (!is_given(setting, row, i))
		return "not set";
	if (spec->kind == KIND_STRING)
		return str_quote(diff->arena, arg->strings[0]);
	if (spec->kind == KIND_VERSION)
		return arena_printf(diff->arena, "\"v1.%llu\"", (unsigned long long)arg->number);
	return arena_printf(diff->arena, "%llu", (unsigned long long)arg->number);
}

static void diff_value(struct diff *diff, size_t row, size_t i)
{
	const struct rule_arg_spec *spec = &rules[row]->args[i];
	const struct rule_setting *a = &diff->a->settings[row], *b = &diff->b->settings[row];
	const char *before = value_text(diff, a, row, i), *now = value_text(diff, b, row, i);
	uint64_t from = extent(a, row, i), to = extent(b, row, i);
	enum policy_note_kind kind = NOTE_OTHER;

	if (strcmp(before, now) == 0 ||
	    (from == to && (spec->effect == EFFECT_ADMITS || spec->effect == EFFECT_DEMANDS)))
		return;
	if (spec->effect == EFFECT_SELECTS)
		kind = NOTE_WEAKER;
	else if (spec->effect != EFFECT_SHAPES && from != to)
		kind = (spec->effect == EFFECT_ADMITS) == (to > from) ? NOTE_WEAKER : NOTE_STRICTER;
	note(diff, kind, "%s: %s: args.%s is %s, was %s", rules[row]->name,
	     kind == NOTE_OTHER ? "another rewrite" : specs(diff, row, kind == NOTE_WEAKER),
	     spec->name, now, before);
}

static void diff_args(struct diff *diff, size_t row)
{
	for (size_t i = 0; i < RULE_ARGS_MAX && rules[row]->args[i].kind != KIND_NONE; i++) {
		if (rule_arg_is_list(rules[row]->args[i].kind))
			diff_entries(diff, row, i);
		else
			diff_value(diff, row, i);
	}
}

static void diff_rules(struct diff *diff)
{
	for (size_t row = 0; row < n_rules; row++) {
		diff_action(diff, row);
		/* An argument matters only if both policies act on it. */
		if (most_severe(diff->a, row) >= RULE_REWRITE &&
		    most_severe(diff->b, row) >= RULE_REWRITE)
			diff_args(diff, row);
	}
}

/* Exceptions. */

static bool in_force(const struct exception *exception, unsigned int today)
{
	return exception->expires == 0 || exception->expires >= today;
}

/* Orders exceptions by what they do, whatever their reasons. */
static int compare_exceptions(const void *a_, const void *b_)
{
	const struct exception *a = *(const struct exception *const *)a_,
			       *b = *(const struct exception *const *)b_;
	int order = (a->rules > b->rules) - (a->rules < b->rules);

	if (order == 0)
		order = (a->action > b->action) - (a->action < b->action);
	if (order == 0)
		order = (a->expires > b->expires) - (a->expires < b->expires);
	if (order == 0)
		order = (a->n_matches > b->n_matches) - (a->n_matches < b->n_matches);
	for (size_t i = 0; order == 0 && i < a->n_matches; i++) {
		order = strcmp(a->matches[i].key, b->matches[i].key);
		if (order == 0)
			order = strcmp(a->matches[i].value, b->matches[i].value);
	}
	return order;
}

/* Returns the policy's exceptions that are in force, sorted. */
static const struct exception **sort_exceptions(struct diff *diff, const struct policy *policy,
						size_t *ret_n)
{
	const struct exception **sorted;
	size_t n = 0;

	for (const struct exception *e = policy->exceptions; e != NULL; e = e->next)
		n += in_force(e, diff->today);
	sorted = arena_array(diff->arena, n, sizeof(const struct exception *));
	n = 0;
	for (const struct exception *e = policy->exceptions; e != NULL; e = e->next)
		if (in_force(e, diff->today))
			sorted[n++] = e;
	qsort(sorted, n, sizeof(const struct exception *), compare_exceptions);
	*ret_n = n;
	return sorted;
}

/* Reports exceptions of `of` that `other` lacks, by what they do to the rules of `of`. */
static void note_exceptions(struct diff *diff, const struct policy *of, const struct policy *other,
			    bool added)
{
	size_t n_others;
	const struct exception **others = sort_exceptions(diff, other, &n_others);

	for (const struct exception *e = of->exceptions; e != NULL; e = e->next) {
		if (!in_force(e, diff->today) ||
		    bsearch(&e, others, n_others, sizeof(const struct exception *),
			    compare_exceptions) != NULL)
			continue;
		for (size_t row = 0; row < n_rules; row++) {
			enum rule_action action = action_of(of, row);
			bool milder = e->action < action;

			if ((e->rules >> row & 1) == 0 || e->action == action || of->audit)
				continue;
			note(diff, milder == added ? NOTE_WEAKER : NOTE_STRICTER,
			     "%s: %s exception \"%s\": where its annotations match it is %s instead of %s",
			     rules[row]->name, added ? "a new" : "no longer the", e->reason,
			     outcome(e->action), outcome(action));
		}
	}
}

/* The guard's part. */

static void diff_exec_action(struct diff *diff, const char *what, enum exec_action a,
			     enum exec_action b)
{
	enum policy_note_kind kind = NOTE_OTHER;

	if (a == b)
		return;
	/* Both an errno and a signal refuse. */
	if ((a >= EXEC_ERRNO) != (b >= EXEC_ERRNO))
		kind = b < a ? NOTE_WEAKER : NOTE_STRICTER;
	note(diff, kind, "exec: %s: %s, was %s", what, exec_action_words[b], exec_action_words[a]);
}

static const struct exec_rule *exec_rule_of(const struct exec_policy *exec, const char *path)
{
	for (size_t i = 0; i < exec->n_rules; i++)
		if (strcmp(exec->rules[i].path, path) == 0)
			return &exec->rules[i];
	return NULL;
}

/*
 * Returns what a path may gain without being stopped: what its rule lists, or anything if an event
 * is all that happens.
 */
static uint64_t gains(const struct exec_policy *exec, const char *path)
{
	const struct exec_rule *rule = exec_rule_of(exec, path);
	enum exec_action action = rule != NULL ? rule->action : exec->default_action;

	if (action >= EXEC_ERRNO)
		return 0;
	return rule != NULL && action == EXEC_ALLOW ? rule->capabilities : CAP_ALL;
}

/* The action for an execve of a path that gains, as far as a rule covers it. */
static enum exec_action exec_action_of(const struct exec_policy *exec, const char *path)
{
	const struct exec_rule *rule = exec_rule_of(exec, path);

	return rule != NULL ? rule->action : exec->default_action;
}

static const char *gains_text(struct diff *diff, uint64_t set)
{
	return set == CAP_ALL ? "any capability" : cap_set_text(diff->arena, set);
}

static void diff_exec_path(struct diff *diff, const struct exec_policy *a,
			   const struct exec_policy *b, const char *path)
{
	const char *shown = str_quote(diff->arena, str_from(path));
	uint64_t from = gains(a, path), to = gains(b, path);

	if (from != to) {
		note(diff, (to & ~from) != 0 ? NOTE_WEAKER : NOTE_STRICTER,
		     "exec: %s may gain %s, was %s", shown, gains_text(diff, to),
		     gains_text(diff, from));
		return;
	}
	/* Both refuse, or both let it gain the same, but not in the same way. */
	if (exec_action_of(a, path) != exec_action_of(b, path))
		note(diff, NOTE_OTHER, "exec: %s: %s, was %s", shown,
		     exec_action_words[exec_action_of(b, path)],
		     exec_action_words[exec_action_of(a, path)]);
}

static void diff_exec(struct diff *diff)
{
	struct exec_policy a = policy_exec(diff->a), b = policy_exec(diff->b);

	diff_exec_action(diff, "an execve that gains", a.default_action, b.default_action);
	diff_exec_action(diff, "a new user namespace", a.user_namespaces, b.user_namespaces);
	diff_exec_action(diff, "an execve that only changes ids", a.set_ids, b.set_ids);
	if (a.guarantee != b.guarantee)
		note(diff, b.guarantee < a.guarantee ? NOTE_WEAKER : NOTE_STRICTER,
		     "exec: containers newly %s where the guard gives no more than \"%s\": guarantee is \"%s\", was \"%s\"",
		     b.guarantee < a.guarantee ? "start" : "fail",
		     exec_guarantee_name(b.guarantee < a.guarantee ? b.guarantee : a.guarantee),
		     exec_guarantee_name(b.guarantee), exec_guarantee_name(a.guarantee));
	if (a.errno_ret != b.errno_ret)
		note(diff, NOTE_OTHER, "exec: errnoRet is %u, was %u", b.errno_ret, a.errno_ret);
	for (size_t i = 0; i < a.n_rules; i++)
		diff_exec_path(diff, &a, &b, a.rules[i].path);
	for (size_t i = 0; i < b.n_rules; i++)
		if (exec_rule_of(&a, b.rules[i].path) == NULL)
			diff_exec_path(diff, &a, &b, b.rules[i].path);
}

static bool is_exempt(const struct unregistered_policy *policy, const char *path)
{
	for (size_t i = 0; i < policy->n_exempt; i++)
		if (strcmp(policy->exempt[i], path) == 0)
			return true;
	return false;
}

static void diff_exempt(struct diff *diff, const struct unregistered_policy *a,
			const struct unregistered_policy *b, enum policy_note_kind kind,
			const char *words)
{
	for (size_t i = 0; i < b->n_exempt; i++)
		if (!is_exempt(a, b->exempt[i]))
			note(diff, kind, "unregistered: %s %s exempt",
			     str_quote(diff->arena, str_from(b->exempt[i])), words);
}

static void diff_unregistered(struct diff *diff)
{
	const struct unregistered_policy *a = &diff->a->unregistered, *b = &diff->b->unregistered;
	enum exec_action from = policy_unregistered_action(diff->a);
	enum exec_action to = policy_unregistered_action(diff->b);

	if (from != to)
		note(diff, to < from ? NOTE_WEAKER : NOTE_STRICTER,
		     "unregistered: a container that nobody registered: %s, was %s",
		     exec_action_words[to], exec_action_words[from]);
	diff_exempt(diff, a, b, NOTE_WEAKER, "is newly");
	diff_exempt(diff, b, a, NOTE_STRICTER, "is no longer");
}

struct policy_note *policy_diff(struct arena *arena, const struct policy *a, const struct policy *b,
				unsigned int today)
{
	struct diff diff = { .arena = arena, .a = a, .b = b, .today = today };

	diff.end = &diff.first;
	diff_rules(&diff);
	note_exceptions(&diff, b, a, true);
	note_exceptions(&diff, a, b, false);
	diff_exec(&diff);
	diff_unregistered(&diff);
	return diff.first;
}
