# SPDX-License-Identifier: Apache-2.0
"""Policies for hosts: default, strict, rootless, audit, cis-docker, on specs that engines wrote."""

import copy

import pods
from cases import APP, CAP_SETS, CRIO, NNP, PORT, TOKEN, case, golden, options, restricted


def put(path, value):
    """A change of a spec: sets the value at a path of names, or removes it with None."""
    def change(spec):
        *parents, last = path.split("/")
        target = spec
        for name in parents:
            target = target.setdefault(name, {})
        if value is None:
            target.pop(last, None)
        else:
            target[last] = value
    return change


def without_namespace(kind):
    def change(spec):
        spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"]
                                       if n["type"] != kind]
    return change


def user_namespace(host_id):
    def change(spec):
        spec["linux"]["namespaces"].append({"type": "user"})
        for name in ("uidMappings", "gidMappings"):
            spec["linux"][name] = [{"containerID": 0, "hostID": host_id, "size": 65536}]
    return change


def several(*changes):
    def change(spec):
        for one in changes:
            one(spec)
    return change


def hook(stage, path):
    return put(f"hooks/{stage}", [{"path": path}])


def mount_propagation(spec):
    spec["mounts"][-1]["options"] = ["rbind", "rshared", "rw"]


def wrong_label(spec):
    spec["process"]["selinuxLabel"] = "system_u:system_r:spc_t:s0"


def proc_elsewhere(spec):
    spec["mounts"].append({"destination": "/mnt", "type": "proc", "source": "proc"})


def loader_variable(spec):
    spec["process"]["env"].append("LD_PRELOAD=/evil.so")
    hook("createContainer", "/usr/bin/other-hook")(spec)


def capabilities(names):
    return put("process/capabilities",
               {s: list(names) for s in ("bounding", "effective", "permitted")})


def reach_root(spec):
    for name in ("uidMappings", "gidMappings"):
        spec["linux"][name].append({"containerID": 70000, "hostID": 0, "size": 1})


# What default lets root of a private user namespace keep.
MAPPED = tuple(f"CAP_{c}" for c in "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP"
               " SETGID SETPCAP SETUID SYS_CHROOT".split())
CAPS = ("capabilities",)
ROOT_RULES = ("rootUser", "rootGroup", "hostUserNamespace")
UNCONFINED = ("maskedPaths", "readonlyPaths", "seccompProfile")

# Specs as engines wrote them, and default's findings, which follow from the flags in the name.
ENGINES = (
    ("docker-28-privileged", "reject", ("privilegedContainer", *ROOT_RULES, *CAPS,
                                        "noNewPrivileges", *UNCONFINED)),
    ("docker-28-socket", "reject", ("hostMounts", *CAPS, "mountOptions", "noNewPrivileges")),
    ("docker-28-user-gid-0", "rewrite", (*CAPS, "noNewPrivileges", "rootGroup")),
    ("docker-28-userns-remap", "rewrite", (*CAPS, "noNewPrivileges")),
    ("podman-plain", "reject", (*ROOT_RULES, *CAPS, "hostCgroupNamespace", "noNewPrivileges")),
    ("podman-userns-host-root", "reject", (*ROOT_RULES, *CAPS, "hostCgroupNamespace",
                                           "noNewPrivileges")),
    ("podman-pid-host", "reject", ("hostPidNamespace", *CAPS, "hostCgroupNamespace",
                                   "noNewPrivileges")),
    ("podman-network-host", "reject", ("hostNetworkNamespace", *CAPS, "hostCgroupNamespace",
                                       "noNewPrivileges")),
    ("podman-ipc-host", "reject", ("hostIpcNamespace", "hostMounts", *CAPS, "hostCgroupNamespace",
                                   "noNewPrivileges")),
    ("podman-uts-host", "reject", ("hostUtsNamespace", *CAPS, "hostCgroupNamespace",
                                   "noNewPrivileges")),
    ("podman-volume-etc", "reject", ("hostMounts", *CAPS, "hostCgroupNamespace", "mountOptions",
                                     "noNewPrivileges")),
    ("podman-uidmap-host-root", "reject", ("identityMapping", "rootUser", "rootGroup", *CAPS,
                                           "hostCgroupNamespace", "noNewPrivileges")),
    ("podman-annotation", "reject", ("unsafeAnnotations", *CAPS, "hostCgroupNamespace",
                                     "noNewPrivileges")),
    ("podman-workdir-proc", "reject", ("workingDirectory", *CAPS, "hostCgroupNamespace",
                                       "noNewPrivileges")),
    ("podman-security-opt-unconfined", "rewrite", (*UNCONFINED, *CAPS, "hostCgroupNamespace",
                                                   "noNewPrivileges")),
    ("podman-sysctl", "rewrite", (*CAPS, "hostCgroupNamespace", "noNewPrivileges")),
)

# Default's rewrites of the specs that it allows.
REWRITTEN = {
    "docker-28-user-gid-0": (*CAP_SETS, NNP),
    "docker-28-userns-remap": (*CAP_SETS, NNP),
    "podman-security-opt-unconfined": (CAP_SETS[0], PORT, NNP, "/linux/maskedPaths",
                                       "/linux/readonlyPaths", "/linux/seccomp"),
    "podman-sysctl": (CAP_SETS[0], PORT, NNP),
}

