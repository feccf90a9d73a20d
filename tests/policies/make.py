#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make.py [DIRECTORY]: writes the cases of policies/tests (or DIRECTORY), all of them.

A row is a case: the policy, what the case shows, the spec, and what has to come of it. For pods
that is what Kubernetes, or OpenShift, says of the pod; where a spec shows less than a pod, or the
policy rewrites where Kubernetes refuses, the row says so. The specs come from pods.py, or are those
that engines wrote (tests/golden/specs), with a change where no engine writes it.
"""

import copy
import json
import os
import shutil
import sys

import pods

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(ROOT, "tests/golden/specs")

CONFIGS, EXECS, POLICIES = [], [], {}

# Pods

DEFAULT_PROFILE = {"seccompProfile": {"type": "RuntimeDefault"}}


def pod(outer=None, inner=None, metadata=None, mounts=None, **spec):
    """A pod with one container; `mounts` are its volumes by the path in the container."""
    container = {"name": "web", "securityContext": inner or {}, "volumeMounts": []}
    volumes = []
    for path, source in (mounts or {}).items():
        name = f"v{len(volumes)}"
        volumes.append({"name": name, **source})
        container["volumeMounts"].append({"name": name, "mountPath": path})
    return {"metadata": metadata or {},
            "spec": {"securityContext": outer or {}, "containers": [container],
                     "volumes": volumes, **spec}}


def restricted(outer=None, inner=None, **rest):
    """A pod as restricted wants it, with something else in it."""
    return pod({"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, **DEFAULT_PROFILE,
                **(outer or {})},
               {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
                **(inner or {})}, **rest)


def baseline(outer=None, inner=None, **rest):
    """A pod with a seccomp profile, as otherwise each would have a finding for that."""
    return pod({**DEFAULT_PROFILE, **(outer or {})}, inner, **rest)


def host_path(path):
    return {"hostPath": {"path": path}}


def sysctls(*names):
    return {"sysctls": [{"name": n, "value": "1"} for n in names]}


APP, PAUSE, CRIO = pods.containerd_app, pods.containerd_pause, pods.crio_app
SELINUX, APPARMOR = pods.node(selinux=True), pods.node(apparmor=True)


# Rows

def case(policy, name, spec, verdict, *rules, rewritten=(), comment=None):
    expect = {"comment": comment} if comment else {}
    expect |= {"verdict": verdict, "rules": list(rules)}
    if rewritten:
        expect["rewritten"] = list(rewritten)
    CONFIGS.append((policy, name, spec, expect))


def execve(policy, name, old, new, paths, spec=None, comment=None):
    document = {"comment": comment} if comment else {}
    document |= {"old": old, "new": new, "paths": paths}
    EXECS.append((policy, name, document, spec))


def golden(name, change=None):
    """The spec that an engine wrote; change gets it as a tree."""
    with open(os.path.join(GOLDEN, name, "config.json"), encoding="utf-8") as file:
        spec = json.load(file)
    if change:
        change(spec)
    return spec


def options(spec, destination):
    """The pointer of a mount's options."""
    at = [m["destination"] for m in spec["mounts"]].index(destination)
    return f"/mounts/{at}/options"


CAP_SETS = tuple(f"/process/capabilities/{s}" for s in ("bounding", "effective", "permitted"))
PORT = "/linux/sysctl/net.ipv4.ip_unprivileged_port_start"
NNP = "/process/noNewPrivileges"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
UNMASKED = ("maskedPaths", "readonlyPaths", "procMount")


# Pod Security Standards

