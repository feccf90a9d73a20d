#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""own_root.py COMMAND...: runs a command where containers can start, also inside a chroot.

In a chroot the kernel creates no user namespaces, and paths that the guard reports begin at the
root outside. There the command gets a mount namespace of its own whose root is the chroot's root.
Everywhere else the command runs unchanged.
"""

import ctypes
import os
import sys

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2

LIBC = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    args = [a.encode() if isinstance(a, str) else a for a in args]
    if getattr(LIBC, name)(*args) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount_of(descriptor):
    with open(f"/proc/self/fdinfo/{descriptor}", encoding="ascii") as file:
        return [line for line in file if line.startswith("mnt_id:")]


def to_the_outer_root():
    """Enters a new mount namespace, at its root; returns a descriptor of the previous root."""
    call("unshare", CLONE_NEWNS)
    root = os.open("/", os.O_PATH)
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    call("setns", namespace, CLONE_NEWNS)
    os.close(namespace)
    return root


def is_chroot():
    """Without the privilege to find out, the command could not be moved either, so: False."""
    child = os.fork()
    if child == 0:
        try:
            root = to_the_outer_root()
            outer = os.open("/", os.O_PATH)
            same = os.path.sameopenfile(root, outer) and mount_of(root) == mount_of(outer)
        except OSError:
            same = True
        os._exit(0 if same else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def make_root():
    here = os.getcwd()
    root = to_the_outer_root()
    path = os.readlink(f"/proc/self/fd/{root}")
    os.close(root)
    call("mount", None, "/", None, MS_REC | MS_PRIVATE, None)
    call("mount", path, path, None, MS_BIND | MS_REC, None)
    os.chdir(path)
    call("pivot_root", ".", ".")
    call("umount2", ".", MNT_DETACH)
    os.chdir(here)


def main():
    if is_chroot():
        make_root()
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
