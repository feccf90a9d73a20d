# SPDX-License-Identifier: Apache-2.0
"""Cases of the guard's decision at execve, under each policy."""

import pods
from cases import POLICIES, execve, golden

ALL = [f"CAP_{c}" for c in pods.ALL_CAPS]
USER = {"uid": 1000, "gid": 1000}
SETUID_ROOT = {"euid": 0, "suid": 0, "permitted": ALL, "effective": ALL}
NET_RAW = {"permitted": ["CAP_NET_RAW"], "effective": ["CAP_NET_RAW"]}
EXEC_PRIVILEGED = {"uid": 0, "gid": 0, "permitted": ALL, "effective": ALL, "bounding": ALL}


def exec_cases(p, gains, over, root, set_ids):
    """The same questions for every policy; gains, over, root and set_ids are the outcomes."""
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


def promise_cases(p, broken):
    """The runtime made something else than the spec; broken is the outcome."""
    spec = golden("docker-28-userns-remap")
    spec["process"]["noNewPrivileges"] = True
    user = {"uid": 101000, "gid": 101000, "namespaceRoot": 100000}
    init = {"init": True}

    def case(name, process, outcome):
        execve(p, f"exec-made-{name}", user, {}, {"/bin/true": outcome}, spec=spec,
               process=process)

    case("as-the-spec-says", init, "allow")
    case("without-no-new-privileges", {**init, "noNewPrivileges": False}, broken)
    case("without-seccomp", {**init, "seccompFilters": 0}, broken)
    case("in-a-directory-of-the-host", {**init, "hostCwd": True}, broken)
    for namespace in ("mount", "network", "ipc", "uts", "pid", "user"):
        case(f"in-the-{namespace}-namespace-of-the-host",
             {**init, "hostNamespaces": [namespace]}, broken)
    case("session-as-engines-start-it", {"noNewPrivileges": False}, "allow")
    case("session-without-seccomp", {"seccompFilters": 0}, broken)
    case("session-in-a-directory-of-the-host", {"hostCwd": True}, broken)


def execs():
    for p in ("default", "strict", "rootless", "cis-docker", "pss-restricted",
              "openshift-restricted-v2", "openshift-restricted-v3"):
        exec_cases(p, "deny", "deny", "deny", "log")
    exec_cases("audit", "log", "log", "log", "log")
    exec_cases("pss-baseline", "log", "log", "allow", "log")
    promise_cases("default", "deny")
    promise_cases("pss-baseline", "deny")
    promise_cases("audit", "log")
    execve("pss-restricted", "exec-net-bind-service",
           {**USER, "permitted": ["CAP_NET_BIND_SERVICE"], "effective": ["CAP_NET_BIND_SERVICE"],
            "bounding": ["CAP_NET_BIND_SERVICE"]}, {}, {"/usr/bin/web": "allow"},
           comment="the ceiling is what the policy allows a container")
    mapped = golden("docker-28-userns-remap")
    execve("default", "exec-root-of-the-user-namespace",
           {"uid": 100000, "gid": 100000, "namespaceRoot": 100000}, {}, {"/bin/sh": "allow"},
           spec=mapped, comment="not root on the host")
    execve("default", "exec-set-user-id-root-of-the-user-namespace",
           {"uid": 101000, "gid": 101000, "namespaceRoot": 100000},
           {"euid": 100000, "suid": 100000}, {"/bin/su": "deny"}, spec=mapped)
    kept = [f"CAP_{c}" for c in ("CHOWN", "SETGID", "SETUID")]
    namespace = {"namespaceRoot": 100000, "bounding": kept}
    for p in ("default", "strict", "rootless"):
        execve(p, "exec-entrypoint-as-mapped-root",
               {"uid": 100000, "gid": 100000, "permitted": kept, "effective": kept, **namespace},
               {}, {"/entrypoint.sh": "allow"}, spec=mapped)
        execve(p, "exec-after-the-entrypoint-dropped", {"uid": 100999, "gid": 100999, **namespace},
               {}, {"/usr/bin/server": "allow"}, spec=mapped, comment="gosu calls setuid, then execve")
        execve(p, "exec-set-user-id-root-after-the-entrypoint-dropped",
               {"uid": 100999, "gid": 100999, **namespace},
               {"euid": 100000, "suid": 100000, "permitted": kept, "effective": kept},
               {"/bin/su": "deny"}, spec=mapped)
        execve(p, "exec-mapped-root-with-more",
               {"uid": 100000, "gid": 100000, "permitted": ["CAP_SYS_ADMIN"],
                "effective": ["CAP_SYS_ADMIN"], **namespace}, {}, {"/bin/sh": "deny"}, spec=mapped)
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
