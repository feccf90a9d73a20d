# SPDX-License-Identifier: Apache-2.0
"""Cases of the Pod Security Standards, each version that changed one, with Kubernetes' verdicts."""

import pods
from cases import APP, APPARMOR, CAP_SETS, CRIO, PAUSE, POLICIES, SELINUX, UNMASKED, \
    baseline, case, host_path, pod, restricted, sysctls


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
        raw = make(baseline(inner={"capabilities": {"add": ["NET_RAW"]}}), on)
        if name == "crio":
            case(p, "adds-net-raw-crio", raw, "reject", "capabilities",
                 comment=refused + "capabilities; CRI-O gives it to nobody unasked")
        else:
            case(p, "adds-net-raw-containerd", raw, "allow",
                 comment="Kubernetes refuses, but containerd gives it to every container")
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
         comment="Kubernetes refuses, but containerd writes the same on a host without AppArmor; "
                 "on a host with AppArmor set args.required")
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
    """Makes the directory and the policy of a standard as of v1.MINOR."""
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
