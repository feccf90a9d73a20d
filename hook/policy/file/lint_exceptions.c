/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warnings about "exceptions" of a policy file: those that do nothing, or not on every engine, and
 * those that hang on what anyone who starts a container can write.
 */
#include "lint.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "policy/file/regex_forms.h"

#define EXPIRES_SOON 14 /* days */

/* Days since some day long ago, to count days between dates of years from 1 to 9999. */
static unsigned int day_number(unsigned int date)
{
	unsigned int year = date / 10000, month = date / 100 % 100, day = date % 100;
	unsigned int days = year * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;

	for (unsigned int m = 1; m < month; m++)
		days += date_month_days(year, m);
	return days + day;
}

static void lint_expires(struct lint *lint, const struct json_node *expires)
{
	unsigned int year, month, day, date, left;
	const char *text;

	if (expires == NULL || expires->type != JSON_STRING)
		return;
	text = arena_copy(lint->arena, expires->text.data, expires->text.len);
	if (sscanf(text, "%4u-%2u-%2u", &year, &month, &day) != 3 || year == 0 || month == 0 ||
	    month > 12 || day > 31)
		return;
	date = year * 10000 + month * 100 + day;
	if (date < lint->today) {
		lint_note(lint, expires,
			  "expired on %s: the exception no longer applies; remove it", text);
		return;
	}
	left = day_number(date) - day_number(lint->today);
	if (left == 0)
		lint_warn(lint, expires, "expires today; renew or remove it");
	else if (left <= EXPIRES_SOON)
		lint_note(lint, expires, "expires in %u day%s; renew or remove it", left,
			  left == 1 ? "" : "s");
}

/* Engines that write annotations last, as bits. */
enum writer {
	WRITER_CRIO = 1,
	WRITER_CONTAINERD = 2,
	WRITER_BOTH = 3,
};

/* Starts of keys, and the engine that writes such keys; the first that matches decides. */
static const struct {
	const char *start;
	enum writer engine;
} engine_keys[] = {
	{ "io.kubernetes.cri-o.", WRITER_CRIO },
	{ "io.kubernetes.pod.", WRITER_CRIO },
	{ "io.kubernetes.container.", WRITER_CRIO },
	{ "io.kubernetes.cri.", WRITER_CONTAINERD },
};

/* Two keys that say the same. */
static const struct {
	const char *crio, *containerd;
} same_keys[] = {
	{ "io.kubernetes.pod.namespace", "io.kubernetes.cri.sandbox-namespace" },
	{ "io.kubernetes.pod.name", "io.kubernetes.cri.sandbox-name" },
	{ "io.kubernetes.pod.uid", "io.kubernetes.cri.sandbox-uid" },
	{ "io.kubernetes.container.name", "io.kubernetes.cri.container-name" },
	{ "io.kubernetes.cri-o.ContainerType", "io.kubernetes.cri.container-type" },
	{ "io.kubernetes.cri-o.SandboxID", "io.kubernetes.cri.sandbox-id" },
	{ "io.kubernetes.cri-o.ImageName", "io.kubernetes.cri.image-name" },
};

#define KUBERNETES "io.kubernetes."

/* Does every string of the form start like this, and have more? */
static bool form_starts(const struct regex_form *form, const char *start)
{
	size_t len = strlen(start);

	return str_starts_with(form->text, start) && (form->text.len > len || form->open);
}

/* Which engines may write a key of this form? */
static unsigned int form_engines(const struct regex_form *form)
{
	unsigned int engines = 0;

	for (size_t i = 0; i < sizeof(engine_keys) / sizeof(engine_keys[0]); i++) {
		const char *start = engine_keys[i].start;

		if (form_starts(form, start))
			return engine_keys[i].engine;
		if (form->open && strncmp(start, form->text.data, form->text.len) == 0)
			engines |= engine_keys[i].engine;
	}
	return engines;
}

/* True if the expression matches only io.kubernetes.*, which CRI-O and containerd write last. */
static bool is_engine_key(struct lint *lint, struct str regex, bool dots)
{
	const struct regex_forms *forms = regex_forms(lint->arena, regex, dots);

	for (size_t i = 0; i < forms->n; i++)
		if (!form_starts(&forms->items[i], KUBERNETES))
			return false;
	return forms->n > 0;
}

