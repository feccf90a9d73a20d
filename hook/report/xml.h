/* SPDX-License-Identifier: Apache-2.0 */
/* Text in XML 1.0 documents. */
#ifndef ROOTFENCE_REPORT_XML_H
#define ROOTFENCE_REPORT_XML_H

#include "base/str.h"

/*
 * xml_add: adds text, escaped for content and for attributes in double quotes. Characters that XML
 * 1.0 has no spelling for (section 2.2: most control characters, U+FFFE, U+FFFF), and bytes that
 * are not UTF-8, become U+FFFD.
 */
void xml_add(struct buf *out, struct str text);

#endif