# Changes that no engine's flag makes, of a spec whose only finding under default is mountOptions.
CHANGES = (
    ("mount-namespace-of-the-host", without_namespace("mount"), "hostMountNamespace"),
    ("shared-mount", mount_propagation, "mountPropagation"),
    ("device-of-the-host", put("linux/devices", [{"path": "/dev/sda", "type": "b", "major": 8,
                                                  "minor": 0}]), "deviceAccess"),
    ("proc-elsewhere", proc_elsewhere, "procMount"),
    ("apparmor-unconfined", put("process/apparmorProfile", "unconfined"), "apparmorProfile"),
    ("selinux-spc-t", wrong_label, "selinuxLabel"),
    ("hook-of-another", hook("createRuntime", "/usr/bin/other-hook"), "foreignHooks"),
    ("loader-variable", loader_variable, "unsafeEnvironment"),
    ("network-device", put("linux/netDevices", {"eth0": {}}), "netDevices"),
    ("sysctl-of-the-kernel", put("linux/sysctl", {"kernel.core_pattern": "core"}), "sysctls"),
)


def sysctl_of_the_kernel(p, spec, rewritten=()):
    """Two sysctls: one of the container's network namespace, and one of the whole kernel."""
    spec["linux"]["sysctl"] = {"net.core.somaxconn": "1024", "kernel.panic": "1"}
    case(p, "sysctl-of-the-kernel", spec, "rewrite", "sysctls", "mountOptions",
         rewritten=["/linux/sysctl/kernel.panic", options(spec, TOKEN), *rewritten])


def default():
    p = "default"
    for name, verdict, rules in ENGINES:
        case(p, name, golden(name), verdict, *rules, rewritten=REWRITTEN.get(name, ()))
    good, from_crio = APP(restricted(), pods.node()), CRIO(restricted(), pods.node())
    case(p, "pod-restricted-containerd", good, "rewrite", "mountOptions",
         rewritten=[options(good, TOKEN)])
    case(p, "pod-restricted-crio", from_crio, "rewrite", "mountOptions",
         rewritten=[options(from_crio, TOKEN)])
    volume = APP(restricted(), pods.node(image_volume="/var/lib/db"))
    case(p, "image-volume-containerd", volume, "rewrite", "mountOptions",
         rewritten=[options(volume, "/var/lib/db"), options(volume, TOKEN)])
    change = copy.deepcopy(good)
    without_namespace("mount")(change)
    case(p, "mount-namespace-of-the-host", change, "reject", "hostMountNamespace", "mountOptions")
    sysctl_of_the_kernel(p, copy.deepcopy(good))
    change = copy.deepcopy(good)
    del change["process"]["user"]["uid"]
    case(p, "uid-as-text", put_uid(change, "0"), "invalid", "spec",
         comment="runtimes read it differently")
    remap = "docker-28-userns-remap"
    case(p, "mapped-root-with-what-entrypoints-need", golden(remap, capabilities(MAPPED)),
         "rewrite", "noNewPrivileges", rewritten=(NNP,))
    case(p, "mapped-root-that-asks-for-more",
         golden(remap, capabilities((*MAPPED, "CAP_SYS_ADMIN"))), "rewrite", *CAPS,
         "noNewPrivileges", rewritten=(*CAP_SETS, NNP))
    case(p, "mapped-user", golden(remap, several(capabilities(MAPPED),
                                                 put("process/user", {"uid": 999, "gid": 999}))),
         "rewrite", *CAPS, "noNewPrivileges", rewritten=(*CAP_SETS, NNP))
    case(p, "mapped-root-that-reaches-root",
         golden(remap, several(capabilities(MAPPED), reach_root)), "reject", *CAPS,
         "identityMapping", "noNewPrivileges")


def put_uid(spec, value):
    spec["process"]["user"]["uid"] = value
    return spec


def strict():
    """default's findings, and more for everything through which the host can be reached."""
    p = "strict"
    for name, _, rules in ENGINES:
        found = set(rules)
        if "userns" not in name and "uidmap" not in name or "userns-host" in name:
            found.add("hostUserNamespace")
        found.add("readonlyRootfs")
        if "privileged" in name:
            found.add("deviceAccess")
        case(p, name, golden(name), "rewrite" if name == "docker-28-userns-remap" else "reject",
             *sorted(found), rewritten=(*CAP_SETS, NNP, "/root/readonly")
             if name == "docker-28-userns-remap" else ())
    sysctl_of_the_kernel(p, APP(restricted(hostUsers=False, inner={"readOnlyRootFilesystem": True}),
                                pods.node()))
    for name, make, rule in CHANGES:
        if rule in ("hostMountNamespace", "deviceAccess", "foreignHooks"):
            spec = APP(restricted(hostUsers=False, inner={"readOnlyRootFilesystem": True}),
                       pods.node())
            make(spec)
            case(p, name, spec, "reject", rule, "mountOptions")


