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
		path, ABI_EXEMPT_LEVELS, ABI_CGROUP_NAME_MAX - 1);
}

/* Finds or adds the name below a node. */
static int name_add(struct tree *tree, uint32_t node, const char *name, size_t len,
		    struct abi_exempt **ret_value)
{
	struct abi_exempt_key key = { .node = node };

	memcpy(key.name, name, len);
	for (size_t i = 0; i < tree->n; i++)
		if (memcmp(&tree->keys[i], &key, sizeof(key)) == 0) {
			*ret_value = &tree->values[i];
			return 0;
		}
	if (tree->n == ABI_EXEMPT_NODES)
		return -E2BIG;
	tree->keys[tree->n] = key;
	tree->values[tree->n].node = (uint32_t)tree->n + 1;
	*ret_value = &tree->values[tree->n++];
	return 0;
}

static int path_add(struct tree *tree, const char *path, struct err *err)
{
	struct abi_exempt *value = NULL;
	const char *at = path;
	int levels = 0;

	while (*at == '/') {
		size_t len = strcspn(++at, "/");

		if (len == 0 || len >= ABI_CGROUP_NAME_MAX || ++levels > ABI_EXEMPT_LEVELS)
			return path_refuse(path, err);
		if (name_add(tree, value != NULL ? value->node : 0, at, len, &value) < 0)
			return err_set(err, E2BIG, EXIT_POLICY, "too many exempt cgroups");
		at += len;
	}
	if (value == NULL || *at != '\0')
		return path_refuse(path, err);
	value->end = 1;
	return 0;
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

static void map_empty(int fd)
{
	union {
		struct abi_key key;
		struct abi_exempt_key exempt;
	} key;

	while (bpf_map_get_next_key(fd, NULL, &key) == 0)
		if (bpf_map_delete_elem(fd, &key) < 0)
			return;
}

static int tree_write(int fd, const struct tree *tree, struct err *err)
{
	map_empty(fd);
	for (size_t i = 0; i < tree->n; i++) {
		int ret = bpf_map_update_elem(fd, &tree->keys[i], &tree->values[i], BPF_ANY);

		if (ret < 0)
			return err_set_system(err, -ret, "cannot write the guard's exempt cgroups");
	}
	return 0;
}

int unregistered_fill_host(struct abi_host *host, struct err *err)
{
	static const char *const names[ABI_HOST_MNTNS] = { "/proc/self/ns/mnt", "/proc/1/ns/mnt" };
	struct stat st;

	*host = (struct abi_host){ .unregistered = ABI_LOG, .errno_ret = EPERM };
	for (size_t i = 0; i < ABI_HOST_MNTNS; i++) {
		if (stat(names[i], &st) == 0)
			host->mntns[i] = (uint32_t)st.st_ino;
		else if (i == 0 || io_is_failure(errno))
			return err_set_system(err, errno, "cannot read %s", names[i]);
	}
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
	map_empty(seen_fd); /* some were judged by the other paths */
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
	for (size_t i = 0; i < unregistered->n_exempt; i++) {
		ret = path_add(tree, unregistered->exempt[i], err);
		if (ret < 0)
			return ret;
	}
	ret = pins_read_meta(dir, &meta, NULL, err);
	return ret < 0 ? ret : host_write(dir, unregistered, tree, err);
}

int guard_exempt(const char *dir, pid_t pid, struct err *err)
{
	struct abi_unregistered known = { .exempt = 1, .pid = (__u32)pid };
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
