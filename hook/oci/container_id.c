/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the container's id in a spec: see container_id.h. */
#include "container_id.h"

#include <string.h>

#define ID_LEN 64 /* hexadecimal digits, as podman, Docker, CRI-O and containerd's CRI make them */

static size_t hex_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != '\0' && strchr("0123456789abcdef", text[n]) != NULL)
		n++;
	return n;
}

/* Returns the last run of exactly ID_LEN digits. */
static struct str last_id(struct str text)
{
	struct str found = { 0 };

	for (size_t i = 0; i < text.len;) {
		size_t n = hex_len(text.data + i, text.len - i);

		if (n == ID_LEN)
			found = (struct str){ text.data + i, ID_LEN };
		i += n + 1;
	}
	return found;
}

struct str oci_container_id(const struct oci_config *config)
{
	static const char dir[] = "/userdata/";
	/* "/libpod_parent/libpod-ID", "machine.slice:libpod:ID", ".../libpod-ID.scope" */
	struct str id = last_id(config->linux_.cgroups_path.value);
	const struct oci_mount *mounts = config->mounts.items;

	/* Without cgroups (--cgroups=disabled), podman's own mounts have it: .../ID/userdata/hosts. */
	for (size_t i = 0; i < config->mounts.n && id.len == 0; i++) {
		struct str source = mounts[i].source.value;
		const char *end =
			source.len > 0 ? memmem(source.data, source.len, dir, strlen(dir)) : NULL;

		if (end != NULL && end - source.data >= ID_LEN &&
		    hex_len(end - ID_LEN, ID_LEN) == ID_LEN)
			id = (struct str){ end - ID_LEN, ID_LEN };
	}
	return id;
}
