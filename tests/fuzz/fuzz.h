/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the fuzz targets. A target is one *_fuzz.c: LLVMFuzzerTestOneInput(), which both
 * libFuzzer and AFL++ call with one input, and the properties that must hold for it.
 */
#ifndef ROOTFENCE_TESTS_FUZZ_H
#define ROOTFENCE_TESTS_FUZZ_H

#include <stdlib.h>

#include "base/cleanup.h"
#include "json/json.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the code under test. An input that breaks it is a finding. */
#define must(condition, ...)                                  \
	do {                                                  \
		if (!(condition)) {                           \
			tell_broken(#condition, __VA_ARGS__); \
			abort();                              \
		}                                             \
	} while (0)
void tell_broken(const char *property, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Bytes in front of the JSON text that choose its policy, front end, ... The mutator keeps them
 * when it edits the text. Every target that links the mutator has it.
 */
extern const size_t fuzz_prefix;

/* The byte as a choice of n. '0' is the first, so that people can read seeds. */
static inline unsigned int choice(uint8_t byte, unsigned int n)
{
	return (unsigned int)(uint8_t)(byte - '0') % n;
}

/* A number below sides, from a seed that is not 0. */
static inline unsigned int dice(uint32_t *seed, unsigned int sides)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % sides;
}

/* A seed from the input, so that the same input has the same properties. */
static inline uint32_t seed_of(struct str text)
{
	uint32_t seed = 2166136261U;

	for (size_t i = 0; i < text.len; i++)
		seed = (seed ^ (unsigned char)text.data[i]) * 16777619U;
	return seed | 1;
}

/* A shipped policy, or rewrites.json, which rewrites as much as possible. Loaded once. */
const struct policy *fuzz_policy(uint8_t byte);

/*
 * True if json_read() should accept the text, its limits aside. Written from RFC 8259 and
 * docs/architecture.md, Reading, without looking at the reader.
 */
bool rfc8259_is_one_object(struct str text, enum json_comments comments);

/*
 * Returns the same document in other bytes: white space, order of members, escapes in values. Names
 * stay as they are, since a known name must not be spelled in another way.
 */
struct str respell(struct arena *arena, const struct json_doc *doc, uint32_t seed);

/*
 * Checks that the text of a document and the result of its edits differ only where a finding that
 * is carried out says so. The edits are in the tree of the findings' nodes.
 */
void only_reported_differs(struct arena *arena, struct str before, struct str after,
			   const struct finding *findings);

#endif