/* The engines that write what all keys of io.kubernetes.* ask for. */
static unsigned int match_engines(struct lint *lint, const struct json_node *annotations)
{
	unsigned int engines = WRITER_BOTH;

	json_each (member, annotations) {
		const struct regex_forms *forms = regex_forms(lint->arena, member->key, false);
		unsigned int writers = 0;

		if (!is_engine_key(lint, member->key, false))
			continue;
		for (size_t i = 0; i < forms->n; i++)
			writers |= form_engines(&forms->items[i]);
		engines &= writers;
	}
	return engines;
}

/* "(A|B)": the expression for two keys. */
static const char *both_keys(struct lint *lint, size_t i)
{
	const char *keys[] = { same_keys[i].crio, same_keys[i].containerd };
	auto_buf struct buf text = { 0 };

	for (size_t k = 0; k < 2; k++) {
		buf_printf(&text, k == 0 ? "(" : "|");
		for (const char *c = keys[k]; *c != '\0'; c++)
			if (*c == '.')
				buf_printf(&text, "\\.");
			else
				buf_add(&text, c, 1);
	}
	buf_printf(&text, ")");
	return arena_copy(lint->arena, text.data, text.len);
}

/* The expression that matches the key of either engine; NULL: it is not one known key. */
static const char *other_key(struct lint *lint, struct str regex)
{
	const struct regex_forms *forms = regex_forms(lint->arena, regex, false);

	for (size_t i = 0; forms->n == 1 && i < sizeof(same_keys) / sizeof(same_keys[0]); i++) {
		if (str_is(forms->items[0].text, same_keys[i].crio) ||
		    str_is(forms->items[0].text, same_keys[i].containerd))
			return both_keys(lint, i);
	}
	return NULL;
}

static void lint_engines(struct lint *lint, const struct json_node *annotations)
{
	unsigned int engines = match_engines(lint, annotations);
	const struct json_node *first = annotations->first;
	const char *other = NULL;

	json_each (member, annotations)
		if (other == NULL && is_engine_key(lint, member->key, false)) {
			first = member;
			other = other_key(lint, member->key);
		}
	if (engines == 0)
		lint_warn(
			lint, first,
			"no engine writes this annotation, or all of these on one container, so the exception does nothing");
	else if (engines != WRITER_BOTH)
		lint_note(lint, first,
			  "only %s writes this, so with %s the exception does nothing%s",
			  engines == WRITER_CRIO ? "CRI-O" : "containerd",
			  engines == WRITER_CRIO ? "containerd" : "CRI-O",
			  other != NULL ? arena_printf(lint->arena, "; match %s for both", other)
					: "");
}

/* Returns true if a key or a value can match nothing. */
static bool lint_dead(struct lint *lint, const struct json_node *annotations)
{
	bool dead = false;

	json_each (member, annotations) {
		bool key = regex_forms(lint->arena, member->key, false)->n == 0;

		if (member->type != JSON_STRING ||
		    (!key && regex_forms(lint->arena, member->text, false)->n > 0))
			continue;
		lint_note(
			lint, member,
			"the expression for the %s can match nothing: it has a \"^\" after its start or a \"$\" before its end",
			key ? "key" : "value");
		dead = true;
	}
	return dead;
}

/* A "." in an expression is any character, so others than the engine's key match. */
static bool lint_dots(struct lint *lint, const struct json_node *annotations)
{
	json_each (member, annotations) {
		if (!is_engine_key(lint, member->key, true))
			continue;
		lint_warn(
			lint, member,
			"a dot matches any character, so anyone who starts a container can set an annotation that matches, such as io-kubernetes.*; write \\\\. for each dot");
		return true;
	}
	return false;
}

/*
 * In an expression a star repeats what is before it: "kube-*" matches "kube", and not kube-system.
 * After a class, a group or a dot it may be meant, and after a backslash it is a star.
 */
