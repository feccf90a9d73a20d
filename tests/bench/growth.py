#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how time and memory grow with the size of a spec or a policy: `make bench-growth`.

For everything that can occur many times, it runs the same command on sizes that double, in turn
(pairs.c), and prints the median of its processor time, the ratio to half the size with the middle
half of the ratios, page faults, the peak memory and its ratio. Linear growth is a ratio of at most
2, less where the fixed cost of a run still counts. ROUNDS: of each command (default 5). Arguments:
the cases to run.
"""

import itertools
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("ROOTFENCE", os.path.join(ROOT, "build/rootfence")))
ROUNDS = os.environ.get("ROUNDS", "5")
SPEC = os.path.join(ROOT, "tests/golden/specs/podman-user-3267/config.json")
POLICIES = os.path.join(ROOT, "policies")
CAPABILITIES = ["CAP_NET_RAW", "CAP_KILL", "CAP_MKNOD", "CAP_SYS_CHROOT"]
DOUBLINGS = 3
DIRECTORIES = [path for path, _, _ in itertools.islice(os.walk("/usr"), 5000)]
SYSCALLS = ["read", "write", "openat", "mount", "unshare", "keyctl", "close", "bpf"]


def spec(change):
    with open(SPEC, encoding="utf-8") as file:
        document = json.load(file)
    change(document)
    return document


def of_linux(name, make):
    return lambda n: spec(lambda d: d["linux"].update({name: make(n)}))


def of_process(name, make):
    return lambda n: spec(lambda d: d["process"].update({name: make(n)}))


def annotations(n):
    return spec(lambda d: d.update(annotations={f"key{i:07}": "v" * 84 for i in range(n)}))


def mounts(source):
    return lambda n: spec(lambda d: d.update(mounts=[
        {"destination": f"/m{i}", "type": "bind", "source": source(i), "options": ["rbind"]}
        for i in range(n)]))


def hooks(n):
    return spec(lambda d: d.update(hooks={
        "prestart": [{"path": f"/opt/hook{i}", "env": ["LD_PRELOAD=/a"]} for i in range(n)]}))


def device_rules(n):
    return spec(lambda d: d["linux"]["resources"].update(devices=[
        {"allow": True, "type": "c", "major": i, "minor": 0, "access": "rw"} for i in range(n)]))


def policy(**members):
    return {"version": 1, "name": "growth", "extends": [os.path.join(POLICIES, "default.json")],
            **members}


def rules(n):
    return policy(rules=[{"names": ["rootGroup"], "action": "RF_ACT_LOG"} for _ in range(n)])


def exceptions(n):
    return policy(exceptions=[
        {"names": ["rootUser"], "action": "RF_ACT_LOG", "reason": "r",
         "match": {"annotations": {f"k{i}": "v"}}} for i in range(n)])


def argument(rule, name, entry):
    return lambda n: policy(rules=[{"names": [rule], "action": "RF_ACT_REWRITE",
                                    "args": {name: [entry(i) for i in range(n)]}}])


CHECK = ("check", "--policy", os.path.join(POLICIES, "audit.json"))
SARIF = (*CHECK, "--format", "sarif")
REWRITE = ("rewrite", "--policy", os.path.join(POLICIES, "default.json"))

# What is repeated, most repetitions, the document, the commands; policies are applied to one spec.
SPECS = [
    ("members, 16 MiB of spec", 160000, annotations, (CHECK, REWRITE)),
    ("mounts of what is not there", 100000, mounts(lambda i: f"/srv/volume{i}"), (CHECK, REWRITE)),
    ("mounts of many directories", 100000, mounts(lambda i: DIRECTORIES[i % len(DIRECTORIES)]),
     (CHECK,)),
    ("mounts of one directory", 100000, mounts(lambda i: "/usr/share"), (CHECK,)),
    ("findings in one line", 100000, mounts(lambda i: "/etc"), (SARIF,)),
    ("layers of overlays", 100000, lambda n: spec(lambda d: d.update(mounts=[
        {"destination": f"/o{k}", "type": "overlay", "source": "overlay",
         "options": [f"lowerdir+=/srv/layer{i}" for i in range(k, min(k + 500, n))]}
        for k in range(0, n, 500)])), (CHECK,)),
    ("capability strings", 100000, of_process("capabilities", lambda n: {
        "bounding": [CAPABILITIES[i % 4] for i in range(n)]}), (CHECK, REWRITE)),
    ("variables", 100000, of_process("env", lambda n: [f"V{i}=x" for i in range(n)]), (CHECK,)),
    ("groups", 65536, of_process("user", lambda n: {
        "uid": 3267, "gid": 3267, "additionalGids": list(range(n))}), (CHECK, REWRITE)),
    ("sysctls", 100000, of_linux("sysctl", lambda n: {f"net.a{i}": "1" for i in range(n)}),
     (CHECK, REWRITE)),
    ("masked paths", 100000, of_linux("maskedPaths", lambda n: [f"/proc/{i}" for i in range(n)]),
     (CHECK, REWRITE)),
    ("seccomp entries", 50000, of_linux("seccomp", lambda n: {
        "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            {"names": [SYSCALLS[i % 8]], "action": "SCMP_ACT_ALLOW"} for i in range(n)]}),
     (CHECK, REWRITE)),
    ("devices", 100000, of_linux("devices", lambda n: [
        {"path": f"/dev/d{i}", "type": "c", "major": i, "minor": 0} for i in range(n)]), (CHECK,)),
    ("device rules", 100000, device_rules, (CHECK,)),
    ("hooks", 100000, hooks, (CHECK,)),
]
RULES = [
    ("rules", 10000, rules),
    ("exceptions", 10000, exceptions),
    ("entries of hostMounts", 10000, argument("hostMounts", "deny", lambda i: f"/srv/denied{i}")),
    ("entries of sysctls", 10000, argument("sysctls", "allow", lambda i: f"net.a{i}")),
    ("entries of seccompProfile", 1000, argument("seccompProfile", "deny", lambda i: f"call{i}")),
]


def sizes(largest):
    return [largest >> i for i in range(DOUBLINGS, -1, -1)]


def write(directory, name, document):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, separators=(",", ":"))
    return path


def measure(pairs, what, commands):
    print(what, flush=True)
    argv = [pairs, "-p", ROUNDS]
    for n, command in commands:
        argv += [f"  {n:,}", BINARY, *command, "--"]
    subprocess.run(argv[:-1], check=True)


def main():
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        pairs = os.path.join(directory, "pairs")
        subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-D_GNU_SOURCE", "-o", pairs,
                        os.path.join(HERE, "pairs.c")], check=True)
        for what, largest, make, ways in SPECS:
            if wanted and what not in wanted:
                continue
            paths = [(n, write(directory, f"{n}.json", make(n))) for n in sizes(largest)]
            for way in ways:
                measure(pairs, f"{what}: {way[0]}", [(n, (*way, path)) for n, path in paths])
        for what, largest, make in RULES:
            if wanted and what not in wanted:
                continue
            paths = [(n, write(directory, f"{n}.json", make(n))) for n in sizes(largest)]
            measure(pairs, f"{what}: check",
                    [(n, ("check", "--policy", path, SPEC)) for n, path in paths])
            measure(pairs, f"{what}: policy diff",
                    [(n, ("policy", "diff", path, path)) for n, path in paths])


if __name__ == "__main__":
    main()
