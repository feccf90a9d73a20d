# SPDX-License-Identifier: Apache-2.0
"""Random mounts of a host, and random specs that mount from them. The same seed, the same sets.

A set is a dict that JSON can hold: "host": operations on the host, in order; "config": the spec;
"bundle": whether the product is told the bundle. Most parts are ordinary, so that many sets are
allowed; about one in five is odd.
"""

import random

import world

KERNEL_KINDS = ["proc", "sysfs", "mqueue", "tracefs", "debugfs", "bpf", "cgroup2", "devpts",
                "securityfs", "pstore", "binfmt_misc", "fusectl", "devtmpfs"]
FILE_KINDS = ["tmpfs", "ramfs", "hugetlbfs"]
BASE = {
    "ociVersion": "1.0.2",
    "process": {"user": {"uid": 3267, "gid": 3267}, "args": ["/name"], "cwd": "/",
                "env": ["PATH=/bin"], "noNewPrivileges": True},
    "linux": {"namespaces": [{"type": kind} for kind in
                             ("pid", "ipc", "uts", "mount", "network")],
              "seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
                  {"names": ["read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW"}]}},
}

# Links to the root directory. With that in a denied place, every file would be the host's.
TO_ROOT = ["/srv/links/dir", "/srv/links/cwd"]


def is_denied(path):
    return path.startswith(tuple(world.DENIED))


