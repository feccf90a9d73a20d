/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces and start time of a container's init, and the choice between cgroup and pid namespace:
 * see bpf/membership.h. cgroup.c reads cgroups.
 */
#include "guard/container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/own_namespaces.h"
#include "guard/cgroup.h"
#include "guard/procfs.h"

int identity_namespace(int proc_fd, const char *name, uint32_t *ret_inode, struct err *err)
{
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "ns/%s", name);
	if (fstatat(proc_fd, path, &st, 0) < 0)
		return err_set_system(err, errno == ENOENT ? ESRCH : errno,
				      "cannot read the %s namespace of a process", name);
	*ret_inode = (uint32_t)st.st_ino;
	return 0;
}

int identity_open(pid_t pid, int *ret_proc_fd, struct err *err)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set_system(err, ESRCH, "process %d", (int)pid);
	if (fd < 0)
		return err_set_system(err, errno, "cannot open %s", path);
	*ret_proc_fd = fd;
	return 0;
}

static int check_namespace(enum own_namespace type, const char *name, struct err *err)
{
	bool hosts;
	int error = own_namespace_is_hosts(type, &hosts, err);

	if (error == -ENOENT && type == OWN_TIME)
		return 0; /* this kernel has no time namespaces */
	if (error < 0 || hosts)
		return error;
	return err_set(
		err, EPERM, EXIT_GUARD,
		"the kernel guard belongs to the host, and rootfence runs in a %s namespace that is not the host's: run it as root on the host",
		name);
}

int identity_check_host(struct err *err)
{
	int error = check_namespace(OWN_PID, "pid", err);

	if (error == 0)
		error = check_namespace(OWN_USER, "user", err);
	if (error == 0)
		error = check_namespace(OWN_TIME, "time", err);
	if (error < 0)
		return error;
	if (geteuid() != 0)
		return err_set(err, EPERM, EXIT_GUARD, "the kernel guard needs root on the host");
	return 0;
}

/* proc(5): the name in parentheses may have any bytes; state is field 3, start time field 22. */
int identity_start(int proc_fd, uint64_t *ret_start, struct err *err)
{
	unsigned long long start = 0;
	char text[1024];
	char state = 0;
	char *end;
	int ret;

	ret = procfs_read(proc_fd, "stat", text, sizeof(text), err);
	if (ret < 0)
		return ret;
	end = strrchr(text, ')');
	if (end == NULL ||
	    sscanf(end + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &state, &start) != 2)
		return err_set(err, EPROTO, EXIT_SYSTEM, "cannot understand /proc/PID/stat");
	if (state == 'Z' || state == 'X')
		return err_set_system(err, ESRCH, "the container's init");
	*ret_start = start;
	return 0;
}

/* Is the process pid 1 of a pid namespace below the host's? The last number of NSpid tells. */
static int is_namespace_init(int proc_fd, bool *ret_is_init, struct err *err)
{
	char text[4096];
	char *line, *last;
	int ret;

	ret = procfs_read(proc_fd, "status", text, sizeof(text), err);
	if (ret < 0)
		return ret;
	line = strstr(text, "\nNSpid:");
	if (line == NULL)
		return err_set(err, EPROTO, EXIT_SYSTEM,
			       "cannot understand /proc/PID/status: no NSpid");
	line[1 + strcspn(line + 1, "\n")] = '\0';
	last = strrchr(line, '\t');
	*ret_is_init = last != NULL && strcmp(last, "\t1") == 0;
	return 0;
}

/* Their files in /proc/PID/ns. */
static const char *const ns_names[ABI_HOST_NS_COUNT] = {
	[ABI_HOST_NS_MNT] = "mnt", [ABI_HOST_NS_IPC] = "ipc",	    [ABI_HOST_NS_UTS] = "uts",
	[ABI_HOST_NS_NET] = "net", [ABI_HOST_NS_CGROUP] = "cgroup",
};

/* Where those of the host's init cannot be seen, this hook's own count. A kernel can be built
 * without a kind of namespace. */
static int host_ns_read(struct identity *identity, struct err *err)
{
	static const char *const processes[] = { "1", "self" };
	struct stat st;
	char path[32];

	for (size_t i = 0; i < ABI_HOST_NS_COUNT; i++)
		for (size_t j = 0; j < ARRAY_SIZE(processes) && identity->host_ns[i] == 0; j++) {
			snprintf(path, sizeof(path), "/proc/%s/ns/%s", processes[j], ns_names[i]);
			if (stat(path, &st) == 0)
				identity->host_ns[i] = (uint32_t)st.st_ino;
			else if (io_is_failure(errno))
				return err_set_system(err, errno, "cannot read %s", path);
		}
	return 0;
}

