/* SPDX-License-Identifier: Apache-2.0 */
/* See engine_capabilities.h. */
#include "engine_capabilities.h"

#include <string.h>

#include "base/cleanup.h"
#include "oci/capability.h"

#define BIT(number) (UINT64_C(1) << (number))
#define AUDIT_WRITE BIT(29)
#define MKNOD BIT(27)
#define NET_RAW BIT(13)
#define SETFCAP BIT(31)
#define SYS_CHROOT BIT(18)

/*
 * CRI-O since 1.18: crio.conf(5), default_capabilities. podman and buildah: containers.conf(5), of
 * which every distribution ships a list without these three. Some versions leave out SYS_CHROOT as
 * well. podman 4.3 and older without such a file give what Docker gives.
 */
#define CRIO_DEFAULT (CAP_ENGINE_DEFAULT & ~(AUDIT_WRITE | MKNOD | NET_RAW | SETFCAP | SYS_CHROOT))
#define PODMAN_LEAVES_OUT (AUDIT_WRITE | MKNOD | NET_RAW)

static bool is_manager(const struct oci_config *config, const char *name)
{
	const struct json_node *manager = oci_map_get(&config->annotations, "io.container.manager");

	return manager != NULL && str_is(manager->text, name);
}

static bool cgroup_has(const struct oci_config *config, const char *part)
{
	struct str path = config->linux_.cgroups_path.value;

	return path.len > 0 && memmem(path.data, path.len, part, strlen(part)) != NULL;
}

/* CRI-O writes both, the annotation last. The cgroup is SLICE:crio:ID or /PARENT/crio-ID. */
static bool is_crio(const struct oci_config *config)
{
	return is_manager(config, "cri-o") || cgroup_has(config, ":crio:") ||
	       cgroup_has(config, "/crio-");
}

/* The cgroup is SLICE:libpod:ID or /PARENT/libpod-ID. */
static bool is_podman(const struct oci_config *config)
{
	return is_manager(config, "libpod") || cgroup_has(config, ":libpod:") ||
	       cgroup_has(config, "/libpod-");
}

uint64_t engine_default_capabilities(const struct oci_config *config)
{
	uint64_t bounding = config->process.capabilities.sets[CAP_SET_BOUNDING].bits;

	if (is_crio(config))
		return CRIO_DEFAULT;
	/* Who adds one of the three does not add the others: all of them are an older default. */
	if (is_podman(config) && (bounding & PODMAN_LEAVES_OUT) != PODMAN_LEAVES_OUT)
		return CAP_ENGINE_DEFAULT & ~PODMAN_LEAVES_OUT;
	return CAP_ENGINE_DEFAULT;
}
