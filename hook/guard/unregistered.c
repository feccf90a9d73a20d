/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers that nobody registered, from user space: what the host's policy says about them, and
 * which were seen. bpf/unregistered.h finds them.
 */
#include "guard/guard.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "guard/container.h"
#include "guard/pins.h"
#include "guard/unregistered.h"

struct tree {
	size_t n;
	struct abi_exempt_key keys[ABI_EXEMPT_NODES];
	struct abi_exempt values[ABI_EXEMPT_NODES];
};

static int path_refuse(const char *path, struct err *err)
{
	return err_set(
		err, EINVAL, EXIT_POLICY,
		"'%s' cannot be exempt: it must be the absolute path of a cgroup, with up to %d names of up to %d bytes",
		path, ABI_EXEMPT_LEVELS, ABI_EXEMPT_NAME_MAX);
}

static int path_check(const char *path, struct err *err)
{
	const char *at = path;
	int levels = 0;

	while (*at == '/') {
		size_t len = strcspn(++at, "/");

		if (len == 0 || len > ABI_EXEMPT_NAME_MAX || ++levels > ABI_EXEMPT_LEVELS)
			return path_refuse(path, err);
		at += len;
	}
	return levels == 0 || *at != '\0' ? path_refuse(path, err) : 0;
}

/* What is left of a path below some node of the tree, and its first name. */
struct rest {
	const char *name; /* "": nothing is left */
	size_t len;
};

static struct rest rest_of(const char *path)
{
	const char *name = path + (*path == '/');

	return (struct rest){ name, strcspn(name, "/") };
}

static bool same_name(const struct rest *a, const struct rest *b)
{
	return a->len == b->len && memcmp(a->name, b->name, a->len) == 0;
}

static bool is_any(const struct rest *rest)
{
	return rest->len == 1 && rest->name[0] == '*';
}

/*
 * Adds the names below a node. The kernel looks for a name and, if the node has no such name, for
 * "*": so what is below "*" is below each other name too.
 */
static int node_add(struct tree *tree, uint32_t node, const struct rest *rests, size_t n)
{
	struct rest below[GUARD_EXEMPT_MAX];
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < n; i++) {
		struct abi_exempt_key key = { .node = node };
		struct abi_exempt *value = &tree->values[tree->n];
		size_t n_below = 0, first = 0;

		while (!same_name(&rests[first], &rests[i]))
			first++;
		if (first < i)
			continue;
		if (tree->n == ABI_EXEMPT_NODES)
			return -E2BIG;
		memcpy(key.name, rests[i].name, rests[i].len);
		tree->keys[tree->n++] = key;
		value->node = (uint32_t)tree->n;
		for (size_t j = 0; j < n; j++) {
			if (!same_name(&rests[j], &rests[i]) && !is_any(&rests[j]))
				continue;
			below[n_below] = rest_of(rests[j].name + rests[j].len);
			value->end |= below[n_below++].len == 0;
		}
		if (!value->end)
			ret = node_add(tree, value->node, below, n_below);
	}
	return ret;
}

static int tree_fill(struct tree *tree, const struct guard_unregistered *unregistered,
		     struct err *err)
{
	struct rest rests[GUARD_EXEMPT_MAX];
	int ret = unregistered->n_exempt > GUARD_EXEMPT_MAX ? -E2BIG : 0;

	for (size_t i = 0; ret == 0 && i < unregistered->n_exempt; i++) {
		ret = path_check(unregistered->exempt[i], err);
		if (ret < 0)
			return ret;
		rests[i] = rest_of(unregistered->exempt[i]);
	}
	if (ret == 0)
		ret = node_add(tree, 0, rests, unregistered->n_exempt);
	return ret < 0 ? err_set(err, E2BIG, EXIT_POLICY, "too many exempt cgroups") : 0;
}

static bool tree_is_there(int fd, const struct tree *tree)
{
	struct abi_exempt_key key, next;
	struct abi_exempt value;
	size_t n = 0;

	for (int ret = bpf_map_get_next_key(fd, NULL, &next); ret == 0;
	     ret = bpf_map_get_next_key(fd, &key, &next)) {
		key = next;
		n++;
	}
	if (n != tree->n)
		return false;
	for (size_t i = 0; i < tree->n; i++)
		if (bpf_map_lookup_elem(fd, &tree->keys[i], &value) < 0 ||
		    memcmp(&value, &tree->values[i], sizeof(value)) != 0)
			return false;
	return true;
}

static void tree_remove(int fd)
{
	struct abi_exempt_key key;

	while (bpf_map_get_next_key(fd, NULL, &key) == 0)
		if (bpf_map_delete_elem(fd, &key) < 0)
			return;
}

/* Some were judged by other paths. What a hook let pass stays. */
static void seen_forget(int fd)
{
	struct abi_key key, next;
	const void *previous = NULL;
	struct abi_unregistered seen;

	while (bpf_map_get_next_key(fd, previous, &next) == 0) {
		bool stays = bpf_map_lookup_elem(fd, &next, &seen) == 0 &&
			     seen.exempt == ABI_EXEMPT_HOOK;

		if (!stays && bpf_map_delete_elem(fd, &next) < 0)
			return;
		if (stays) {
			key = next;
			previous = &key;
		}
	}
}

