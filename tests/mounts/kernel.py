# SPDX-License-Identifier: Apache-2.0
"""System calls that Python does not have: mounts, namespaces, and the type of a file system."""

import ctypes
import os
import stat
import struct

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
OPEN_TREE_CLOEXEC, MOVE_MOUNT_F_EMPTY_PATH = 0o2000000, 4
SYS_MOVE_MOUNT, SYS_FSOPEN, SYS_FSCONFIG, SYS_FSMOUNT = 429, 430, 431, 432
FSCONFIG_SET_FLAG, FSCONFIG_SET_STRING, FSCONFIG_CMD_CREATE = 0, 1, 6

LOOP_CTL_GET_FREE, LOOP_CONFIGURE = 0x4C82, 0x4C0A
LO_FLAGS_AUTOCLEAR = 4

# f_type of linux/magic.h: file systems through which the kernel, and so the host, shows itself.
KERNEL_TYPES = {
    0x9FA0: "proc", 0x62656572: "sysfs", 0x64626720: "debugfs", 0x74726163: "tracefs",
    0x73636673: "securityfs", 0xCAFE4A11: "bpf", 0x27E0EB: "cgroup", 0x63677270: "cgroup2",
    0x1CD1: "devpts", 0x19800202: "mqueue", 0x6165676C: "pstore", 0x6E736673: "nsfs",
    0x42494E4D: "binfmt_misc", 0x65735543: "fusectl", 0x62656570: "configfs",
    0xDE5E81E4: "efivarfs", 0xF97CFF8C: "selinuxfs", 0x7655821: "resctrl"}

LIBC = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    words = [os.fsencode(a) if isinstance(a, str) else a for a in arguments]
    result = getattr(LIBC, name)(*words)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def mount(source, target, kind=None, flags=0, data=None):
    call("mount", source, target, kind, ctypes.c_ulong(flags), data)


def unmount(target):
    call("umount2", target, MNT_DETACH)


def own_namespace():
    """Enters a mount namespace of its own, from which nothing gets out."""
    call("unshare", CLONE_NEWNS)
    mount(None, "/", None, MS_REC | MS_PRIVATE)


def enter_root(path):
    """Makes the mounted directory the root of this mount namespace."""
    os.chdir(path)
    call("pivot_root", ".", ".")
    unmount(".")
    os.chdir("/")


def new_mount(kind, options, target):
    """Mounts by fsopen(2), as newer runtimes do. options: (name, value or None for a flag)."""
    context = call("syscall", SYS_FSOPEN, kind, 1)
    try:
        for name, value in options:
            command = FSCONFIG_SET_FLAG if value is None else FSCONFIG_SET_STRING
            call("syscall", SYS_FSCONFIG, context, command, name, value, 0)
        call("syscall", SYS_FSCONFIG, context, FSCONFIG_CMD_CREATE, None, None, 0)
        tree = call("syscall", SYS_FSMOUNT, context, 1, 0)
    finally:
        os.close(context)
    try:
        call("syscall", SYS_MOVE_MOUNT, tree, b"", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)
    finally:
        os.close(tree)


def kernel_type(path):
    """The kernel's file system in which the file lies, or None."""
    buffer = ctypes.create_string_buffer(256)
    call("statfs", path, buffer)
    number = struct.unpack_from("l", buffer)[0] & 0xFFFFFFFF
    return KERNEL_TYPES.get(number)


def is_device(mode):
    return stat.S_ISBLK(mode) or stat.S_ISCHR(mode)
