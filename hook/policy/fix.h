/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user changes to pass a rule: words for what caused the finding, and for the engine that
 * wrote the spec. The words are in fix_words.c; every one is carried out by a row of
 * tests/live/fixes.tsv.
 */
#ifndef ROOTFENCE_POLICY_FIX_H
#define ROOTFENCE_POLICY_FIX_H

#include "policy/judge.h"

/* What made a finding. `@a` in the words of a cause stands for its argument. */
enum fix {
	/* the user: @u, @g and @w are an id, its group, and why it is the one */
	FIX_ROOT_USER,
	FIX_UNMAPPED_USER, /* no mapping of the user namespace has the id */
	FIX_GROUP,
	FIX_ADDITIONAL_GROUP,
	FIX_RANGE,
	FIX_RANGE_UNKNOWN,
	FIX_HOME,    /* a rewritten user has another HOME */
	FIX_ACCOUNT, /* or no name */
	/* namespaces */
	FIX_USERNS,	     /* root, who may also be another user */
	FIX_USERNS_POWER,    /* an ordinary user who keeps a capability */
	FIX_USERNS_ALWAYS,   /* anybody */
	FIX_USERNS_ROOTLESS, /* anybody, below a rootless engine */
	FIX_USERNS_REMAPPED, /* Docker, with userns-remap and --userns=host */
	FIX_NAMESPACE_UNSEEN,
	FIX_PID,
	FIX_NETWORK,
	FIX_IPC,
	FIX_UTS,
	FIX_CGROUP,
	FIX_PID_JOINED, /* a path that leads to the host's */
	FIX_NETWORK_JOINED,
	FIX_IPC_JOINED,
	FIX_UTS_JOINED,
	FIX_CGROUP_JOINED,
	FIX_MOUNT_NAMESPACE,
	FIX_MOUNT_NAMESPACE_JOINED,
	FIX_MAPPING, /* a mapping to root of the host */
	FIX_MAPPING_JOINED,
	FIX_IDMAP,
	FIX_IDMAP_HOST,	 /* without a user namespace */
	FIX_IDMAP_FILES, /* of files of the host */
	/* privileges */
	FIX_PRIVILEGED,
	FIX_CAPABILITIES,	/* engines give them unasked */
	FIX_CAPABILITIES_ADDED, /* they were asked for */
	FIX_CAPABILITIES_EXEC,
	FIX_CAPABILITIES_MISSING, /* no engine leaves them out */
	FIX_LOW_PORTS,		  /* @a: the sysctl */
	FIX_NO_NEW_PRIVILEGES,
	FIX_APPARMOR,
	FIX_APPARMOR_MISSING,
	FIX_SELINUX,
	FIX_SELINUX_MISSING,
	FIX_SECCOMP,
	FIX_SECCOMP_MISSING,
	/* files; @a: SOURCE:DESTINATION, or the source */
	FIX_MOUNT,
	FIX_MOUNT_READ_ONLY, /* allowed if it were read-only */
	FIX_MOUNT_UNLISTED,  /* directories of the host are not allowed at all */
	FIX_MOUNT_SOCKET,
	FIX_MOUNT_GPU, /* a device file in /etc/cdi brings it */
	FIX_MOUNT_DEVICE,
	FIX_MOUNT_ENGINE_DEVICE, /* of a rootless engine, for --device */
	FIX_MOUNT_KERNEL,	 /* /proc, /sys, /dev and the file systems of the kernel */
	FIX_MOUNT_SYSTEMD,	 /* podman's, of a container that runs systemd */
	FIX_MOUNT_MISSING,
	FIX_MOUNT_REMOUNT,
	FIX_ROOT,
	FIX_MOUNT_OPTIONS, /* @a: SOURCE:DESTINATION:OPTIONS */
	FIX_PROPAGATION,
	FIX_PROPAGATION_ROOT,
	FIX_READ_ONLY_ROOT,
	FIX_WORKING_DIRECTORY,
	/* the kernel */
	FIX_KERNEL_PATHS, /* @a: maskedPaths or readonlyPaths */
	FIX_MOUNT_TYPE,	  /* a file system of the kernel, or of a disk */
	FIX_PROC_MOUNT,
	FIX_PROC_OF_HOST, /* engines show the host's in a user namespace, with --pid=host */
	FIX_SYS_OF_HOST,  /* and /sys with --network=host */
	FIX_PROC_SYS,
	FIX_SYSCTL, /* @a: its key */
	FIX_SYSCTL_PROC,
	FIX_DEVICE,	 /* @a: its path */
	FIX_DEVICE_GPU,	 /* @a: its path */
	FIX_DEVICE_RULE, /* access without a device */
	FIX_ALL_DEVICES,
	FIX_NET_DEVICE,
	FIX_PIDS, /* @a: the number, or an example */
	FIX_MEMORY,
	FIX_CPU,
	/* hooks, annotations, variables; @a: the path, key, name */
	FIX_HOOK,
	FIX_HOOK_GPU,
	FIX_HOOK_VARIABLE,
	FIX_ANNOTATION,
	FIX_KEEP_GROUPS,
	FIX_VARIABLE,
	FIX_COUNT
};

/* Whom words are for. Without words of their own, each takes those of a more general one. */
enum fix_reader {
	FOR_ALL,
	FOR_PODMAN,
	FOR_UNIT,	/* a quadlet */
	FOR_POD,	/* podman pod create: the infra container */
	FOR_POD_MEMBER, /* podman run --pod */
	FOR_DOCKER,
	FOR_KUBERNETES,
	FOR_SANDBOX, /* the pause container of a pod */
	FOR_BUILD,   /* buildah and podman build */
	FOR_BUILDKIT,
	FOR_RUNTIME,	  /* who writes config.json */
	FOR_EXEC,	  /* sessions of podman, Docker, and of engines that are not known */
	FOR_RUNTIME_EXEC, /* runc exec */
	FIX_READERS
};

extern const char *const fix_words[FIX_COUNT][FIX_READERS];

/* Returns the words for a cause without an argument. */
const char *fix(const struct judge *judge, enum fix cause);

/* The same with `@a`; the argument must be printable. */
const char *fix_about(const struct judge *judge, enum fix cause, const char *argument);

/* For the causes about a user: names the ids that the image was made for, or safe ones. */
const char *fix_user(const struct judge *judge, enum fix cause);

/* The same with ids of the caller's. */
const char *fix_ids(const struct judge *judge, enum fix cause, uint32_t uid, uint32_t gid);

/*
 * True if a device file in /etc/cdi brings what is at this path of the host, as for GPUs: by the
 * shape of the mount, or by the name of the device.
 */
bool fix_is_gpu(const struct judge *judge, struct str path);

/* True if the hook is one of those that device files name. */
bool fix_is_gpu_hook(struct str path);

#endif
