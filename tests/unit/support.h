/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the unit tests: cmocka with the headers that it needs first, documents, policies. */
#ifndef ROOTFENCE_TESTS_SUPPORT_H
#define ROOTFENCE_TESTS_SUPPORT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "json/json.h"
#include "policy/policy.h"

/*
 * A number below sides. The same seed, which is not 0, gives the same numbers, so failures repeat.
 */
static inline unsigned int dice(uint32_t *seed, unsigned int sides)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % sides;
}

/* Skips a test that this machine cannot run. In CI that is a failure. */
#define skip_because(reason)                                            \
	do {                                                            \
		const char *ci = getenv("CI");                          \
                                                                        \
		if (ci != NULL && strcmp(ci, "true") == 0)              \
			fail_msg("%s, and CI must run this", (reason)); \
		print_message("# note: %s: %s\n", __func__, (reason));  \
		skip();                                                 \
	} while (0)

/* Every test has an arena as its state. */
static inline int arena_setup(void **state)
{
	*state = arena_new();
	return 0;
}

static inline int arena_teardown(void **state)
{
	arena_free(*state);
	return 0;
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, arena_setup, arena_teardown)

/* Reads the text as a tree. A text that is refused fails the test. */
static inline struct json_doc *read_doc(struct arena *arena, const char *text)
{
	struct json_doc *doc = NULL;
	struct err err = { 0 };

	if (json_read(arena, "test", str_from(text), JSON_NO_COMMENTS, &doc, &err) < 0)
		fail_msg("%s in %s", err.text, text);
	return doc;
}

/* Reads the text as a config. */
static inline void read_config(struct arena *arena, const char *text, struct oci_config *config)
{
	struct err err = { 0 };

	if (oci_config_read(read_doc(arena, text), config, &err) < 0)
		fail_msg("%s in %s", err.text, text);
}

/* Policy texts by name, ended by an entry without a name: the source of policy_load(). */
struct policy_text {
	const char *name, *text;
};

static inline int open_text(void *data, struct arena *arena, const char *name, const char *from,
			    const char **ret_path, struct str *ret_text, struct err *err)
{
	(void)arena;
	(void)from;
	for (const struct policy_text *text = data; text->name != NULL; text++) {
		if (strcmp(text->name, name) != 0)
			continue;
		*ret_path = text->name;
		*ret_text = str_from(text->text);
		return 0;
	}
	return err_set(err, ENOENT, EXIT_POLICY, "no policy %s", name);
}

/* Loads the first of the texts with what it extends. NULL, and *err, if it is refused. */
static inline struct policy *load_texts(struct arena *arena, struct policy_text *texts,
					struct err *err)
{
	const struct policy_source source = { .open = open_text, .data = texts };
	struct policy *policy = NULL;

	if (policy_load(arena, &source, texts[0].name, &policy, err) < 0)
		return NULL;
	return policy;
}

/* Loads a policy of this one text, which must be valid. */
static inline struct policy *load_text(struct arena *arena, const char *text)
{
	struct policy_text texts[] = { { "one", text }, { 0 } };
	struct err err = { 0 };
	struct policy *policy = load_texts(arena, texts, &err);

	if (policy == NULL)
		fail_msg("%s in %s", err.text, text);
	return policy;
}

#endif
