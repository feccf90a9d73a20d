# SPDX-License-Identifier: Apache-2.0
"""Cases of OpenShift's security context constraints restricted-v2 and -v3."""

import pods
from cases import CAP_SETS, CRIO, PAUSE, SELINUX, UNMASKED, case, host_path, restricted, sysctls


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
    """Cases that both constraints refuse, like restricted."""
    def given(outer=None, inner=None, **more):
        return restricted({"runAsUser": uid, "runAsGroup": 1000, **(outer or {})}, inner, **rest,
                          **more)

    case(p, "net-bind-service", CRIO(given(inner={"capabilities": {
        "drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}), SELINUX), "allow")
    case(p, "capabilities", CRIO(given(inner={"capabilities": {"add": ["SYS_TIME"]}}), SELINUX),
         "rewrite", "capabilities", rewritten=CAP_SETS,
         comment="OpenShift refuses; the policy removes them")
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
    # With CRI-O the path of the namespace shows it, and sysctls are set before there is a spec.
    case(p, "host-ipc-pause", PAUSE(given(hostIPC=True), SELINUX), "reject", "hostIpcNamespace",
         "hostMounts", "capabilities", "userRange")
    case(p, "sysctl-pause", PAUSE(given(sysctls("net.ipv4.ip_forward")), SELINUX), "reject",
         "sysctls", "capabilities", "userRange")
