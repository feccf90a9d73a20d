/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds our own hooks to a spec. createRuntime puts the container under the guard. poststop takes it
 * out and removes its record.
 */
#ifndef ROOTFENCE_WRAPPER_OWN_HOOKS_H
#define ROOTFENCE_WRAPPER_OWN_HOOKS_H

#include "json/json.h"

/*
 * Adds our hooks to doc unless they are there already. Our hooks for other containers are removed.
 * doc must have been read as a config (oci_config_read), which checks the form of its hooks. self
 * is the path of this program, record the path of the container's record.
 */
void hooks_add(struct json_doc *doc, const char *self, const char *record);

#endif
