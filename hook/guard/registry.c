/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers a container: one map entry, made from what container.c finds out and what the policy
 * allows. This loads no program and reads no ELF file.
 */
#include "guard/registry.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/own_namespaces.h"
#include "guard/guard.h"
#include "guard/container.h"
#include "guard/limits.h"
#include "guard/lock.h"
#include "guard/nesting.h"
#include "guard/pins.h"
#include "guard/exec_rules.h"
#include "guard/roster.h"
#include "guard/verify.h"

#define BATCH 256

/*
 * Reads in batches, which see every entry that stays for the whole walk. Asking for one key after
 * the other starts over when the kernel removes the key that was asked for.
 */
int registry_each(int containers_fd,
		  int (*visit)(const struct abi_key *key, const struct abi_entry *entry, void *data,
			       struct err *err),
		  void *data, struct err *err)
{
	auto_free struct abi_entry *entries = calloc(BATCH, sizeof(*entries));
	auto_free struct abi_key *keys = calloc(BATCH, sizeof(*keys));
	__u64 position[2] = { 0 };
	bool first = true;
	int ret = 0;

	if (entries == NULL || keys == NULL)
		return err_set_system(err, ENOMEM, "cannot list the guarded containers");
	while (ret != -ENOENT) {
		__u32 count = BATCH;

		ret = bpf_map_lookup_batch(containers_fd, first ? NULL : &position[0], &position[1],
					   keys, entries, &count, NULL);
		if (ret < 0 && ret != -ENOENT)
			return err_set_system(err, -ret, "cannot list the guarded containers");
		for (__u32 i = 0; i < count; i++) {
			int stop = visit(&keys[i], &entries[i], data, err);

			if (stop != 0)
				return stop;
		}
		position[0] = position[1];
		first = false;
	}
	return 0;
}

static void entry_fill(struct abi_entry *entry, const struct guard_container *container,
		       const struct identity *identity, const struct abi_limits *limits,
		       uint64_t rules_id)
{
	memset(entry, 0, sizeof(*entry));
	entry->limits = *limits;
	memcpy(entry->id, container->id, strlen(container->id));
	entry->rules_id = rules_id;
	entry->init_start = identity->init_start;
	entry->init_pid = (__u32)container->init_pid;
	memcpy(entry->own_ns, identity->own_ns, sizeof(entry->own_ns));
	/* No process is in the one that was promised. */
	if ((container->promise.flags & ABI_PROMISED_USERNS) == 0 ||
	    identity->userns != HOST_USER_NAMESPACE)
		entry->userns = identity->userns;
	entry->pidns = identity->pidns;
	entry->init_exe = identity->init_exe;
	entry->flags = container->has_hooks ? ABI_ENTRY_HOOKS : 0;
	entry->promise = container->promise;
	entry->promise.filters += identity->filters;
	memcpy(entry->promise.host_ns, identity->host_ns, sizeof(entry->promise.host_ns));
	memcpy(entry->host_mntns, identity->host_mntns, sizeof(entry->host_mntns));
}

int registry_entry_begin(struct abi_entry *entry, const struct guard_container *container,
			 uint64_t rules_id, struct err *err)
{
	struct identity identity = { 0 };
	int ret = identity_hosts(&identity, err);

	if (ret == 0)
		entry_fill(entry, container, &identity, &container->limits, rules_id);
	return ret;
}

struct registration {
	const char *dir; /* of the guard */
	const struct guard_rules *rules;
	struct identity identity;
	struct abi_entry entry;
};

static bool limits_equal(const struct abi_entry *a, const struct abi_entry *b)
{
	return memcmp(&a->limits, &b->limits, sizeof(a->limits)) == 0 && a->rules_id == b->rules_id;
}

static int init_is_alive(const struct abi_entry *entry, bool *ret_alive, struct err *err)
{
	auto_close int proc_fd = -1;
	uint64_t start = 0;
	int ret = identity_open((pid_t)entry->init_pid, &proc_fd, err);

	if (ret == 0)
		ret = identity_start(proc_fd, &start, err);
	*ret_alive = ret == 0 && start == entry->init_start;
	return ret == -ESRCH ? 0 : ret;
}

struct pidns_search {
	uint32_t inode;
	struct abi_key key;
	struct abi_entry found;
};

static int pidns_visit(const struct abi_key *key, const struct abi_entry *entry, void *data,
		       struct err *err)
{
	struct pidns_search *search = data;
	bool alive;
	int ret;

	if (key->kind != ABI_KIND_PIDNS || abi_pidns_inode(key->id) != search->inode)
		return 0;
	ret = init_is_alive(entry, &alive, err);
	if (ret < 0 || !alive)
		return ret;
	search->key = *key;
	search->found = *entry;
	return 1;
}

/*
 * One entry for two containers: it promises what both specs do. What keeps the runtime's helpers
 * exempt is not written back, as in entry_replace().
 */
