/* SPDX-License-Identifier: Apache-2.0 */
/* The argument of --format: see format.h. */
#include "format.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

/* "text, json or sarif" */
static char *word_list(struct arena *arena, const char *const *words)
{
	char *list = arena_printf(arena, "%s", words[0]);

	for (size_t i = 1; words[i] != NULL; i++)
		list = arena_printf(arena, "%s%s%s", list, words[i + 1] != NULL ? ", " : " or ",
				    words[i]);
	return list;
}

int format_choose(const char *name, const char *const *words, unsigned int *ret_index,
		  struct err *err)
{
	struct arena *arena;
	struct str_hint hint;

	if (name == NULL)
		name = words[0];
	for (unsigned int i = 0; words[i] != NULL; i++) {
		if (strcmp(name, words[i]) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	arena = arena_new();
	hint = str_hint(str_from(name), words, "", "");
	err_set(err, EINVAL, EXIT_USAGE, "--format is %s%s", word_list(arena, words), hint.text);
	arena_free(arena);
	return -EINVAL;
}

int format_parse(const char *name, enum format *ret_format, struct err *err)
{
	static const char *const words[] = { "text", "json", NULL };
	unsigned int which;
	int error = format_choose(name, words, &which, err);

	if (error == 0)
		*ret_format = (enum format)which;
	return error;
}
