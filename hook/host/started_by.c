/* SPDX-License-Identifier: Apache-2.0 */
/* See started_by.h. What is not certain is not known: only one form of each is taken. */
#include "started_by.h"

#include <string.h>

#include "base/cleanup.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define PATH_LETTERS LETTERS "0123456789_-./+"

/*
 * Inits of containers: they start their first word that is no option, with what they have
 * themselves. --init is tini for Docker, at /sbin/docker-init, and catatonit for podman.
 */
static const struct {
	const char *name;
	const char *with_value; /* options that take the next word */
} inits[] = {
	{ "catatonit", "" },	  { "docker-init", "-e-p" }, { "dumb-init", "-r--rewrite" },
	{ "podman-init", "" },	  { "tini", "-e-p" },	     { "tini-static", "-e-p" },
	{ "tini-amd64", "-e-p" }, { "tini-arm64", "-e-p" },
};

static const char *const shells[] = { "sh", "ash", "bash", "dash" };

static struct str last_part(struct str path)
{
	const char *slash = path.len > 0 ? memrchr(path.data, '/', path.len) : NULL;
	size_t before = slash != NULL ? (size_t)(slash + 1 - path.data) : 0;

	return (struct str){ path.data + before, path.len - before };
}

/* Returns how many bytes at the start are among these. */
static size_t span(struct str text, const char *set)
{
	size_t len = 0;

	while (len < text.len && text.data[len] != '\0' && strchr(set, text.data[len]) != NULL)
		len++;
	return len;
}

static bool is_init(struct str word, size_t *ret_row)
{
	/* podman's own before 4.0; systemd and s6 have another place */
	struct str name = str_is(word, "/dev/init") ? str_from("catatonit") : last_part(word);

	for (size_t i = 0; i < ARRAY_SIZE(inits); i++)
		if (str_is(name, inits[i].name)) {
			*ret_row = i;
			return true;
		}
	return false;
}

static struct str word_at(struct words words, size_t at, size_t *ret_at)
{
	*ret_at = at;
	return at < words.n ? words.items[at] : (struct str){ 0 };
}

static struct str started_by_init(struct words words, size_t row, size_t *ret_at)
{
	size_t at = 1;

	while (at < words.n && str_starts_with(words.items[at], "-")) {
		struct str option = words.items[at++];

		if (str_is(option, "--"))
			break;
		/* "-e" is one word, "-e143" has its value. */
		at += option.len > 1 && inits[row].with_value[0] != '\0' &&
		      memmem(inits[row].with_value, strlen(inits[row].with_value), option.data,
			     option.len) != NULL;
	}
	return word_at(words, at, ret_at);
}

/* NAME=VALUE before the program. Options, and another PATH, may change which it is. */
static struct str started_by_env(struct words words, size_t *ret_at)
{
	size_t at = 1;

	while (at < words.n && span(words.items[at], LETTERS "0123456789_") < words.items[at].len &&
	       words.items[at].data[span(words.items[at], LETTERS "0123456789_")] == '=') {
		if (str_starts_with(words.items[at], "PATH="))
			return (struct str){ 0 };
		at++;
	}
	if (at < words.n && str_starts_with(words.items[at], "-"))
		return (struct str){ 0 };
	return word_at(words, at, ret_at);
}

/*
 * sh -c with one simple command. Anything else, such as a second command, may start another program
 * first, or do without this one.
 */
static struct str started_by_shell(struct words words, size_t *ret_at)
{
	static const char plain[] = PATH_LETTERS " \t:=,@%\"'${}";
	struct str text, options;
	size_t len;

	if (words.n < 3)
		return (struct str){ 0 };
	options = words.items[1];
	text = words.items[2];
	if (span(options, "-ceux") != options.len || !str_starts_with(options, "-") ||
	    options.data[options.len - 1] != 'c' || span(text, plain) != text.len)
		return (struct str){ 0 };
	*ret_at = 2;
	if (str_starts_with(text, "exec "))
		text = (struct str){ text.data + 5, text.len - 5 };
	len = span(text, " \t");
	text = (struct str){ text.data + len, text.len - len };
	len = span(text, PATH_LETTERS);
	/* A quoted word, a variable or an assignment: not certain. */
	if (len < text.len && text.data[len] != ' ' && text.data[len] != '\t')
		return (struct str){ 0 };
	return (struct str){ text.data, len };
}

struct str started_by(struct words words, size_t *ret_at)
{
	size_t row;

	if (words.n == 0)
		return (struct str){ 0 };
	if (is_init(words.items[0], &row))
		return started_by_init(words, row, ret_at);
	if (str_is(last_part(words.items[0]), "env"))
		return started_by_env(words, ret_at);
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (str_is(last_part(words.items[0]), shells[i]))
			return started_by_shell(words, ret_at);
	return (struct str){ 0 };
}