class Sets:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.odd = False  # is this set one of those with odd parts?

    def pick(self, *lists):
        return self.random.choice(self.random.choice(lists))

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def oddly(self, percent):
        return self.odd and self.chance(percent)

    # directories of the host

    def device_dir(self):
        return self.pick(world.DEVICES) + self.pick(world.IN_DEVICE)

    def secret_dir(self):
        return self.pick(world.SECRET, world.DENIED)

    def public_dir(self):
        return self.pick(world.PUBLIC, world.VOLUMES)

    def any_dir(self):
        roll = self.random.randrange(100)
        if roll < 45:
            return self.public_dir()
        if roll < 70:
            return self.device_dir()
        if roll < 80:
            return self.secret_dir()
        if roll < 88:
            return self.pick(list(world.LINKS))
        return self.pick(world.ODD, world.TARGETS)

    def target(self):
        roll = self.random.randrange(100)
        if roll < 8 and self.odd:
            return self.pick(world.ROOTS) + self.pick(["", "/data", "/data/sub"])
        if roll < 55:
            return self.pick(world.VOLUMES) + self.pick(["", "", "", "/sub"])
        if roll < 75:
            return self.pick(world.PUBLIC, world.TARGETS)
        if roll < 90:
            # Not over /etc and /run, where the product has its own files.
            return self.pick(world.SECRET[1:], [path + "/sub" for path in world.DENIED])
        return self.pick(world.DEVICES) + self.pick(world.IN_DEVICE)

    # options of an overlay

    def escaped(self, path, keys=":\\"):
        """As the kernel expects it, or sometimes not."""
        if self.oddly(20):
            return path
        text = "".join("\\" + c if c in keys else c for c in path)
        return text.replace(",", "\\,") if self.chance(90) else text

    def relative(self, path):
        return path.lstrip("/") if self.oddly(30) else path

    def layers(self):
        return [self.relative(self.any_dir()) for _ in range(self.random.randint(1, 3))]

    def overlay_options(self):
        """Options as the kernel takes them, one key=value each."""
        options, lower = [], self.layers()
        if self.oddly(25):
            options += [self.pick(["lowerdir+=", "lowerdir+="]) + path for path in lower]
            if self.chance(20):
                options.append("datadir+=" + self.any_dir())
        else:
            if len(lower) == 1 and self.chance(70):
                lower.append(self.public_dir())
            options.append("lowerdir=" + ":".join(self.escaped(path) for path in lower))
        if self.chance(40):
            scratch = self.pick(world.SCRATCH)
            upper = self.any_dir() if self.oddly(30) else scratch + "/upper"
            work = self.any_dir() if self.oddly(10) else scratch + "/work"
            options += ["upperdir=" + self.escaped(upper), "workdir=" + self.escaped(work)]
        return options

    # operations on the host

    def host_operation(self):
        roll = self.random.randrange(100)
        target = self.target()
        if roll < 12 and self.odd:
            return ["mount", self.pick(KERNEL_KINDS), target, self.pick(["", "", "/"])]
        if roll < 22:
            return ["mount", self.pick(FILE_KINDS), target, ""]
        if roll < 65:
            source = self.any_dir()
            if source in TO_ROOT and is_denied(target):
                source = "/srv/links/a"
            if self.oddly(5):
                return ["file", self.pick(["/proc/self/ns/mnt", "/etc/name", "/dev/null",
                                           "/proc/version"]), target + "/name"]
            return ["bind", source, target, self.chance(50)]
        if roll < 90:
            options = self.overlay_options()
            if any(link[1:] in option for link in TO_ROOT for option in options) and is_denied(target):
                options = ["lowerdir=/srv/a:/srv/b"]
            return ["overlay", options, target, self.pick(["/", "/", "/srv"]), self.chance(30)]
        if self.oddly(25):
            return ["deleted", self.pick(world.DEVICES), target]
        return ["unmount", self.pick(world.DEVICES) if self.chance(60) else target]

    # the spec

    def source(self):
        roll = self.random.randrange(100)
        if roll < 60:
            path = self.pick(world.VOLUMES)
        elif roll < 80:
            path = self.pick(world.PUBLIC, world.TARGETS)
        else:
            path = self.any_dir()
        if self.chance(10):
            path += self.pick(["/name", "/sub", "/priv", "/pub"])
        return self.spelled(path) if self.oddly(20) else path

    def spelled(self, path):
        return self.pick([
            "/" + path, path + "/", path + "/.", path.replace("/", "//"), path + "/../b",
            path + "/..", path.lstrip("/"), ".." + path, "/srv/links/../.." + path,
            "/proc/self/root" + path, "/srv/bundle/../.." + path])

    def destination(self, number):
        if not self.oddly(25):
            return f"/data/m{number}"
        return self.pick([f"/m{number}/../n", f"//m{number}", "/link/m", f"m{number}", "/link",
                          "/run/secrets", "/data", f"/data/../../m{number}", "/etc/hosts", "/dev", "/", "."])

    def trick(self):
        """Options that the kernel, or a runtime, reads in another way than one string at a time."""
        public, secret = self.pick(world.PUBLIC), self.pick(world.SECRET)
        scratch = self.pick(world.SCRATCH)
        return self.pick([
            ["lowerdir=/srv/x\\", f"y:{secret}"],
            [f"lowerdir={public}:/srv/x\\", f"y:{secret}"],
            [f"lowerdir={public}", "upperdir=/srv/x\\", f"y,upperdir={secret}",
             f"workdir={scratch}/work"],
            [f"lowerdir={public}", f"upperdir={scratch}/upper\\", f"x,upperdir={secret}",
             f"workdir={scratch}/work"],
            [f"lowerdir=/srv/x\\,lowerdir=/etc:{public}"],
            [f"lowerdir=/srv/x\\,lowerdir=/etc:{public}", "redirect_dir=off"],
            [f"lowerdir={public}:/srv/b\\,lowerdir={secret}:{public}"],
            ["lowerdir+=/srv/\\up", f"lowerdir+={public}"],
            ["lowerdir+=/srv/up\\", f"lowerdir+={public}"],
            [f"lowerdir+={public}", "lowerdir+=/srv/up\\,x"],
            [f"lowerdir+={public}:{secret}", f"lowerdir+={public}"],
            [f"lowerdir={public}::{secret}"],
            [f"lowerdir={public}", f"lowerdir=:{secret}"],
            [f"lowerdir={public}", f"lowerdir={public}:{secret}"],
            [f"lowerdir={public}:{secret}", f"lowerdir={public}:/srv/b"],
            ["lowerdir=/srv/x\\\\", f"y:{secret}"],
            [f"lowerdir={public}:/srv/x\\\\:{secret}"],
            [f"x,lowerdir={public}:{secret}"], [f",lowerdir={public}:{secret}"],
            [f"=x,lowerdir={public}:{secret}"], [f"ro,lowerdir={public}:{secret}"],
            [f" lowerdir={public}:{secret}"], [f"LOWERDIR={public}:{secret}"],
            [f"lowerdir={public}", "nosuid", f"bind,lowerdir={public}:{secret}"],
        ])

    def as_strings(self, options):
        """The options in the strings of a spec, whole or taken apart and put together."""
        if not self.oddly(40):
            return options
        text = ",".join(options)
        if self.chance(40):
            return [text]
        cuts = [i for i, c in enumerate(text) if c == ","]
        cuts = sorted(self.random.sample(cuts, self.random.randint(0, len(cuts))))
        parts, start = [], 0
        for cut in cuts:
            parts.append(text[start:cut])
            start = cut + 1
        parts.append(text[start:])
        if self.chance(40):
            at = self.random.randrange(len(parts))
            parts[at] += self.pick(["\\", "\\\\", "\\,", ":", "\\:", ",", ",x"])
            if self.chance(60):
                parts.insert(at + 1, self.pick(["x:/etc", "x", "y:/root", "/etc", "lowerdir=/etc",
                                                ":/etc", "upperdir=/etc"]))
        return parts

    def spec_mount(self, number):
        mount = {"destination": self.destination(number)}
        roll = self.random.randrange(100)
        if roll < (60 if self.odd else 85):
            mount.update(type="bind", source=self.source(),
                         options=[self.pick(["rbind", "rbind", "bind"]), "nosuid", "nodev"])
            if self.oddly(15):
                mount.update(type=self.pick(["none", "", "overlay", "tmpfs", "x"]))
            if self.oddly(4):
                del mount["source"]
            if self.chance(20):
                mount["options"].append("ro")
        elif roll < 92:
            mount.update(type="overlay", source="overlay",
                         options=self.trick() if self.oddly(40) else
                         self.as_strings(self.overlay_options()))
        else:
            mount.update(type=self.pick(KERNEL_KINDS, FILE_KINDS, ["ext4", "overlayfs", "none"]),
                         source=self.pick(["none", "/dev/loop0", "/etc", "x"]), options=[])
        return mount

    def root(self, bundle):
        path = world.BUNDLE + "/rootfs"
        if bundle and self.chance(50):
            path = "rootfs"
        if not self.oddly(30):
            return {"path": path}
        odd = [self.any_dir(), self.spelled(path), world.OWN_ROOT, self.source()]
        if bundle:
            odd += ["", ".", "..", "../a", "rootfs/..", "rootfs/link", "/", "rootfs/data"]
        if self.chance(10):
            return {}
        return {"path": self.pick(odd)}

    def make(self):
        self.odd = self.chance(60)
        bundle = self.chance(50)
        operations = [self.host_operation() for _ in range(self.random.choice([0, 1, 1, 2, 3, 4, 6]))]
        mounts = [self.spec_mount(i) for i in range(self.random.choice([1, 1, 1, 2, 3]))]
        mounts.insert(0, {"destination": "/proc", "type": "proc", "source": "proc"})
        config = dict(BASE, root=self.root(bundle), mounts=mounts)
        if self.oddly(2):
            del config["root"]
        return {"host": operations, "config": config, "bundle": bundle}


def make_set(seed, number):
    return Sets(f"{seed}/{number}").make()