static void lint_stars(struct lint *lint, const struct json_node *annotations)
{
	json_each (member, annotations) {
		struct str value = member->text;

		if (member->type != JSON_STRING || value.len < 2 ||
		    value.data[value.len - 1] != '*' ||
		    memchr("]).*\\", value.data[value.len - 2], 5) != NULL)
			continue;
		lint_note(lint, member,
			  "the star of %s repeats the \"%c\" before it; write \".*\" for any rest",
			  str_quote(lint->arena, value), value.data[value.len - 2]);
	}
}

static void lint_match(struct lint *lint, const struct json_node *annotations, bool stricter)
{
	if (annotations == NULL || annotations->first == NULL)
		return;
	if (lint_dead(lint, annotations))
		return;
	lint_stars(lint, annotations);
	json_each (member, annotations)
		if (is_engine_key(lint, member->key, false)) {
			lint_engines(lint, annotations);
			return;
		}
	if (stricter)
		lint_warn(
			lint, annotations->first,
			"anyone who starts a container can leave this annotation out, and the exception is stricter than the rule; make the rule strict, and except the others");
	else if (!lint_dots(lint, annotations))
		lint_warn(
			lint, annotations->first,
			"anyone who starts a container can set this annotation (--annotation); only io\\.kubernetes\\.* is safe, since CRI-O and containerd overwrite it");
}

/* Does another exception give the rule another action, so that this one takes it back? */
static bool others_differ(const struct lint *lint, size_t row, enum rule_action action)
{
	for (const struct exception *e = lint->policy->exceptions; e != NULL; e = e->next)
		if ((e->rules >> row & 1) != 0 && e->action != action)
			return true;
	return false;
}

/* The action of an exception, or -1. */
static int exception_action(const struct json_node *exception)
{
	const struct json_node *action = json_get(exception, "action");

	for (int i = 0; action != NULL && action->type == JSON_STRING && i <= (int)RULE_REJECT; i++)
		if (str_is(action->text, rule_action_name((enum rule_action)i)))
			return i;
	return -1;
}

static void lint_name(struct lint *lint, const struct json_node *exception,
		      const struct json_node *name, bool *ret_stricter)
{
	int row = rule_find(name->text), action = exception_action(exception);
	enum rule_action usual;

	if (name->type != JSON_STRING || row < 0)
		return;
	lint_action(lint, exception, rules[row]);
	if (lint->policy == NULL || action < 0)
		return;
	usual = lint_rule_action(lint, (size_t)row);
	*ret_stricter = *ret_stricter || (enum rule_action)action > usual;
	if ((enum rule_action)action == usual && !others_differ(lint, (size_t)row, usual))
		lint_note(lint, name, "does nothing for %s, which is %s without it",
			  rules[row]->name, rule_action_name(usual));
}

static bool is_same(struct lint *lint, const struct json_node *a, const struct json_node *b,
		    const char *name)
{
	const struct json_node *left = json_get(a, name), *right = json_get(b, name);

	return left != NULL && right != NULL &&
	       str_equal(json_source(lint->doc, left), json_source(lint->doc, right));
}

static void lint_same(struct lint *lint, const struct json_node *array,
		      const struct json_node *exception)
{
	json_each (earlier, array) {
		if (earlier == exception)
			return;
		if (!is_same(lint, earlier, exception, "names") ||
		    !is_same(lint, earlier, exception, "match"))
			continue;
		lint_note(
			lint, exception,
			is_same(lint, earlier, exception, "action")
				? "the same exception as on line %u; keep one"
				: "for the same containers as the exception on line %u; this one wins",
			lint_line(lint, earlier));
		return;
	}
}

#define COMPARED_MAX 500 /* exceptions that are compared with each other */

void lint_exceptions(struct lint *lint, const struct json_node *array)
{
	json_each (exception, array) {
		bool stricter = false;

		json_each (name, json_get(exception, "names"))
			lint_name(lint, exception, name, &stricter);
		lint_match(lint, json_get(json_get(exception, "match"), "annotations"), stricter);
		lint_expires(lint, json_get(exception, "expires"));
		if (exception->index < COMPARED_MAX)
			lint_same(lint, array, exception);
	}
}
