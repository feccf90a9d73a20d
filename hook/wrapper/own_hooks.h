/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own hooks in a spec: createRuntime puts the container under the guard, poststop takes it out
 * again and removes its record.
 */
#ifndef ROOTFENCE_WRAPPER_OWN_HOOKS_H
#define ROOTFENCE_WRAPPER_OWN_HOOKS_H

#include "json/json.h"

/*
 * hooks_add: adds them to doc, unless they are there already. doc has been read as a config
 * (oci_config_read), so that its hooks are known to be what they have to be. self is this program,
 * record the directory of the container's record.
 */
void hooks_add(struct json_doc *doc, const char *self, const char *record);

#endif
