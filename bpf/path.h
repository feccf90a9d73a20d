/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The path of a file from the root of its mount namespace. bpf_d_path starts at the task's root
 * directory (and exists in fewer hooks), but a task that may call chroot() would choose that path.
 * A file without such a path (deleted, memfd, in a detached mount) or with one that is too long has
 * none, and no exec rule.
 *
 * The walk takes no locks. A rename that races with it can mix up names only below directories that
 * the renamer may write to, where it could have put a file of any name anyway.
 */
#ifndef ROOTFENCE_BPF_PATH_H
#define ROOTFENCE_BPF_PATH_H

#include "maps.h"

#include <bpf/bpf_core_read.h>

#define PATH_STEPS_MAX 64 /* names and mounts on the way up */
#define NAME_MASK (ABI_PATH_MAX - 1)

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (void *)((char *)mnt - bpf_core_field_offset(struct mount, mnt));
}

/* Puts "/name" in front of the text at *pos. buf has room for a whole name after any pos. */
static __always_inline int path_prepend(struct scratch *room, __u32 *pos, struct dentry *dentry)
{
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);
	__u32 len = BPF_CORE_READ(dentry, d_name.len);
	__u32 at;

	if (len == 0 || len > NAME_MASK || len >= *pos)
		return -1;
	at = (*pos - len - 1) & NAME_MASK;
	room->buf[at] = '/';
	if (bpf_probe_read_kernel(&room->buf[at + 1], len & NAME_MASK, name) < 0)
		return -1;
	*pos = at;
	return 0;
}

/* Fills room->key.path. Returns 0, or -1 if the file has no path. */
static __always_inline int path_walk(struct scratch *room, struct file *file,
				     struct task_struct *task)
{
	struct mount *mount = mount_of(BPF_CORE_READ(file, f_path.mnt));
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	__u32 pos = ABI_PATH_MAX;

	if (!BPF_CORE_READ(dentry, d_hash.pprev))
		return -1; /* deleted, or never had a name */
	for (int i = 0; i < PATH_STEPS_MAX; i++) {
		struct dentry *parent;

		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);

			if (above == mount)
				goto root;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			continue;
		}
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry || path_prepend(room, &pos, dentry) < 0)
			return -1;
		dentry = parent;
	}
	return -1;
root:
	/* The top of a detached mount looks like a root too, but the detaching task chose it. */
	if (mount != BPF_CORE_READ(task, nsproxy, mnt_ns, root) || pos >= ABI_PATH_MAX)
		return -1;
	return bpf_probe_read_kernel_str(room->key.path, ABI_PATH_MAX, &room->buf[pos]) > 1 ? 0
											    : -1;
}

/*
 * Fills the path in the scratch of this thread, which the caller has added. Not static, so that the
 * verifier checks the walk once and alone, not once for every way that leads to it. Such functions
 * take plain numbers; file is a struct file *.
 */
int path_build(__u64 file);

__noinline int path_build(__u64 file)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct scratch *room = bpf_map_lookup_elem(&scratch, &tid);

	if (!room)
		return -1;
	return path_walk(room, (struct file *)file, (struct task_struct *)bpf_get_current_task());
}

#endif
