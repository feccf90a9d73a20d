# SPDX-License-Identifier: Apache-2.0
"""The wrapper with bundles that cannot be written, are of the wrong type, or are used twice."""

import os
import shutil
import subprocess

import world
from scenarios import BUNDLE, RUNC
from world import RECORDS, path, read, write

CONFIG = os.path.join(BUNDLE, "config.json")
TOGETHER = 6


def create(bundle, name):
    return [RUNC, "--root", path("state"), "create", "--bundle", bundle, name]


def refused(bundle, text):
    """Nothing is started and nothing changes, and the reason is printed."""
    before = world.tree(bundle)
    run = world.run(create(bundle, "b1"))
    if run.code != 6 or text not in run.err or os.path.lexists(world.STARTED):
        return [f"exit {run.code}: {run.err.decode()}"]
    if world.tree(bundle) != before:
        return ["the bundle was changed"]
    if [n for n in world.tree(RECORDS) if n.endswith("/b1.json")]:
        return ["a record of it is there"]
    return []


def started(bundle, name):
    run = world.run(create(bundle, name))
    return [] if run.code == 42 else [f"exit {run.code}: {run.err.decode()}"]


class Mount:
    def __init__(self, target, *arguments):
        os.makedirs(target, mode=0o700, exist_ok=True)
        subprocess.run(["mount", *arguments, target], check=True)
        self.target = target

    def __enter__(self):
        return self.target

    def __exit__(self, *_):
        subprocess.run(["umount", self.target], check=True)


def fill(directory):
    """Fills the file system."""
    with open(os.path.join(directory, "filler"), "wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                pass


def full_disk():
    with Mount(path("small"), "-t", "tmpfs", "-o", "size=64k", "none") as small:
        bundle = os.path.join(small, "bundle")
        shutil.copytree(BUNDLE, bundle)
        fill(small)
        lines = refused(bundle, b"No space left on device")
        os.unlink(os.path.join(small, "filler"))
        return lines + started(bundle, "b1")


def full_run():
    """The file system of the records is full."""
    with Mount(RECORDS, "-t", "tmpfs", "-o", "size=64k,mode=700", "none") as records:
        fill(records)
        return refused(BUNDLE, b"No space left on device")


def read_only():
    with Mount(path("readonly"), "--bind", "-o", "ro", BUNDLE) as bundle:
        return refused(bundle, b"Read-only file system")


def linked_bundle():
    os.symlink(BUNDLE, path("linked"))
    return refused(path("linked"), b"is a symbolic link")


def linked_config():
    bundle = path("linked-config")
    shutil.copytree(BUNDLE, bundle)
    os.rename(os.path.join(bundle, "config.json"), os.path.join(bundle, "other.json"))
    os.symlink("other.json", os.path.join(bundle, "config.json"))
    return refused(bundle, b"is a symbolic link")


def together():
    """Creates of one bundle take turns: each starts, and the config is as after a single create."""
    original = read(CONFIG)
    if started(BUNDLE, "b2"):
        return ["one alone is not started"]
    wanted, lines = world.tree(BUNDLE), []
    for _ in range(10):
        write(CONFIG, original, 0o640)
        pids = [world.spawn(create(BUNDLE, "b2"), None) for _ in range(TOGETHER)]
        codes = [world.wait(pid) for pid in pids]
        if codes != [42] * TOGETHER:
            lines.append(f"ended with {codes}")
        if world.tree(BUNDLE) != wanted:
            lines.append("the bundle is another than after one alone")
    return lines


def check(tap):
    for name, test in (("a full disk", full_disk), ("a full /run", full_run),
                       ("a read-only bundle", read_only),
                       ("a bundle that is a symbolic link", linked_bundle),
                       ("a config.json that is a symbolic link", linked_config),
                       (f"{TOGETHER} creates at once", together)):
        if os.path.lexists(world.STARTED):
            os.unlink(world.STARTED)
        kept = world.tree(BUNDLE)
        tap.run(f"wrapper, {name}", test)
        world.restore(BUNDLE, kept)
