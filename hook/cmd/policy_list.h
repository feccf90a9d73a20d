/* SPDX-License-Identifier: Apache-2.0 */
/* The rule table as people, programs and editors want it. */
#ifndef ROOTFENCE_CMD_POLICY_LIST_H
#define ROOTFENCE_CMD_POLICY_LIST_H

#include "base/arena.h"
#include "base/str.h"

/* Each adds a whole document to out. */
void policy_list_text(struct arena *arena, struct buf *out);
void policy_list_json(struct arena *arena, struct buf *out);
void policy_list_markdown(struct arena *arena, struct buf *out); /* docs/rules.md */
void policy_list_schema(struct arena *arena, struct buf *out);	 /* policies/schema.json */

#endif