def rootless():
    """Like default, but root of the user's own namespace is that user."""
    p = "rootless"
    for name, verdict, rules in ENGINES:
        found = [r for r in rules if r not in (*ROOT_RULES, "identityMapping")]
        if not name.startswith("podman") or verdict != "reject":
            continue
        left = set(found) - {"capabilities", "hostCgroupNamespace", "noNewPrivileges"}
        if left and name != "podman-uidmap-host-root":
            case(p, name, golden(name), "reject", *found)
    for name in ("podman-plain", "podman-userns-host-root", "podman-plain-rootless"):
        case(p, name, golden(name), "rewrite", "hostCgroupNamespace", "noNewPrivileges",
             rewritten=(NNP,), comment="podman gives root what this policy lets it keep")
    case(p, "user-in-a-rootless-container",
         golden("podman-plain-rootless", put("process/user", {"uid": 999, "gid": 999})),
         "rewrite", "capabilities", "hostCgroupNamespace", "noNewPrivileges",
         rewritten=(*CAP_SETS, PORT, NNP))
    case(p, "podman-privileged-rootless", golden("podman-privileged-rootless"), "reject",
         "capabilities", "hostCgroupNamespace", "privilegedContainer", "noNewPrivileges",
         *UNCONFINED)
    for name in ("podman-sysctl", "podman-security-opt-unconfined"):
        rules = next(r for n, _, r in ENGINES if n == name)
        case(p, name, golden(name), "rewrite", *rules, rewritten=REWRITTEN[name])
    good = APP(restricted(), pods.node())
    sysctl_of_the_kernel(p, copy.deepcopy(good))
    without_namespace("mount")(good)
    case(p, "mount-namespace-of-the-host", good, "reject", "hostMountNamespace", "mountOptions")
    case(p, "uid-and-gid-that-no-mapping-has",
         golden("podman-plain-rootless", several(user_namespace(100000), put(
             "process/user", {"uid": 70000, "gid": 70000}))), "reject", "rootUser", "rootGroup",
         "capabilities", "hostCgroupNamespace", "noNewPrivileges")


def audit():
    p = "audit"
    for name, _, rules in ENGINES:
        found = {*rules, "readonlyRootfs", "resourceLimits"}
        if "userns-remap" not in name and "uidmap" not in name:
            found.add("hostUserNamespace")
        if "privileged" in name:
            found |= {"deviceAccess", "procMount"}
        if "unconfined" in name:
            found.add("procMount")
        case(p, name, golden(name), "log", *sorted(found))
    for name, make, rule in CHANGES:
        spec = APP(restricted(hostUsers=False, inner={"readOnlyRootFilesystem": True}),
                   pods.node())
        make(spec)
        found = {rule, "mountOptions", "resourceLimits"}
        if "hooks" in spec:
            found.add("foreignHooks")
        if make is proc_elsewhere:
            found.add("maskedPaths")
        case(p, name, spec, "log", *sorted(found))
    case(p, "uid-as-text", put_uid(APP(restricted(), pods.node()), "0"), "invalid", "spec",
         comment="a spec that runtimes read differently is refused even here")


LIMITS = ("readonlyRootfs", "resourceLimits")  # logged, of every engine's spec

CIS = (
    ("docker-28-privileged", ("privilegedContainer", "rootUser", "hostUserNamespace", *CAPS,
                              "noNewPrivileges", "seccompProfile", "deviceAccess")),
    ("docker-28-socket", ("hostMounts", *CAPS, "noNewPrivileges")),
    ("podman-plain", ("rootUser", "hostUserNamespace", *CAPS, "noNewPrivileges")),
    ("podman-pid-host", ("hostPidNamespace", *CAPS, "noNewPrivileges")),
    ("podman-network-host", ("hostNetworkNamespace", *CAPS, "noNewPrivileges")),
    ("podman-ipc-host", ("hostIpcNamespace", "hostMounts", *CAPS, "noNewPrivileges")),
    ("podman-uts-host", ("hostUtsNamespace", *CAPS, "noNewPrivileges")),
    ("podman-volume-etc", ("hostMounts", *CAPS, "noNewPrivileges")),
)


def cis_docker():
    p = "cis-docker"
    for name, rules in CIS:
        case(p, name, golden(name), "reject", *rules, *LIMITS)
    case(p, "docker-28-user-gid-0", golden("docker-28-user-gid-0"), "rewrite", *CAPS,
         "noNewPrivileges", *LIMITS, rewritten=(*CAP_SETS, NNP))
    case(p, "podman-security-opt-unconfined", golden("podman-security-opt-unconfined"), "rewrite",
         *CAPS, "noNewPrivileges", "seccompProfile", *LIMITS,
         rewritten=(CAP_SETS[0], PORT, NNP, "/linux/seccomp"))
    for name, make, rule in CHANGES:
        if rule not in ("mountPropagation", "deviceAccess", "apparmorProfile", "selinuxLabel"):
            continue
        spec = APP(restricted(hostUsers=False, inner={"readOnlyRootFilesystem": True}),
                   pods.node())
        make(spec)
        case(p, name, spec, "reject", rule, "resourceLimits")
