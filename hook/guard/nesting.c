// SPDX-License-Identifier: Apache-2.0
/* See nesting.h. */
#include "guard/nesting.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard/cgroup.h"
#include "guard/limits.h"
#include "guard/registry.h"

static void narrow(struct nesting *nesting, const struct abi_limits *outer)
{
	limits_narrow(&nesting->limits, outer);
	for (size_t i = 0; i < nesting->rules.n; i++)
		limits_narrow_rule(&nesting->items[i].rule, &nesting->limits, outer);
}

static int cgroup_visit(const struct abi_key *key, const struct abi_entry *entry, void *data,
			struct err *err)
{
	(void)data;
	if (key->kind != ABI_KIND_CGROUP)
		return 0;
	return err_set(
		err, ENOTSUP, EXIT_GUARD,
		"the container's cgroup cannot be seen from here, so it may be in that of container '%s', which has limits of its own: run the engine in the host's cgroup namespace, with cgroup v2 mounted on /sys/fs/cgroup",
		entry->id);
}

int nesting_read(int containers_fd, int proc_fd, const struct guard_container *container,
		 const struct identity *identity, struct nesting *ret_nesting, struct err *err)
{
	uint64_t ids[ABI_CGROUP_LEVELS];
	size_t n;
	int ret = cgroup_line(proc_fd, container->init_pid, ids, &n, err);

	if (ret == -EXDEV) /* no matter, unless something is registered by its cgroup */
		ret = registry_each(containers_fd, cgroup_visit, NULL, err);
	if (ret < 0)
		return ret;
	ret_nesting->limits = container->limits;
	memcpy(ret_nesting->items, container->rules.items,
	       container->rules.n * sizeof(*container->rules.items));
	ret_nesting->rules = (struct guard_rules){ ret_nesting->items, container->rules.n };
	for (size_t i = 0; i < n; i++) {
		const struct abi_key key = { .id = ids[i], .kind = ABI_KIND_CGROUP };
		struct abi_entry outer;

		if (memcmp(&key, &identity->key, sizeof(key)) == 0)
			continue;
		ret = bpf_map_lookup_elem(containers_fd, &key, &outer);
		if (ret == -ENOENT)
			continue;
		if (ret < 0)
			return err_set_system(err, -ret,
					      "cannot look a cgroup up in the kernel guard");
		narrow(ret_nesting, &outer.limits);
	}
	return 0;
}
