/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own hooks in a spec: createRuntime puts the container under the guard, poststop takes it out
 * again and removes its record.
 */
#ifndef ROOTFENCE_RUNTIME_HOOKS_H
#define ROOTFENCE_RUNTIME_HOOKS_H

#include "json/json.h"

/*
 * hooks_add: adds them to doc, which is a config, unless they are there already. self is this
 * program, record the directory of the container's record. Error: EXIT_SPEC when "hooks" is not
 * what it has to be.
 */
int hooks_add(struct json_doc *doc, const char *self, const char *record, struct err *err);

#endif
