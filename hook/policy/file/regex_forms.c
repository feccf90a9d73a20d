/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads an expression from left to right and keeps the set of starts that a match can have: see
 * regex_forms.h. Alternatives and groups multiply the starts. What is not a plain character leaves
 * a start open. What is unclear, or too much, gives the form that covers everything.
 */
#include "regex_forms.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 16U /* nested groups */
#define STARTS_MAX 64U

/* What the result is read into. */
struct starts {
	struct regex_form items[STARTS_MAX];
	size_t n;
};

struct reading {
	struct arena *arena;
	struct str rest;
	bool dots;
	bool unclear; /* the result covers everything */
	unsigned int depth;
};

static void forms_add(struct reading *reading, struct starts *forms, const struct regex_form *form)
{
	if (forms->n == STARTS_MAX)
		reading->unclear = true;
	else
		forms->items[forms->n++] = *form;
}

static struct starts *forms_copy(struct reading *reading, const struct starts *forms)
{
	struct starts *copy = arena_take(reading->arena, sizeof(*copy));

	copy->n = forms->n;
	memcpy(copy->items, forms->items, forms->n * sizeof(*copy->items));
	return copy;
}

/* One character follows each start: this one, or an unknown one (NULL). */
static void forms_append(struct reading *reading, struct starts *forms, const char *c)
{
	size_t n = 0;

	for (size_t i = 0; i < forms->n; i++) {
		struct regex_form form = forms->items[i];

		if (form.ended)
			continue; /* nothing follows "$" */
		if (c == NULL || form.open) {
			form.some = true;
			form.open = true;
		} else {
			form.text = str_from(arena_printf(reading->arena, "%.*s%c",
							  (int)form.text.len, form.text.data, *c));
		}
		forms->items[n++] = form;
	}
	forms->n = n;
}

/* Anything or nothing follows each start. */
static void forms_open(struct starts *forms)
{
	for (size_t i = 0; i < forms->n; i++)
		if (!forms->items[i].ended)
			forms->items[i].open = true;
}

/* "^": only a start that has nothing yet goes on. */
static void forms_begin(struct starts *forms)
{
	size_t n = 0;

	for (size_t i = 0; i < forms->n; i++)
		if (forms->items[i].text.len == 0 && !forms->items[i].some)
			forms->items[n++] = forms->items[i];
	forms->n = n;
}

static void forms_end(struct starts *forms)
{
	for (size_t i = 0; i < forms->n; i++)
		forms->items[i].ended = true;
}

static void skip(struct reading *reading, size_t n)
{
	reading->rest.data += n;
	reading->rest.len -= n;
}

size_t regex_bracket_end(struct str regex, size_t start)
{
	size_t i = start + 1;

	i += i < regex.len && regex.data[i] == '^';
	i += i < regex.len && regex.data[i] == ']'; /* not the end */
	for (; i < regex.len && regex.data[i] != ']'; i++) {
		/* [: :], [. .] and [= =] have an end of their own. */
		if (regex.data[i] == '[' && i + 1 < regex.len &&
		    memchr(":.=", regex.data[i + 1], 3) != NULL) {
			const char end[] = { regex.data[i + 1], ']' };
			const char *found = memmem(regex.data + i + 2, regex.len - i - 2, end, 2);

			if (found == NULL)
				return regex.len + 1;
			i = (size_t)(found - regex.data) + 1;
		}
	}
	return i + 1;
}

/* A bracket, from its "[". Only one with a single plain character is known. */
static void read_bracket(struct reading *reading, struct starts *forms)
{
	size_t end = regex_bracket_end(reading->rest, 0);
	const char *first = reading->rest.data + 1;

	if (end > reading->rest.len) {
		reading->unclear = true;
		return;
	}
	forms_append(reading, forms, end == 3 && *first != '^' && *first != ']' ? first : NULL);
	skip(reading, end);
}

/* After a backslash. A letter, a digit or one of <>`' has a meaning of its own in GNU's regcomp. */
static void read_escape(struct reading *reading, struct starts *forms)
{
	const char c = reading->rest.len > 0 ? reading->rest.data[0] : '\0';

	if (c == '\0') {
		reading->unclear = true;
		return;
	}
	if (isalnum((unsigned char)c) || strchr("<>`'", c) != NULL)
		forms_open(forms);
	else
		forms_append(reading, forms, &c);
	skip(reading, 1);
}