/* The one of this process, which is the runtime's, and the one of the host's init. */
int identity_hosts(struct identity *identity, struct err *err)
{
	struct stat st;

	if (stat("/proc/self/ns/mnt", &st) < 0)
		return err_set_system(err, errno, "cannot read /proc/self/ns/mnt");
	identity->host_mntns[0] = (uint32_t)st.st_ino;
	if (stat("/proc/1/ns/mnt", &st) == 0)
		identity->host_mntns[1] = (uint32_t)st.st_ino;
	else if (io_is_failure(errno))
		return err_set_system(err, errno, "cannot read /proc/1/ns/mnt");
	return host_ns_read(identity, err);
}

/* If the container shares one of the host's mount namespaces, none of them counts. */
static int namespaces_read(int proc_fd, struct identity *identity, struct err *err)
{
	int ret = identity_hosts(identity, err);

	for (size_t i = 0; i < ABI_HOST_NS_COUNT && ret == 0; i++)
		if (identity->host_ns[i] != 0)
			ret = identity_namespace(proc_fd, ns_names[i], &identity->own_ns[i], err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < ABI_HOST_MNTNS; i++)
		if (identity->host_mntns[i] == identity->own_ns[ABI_HOST_NS_MNT])
			memset(identity->host_mntns, 0, sizeof(identity->host_mntns));
	return 0;
}

/*
 * What init runs before its first execve, and the seccomp filters that it inherits: those of a
 * service that an engine runs in. Before Linux 5.9 the kernel does not count filters.
 */
static int program_read(int proc_fd, struct identity *identity, struct err *err)
{
	static const char key[] = "\nSeccomp_filters:";
	struct stat st;
	char text[4096];
	char *line;
	int ret;

	if (fstatat(proc_fd, "exe", &st, 0) == 0)
		identity->init_exe = st.st_ino;
	else if (io_is_failure(errno))
		return err_set_system(err, errno, "cannot read the program of a process");
	ret = procfs_read(proc_fd, "status", text, sizeof(text), err);
	if (ret < 0)
		return ret;
	line = strstr(text, key);
	if (line != NULL)
		identity->filters = (uint32_t)strtoul(line + strlen(key), NULL, 10);
	return 0;
}

static int pidns_read(int proc_fd, pid_t pid, struct identity *identity, bool *ret_own,
		      struct err *err)
{
	int ret;

	ret = identity_namespace(proc_fd, "pid", &identity->pidns, err);
	if (ret < 0)
		return ret;
	*ret_own = false;
	if (identity->pidns == HOST_PID_NAMESPACE) {
		identity->pidns = 0;
		return 0;
	}
	ret = is_namespace_init(proc_fd, ret_own, err);
	if (ret == 0 && *ret_own) {
		identity->key.id = abi_pidns_id(identity->pidns, (uint32_t)pid);
		identity->key.kind = ABI_KIND_PIDNS;
	}
	return ret;
}

int identity_read(int proc_fd, pid_t pid, struct identity *ret_identity, struct err *err)
{
	struct identity identity = { 0 };
	bool own_cgroup = false;
	bool own_pidns = false;
	uint64_t cgroup = 0;
	int ret;

	ret = identity_start(proc_fd, &identity.init_start, err);
	if (ret == 0)
		ret = namespaces_read(proc_fd, &identity, err);
	if (ret == 0)
		ret = identity_namespace(proc_fd, "user", &identity.userns, err);
	if (ret == 0)
		ret = program_read(proc_fd, &identity, err);
	if (ret == 0)
		ret = pidns_read(proc_fd, pid, &identity, &own_pidns, err);
	if (ret == 0)
		ret = cgroup_of(proc_fd, pid, &cgroup, &own_cgroup, err);
	if (ret < 0)
		return ret;
	/*
	 * Everything that joins the container later enters its pid namespace. The cgroup of an exec
	 * session is the runtime's choice: it may be a sibling of init's, or not a v2 cgroup at
	 * all. So the cgroup is only for containers that see the processes of others.
	 */
	if (identity.key.kind == 0 && own_cgroup) {
		identity.key.id = cgroup;
		identity.key.kind = ABI_KIND_CGROUP;
	}
	if (identity.key.kind == 0 && identity.pidns == 0)
		return err_set(
			err, ENOTSUP, EXIT_GUARD,
			"nothing tells the container from the host: it has neither a cgroup v2 nor a pid namespace of its own");
	*ret_identity = identity;
	return 0;
}
