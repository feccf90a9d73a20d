# SPDX-License-Identifier: Apache-2.0
"""Functions for tables of cases: pods, specs of engines, changes, and the two kinds of rows."""

import json
import os

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
    """A pod that restricted allows, with a change."""
    return pod({"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, **DEFAULT_PROFILE,
                **(outer or {})},
               {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
                **(inner or {})}, **rest)


def baseline(outer=None, inner=None, **rest):
    """A pod with a seccomp profile; without one, each pod would have a finding for that."""
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


def execve(policy, name, old, new, paths, spec=None, comment=None, process=None):
    document = {"comment": comment} if comment else {}
    document |= {"old": old, "new": new}
    document |= {"process": process} if process is not None else {}
    document["paths"] = paths
    EXECS.append((policy, name, document, spec))


def golden(name, change=None):
    """A spec written by an engine; change gets it as a tree."""
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