static void read_alternatives(struct reading *reading, struct starts *forms);

/* After "(". */
static void read_group(struct reading *reading, struct starts *forms)
{
	if (++reading->depth > DEPTH_MAX) {
		reading->unclear = true;
		return;
	}
	read_alternatives(reading, forms);
	reading->depth--;
	if (reading->rest.len == 0)
		reading->unclear = true;
	else
		skip(reading, 1);
}

static void read_atom(struct reading *reading, struct starts *forms)
{
	const char c = reading->rest.data[0];

	if (c == '[') {
		read_bracket(reading, forms);
		return;
	}
	skip(reading, 1);
	switch (c) {
	case '(':
		read_group(reading, forms);
		return;
	case '\\':
		read_escape(reading, forms);
		return;
	case '^':
		forms_begin(forms);
		return;
	case '$':
		forms_end(forms);
		return;
	case '*':
	case '+':
	case '?':
	case '{':
		reading->unclear = true; /* repeats nothing */
		return;
	default:
		break;
	}
	forms_append(reading, forms, c == '.' && !reading->dots ? NULL : &c);
}

/* What may stand after an atom. before: the starts without the atom. */
static void read_repetition(struct reading *reading, struct starts *forms,
			    const struct starts *before)
{
	const char c = reading->rest.data[0];
	const char *end;

	skip(reading, 1);
	if (c == '+') {
		forms_open(forms);
		return;
	}
	if (c == '?') {
		for (size_t i = 0; i < before->n; i++)
			forms_add(reading, forms, &before->items[i]);
		return;
	}
	end = c == '{' ? memchr(reading->rest.data, '}', reading->rest.len) : NULL;
	if (c == '{' && end == NULL)
		reading->unclear = true;
	else if (c == '{')
		skip(reading, (size_t)(end - reading->rest.data) + 1);
	*forms = *before;
	forms_open(forms);
}

static void read_branch(struct reading *reading, struct starts *forms)
{
	while (reading->rest.len > 0 && !reading->unclear &&
	       strchr("|)", reading->rest.data[0]) == NULL) {
		const struct starts *before = forms_copy(reading, forms);

		read_atom(reading, forms);
		while (reading->rest.len > 0 && !reading->unclear &&
		       reading->rest.data[0] != '\0' &&
		       strchr("*+?{", reading->rest.data[0]) != NULL)
			read_repetition(reading, forms, before);
	}
}

static void read_alternatives(struct reading *reading, struct starts *forms)
{
	const struct starts *before = forms_copy(reading, forms);

	read_branch(reading, forms);
	while (reading->rest.len > 0 && !reading->unclear && reading->rest.data[0] == '|') {
		struct starts *branch = forms_copy(reading, before);

		skip(reading, 1);
		read_branch(reading, branch);
		for (size_t i = 0; i < branch->n; i++)
			forms_add(reading, forms, &branch->items[i]);
	}
}

/* The result, without room for more. */
static const struct regex_forms *forms_keep(struct arena *arena, const struct starts *starts)
{
	struct regex_forms *forms = arena_new_object(arena, struct regex_forms);

	forms->items = arena_array(arena, starts->n, sizeof(*forms->items));
	forms->n = starts->n;
	for (size_t i = 0; i < starts->n; i++) {
		const struct str text = starts->items[i].text;

		forms->items[i] = starts->items[i];
		forms->items[i].text =
			(struct str){ arena_copy(arena, text.data, text.len), text.len };
	}
	return forms;
}

const struct regex_forms *regex_forms(struct arena *arena, struct str regex, bool dots)
{
	/* Every character of the expression leaves a set behind, which the result does not need. */
	struct arena *scratch = arena_new();
	struct reading reading = { .arena = scratch, .rest = regex, .dots = dots };
	struct starts starts = { .items = { { .text = { "", 0 } } }, .n = 1 };
	const struct regex_forms *forms;

	/* A NUL byte would end the expression for regcomp(). Longer ones the loader refuses. */
	reading.unclear = regex.len > REGEX_MAX || memchr(regex.data, '\0', regex.len) != NULL;
	read_alternatives(&reading, &starts);
	if (reading.unclear || reading.rest.len > 0) {
		starts.items[0] = (struct regex_form){ .text = { "", 0 }, .open = true };
		starts.n = 1;
	}
	forms = forms_keep(arena, &starts);
	arena_free(scratch);
	return forms;
}
