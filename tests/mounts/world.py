# SPDX-License-Identifier: Apache-2.0
"""A small host in a private mount namespace: its own root, devices, volumes, links and secrets.

Every directory of it has one file of its own whose content is found nowhere else, so that a file
says where it comes from, whatever mounts it came through.
"""

import os
import shutil
import subprocess

import kernel

ROOT = "/"
DENIED = ["/etc", "/root", "/boot", "/run", "/var/lib/kubelet", "/var/lib/docker",
          "/var/lib/containerd", "/var/lib/containers"]
# What the policy allows although it lies in one of those.
ALLOWED = ["/run/rootfence", "/var/lib/containers/storage/volumes/*/_data",
           "/var/lib/docker/volumes/*/_data",
           "/var/lib/kubelet/pods/*/volumes/*/*", "/var/lib/docker/overlay2/*/diff",
           "/var/lib/containers/storage/overlay/own/merged"]
SECRET = ["/etc", "/etc/ssh", "/etc/ssh/keys", "/root", "/root/.ssh", "/boot", "/boot/grub",
          "/run/app", "/var/lib/kubelet/pki", "/var/lib/docker/overlay2/l1/diff",
          "/var/lib/containerd/state", "/var/lib/containers/storage/overlay/other/diff",
          "/var/lib/containers/storage/overlay-containers/other/userdata/run/secrets",
          "/var/lib/containers/storage/volumes/private"]
VOLUMES = [f"/var/lib/containers/storage/volumes/v{i}/_data" for i in range(4)] + \
          ["/var/lib/docker/volumes/w0/_data"]
PUBLIC = ["/srv/a", "/srv/a/sub", "/srv/a/sub/deep", "/srv/b", "/srv/b/sub", "/home/user/data",
          "/opt/files", "/data"]
# Names that some reader of mount options takes apart, or puts together in another way.
ODD = ["/srv/x", "/srv/up", "/srv/x:/etc", "/srv/x:", "/srv/x,y", "/srv/x\\:/etc", "/srv/x\\", "/srv/x\\,y", "/srv/x y",
       "/srv/x\ny", "/srv/x\\040y", "/srv/x::/etc", "/srv/x,lowerdir=/etc", "/srv/:",
       "/srv/x\\\\:/etc", "/srv/x,upperdir=/srv/up", "/srv/\"q\"", "/srv/#x"]
DEVICES = ["/mnt/d0", "/mnt/d1", "/mnt/d2"]
IN_DEVICE = ["", "/priv", "/priv/deep", "/pub", "/pub/sub", "/etc"]
SCRATCH = [f"/srv/ov{i}" for i in range(3)]  # each has upper and work
BUNDLE = "/srv/bundle"
OWN_ROOT = "/var/lib/containers/storage/overlay/own/merged"
# Below OWN_ROOT only the engine mounts anything, and the product relies on that.
ROOTS = [BUNDLE + "/rootfs"]
TARGETS = ["/mnt/t0", "/mnt/t1"]  # empty directories to mount at
LINKS = {
    "/srv/links/etc": "/etc", "/srv/links/up": "../../etc/ssh", "/srv/links/chain": "up",
    "/srv/links/a": "/srv/a", "/srv/links/dir": "/root/..", "/srv/links/volume": VOLUMES[0],
    "/srv/links/loop": "loop", "/srv/links/self": "/proc/self/root/etc",
    "/srv/links/cwd": "/proc/self/cwd", "/srv/links/file": "/etc/name",
    "/srv/a/out": "../b", "/srv/a/secret": "../../etc", "/var/run": "/run",
    "/var/lib/docker/volumes/w1/_data": "/etc",
    "/var/lib/containers/storage/volumes/v9": "v0",
    "/var/lib/containers/storage/volumes/v8/_data": "/srv/a",
    "/srv/up\\": "/etc", "/srv/\\up": "/etc", "/srv/up\\,x": "/root",
}
FOUND = "/tmp/found"  # where holes are written, outside
OWN = ["/usr", "/tmp"]  # what this suite itself needs there
IMAGE_MIB = 4


def own_file(directory):
    return os.path.join(directory, "name")


def make(directory, token=None):
    os.makedirs(directory, exist_ok=True)
    with open(own_file(directory), "w", encoding="utf-8") as file:
        file.write(f"token {token or directory}\n")
    os.chmod(own_file(directory), 0o755)  # so that a runtime takes it for a program


def device(target, number, image_dir):
    """A file system on a loop device, or a tmpfs that plays one. Returns which it is."""
    os.makedirs(target, exist_ok=True)
    image = os.path.join(image_dir, f"image{number}")
    kind = "tmpfs"
    if number < 2:
        with open(image, "wb") as file:
            file.truncate(IMAGE_MIB << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        done = subprocess.run(["mount", "-o", "loop", image, target], check=False,
                              stderr=subprocess.DEVNULL)
        os.unlink(image)
        kind = "ext4" if done.returncode == 0 else kind
    if kind == "tmpfs":
        kernel.mount("device", target, "tmpfs", 0, "mode=755")
    for below in IN_DEVICE:
        make(target + below)
    return kind


def bring(root, programs, found):
    """What programs need that run in this host."""
    for name in ("usr", "proc", "sys", "dev", "tmp"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    for name in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
    kernel.mount("/usr", f"{root}/usr", None, kernel.MS_BIND)
    kernel.mount("proc", f"{root}/proc", "proc")
    kernel.mount("tmp", f"{root}/tmp", "tmpfs")
    kernel.mount("sysfs", f"{root}/sys", "sysfs")
    kernel.mount("/sys/fs/cgroup", f"{root}/sys/fs/cgroup", None, kernel.MS_BIND | kernel.MS_REC)
    kernel.mount("/dev", f"{root}/dev", None, kernel.MS_BIND | kernel.MS_REC)
    os.makedirs(root + FOUND)
    kernel.mount(found, root + FOUND, None, kernel.MS_BIND)
    for path, file in programs.items():
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        shutil.copy(file, root + path)


def build(directory, programs, found):
    """Builds the host and makes it this process's root. Returns the kinds of its devices."""
    root = os.path.join(directory, "root")
    os.mkdir(root)
    kernel.mount("host", root, "tmpfs", 0, "mode=755")
    bring(root, programs, found)
    for path in SECRET + VOLUMES + PUBLIC + ODD:
        make(root + path, path)
    for path in SCRATCH:
        os.makedirs(f"{root}{path}/upper")
        os.makedirs(f"{root}{path}/work")
    for path in TARGETS + [path + "/sub" for path in DENIED + VOLUMES + PUBLIC]:
        os.makedirs(root + path, exist_ok=True)
    for link, target in LINKS.items():
        os.makedirs(os.path.dirname(root + link), exist_ok=True)
        os.symlink(target, root + link)
    os.makedirs(f"{root}{BUNDLE}/rootfs")
    for path in (BUNDLE + "/rootfs", BUNDLE + "/rootfs/data"):
        make(root + path, path)
    make(root + OWN_ROOT)
    os.symlink("/data", f"{root}{BUNDLE}/rootfs/link")
    kinds = [device(root + target, i, directory) for i, target in enumerate(DEVICES)]
    kernel.enter_root(root)
    return kinds
