/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The parts of the kernel that the programs read: only the fields that they need, found by name at
 * load time (CO-RE), wherever the running kernel has them. A name with ___ is a flavour: the same
 * struct in another kernel version. The few constants of the BPF interface are here too, so that
 * the programs build without kernel headers.
 */
#ifndef ROOTFENCE_BPF_KERNEL_TYPES_H
#define ROOTFENCE_BPF_KERNEL_TYPES_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1,
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
};

#define EPERM 1
#define ECANCELED 125
#define SIGKILL 9
#define SIGNAL_GROUP_EXIT 4 /* of signal_struct.flags: the process is being killed */
#define SECCOMP_MODE_FILTER 2
#define PFA_NO_NEW_PRIVS 0 /* bit of task_struct.atomic_flags */

/* clang-format off */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* clang-format on */

struct ns_common {
	unsigned int inum;
};

struct uid_gid_extent {
	__u32 first;
	__u32 lower_first;
	__u32 count;
};

struct uid_gid_map {
	__u32 nr_extents;
	union {
		struct uid_gid_extent extent[5];
		struct {
			struct uid_gid_extent *forward;
			struct uid_gid_extent *reverse;
		};
	};
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct user_namespace *parent;
	int level;
	struct ns_common ns;
};

struct kuid {
	__u32 val;
};

/* kernel_cap_t: two 32-bit words before Linux 6.3, one 64-bit word since. */
struct cred {
	struct kuid uid;
	struct kuid gid;
	struct kuid suid;
	struct kuid euid;
	struct kuid egid;
	struct {
		__u64 val;
	} cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	struct user_namespace *user_ns;
};

struct cred___words {
	struct {
		__u32 cap[2];
	} cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
};

struct task_struct;

struct pid_namespace {
	struct task_struct *child_reaper;
	unsigned int level;
	struct pid_namespace *parent;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kernfs_node {
	__u64 id;
	const char *name;
	struct kernfs_node *parent;
};

/* Since Linux 6.15 the parent is behind RCU, and has another name. */
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
};

/* Before Linux 6.1 a cgroup has the ids of its ancestors, since then pointers to them. */
struct cgroup___ids {
	__u64 ancestor_ids[1];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mnt_namespace;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

struct mnt_namespace {
	struct ns_common ns;
	struct mount *root;
	struct user_namespace *user_ns;
};

struct uts_namespace {
	struct ns_common ns;
};

struct ipc_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

/* A number that is never used again: of the mount namespace, or since Linux 6.18 of any. */
struct mnt_namespace___seq {
	__u64 seq;
};

struct ns_common___id {
	__u64 ns_id;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
	struct cgroup_namespace *cgroup_ns;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct inode {
	unsigned long i_ino;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct mm_struct {
	struct file *exe_file;
};

struct linux_binprm {
	unsigned int execfd_creds : 1;
	unsigned int secureexec : 1;
	struct file *file;
	struct cred *cred;
	const char *filename;
};

struct signal_struct {
	unsigned int flags;
};

/* The number of filters is counted since Linux 5.9. */
struct seccomp {
	int mode;
	struct {
		int counter;
	} filter_count;
};

struct task_struct {
	struct signal_struct *signal;
	struct task_struct *group_leader;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct seccomp seccomp;
	unsigned long atomic_flags;
	__u64 start_boottime;
	int pid;
	int tgid;
	unsigned int ptrace;
	struct task_struct *real_parent;
	struct pid *thread_pid;
	const struct cred *cred;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	char comm[16];
};

/* The first argument of a function, for a kprobe. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long di;
};
#define FIRST_ARGUMENT(regs) ((void *)(regs)->di)
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
};
#define FIRST_ARGUMENT(regs) ((void *)((const struct user_pt_regs *)(regs))->regs[0])
#else
#define FIRST_ARGUMENT(regs) NULL /* nothing is caught */
#endif

/* clang-format off */
#pragma clang attribute pop
/* clang-format on */

#endif
