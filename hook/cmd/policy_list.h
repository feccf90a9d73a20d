/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the rule table, as text for people and as JSON for programs. */
#ifndef ROOTFENCE_CMD_POLICY_LIST_H
#define ROOTFENCE_CMD_POLICY_LIST_H

#include "base/arena.h"
#include "base/str.h"

/* Each adds a whole document to out. */
void policy_list_text(struct buf *out);
void policy_list_json(struct arena *arena, struct buf *out);

#endif
