/* SPDX-License-Identifier: Apache-2.0 */
/* Parses security.capability: see file_caps.h, and linux/capability.h for the layout. */
#include "file_caps.h"

#include <linux/capability.h>
#include <stddef.h>

#include "oci/capability.h"

/* Returns the little-endian number at a place of the attribute; 0 after its end. */
static uint32_t number_at(struct str attribute, size_t place)
{
	uint32_t number = 0;

	if (place + sizeof(number) > attribute.len)
		return 0;
	for (size_t i = sizeof(number); i > 0; i--)
		number = number << 8 | (unsigned char)attribute.data[place + i - 1];
	return number;
}

bool file_caps_parse(struct str attribute, struct file_caps *ret_caps)
{
	uint32_t magic = number_at(attribute, 0), revision = magic & VFS_CAP_REVISION_MASK;
	size_t wanted = revision == VFS_CAP_REVISION_1	 ? XATTR_CAPS_SZ_1
			: revision == VFS_CAP_REVISION_2 ? XATTR_CAPS_SZ_2
			: revision == VFS_CAP_REVISION_3 ? XATTR_CAPS_SZ_3
							 : 0;

	if (wanted == 0 || attribute.len != wanted)
		return false;
	*ret_caps = (struct file_caps){
		.present = true,
		.permitted = number_at(attribute, 4),
		.inheritable = number_at(attribute, 8),
		.effective = (magic & VFS_CAP_FLAGS_EFFECTIVE) != 0,
	};
	if (revision != VFS_CAP_REVISION_1) {
		ret_caps->permitted |= (uint64_t)number_at(attribute, 12) << 32;
		ret_caps->inheritable |= (uint64_t)number_at(attribute, 16) << 32;
		ret_caps->root = number_at(attribute, 20);
	}
	/* The kernel ignores capabilities that it does not know. */
	ret_caps->permitted &= CAP_ALL;
	ret_caps->inheritable &= CAP_ALL;
	return true;
}