static int tree_write(int fd, const struct tree *tree, struct err *err)
{
	tree_remove(fd);
	for (size_t i = 0; i < tree->n; i++) {
		int ret = bpf_map_update_elem(fd, &tree->keys[i], &tree->values[i], BPF_ANY);

		if (ret < 0)
			return err_set_system(err, -ret, "cannot write the guard's exempt cgroups");
	}
	return 0;
}

int unregistered_fill_host(struct abi_host *host, struct err *err)
{
	struct stat st;

	/* A host can hide init's. */
	if (stat("/proc/1/ns/mnt", &st) < 0 &&
	    (io_is_failure(errno) || stat("/proc/self/ns/mnt", &st) < 0))
		return err_set_system(err, errno, "cannot read the host's mount namespace");
	*host = (struct abi_host){ .unregistered = ABI_LOG,
				   .errno_ret = EPERM,
				   .mntns = (uint32_t)st.st_ino };
	return 0;
}

static int host_write(const char *dir, const struct guard_unregistered *unregistered,
		      const struct tree *tree, struct err *err)
{
	auto_close int host_fd = -1;
	auto_close int exempt_fd = -1;
	auto_close int seen_fd = -1;
	struct abi_host host, before;
	__u32 zero = 0;
	int ret;

	ret = unregistered_fill_host(&host, err);
	host.unregistered = unregistered->action;
	host.errno_ret = unregistered->errno_ret;
	host.exempt = (__u32)tree->n;
	if (ret == 0)
		ret = pins_open_map(dir, pins_map_name(PIN_HOST), &host_fd, err);
	if (ret == 0)
		ret = pins_open_map(dir, pins_map_name(PIN_EXEMPT), &exempt_fd, err);
	if (ret == 0)
		ret = pins_open_map(dir, pins_map_name(PIN_UNREGISTERED), &seen_fd, err);
	if (ret < 0)
		return ret;
	if (bpf_map_lookup_elem(host_fd, &zero, &before) == 0 &&
	    memcmp(&before, &host, sizeof(host)) == 0 && tree_is_there(exempt_fd, tree))
		return 0;
	ret = tree_write(exempt_fd, tree, err);
	if (ret < 0)
		return ret;
	ret = bpf_map_update_elem(host_fd, &zero, &host, BPF_ANY);
	if (ret < 0)
		return err_set_system(err, -ret, "cannot write the guard's host map");
	seen_forget(seen_fd);
	return 0;
}

int guard_set_unregistered(const char *dir, const struct guard_unregistered *unregistered,
			   struct err *err)
{
	auto_free struct tree *tree = calloc(1, sizeof(*tree));
	struct abi_meta meta;
	int ret;

	if (tree == NULL)
		return err_set_system(err, ENOMEM, "cannot list the exempt cgroups");
	ret = tree_fill(tree, unregistered, err);
	if (ret == 0)
		ret = pins_read_meta(dir, &meta, NULL, err);
	return ret < 0 ? ret : host_write(dir, unregistered, tree, err);
}

int guard_exempt(const char *dir, pid_t pid, struct err *err)
{
	struct abi_unregistered known = { .exempt = ABI_EXEMPT_HOOK, .pid = (__u32)pid };
	auto_close int proc_fd = -1;
	auto_close int fd = -1;
	struct identity identity;
	struct abi_meta meta;
	int ret;

	ret = pins_read_meta(dir, &meta, NULL, err);
	if (ret == -ENOENT)
		return 0; /* no guard, nothing that would report it */
	if (ret == 0)
		ret = identity_open(pid, &proc_fd, err);
	if (ret == 0)
		ret = identity_read(proc_fd, pid, &identity, err);
	if (ret == 0)
		ret = pins_open_map(dir, pins_map_name(PIN_UNREGISTERED), &fd, err);
	if (ret < 0 || identity.key.kind != ABI_KIND_PIDNS)
		return ret;
	known.namespace = identity.pidns;
	known.start = identity.init_start;
	ret = bpf_map_update_elem(fd, &identity.key, &known, BPF_ANY);
	return ret < 0 ? err_set_system(err, -ret, "cannot tell the guard of a build") : 0;
}

int guard_each_unregistered(const char *dir,
			    int (*visit)(const struct abi_key *key,
					 const struct abi_unregistered *seen, void *data),
			    void *data, struct err *err)
{
	auto_close int fd = -1;
	struct abi_key key, next;
	int ret = pins_open_map(dir, pins_map_name(PIN_UNREGISTERED), &fd, err);

	if (ret < 0)
		return ret;
	for (ret = bpf_map_get_next_key(fd, NULL, &next); ret == 0;
	     ret = bpf_map_get_next_key(fd, &key, &next)) {
		struct abi_unregistered seen;
		int stop;

		key = next;
		if (bpf_map_lookup_elem(fd, &key, &seen) < 0 || seen.exempt)
			continue;
		seen.comm[sizeof(seen.comm) - 1] = '\0';
		seen.starter_comm[sizeof(seen.starter_comm) - 1] = '\0';
		stop = visit(&key, &seen, data);
		if (stop != 0)
			return stop;
	}
	return 0;
}
