/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See engine_capabilities.h. It decides, so it asks less than engine_of(), which takes a path of a
 * mount for a mark and chooses only words.
 */
#include "engine_capabilities.h"

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

/* CRI-O writes both, the annotation last. The cgroup is SLICE:crio:ID or /PARENT/crio-ID. */
static bool is_crio(const struct oci_config *config)
{
	struct str cgroup = config->linux_.cgroups_path.value;

	return oci_map_is(&config->annotations, "io.container.manager", "cri-o") ||
	       str_has(cgroup, ":crio:") || str_has(cgroup, "/crio-");
}

/* The cgroup is SLICE:libpod:ID or /PARENT/libpod-ID. */
static bool is_podman(const struct oci_config *config)
{
	struct str cgroup = config->linux_.cgroups_path.value;

	return oci_map_is(&config->annotations, "io.container.manager", "libpod") ||
	       str_has(cgroup, ":libpod:") || str_has(cgroup, "/libpod-");
}

uint64_t engine_default_capabilities(const struct oci_config *config)
{
	uint64_t bounding = config->process.capabilities.sets[CAP_SET_BOUNDING].bits;

	if (is_crio(config))
		return CRIO_DEFAULT;
	/* Somebody who adds one of the three rarely adds all: together they are an older default. */
	if (is_podman(config) && (bounding & PODMAN_LEAVES_OUT) != PODMAN_LEAVES_OUT)
		return CAP_ENGINE_DEFAULT & ~PODMAN_LEAVES_OUT;
	return CAP_ENGINE_DEFAULT;
}