static int promise_both(const char *dir, int fd, const struct pidns_search *search,
			const struct abi_entry *entry, struct err *err)
{
	struct abi_entry both = search->found;
	struct err ignored;
	int ret;

	promise_narrow(&both.promise, &entry->promise);
	if (both.userns != entry->userns) {
		both.promise.flags &= ~(__u32)(ABI_PROMISED_USERNS | ABI_PROMISED_UID_MAP);
		both.promise.others &= ~(__u32)ABI_PROMISED_USERNS;
	}
	if (memcmp(&both.promise, &search->found.promise, sizeof(both.promise)) == 0)
		return 0;
	both.armed = 1;
	ret = roster_remove(dir, &search->key, err);
	if (ret < 0)
		return ret;
	ret = bpf_map_update_elem(fd, &search->key, &both, BPF_EXIST);
	if (ret < 0) {
		roster_put(dir, &search->key, &search->found, &ignored);
		return err_set_system(err, -ret,
				      "cannot register the container with the kernel guard");
	}
	return roster_put(dir, &search->key, &both, err);
}

/*
 * The container is in the pid namespace of another one, and nothing else tells it apart. If the
 * other one has an entry, it holds for both and outlives this container, because the namespace ends
 * with the other one's init. So an entry with the same limits is enough, and nothing is added.
 */
static int register_shared(const char *dir, int fd, const struct identity *identity,
			   const struct abi_entry *entry, struct err *err)
{
	struct pidns_search search = { .inode = identity->pidns };
	int ret;

	ret = registry_each(fd, pidns_visit, &search, err);
	if (ret < 0)
		return ret;
	if (ret == 0)
		return err_set(
			err, ENOTSUP, EXIT_GUARD,
			"the container joins a pid namespace that is not guarded, and has no cgroup v2 of its own: start the container that made the namespace under the guard first");
	if (!limits_equal(&search.found, entry))
		return err_set(
			err, ENOTSUP, EXIT_GUARD,
			"the container joins the pid namespace of container '%s', which has other limits, and has no cgroup v2 of its own: give both the same policy, or this one its own pid namespace",
			search.found.id);
	return promise_both(dir, fd, &search, entry, err);
}

/* A hook of a container must not loosen what was registered for it. */
static int check_narrower(const struct registration *registration, const struct abi_entry *old,
			  struct err *err)
{
	const struct abi_entry *entry = &registration->entry;
	bool within = limits_within(&entry->limits, &old->limits);
	int ret = 0;

	if (within && entry->rules_id != old->rules_id)
		ret = rules_are_within(registration->dir, registration->rules, &entry->limits,
				       old->rules_id, &old->limits, &within, err);
	if (ret < 0 || within)
		return ret;
	return err_set(
		err, EPERM, EXIT_GUARD,
		"container '%s' is registered with stricter limits, which hold until it ends; give all of its hooks the same policy",
		old->id);
}

/*
 * Registers a container again. Until init runs, the runtime's helpers are exempt. A new entry must
 * not exempt them again, and whether init runs by now cannot be told without a race. So the same
 * entry stays as it is, and one with narrower limits starts without the exemption.
 */
static int entry_replace(struct registration *registration, const struct abi_entry *old,
			 bool *ret_keep, struct err *err)
{
	struct abi_entry *entry = &registration->entry;
	bool same_init = old->init_pid == entry->init_pid && old->init_start == entry->init_start;
	bool alive = false;
	int ret = 0;

	*ret_keep = false;
	if (!same_init && strcmp(old->id, entry->id) != 0)
		ret = init_is_alive(old, &alive, err);
	if (ret < 0)
		return ret;
	if (alive)
		return err_set(
			err, EEXIST, EXIT_GUARD,
			"container '%s' has the same cgroup or pid namespace: give this one its own",
			old->id);
	if (!same_init)
		return 0;
	*ret_keep = limits_equal(old, entry) && strcmp(old->id, entry->id) == 0;
	ret = check_narrower(registration, old, err);
	if (ret < 0)
		return ret;
	entry->armed = 1;
	entry->promise = old->promise; /* by now init may have more filters than it inherited */
	entry->flags |= old->flags & ABI_ENTRY_STARTED;
	entry->denied = old->denied;
	entry->logged = old->logged;
	return 0;
}