def pss_baseline(p="pss-baseline"):
    on = pods.node()
    refused = "Kubernetes refuses: "
    for name, make in (("containerd", APP), ("crio", CRIO)):
        case(p, f"plain-{name}", make(pod(), on), "log", "seccompProfile",
             comment="allowed: a pod that sets no profile; one that sets Unconfined looks the same")
        case(p, f"seccomp-runtime-default-{name}", make(baseline(), on), "allow")
        case(p, f"privileged-{name}", make(pod(inner={"privileged": True}), on), "reject",
             "privilegedContainer", "capabilities", *UNMASKED, "seccompProfile",
             comment=refused + "privileged")
        case(p, f"adds-all-it-may-{name}", make(baseline(inner={"capabilities": {"add": [
            "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
            "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]}}), on),
             "allow")
        for cap in ("SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"):
            case(p, f"adds-{cap.lower().replace('_', '-')}-{name}",
                 make(baseline(inner={"capabilities": {"add": [cap]}}), on), "reject",
                 "capabilities", *(["seccompProfile"] if cap == "SYS_ADMIN" else []),
                 comment=refused + "capabilities; with SYS_ADMIN engines open seccomp too"
                 if cap == "SYS_ADMIN" else refused + "capabilities")
        case(p, f"adds-all-{name}", make(baseline(inner={"capabilities": {"add": ["ALL"]}}), on),
             "reject", "capabilities", "seccompProfile", comment=refused + "capabilities")
        case(p, f"unmasked-{name}", make(baseline(inner={"procMount": "Unmasked"}), on), "reject",
             *UNMASKED, comment=refused + "procMount")
        case(p, f"unmasked-without-host-users-{name}",
             make(baseline(inner={"procMount": "Unmasked"}, hostUsers=False), on), "allow",
             comment="Kubernetes allows it since v1.35")
        for path in ("/", "/srv/data", "/run/containerd/containerd.sock", "/etc/localtime"):
            word = path.strip("/").replace("/", "-").replace(".", "-") or "root"
            case(p, f"host-path-{word}-{name}",
                 make(baseline(mounts={"/data": host_path(path)}), on), "reject", "hostMounts",
                 comment=refused + "hostPath")
        case(p, f"volumes-{name}",
             make(baseline(mounts={"/a": {"emptyDir": {}}, "/b": {"configMap": {"name": "c"}},
                                   "/c": {"secret": {"secretName": "s"}}}), on), "allow")
        for kind in ("container_t", "container_init_t", "container_kvm_t", "container_engine_t"):
            case(p, f"selinux-{kind.replace('_', '-')}-{name}",
                 make(baseline({"seLinuxOptions": {"type": kind}}), SELINUX), "allow")
        for word, given in (("type", {"type": "spc_t"}), ("user", {"user": "sysadm_u"}),
                            ("role", {"role": "sysadm_r"})):
            case(p, f"selinux-{word}-{name}",
                 make(baseline({"seLinuxOptions": given}), SELINUX), "reject", "selinuxLabel",
                 comment=refused + "seLinuxOptions")
        case(p, f"apparmor-default-{name}", make(baseline(), APPARMOR), "allow")
        case(p, f"apparmor-localhost-{name}",
             make(baseline({"appArmorProfile": {"type": "Localhost", "localhostProfile": "web"}}),
                  APPARMOR), "allow")
    unconfined = baseline({"appArmorProfile": {"type": "Unconfined"}})
    case(p, "apparmor-unconfined-crio", CRIO(unconfined, APPARMOR), "reject", "apparmorProfile",
         comment=refused + "appArmorProfile")
    case(p, "apparmor-unconfined-containerd", APP(unconfined, APPARMOR), "allow",
         comment="Kubernetes refuses, but containerd writes what it writes where there is no "
                 "AppArmor: a host with AppArmor names args.required")
    case(p, "image-volume-containerd", APP(baseline(), pods.node(image_volume="/var/lib/db")),
         "allow")
    case(p, "pause", PAUSE(pod(), on), "allow")
    case(p, "host-pid-pause", PAUSE(pod(hostPID=True), on), "reject", "hostPidNamespace",
         comment=refused + "hostPID; in the container's own spec the path of a namespace tells")
    case(p, "host-pid-crio", CRIO(baseline(hostPID=True), on), "reject", "hostPidNamespace",
         comment=refused + "hostPID")
    case(p, "host-ipc-pause", PAUSE(pod(hostIPC=True), on), "reject", "hostIpcNamespace",
         "hostMounts", comment=refused + "hostIPC")
    case(p, "host-network-pause", PAUSE(pod(hostNetwork=True), on), "reject",
         "hostNetworkNamespace", comment=refused + "hostNetwork")
    case(p, "host-network-crio", CRIO(baseline(hostNetwork=True), on), "reject",
         "hostNetworkNamespace", comment=refused + "hostNetwork")
    case(p, "safe-sysctls-pause", PAUSE(pod(sysctls(*SAFE_SYSCTLS)), on), "allow")
    for name in ("net.ipv4.ip_forward", "kernel.msgmax", "net.core.somaxconn"):
        case(p, f"sysctl-{name.rpartition('.')[2].replace('_', '-')}-pause",
             PAUSE(pod(sysctls(name)), on), "reject", "sysctls", comment=refused + "sysctls")


SAFE_SYSCTLS = ("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
                "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
                "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
                "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
                "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_rmem",
                "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_syncookies",
                "net.ipv4.tcp_wmem")
SYSCTLS_SINCE = {27: ("net.ipv4.ip_local_reserved_ports",),
                 29: ("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
                      "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
                 32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
                 37: ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat")}

VERSIONED_BASELINE = ["selinuxLabel", "sysctls", "maskedPaths", "readonlyPaths", "procMount"]
VERSIONED_RESTRICTED = ["rootUser", "noNewPrivileges", "seccompProfile"] + VERSIONED_BASELINE


def version(level, minor):
    """The directory of a standard as of v1.MINOR, whose policy it makes."""
    name = f"{level}-v1.{minor}"
    args = {"version": f"v1.{minor}"}
    rules = [{"names": VERSIONED_BASELINE, "action": "RF_ACT_REJECT", "args": args}]
    if level == "pss-restricted":
        rules = [{"names": VERSIONED_RESTRICTED, "action": "RF_ACT_REJECT", "args": args},
                 {"names": ["capabilities"], "action": "RF_ACT_REWRITE", "args": args}]
    POLICIES[name] = {"version": 1, "name": name, "extends": [f"../../{level}.json"],
                      "rules": rules}
    return name


def pss_baseline_versions():
    on = pods.node()
    for since, names in SYSCTLS_SINCE.items():
        for name in names:
            word = name.rpartition(".")[2].replace("_", "-")
            case(version("pss-baseline", since - 1), f"sysctl-{word}",
                 PAUSE(pod(sysctls(name)), on), "reject", "sysctls",
                 comment=f"Kubernetes refuses it until v1.{since - 1}")
            case(version("pss-baseline", since), f"sysctl-{word}", PAUSE(pod(sysctls(name)), on),
                 "allow", comment=f"Kubernetes allows it since v1.{since}")
        case(version("pss-baseline", since), "sysctl-never-safe",
             PAUSE(pod(sysctls("net.ipv4.ip_forward")), on), "reject", "sysctls")
        case(version("pss-baseline", since - 1), "sysctl-always-safe",
             PAUSE(pod(sysctls("net.ipv4.tcp_syncookies")), on), "allow")
    for minor, verdict, rules in ((30, "reject", ["selinuxLabel"]), (31, "allow", [])):
        p = version("pss-baseline", minor)
        case(p, "selinux-container-engine-t",
             CRIO(baseline({"seLinuxOptions": {"type": "container_engine_t"}}), SELINUX), verdict,
             *rules, comment="Kubernetes allows it since v1.31")
        case(p, "selinux-container-t",
             CRIO(baseline({"seLinuxOptions": {"type": "container_t"}}), SELINUX), "allow")
        case(p, "selinux-spc-t", CRIO(baseline({"seLinuxOptions": {"type": "spc_t"}}), SELINUX),
             "reject", "selinuxLabel")
    for minor, verdict, rules in ((34, "reject", UNMASKED), (35, "allow", ())):
        p = version("pss-baseline", minor)
        unmasked = {"procMount": "Unmasked"}
        for name, make in (("containerd", APP), ("crio", CRIO)):
            case(p, f"unmasked-without-host-users-{name}",
                 make(baseline(inner=unmasked, hostUsers=False), on), verdict, *rules,
                 comment="Kubernetes allows it since v1.35")
            case(p, f"unmasked-{name}", make(baseline(inner=unmasked), on), "reject", *UNMASKED,
                 comment="Kubernetes refuses it in every version")
        case(p, "masked", APP(baseline(hostUsers=False), on), "allow")


def pss_restricted(p="pss-restricted"):
    on = pods.node()
    refused = "Kubernetes refuses: "
    lesser = "Kubernetes refuses; here they are taken away: "
    for name, make, caps in (("containerd", APP, CAP_SETS), ("crio", CRIO, CAP_SETS)):
        case(p, f"good-{name}", make(restricted(), on), "allow")
        case(p, f"net-bind-service-{name}", make(restricted(inner={"capabilities": {
            "drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}), on), "allow")
        case(p, f"image-user-{name}",
             make(restricted({"runAsUser": 4711, "runAsGroup": 4711}), on), "allow")
        case(p, f"root-{name}", make(restricted({"runAsUser": 0, "runAsGroup": 0}), on), "reject",
             "rootUser", comment=refused + "runAsUser")
        case(p, f"root-without-host-users-{name}",
             make(restricted({"runAsUser": 0, "runAsGroup": 0}, hostUsers=False), on), "allow",
             comment="Kubernetes allows it since v1.35")
        case(p, f"privilege-escalation-{name}",
             make(restricted(inner={"allowPrivilegeEscalation": True}), on), "reject",
             "noNewPrivileges", comment=refused + "allowPrivilegeEscalation")
        case(p, f"seccomp-unset-{name}",
             make(restricted({"seccompProfile": {"type": "Unconfined"}}), on), "reject",
             "seccompProfile", comment=refused + "seccompProfile")
        case(p, f"default-capabilities-{name}", make(restricted(inner={"capabilities": {}}), on),
             "rewrite", "capabilities", rewritten=caps, comment=lesser + "capabilities")
        case(p, f"adds-sys-time-{name}", make(restricted(inner={"capabilities": {
            "drop": ["ALL"], "add": ["SYS_TIME"]}}), on), "rewrite", "capabilities",
             rewritten=caps, comment=lesser + "capabilities")
        case(p, f"unmasked-without-host-users-{name}",
             make(restricted(inner={"procMount": "Unmasked"}, hostUsers=False), on), "reject",
             *UNMASKED, comment=refused + "procMount, which baseline alone allows there")
        case(p, f"host-path-{name}", make(restricted(mounts={"/d": host_path("/srv/data")}), on),
             "reject", "hostMounts", comment=refused + "hostPath")
        case(p, f"privileged-{name}", make(restricted(inner={"privileged": True}), on), "reject",
             "privilegedContainer", "capabilities", *UNMASKED, "seccompProfile",
             comment=refused + "privileged")
    case(p, "nothing-set-containerd", APP(pod(), on), "reject", "rootUser", "capabilities",
         "noNewPrivileges", "seccompProfile", comment=refused + "all that restricted asks for")
    case(p, "pause", PAUSE(restricted(), on), "rewrite", "capabilities", rewritten=CAP_SETS,
         comment="in every pod, with the capabilities that containerd gives by default")
    case(p, "host-pid-crio", CRIO(restricted(hostPID=True), on), "reject", "hostPidNamespace",
         comment=refused + "hostPID")
    case(p, "host-ipc-pause", PAUSE(restricted(hostIPC=True), on), "reject", "hostIpcNamespace",
         "hostMounts", "capabilities", comment=refused + "hostIPC")
    case(p, "host-network-crio", CRIO(restricted(hostNetwork=True), on), "reject",
         "hostNetworkNamespace", comment=refused + "hostNetwork")
    case(p, "selinux-type-crio", CRIO(restricted({"seLinuxOptions": {"type": "spc_t"}}), SELINUX),
         "reject", "selinuxLabel", comment=refused + "seLinuxOptions")
    case(p, "apparmor-unconfined-crio",
         CRIO(restricted({"appArmorProfile": {"type": "Unconfined"}}), APPARMOR), "reject",
         "apparmorProfile", comment=refused + "appArmorProfile")
    case(p, "sysctl-pause", PAUSE(restricted(sysctls("net.ipv4.ip_forward")), on), "reject",
         "sysctls", "capabilities", comment=refused + "sysctls")


def pss_restricted_versions():
    on = pods.node()

    def both(minor, name, given, verdict, *rules, rewritten=()):
        for engine, make in (("containerd", APP), ("crio", CRIO)):
            case(version("pss-restricted", minor), f"{name}-{engine}", make(given, on), verdict,
                 *rules, rewritten=rewritten)

    for minor in (7, 8, 18, 19, 21, 22, 34, 35):
        both(minor, "good", restricted(), "allow")
    escalates = restricted(inner={"allowPrivilegeEscalation": True})
    both(7, "privilege-escalation", escalates, "allow")
    both(7, "root", restricted({"runAsUser": 0, "runAsGroup": 0}), "reject", "rootUser")
    both(8, "privilege-escalation", escalates, "reject", "noNewPrivileges")
    unset = restricted({"seccompProfile": {"type": "Unconfined"}})
    both(18, "seccomp-unset", unset, "allow")
    both(18, "privilege-escalation", escalates, "reject", "noNewPrivileges")
    both(19, "seccomp-unset", unset, "reject", "seccompProfile")
    keeps = restricted(inner={"capabilities": {}})
    both(21, "default-capabilities", keeps, "allow")
    both(21, "adds-sys-time", restricted(inner={"capabilities": {"add": ["SYS_TIME"]}}), "rewrite",
         "capabilities", rewritten=CAP_SETS)
    both(22, "default-capabilities", keeps, "rewrite", "capabilities", rewritten=CAP_SETS)
    mapped = restricted({"runAsUser": 0, "runAsGroup": 0}, hostUsers=False)
    both(34, "root-without-host-users", mapped, "reject", "rootUser")
    both(35, "root-without-host-users", mapped, "allow")
    both(35, "root", restricted({"runAsUser": 0, "runAsGroup": 0}), "reject", "rootUser")


# OpenShift

def openshift():
    def ids(uid, gid=0, **rest):
        return restricted({"runAsUser": uid, "runAsGroup": gid, **rest})

    def annotated(spec, text):
        spec["annotations"]["openshift.io/sa.scc.uid-range"] = text
        return spec

    p = "openshift-restricted-v2"
    case(p, "range-of-the-namespace", CRIO(ids(1000680000, fsGroup=1000680000), SELINUX), "allow")
    case(p, "uid-of-the-image", CRIO(ids(1001), SELINUX), "rewrite", "userRange",
         rewritten=["/process/user/uid", "/process/env"],
         comment="OpenShift refuses runAsUser 1001; the runtime wrapper gives it one of the range")
    case(p, "uid-of-the-annotation", annotated(CRIO(ids(5000), SELINUX), "5000/100"), "allow")
    case(p, "root", CRIO(ids(0), SELINUX), "reject", "rootUser", "userRange")
    constraint(p, 1000680000)

    p = "openshift-restricted-v3"

    def mapped(uid, gid=1000, **rest):
        return restricted({"runAsUser": uid, "runAsGroup": gid, **rest}, hostUsers=False)

    case(p, "first-id", CRIO(mapped(1000), SELINUX), "allow")
    case(p, "last-id", CRIO(mapped(65534, 65534, fsGroup=65534), SELINUX), "allow")
    case(p, "below", CRIO(mapped(999), SELINUX), "rewrite", "userRange",
         rewritten=["/process/user/uid", "/process/env"],
         comment="OpenShift refuses; the runtime wrapper gives it the nearest id")
    case(p, "above", CRIO(mapped(65535, 65535), SELINUX), "rewrite", "userRange",
         rewritten=["/process/user/uid", "/process/user/gid", "/process/user/additionalGids/0",
                    "/process/env"])
    case(p, "group-0", CRIO(mapped(1000, 0), SELINUX), "rewrite", "userRange",
         rewritten=["/process/user/gid", "/process/user/additionalGids/0"],
         comment="runAsGroup: MustRunAsRange")
    case(p, "root-of-its-namespace", CRIO(mapped(0), SELINUX), "rewrite", "userRange",
         rewritten=["/process/user/uid", "/process/env"],
         comment="restricted allows it since v1.35, this constraint does not")
    case(p, "host-users", CRIO(ids(1000, 1000), SELINUX), "reject", "hostUserNamespace",
         comment="userNamespaceLevel: RequirePodLevel")
    case(p, "root-of-the-host", CRIO(restricted({"runAsUser": 0, "runAsGroup": 1000}), SELINUX), "reject",
         "rootUser", "hostUserNamespace", "userRange")
    constraint(p, 1000, hostUsers=False)


def constraint(p, uid, **rest):
    """What both constraints refuse as restricted does."""
    def given(outer=None, inner=None, **more):
        return restricted({"runAsUser": uid, "runAsGroup": 1000, **(outer or {})}, inner, **rest,
                          **more)

    case(p, "net-bind-service", CRIO(given(inner={"capabilities": {
        "drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}), SELINUX), "allow")
    case(p, "capabilities", CRIO(given(inner={"capabilities": {"add": ["SYS_TIME"]}}), SELINUX),
         "rewrite", "capabilities", rewritten=CAP_SETS,
         comment="OpenShift refuses; here they are taken away")
    case(p, "privilege-escalation", CRIO(given(inner={"allowPrivilegeEscalation": True}), SELINUX),
         "reject", "noNewPrivileges")
    case(p, "privileged", CRIO(given(inner={"privileged": True}), SELINUX), "reject",
         "privilegedContainer", "capabilities", "seccompProfile", "selinuxLabel", *UNMASKED)
    case(p, "unmasked", CRIO(given(inner={"procMount": "Unmasked"}), SELINUX), "reject", *UNMASKED)
    case(p, "selinux-off", CRIO(given(), pods.node()), "reject", "selinuxLabel")
    case(p, "selinux-of-another", CRIO(given({"seLinuxOptions": {"type": "spc_t"}}), SELINUX),
         "reject", "selinuxLabel")
    case(p, "apparmor-unconfined", CRIO(given({"appArmorProfile": {"type": "Unconfined"}}),
                                        pods.node(selinux=True, apparmor=True)), "reject",
         "apparmorProfile")
    case(p, "seccomp-unset", CRIO(given({"seccompProfile": {"type": "Unconfined"}}), SELINUX),
         "reject", "seccompProfile")
    case(p, "host-network", CRIO(given(hostNetwork=True), SELINUX), "reject",
         "hostNetworkNamespace")
    case(p, "host-pid", CRIO(given(hostPID=True), SELINUX), "reject", "hostPidNamespace")
    case(p, "host-path", CRIO(given(mounts={"/d": host_path("/srv/data")}), SELINUX), "reject",
         "hostMounts")
    # With CRI-O the path of the namespace tells, and sysctls are set before there is a spec.
    case(p, "host-ipc-pause", PAUSE(given(hostIPC=True), SELINUX), "reject", "hostIpcNamespace",
         "hostMounts", "capabilities", "userRange")
    case(p, "sysctl-pause", PAUSE(given(sysctls("net.ipv4.ip_forward")), SELINUX), "reject",
         "sysctls", "capabilities", "userRange")


# The host's own policies

def put(path, value):
    """A change of a spec: sets what is at a path of names, or takes it away with None."""
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


CAPS = ("capabilities",)
ROOT_RULES = ("rootUser", "rootGroup", "hostUserNamespace")
UNCONFINED = ("maskedPaths", "readonlyPaths", "seccompProfile")

# Specs as engines wrote them, and what default finds in them: the flags in the name deserve it.
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
    ("podman-sysctl", "rewrite", ("sysctls", *CAPS, "hostCgroupNamespace", "noNewPrivileges")),
)

# What default changes in those of them that it lets through.
REWRITTEN = {
    "docker-28-user-gid-0": (*CAP_SETS, NNP),
    "docker-28-userns-remap": (*CAP_SETS, NNP),
    "podman-security-opt-unconfined": (CAP_SETS[0], PORT, NNP, "/linux/maskedPaths",
                                       "/linux/readonlyPaths", "/linux/seccomp"),
    "podman-sysctl": (CAP_SETS[0], PORT, NNP, "/linux/sysctl/net.ipv4.ip_forward"),
}

# Changes that no engine's flag makes, of a spec in which default finds mountOptions alone.
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
)


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
    change = copy.deepcopy(good)
    del change["process"]["user"]["uid"]
    case(p, "uid-as-text", put_uid(change, "0"), "invalid", "spec",
         comment="runtimes read it differently")


def put_uid(spec, value):
    spec["process"]["user"]["uid"] = value
    return spec


def strict():
    """default's findings, and for whatever lets a host be reached more."""
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
    for name, make, rule in CHANGES:
        if rule in ("hostMountNamespace", "deviceAccess", "foreignHooks"):
            spec = APP(restricted(hostUsers=False, inner={"readOnlyRootFilesystem": True}),
                       pods.node())
            make(spec)
            case(p, name, spec, "reject", rule, "mountOptions")


def rootless():
    """As default, but root of the user's own namespace is that user."""
    p = "rootless"
    for name, verdict, rules in ENGINES:
        found = [r for r in rules if r not in (*ROOT_RULES, "identityMapping")]
        if not name.startswith("podman") or verdict != "reject":
            continue
        left = set(found) - {"capabilities", "hostCgroupNamespace", "noNewPrivileges"}
        if name == "podman-uidmap-host-root":
            continue
        case(p, name, golden(name), "reject" if left else "rewrite", *found,
             rewritten=() if left else (*CAP_SETS, PORT, NNP))
    case(p, "podman-plain-rootless", golden("podman-plain-rootless"), "rewrite", "capabilities",
         "hostCgroupNamespace", "noNewPrivileges", rewritten=(*CAP_SETS, PORT, NNP))
    case(p, "podman-privileged-rootless", golden("podman-privileged-rootless"), "reject",
         "capabilities", "hostCgroupNamespace", "privilegedContainer", "noNewPrivileges",
         *UNCONFINED)
    for name in ("podman-sysctl", "podman-security-opt-unconfined"):
        rules = next(r for n, _, r in ENGINES if n == name)
        case(p, name, golden(name), "rewrite", *rules, rewritten=REWRITTEN[name])
    good = APP(restricted(), pods.node())
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
            found |= {"deviceAccess", "procMount", "apparmorProfile"}
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
        case(p, name, spec, "log", *sorted(found))
    case(p, "uid-as-text", put_uid(APP(restricted(), pods.node()), "0"), "invalid", "spec",
         comment="what cannot be read in one way only is refused all the same")


LIMITS = ("readonlyRootfs", "resourceLimits")  # logged, of every engine's spec

CIS = (
    ("docker-28-privileged", ("privilegedContainer", "rootUser", "hostUserNamespace", *CAPS,
                              "noNewPrivileges", "seccompProfile", "deviceAccess",
                              "apparmorProfile")),
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


# What the guard does

ALL = [f"CAP_{c}" for c in pods.ALL_CAPS]
USER = {"uid": 1000, "gid": 1000}
SETUID_ROOT = {"euid": 0, "suid": 0, "permitted": ALL, "effective": ALL}
NET_RAW = {"permitted": ["CAP_NET_RAW"], "effective": ["CAP_NET_RAW"]}
EXEC_PRIVILEGED = {"uid": 0, "gid": 0, "permitted": ALL, "effective": ALL, "bounding": ALL}


def exec_cases(p, gains, over, root, set_ids):
    """What every policy is asked; gains, over the ceiling, root and set-id have these outcomes."""
    execve(p, "exec-plain", USER, {}, {"/bin/true": "allow"})
    execve(p, "exec-set-user-id-root", USER, SETUID_ROOT, {"/bin/su": gains},
           comment="as without noNewPrivileges, with a full bounding set")
    execve(p, "exec-file-capability", USER, NET_RAW, {"/usr/bin/ping": gains})
    execve(p, "exec-set-user-id-other", USER, {"euid": 101, "suid": 101},
           {"/usr/bin/at": set_ids})
    execve(p, "exec-set-group-id", USER, {"egid": 43}, {"/usr/bin/write": set_ids})
    execve(p, "exec-session-privileged", EXEC_PRIVILEGED, {}, {"/bin/sh": over},
           comment="docker exec --privileged: nothing is gained, but it is over the ceiling")
    execve(p, "exec-session-privileged-of-a-user", {**USER, "bounding": ALL}, {},
           {"/bin/sh": over if p != "audit" else "allow"})
    execve(p, "exec-session-root", {"uid": 0, "gid": 0}, {}, {"/bin/sh": root},
           comment="docker exec -u root")


def execs():
    for p in ("default", "strict", "rootless", "cis-docker", "pss-restricted",
              "openshift-restricted-v2", "openshift-restricted-v3"):
        exec_cases(p, "deny", "deny", "deny", "log")
    exec_cases("audit", "log", "log", "log", "log")
    exec_cases("pss-baseline", "log", "log", "allow", "log")
    execve("pss-restricted", "exec-net-bind-service",
           {**USER, "permitted": ["CAP_NET_BIND_SERVICE"], "effective": ["CAP_NET_BIND_SERVICE"],
            "bounding": ["CAP_NET_BIND_SERVICE"]}, {}, {"/usr/bin/web": "allow"},
           comment="what the policy lets a container have is its ceiling")
    mapped = golden("docker-28-userns-remap")
    execve("default", "exec-root-of-the-user-namespace",
           {"uid": 100000, "gid": 100000, "namespaceRoot": 100000}, {}, {"/bin/sh": "allow"},
           spec=mapped, comment="no root on the host")
    execve("default", "exec-set-user-id-root-of-the-user-namespace",
           {"uid": 101000, "gid": 101000, "namespaceRoot": 100000},
           {"euid": 100000, "suid": 100000}, {"/bin/su": "deny"}, spec=mapped)
    POLICIES["ping"] = {
        "version": 1, "name": "ping", "extends": ["../../default.json"],
        "exec": {"rules": [
            {"paths": ["/usr/bin/ping"], "capabilities": ["CAP_NET_RAW"],
             "action": "RF_ACT_ALLOW"},
            {"paths": ["/usr/bin/su"], "action": "RF_ACT_KILL_PROCESS"}]}}
    execve("ping", "exec-ping", {**USER, "bounding": ["CAP_NET_RAW"]}, NET_RAW,
           {"/usr/bin/ping": "allow", "/bin/ping": "deny", "/usr/bin/su": "deny"})
    execve("ping", "exec-ping-that-gains-more", USER, SETUID_ROOT,
           {"/usr/bin/ping": "deny", "/usr/bin/su": "deny"})


def write_case(directory, number, name, files):
    for suffix, document in files.items():
        path = os.path.join(directory, f"{number:02d}-{name}.{suffix}.json")
        with open(path, "w", encoding="utf-8") as file:
            if suffix == "config":  # in one line, as engines write it
                json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
            else:
                json.dump(document, file, ensure_ascii=False, indent=2)
            file.write("\n")


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "policies/tests")
    for rows in (pss_baseline, pss_restricted, pss_baseline_versions, pss_restricted_versions,
                 openshift, default, strict, rootless, audit, cis_docker, execs):
        rows()
    cases = {}
    for policy, name, spec, expect in CONFIGS:
        cases.setdefault(policy, []).append((name, {"config": spec, "expect": expect}))
    for policy, name, document, spec in EXECS:
        files = {"exec": document} | ({"config": spec} if spec else {})
        cases.setdefault(policy, []).append((name, files))
    shutil.rmtree(target, ignore_errors=True)
    for policy, rows in cases.items():
        directory = os.path.join(target, policy)
        os.makedirs(directory)
        if policy in POLICIES:
            with open(os.path.join(directory, "policy.json"), "w", encoding="utf-8") as file:
                json.dump(POLICIES[policy], file, indent=2)
                file.write("\n")
        for number, (name, files) in enumerate(rows, 1):
            write_case(directory, number, name, files)


if __name__ == "__main__":
    main()
