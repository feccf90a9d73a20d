/* SPDX-License-Identifier: Apache-2.0 */
/* The rule table as people and programs want it. */
#ifndef ROOTFENCE_CMD_POLICY_LIST_H
#define ROOTFENCE_CMD_POLICY_LIST_H

#include "base/arena.h"
#include "base/str.h"

/* Each adds a whole document to out. */
void policy_list_text(struct buf *out);
void policy_list_json(struct arena *arena, struct buf *out);

#endif
