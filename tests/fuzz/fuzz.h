/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share. A target is one *_fuzz.c: LLVMFuzzerTestOneInput(), which both
 * libFuzzer and AFL++ call, on one input, with the properties that must hold of it.
 */
#ifndef ROOTFENCE_TESTS_FUZZ_H
#define ROOTFENCE_TESTS_FUZZ_H

#include <stdlib.h>

#include "base/cleanup.h"
#include "json/json.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* must: a property of the code under test; the input that breaks it is a finding. */
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
 * Bytes in front of the JSON text that choose what it meets: policy, front end, ... The mutator
 * leaves them alone when it edits the text. Every target that links the mutator has it.
 */
extern const size_t fuzz_prefix;

/* The byte as a choice of n: '0' is the first, so that seeds can be read. */
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

/* A seed from the input: the same input has the same properties. */
static inline uint32_t seed_of(struct str text)
{
	uint32_t seed = 2166136261U;

	for (size_t i = 0; i < text.len; i++)
		seed = (seed ^ (unsigned char)text.data[i]) * 16777619U;
	return seed | 1;
}

/* A shipped policy, or rewrites.json: as much as can be, rewritten. Loaded once. */
const struct policy *fuzz_policy(uint8_t byte);

/*
 * rfc8259_is_one_object: is the text what json_read() takes, as far as its limits go? Written from
 * RFC 8259 and docs/architecture.md, Reading, without a look at the reader.
 */
bool rfc8259_is_one_object(struct str text, enum json_comments comments);

/*
 * respell: the same document in other bytes: white space, order of members, escapes in values.
 * Names stay as they are: a known one may not be spelled otherwise.
 */
struct str respell(struct arena *arena, const struct json_doc *doc, uint32_t seed);

/*
 * only_reported_differs: the text of a document and the one made of it by its edits, which the tree
 * of the findings' nodes carries, differ only where a finding says so that is carried out.
 */
void only_reported_differs(struct arena *arena, struct str before, struct str after,
			   const struct finding *findings);

#endif
