/* SPDX-License-Identifier: Apache-2.0 */
/* See bound_sysfs.h. */
#include "policy/rules/bound_sysfs.h"

#include <stddef.h>
#include <string.h>

#define CGROUPS "/sys/fs/cgroup"

/* What systemd and others mount below /sys. Each of them checks who asks, as sysfs does. */
static const char *const kernel_types[] = {
	"bpf",	  "cgroup",  "cgroup2", "configfs",   "debugfs",   "efivarfs", "fusectl",
	"pstore", "resctrl", "sysfs",	"securityfs", "selinuxfs", "smackfs",  "tracefs",
};

/* Runtimes make only the mount itself read-only, not the cgroups in it, which may have other owners. */
static bool cgroups_are_read_only(const struct oci_config *config, const struct oci_mount *sys)
{
	bool after = false, read_only = false;

	for (size_t i = 0; i < config->mounts.n; i++) {
		const struct oci_mount *mount = oci_config_mount(config, i);

		if (after && str_is(mount->destination.value, CGROUPS))
			read_only = mount->read_only && !mount->remount;
		after |= mount == sys;
	}
	return read_only;
}

bool bound_sysfs(const struct judge *judge, const struct oci_mount *mount)
{
	struct str source = mount->source.value;

	if (!str_is(source, CGROUPS) &&
	    (!str_is(source, "/sys") || !cgroups_are_read_only(judge->config, mount)))
		return false;
	return str_equal(source, mount->destination.value) && mount->bind &&
	       str_is(mount->type.value, "bind") && mount->read_only && !mount->remount &&
	       mount->uid_mappings.n == 0 && mount->gid_mappings.n == 0 &&
	       judge_root_is_mapped(judge) &&
	       judge->facts->namespaces[NAMESPACE_NETWORK] != NS_FACT_HOST;
}

static bool is_kernel(const struct path_fact *fact)
{
	/* cgroup v1 has a directory for each hierarchy. */
	if (str_is(fact->type, "tmpfs"))
		return str_is(fact->point, CGROUPS) && !fact->part;
	for (size_t i = 0; i < sizeof(kernel_types) / sizeof(*kernel_types); i++)
		if (str_is(fact->type, kernel_types[i]))
			return true;
	return fact->type.len == 0;
}

static const char *stranger(const struct judge *judge, const struct path_fact *fact)
{
	const char *reason = fact->unknown;

	if (!is_kernel(fact))
		return arena_printf(judge->arena, "what is mounted at %s is of type %s",
				    str_quote(judge->arena, fact->point),
				    str_quote(judge->arena, fact->type));
	for (size_t i = 0; reason == NULL && i < fact->n_origins; i++)
		reason = stranger(judge, &fact->origins[i]);
	return reason;
}

const char *bound_sysfs_reason(const struct judge *judge, const struct source_fact *source)
{
	const struct path_fact *fact = &source->path;

	if (fact->error == 0 && !str_is(source->from.path, fact->resolved))
		return "this is a link";
	if (fact->error != 0 && judge->facts->scope == FACTS_LIVE)
		return arena_printf(judge->arena, "it cannot be looked up: %s",
				    strerror(fact->error));
	return stranger(judge, fact);
}
