/* SPDX-License-Identifier: Apache-2.0 */
/* The enumerations of the OCI schema, written from config.md and config-linux.md. */
#ifndef ROOTFENCE_TESTS_FUZZ_WORDS_H
#define ROOTFENCE_TESTS_FUZZ_WORDS_H

#include "json/json.h"

/* A config that is accepted has only words that the schema knows, spelled as there. */
void must_have_known_words(const struct json_doc *doc);

#endif
