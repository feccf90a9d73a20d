# SPDX-License-Identifier: Apache-2.0
"""A container from a rewritten spec must start, and have the credentials that the spec says."""

import os
import shutil
import subprocess
import tempfile

CAP_SETS = {"CapInh": "inheritable", "CapPrm": "permitted", "CapEff": "effective",
            "CapBnd": "bounding", "CapAmb": "ambient"}


def runnable(spec):
    """The spec without the parts that need the engine's host: files, cgroups, limits, labels."""
    process, linux = spec["process"], spec["linux"]
    process.update({"args": ["cat", "/proc/self/status"], "cwd": "/", "terminal": False})
    for name in ("rlimits", "apparmorProfile", "selinuxLabel", "oomScoreAdj", "consoleSize"):
        process.pop(name, None)
    spec["root"]["path"] = "rootfs"
    spec["mounts"] = [m for m in spec["mounts"] if m.get("type") in ("proc", "tmpfs", "sysfs", "devpts")
                      and not m["destination"].startswith("/run")]
    spec.pop("hooks", None)
    for name in ("cgroupsPath", "resources", "devices", "mountLabel", "rootfsPropagation"):
        linux.pop(name, None)
    if sum(len(e["names"]) for e in linux.get("seccomp", {}).get("syscalls", ())) < 200:
        linux.pop("seccomp", None)  # cut short, for reading: nothing runs under it
    if linux.get("uidMappings"):
        linux.pop("sysctl", None)  # with ids that only the engine's own mappings have
    spec["ociVersion"] = "1.0.2"
    linux["namespaces"] = [{"type": n["type"]} for n in linux["namespaces"]]
    return spec


def promised(spec):
    """The lines of /proc/self/status that the spec implies; for empty sets, one line would do."""
    process = spec["process"]
    sets = process.get("capabilities") or {}
    lines = {line: "0" * 16 for line, name in CAP_SETS.items() if not sets.get(name)}
    lines["NoNewPrivs"] = "1" if process.get("noNewPrivileges") else "0"
    if "seccomp" in spec["linux"]:
        lines["Seccomp"] = "2"
    if not spec["linux"].get("uidMappings"):
        uid, gid = process["user"]["uid"], process["user"]["gid"]
        lines["Uid"] = "\t".join([str(uid)] * 4)
        lines["Gid"] = "\t".join([str(gid)] * 4)
    return lines


class Runtimes:
    """Bundles in a temporary directory, with a root file system of busybox."""

    # crun 1.8 refuses hybrid cgroups, so its mount namespace has only cgroup v2. No cgroup manager.
    CRUN = "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec \"$@\""
    COMMANDS = {
        "runc": ["runc", "--root", "{state}", "run", "--bundle", "{bundle}", "{id}"],
        "crun": ["unshare", "-m", "sh", "-c", CRUN, "sh", "crun", "--cgroup-manager=disabled",
                 "--root", "{state}", "run", "--bundle", "{bundle}", "{id}"],
    }

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="golden-")
        self.count = 0
        busybox = shutil.which("busybox")
        if busybox is not None:
            bin_dir = os.path.join(self.directory, "rootfs/bin")
            os.makedirs(bin_dir)
            shutil.copy(busybox, os.path.join(bin_dir, "busybox"))
            os.symlink("busybox", os.path.join(bin_dir, "cat"))
            for name in ("proc", "sys", "dev", "data"):
                os.mkdir(os.path.join(self.directory, "rootfs", name))
            os.chmod(self.directory, 0o755)

    @staticmethod
    def missing(runtime):
        missing = [name for name in ("busybox", runtime) if shutil.which(name) is None]
        return f"{' and '.join(missing)} missing" if missing else None

    def start(self, runtime, spec, wanted):
        """The error, or the lines of /proc/self/status that are not as wanted, or None."""
        bundle = os.path.join(self.directory, "rootfs/..")
        with open(os.path.join(self.directory, "config.json"), "wb") as file:
            file.write(spec)
        self.count += 1
        words = {"state": os.path.join(self.directory, runtime), "bundle": bundle,
                 "id": f"golden-{os.getpid()}-{self.count}"}
        done = subprocess.run([a.format(**words) if "{" in a else a
                               for a in self.COMMANDS[runtime]],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False)
        out = done.stdout.decode(errors="replace")
        status = dict(line.split(":\t", 1) for line in out.splitlines() if ":\t" in line)
        wrong = {k: status.get(k) for k, v in wanted.items() if status.get(k) != v}
        if done.returncode != 0 or wrong:
            return f"exit {done.returncode}, {wrong}: {done.stderr.decode(errors='replace')}"
        return None

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)