static int entry_put(int fd, struct registration *registration, int proc_fd, struct err *err)
{
	const struct identity *identity = &registration->identity;
	struct abi_entry *entry = &registration->entry;
	struct abi_entry old;
	struct err ignored;
	uint64_t start = 0;
	bool keep = false, replaces;
	int ret;

	ret = bpf_map_lookup_elem(fd, &identity->key, &old);
	if (ret < 0 && ret != -ENOENT)
		return err_set_system(err, -ret,
				      "cannot look the container up in the kernel guard");
	replaces = ret == 0;
	ret = replaces ? entry_replace(registration, &old, &keep, err) : 0;
	if (ret == 0 && keep) /* a process that was killed may not have noted it */
		return roster_put(registration->dir, &identity->key, &old, err);
	/* Killed in between, this process must not leave a note that says something else. */
	if (ret == 0 && replaces)
		ret = roster_remove(registration->dir, &identity->key, err);
	if (ret < 0)
		return ret;
	ret = bpf_map_update_elem(fd, &identity->key, entry, BPF_ANY);
	if (ret < 0 && replaces)
		roster_put(registration->dir, &identity->key, &old, &ignored);
	if (ret == -E2BIG || ret == -ENOMEM)
		return err_set(err, -ret, EXIT_GUARD,
			       "the kernel guard has no room for more containers: %s",
			       strerror(-ret));
	if (ret < 0)
		return err_set_system(err, -ret,
				      "cannot register the container with the kernel guard");
	/*
	 * The kernel removes an entry when its container ends; if it ended before, the entry is
	 * removed here. If that cannot be told, an entry that was there before stays: it may guard
	 * a running container.
	 */
	ret = roster_put(registration->dir, &identity->key, entry, err);
	if (ret == 0)
		ret = identity_start(proc_fd, &start, err);
	if (ret < 0 && ret != -ESRCH && entry->armed) {
		bpf_map_update_elem(fd, &identity->key, &old, BPF_EXIST);
		roster_put(registration->dir, &identity->key, &old, &ignored);
	} else if (ret < 0) {
		roster_remove(registration->dir, &identity->key, &ignored);
		bpf_map_delete_elem(fd, &identity->key);
	}
	return ret;
}

static int register_loaded(const char *dir, const struct guard_container *container,
			   struct err *err)
{
	auto_close int rules_lock = -1;
	auto_close int proc_fd = -1;
	auto_close int fd = -1;
	struct nesting nesting;
	struct registration registration = { .dir = dir, .rules = &nesting.rules };
	struct identity *identity = &registration.identity;
	uint64_t rules_id = 0;
	int ret;

	ret = identity_open(container->init_pid, &proc_fd, err);
	if (ret == 0)
		ret = identity_read(proc_fd, container->init_pid, identity, err);
	if (ret == 0)
		ret = pins_open_map(dir, "containers", &fd, err);
	if (ret == 0)
		ret = nesting_read(fd, proc_fd, container, identity, &nesting, err);
	if (ret == 0)
		ret = rules_install(dir, &nesting.rules, &rules_id, &rules_lock, err);
	if (ret < 0)
		return ret;
	entry_fill(&registration.entry, container, identity, &nesting.limits, rules_id);
	if (identity->key.kind == 0)
		return register_shared(dir, fd, identity, &registration.entry, err);
	return entry_put(fd, &registration, proc_fd, err);
}

/* The programs look no further while it is 0, so it is set before the entry is written. */
static int mark_in_use(const char *dir, struct abi_meta *meta, struct err *err)
{
	auto_close int fd = -1;
	__u32 zero = 0;
	int ret;

	if (meta->in_use != 0)
		return 0;
	meta->in_use = 1;
	ret = pins_open_map(dir, "meta", &fd, err);
	if (ret < 0)
		return ret;
	ret = bpf_map_update_elem(fd, &zero, meta, BPF_EXIST);
	return ret < 0 ? err_set_system(err, -ret, "cannot write the guard's meta map") : 0;
}

/* Where names cannot be exchanged, a guard that is being replaced is out of sight for a moment. */
static int meta_read(const char *dir, struct abi_meta *ret_meta, struct err *err)
{
	int ret = pins_read_meta(dir, ret_meta, NULL, err);
	auto_close int lock = -1;
	struct err ignored;

	if (ret == -ENOENT && lock_take(dir, "guard", LOCK_SHARED, &lock, &ignored) == 0)
		ret = pins_read_meta(dir, ret_meta, NULL, err);
	return ret;
}

int registry_begin(const char *dir, enum guard_level least, struct abi_meta *ret_meta,
		   struct err *err)
{
	int ret;

	ret = identity_check_host(err);
	if (ret == 0)
		ret = meta_read(dir, ret_meta, err);
	if (ret == -EPROTO && verify_was_sealed(dir))
		ret = verify_for_registration(dir, err); /* not another version: another map */
	if (ret < 0)
		return ret;
	if (ret_meta->level < (__u32)least)
		return err_set(err, ENOTSUP, EXIT_GUARD, "the kernel guard gives '%s': %s",
			       guard_level_name((enum guard_level)ret_meta->level),
			       ret_meta->reason);
	ret = verify_for_registration(dir, err);
	return ret < 0 ? ret : mark_in_use(dir, ret_meta, err);
}

int guard_register(const char *dir, const struct guard_container *container, enum guard_level least,
		   struct err *err)
{
	struct abi_meta meta;
	int ret = registry_check(container, err);

	if (ret == 0 && container->init_pid <= 1)
		return err_set(err, EINVAL, EXIT_SPEC, "%d cannot be the pid of a container's init",
			       (int)container->init_pid);
	if (ret == 0)
		ret = registry_begin(dir, least, &meta, err);
	return ret < 0 ? ret : register_loaded(dir, container, err);
}
