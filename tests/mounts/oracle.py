# SPDX-License-Identifier: Apache-2.0
"""Makes the mounts of a spec as runtimes do, and looks what can be read inside.

Two ways: one mount(2) with all options joined by commas (runc, crun until 1.27), and fsopen(2) with
the options of the spec, split at every comma (crun since 1.28). Mounts that a new namespace makes
the container's own (proc, mqueue, ...) are left out. The process must have a mount namespace of its
own, which the mounts change.
"""

import errno
import fnmatch
import os
import stat

import kernel
import world

FLAGS = {"ro": kernel.MS_RDONLY, "nosuid": kernel.MS_NOSUID, "nodev": kernel.MS_NODEV,
         "noexec": kernel.MS_NOEXEC, "bind": kernel.MS_BIND,
         "rbind": kernel.MS_BIND | kernel.MS_REC, "remount": kernel.MS_REMOUNT, "rw": 0,
         "rprivate": 0, "private": 0}
OF_THE_CONTAINER = {"proc", "sysfs", "mqueue", "devpts", "cgroup", "cgroup2"}
WRITTEN = "written-by-the-container"
LINKS_MAX = 40
# What an overlay lists, but cannot show: its layers overlap, or are the kernel's.
NOT_SHOWN = (errno.ENOENT, errno.ELOOP, errno.ESTALE, errno.EINVAL, errno.EIO)
FILES_MAX = 5000


def inside(root, path):
    """The directory that a path of the container is, all links followed inside of its root."""
    done, waiting, links = [], path.split("/"), 0
    while waiting:
        part = waiting.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            done = done[:-1]
            continue
        there = "/".join([root, *done, part])
        if os.path.islink(there):
            links += 1
            if links > LINKS_MAX:
                raise OSError("too many links")
            target = os.readlink(there)
            done = [] if target.startswith("/") else done
            waiting = target.split("/") + waiting
        else:
            done.append(part)
    return "/".join([root, *done])


def make_target(target, is_directory):
    if os.path.lexists(target):
        return
    os.makedirs(target if is_directory else os.path.dirname(target), exist_ok=True)
    if not is_directory:
        with open(target, "xb"):
            pass


def bind(mount, flags, target, bundle):
    source = os.path.join(bundle, mount.get("source", ""))
    make_target(target, os.path.isdir(source))
    kernel.mount(source, target, "bind", flags & (kernel.MS_BIND | kernel.MS_REC))


def perform_mount(mount, root, bundle, split):
    flags, data = 0, []
    for option in mount.get("options", []):
        if option in FLAGS:
            flags |= FLAGS[option]
        else:
            data.append(option)
    kind = mount.get("type", "")
    if kind in OF_THE_CONTAINER and not flags & kernel.MS_BIND:
        return
    target = inside(root, mount["destination"])
    if kind == "bind" or flags & kernel.MS_BIND:
        bind(mount, flags | kernel.MS_BIND, target, bundle)
        return
    make_target(target, True)
    if split:
        words = [word for word in ",".join(data).split(",") if word]
        pairs = [word.partition("=") for word in words]
        kernel.new_mount(kind, [(name, value if equals else None)
                                for name, equals, value in pairs], target)
    else:
        kernel.mount(mount.get("source", ""), target, kind,
                     flags & ~(kernel.MS_BIND | kernel.MS_REC), ",".join(data))


def perform(config, bundle, split):
    """Makes all mounts. Returns the container's root. OSError: the kernel refuses one."""
    os.chdir(bundle)
    if "root" not in config:
        raise OSError("no root, which every runtime refuses")
    root = os.path.join(bundle, config["root"].get("path", ""))
    if not os.path.isdir(root):
        raise OSError(f"no root {root}")
    root = os.path.realpath(root)
    kernel.mount(root, root, None, kernel.MS_BIND | kernel.MS_REC)
    for mount in config.get("mounts", []):
        perform_mount(mount, root, bundle, split)
    return root


class Look:
    """What a walk finds: tokens of files, and kernel file systems."""

    def __init__(self):
        self.tokens, self.kernel, self.n = {}, {}, 0
        self.dev = os.stat("/dev").st_dev
        self.own = [(s.st_dev, s.st_ino) for s in map(os.stat, world.OWN)]

    def file(self, path, status):
        if stat.S_ISREG(status.st_mode) and status.st_size < 200:
            with open(path, "rb") as file:
                text = file.read()
            if text.startswith(b"token "):
                self.tokens.setdefault(text[6:-1].decode(), path)

    def walk(self, path, allowed=(), device=None):
        status = os.lstat(path)
        if status.st_dev != device and not stat.S_ISLNK(status.st_mode):
            kind = kernel.kernel_type(path) or ("devtmpfs" if status.st_dev == self.dev else None)
            if kind:
                self.kernel.setdefault(kind, path)
                return
        self.n += 1
        if self.n > FILES_MAX:
            raise RuntimeError(f"more than {FILES_MAX} files below {path}")
        if not stat.S_ISDIR(status.st_mode):
            self.file(path, status)
            return
        if (status.st_dev, status.st_ino) in self.own:
            return
        for name in os.listdir(path):
            below = os.path.join(path, name)
            if any(fnmatch.fnmatchcase(below, pattern) for pattern in allowed):
                continue
            try:
                self.walk(below, allowed, status.st_dev)
            except OSError as error:
                if error.errno not in NOT_SHOWN:
                    raise


def secrets():
    """Tokens of what is in the denied places, unless the policy allows it there."""
    look = Look()
    for path in world.DENIED:
        look.walk(path, world.ALLOWED)
    return look.tokens


def write(config, root):
    """Writes a file at every mount, as root of the container would if there were one.

    Returns where files of the host's denied places now have what was written.
    """
    written = []
    for mount in config.get("mounts", []):
        path = os.path.join(inside(root, mount["destination"]), WRITTEN)
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(f"token {WRITTEN}\n")
            written.append(path)
        except OSError:
            pass
    found = secrets().get(WRITTEN)
    for path in written:
        os.unlink(path)
    return found


def shown(root):
    """What a container with this root can read."""
    look = Look()
    look.walk(root)
    return look
