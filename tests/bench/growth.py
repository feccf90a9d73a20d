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
OVERLAYS = 9000       # layers of all overlays of a spec; see OCI_LAYERS_ALL_MAX
OVERLAYS_LONG = 6000  # the same, of a thousand bytes each
RLIMITS = ["RLIMIT_" + name for name in
           "AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME "
           "SIGPENDING STACK".split()]
SYSCALLS = ["read", "write", "openat", "mount", "unshare", "keyctl", "close", "bpf"]


def spec(change):
    with open(SPEC, encoding="utf-8") as file:
        document = json.load(file)
    change(document)
    return document


def at(path, make):
    """Specs with make(n) at the path, which is made if it is missing."""
    def put(document, n):
        *parents, last = path.split("/")
        for name in parents:
            document = document.setdefault(name, {})
        document[last] = make(n)
    return lambda n: spec(lambda d: put(d, n))


def listed(path, entry):
    return at(path, lambda n: [entry(i) for i in range(n)])


def mapped(path, value):
    return at(path, lambda n: {f"memory.name{i}": value for i in range(n)})


def annotations(n):
    return spec(lambda d: d.update(annotations={f"key{i:07}": "v" * 84 for i in range(n)}))


def bind(i, source, *options, **members):
    return {"destination": f"/m{i}", "type": "bind", "source": source,
            "options": ["rbind", *options], **members}


def mounts(source):
    return listed("mounts", lambda i: bind(i, source(i)))


def volume(i):
    return f"/var/lib/containers/storage/volumes/v{i}/_data"


def ids(count):
    return [{"containerID": i, "hostID": 200000 + i, "size": 1} for i in range(count)]


def idmapped(n):
    """Volumes with idmap, in a user namespace of their own."""
    def change(document):
        document["mounts"] = [bind(i, volume(i), "idmap", "nosuid", "nodev") for i in range(n)]
        document["linux"]["namespaces"].append({"type": "user"})
        document["linux"].update(uidMappings=ids(1), gidMappings=ids(1))
    return spec(change)


def overlays(n, per_mount, option):
    """n layers, some in each mount. option: of a list of layers, its options."""
    return [{"destination": f"/o{k}", "type": "overlay", "source": "overlay",
             "options": option([f"/srv/layer{i}" for i in range(k, min(k + per_mount, n))])}
            for k in range(0, n, per_mount)]


def in_one_string(layers):
    return ["lowerdir=" + ":".join(layers)]


def one_by_one(layers):
    return [f"lowerdir+={layer}" for layer in layers]


def long_layers(n):
    """n bytes of names, a thousand in each."""
    return overlays(n // 1000, 100, lambda layers: in_one_string(
        [layer + "/a" * ((1000 - len(layer)) // 2) for layer in layers]))


def hook(i):
    return {"path": f"/opt/hook{i}", "env": ["LD_PRELOAD=/a"]}


def seccomp(**members):
    return {"defaultAction": "SCMP_ACT_ERRNO", **members}


def entry(i, **members):
    return {"names": [SYSCALLS[i % 8]], "action": "SCMP_ACT_ALLOW", **members}


def comparison(i):
    return {"index": i % 6, "value": i, "op": "SCMP_CMP_NE"}


def entries(make):
    return at("linux/seccomp", lambda n: seccomp(syscalls=make(n)))


def device(i):
    return {"path": f"/dev/d{i}", "type": "c", "major": i, "minor": 0}


def device_rule(i):
    return {"allow": True, "type": "c", "major": i, "minor": 0, "access": "rw"}


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
# A line for each list of a spec, except those that have few entries at most: namespaces (one of
# each type) and the id mappings of a user namespace (340).
SPECS = [
    ("members, 16 MiB of spec", 160000, annotations, (CHECK, REWRITE)),
    ("members that nobody knows", 100000, mapped("linux/unknown", 1), (CHECK,)),
    ("mounts of what is not there", 100000, mounts(lambda i: f"/srv/volume{i}"), (CHECK, REWRITE)),
    ("mounts of many directories", 100000, mounts(lambda i: DIRECTORIES[i % len(DIRECTORIES)]),
     (CHECK,)),
    ("mounts of one directory", 100000, mounts(lambda i: "/usr/share"), (CHECK,)),
    ("mounts of one device", 100000, mounts(lambda i: "/dev/null"), (CHECK,)),
    ("mounts of tmpfs", 100000, listed("mounts", lambda i: {
        "destination": f"/m{i}", "type": "tmpfs", "source": "tmpfs"}), (CHECK, REWRITE)),
    ("mounts of proc", 100000, listed("mounts", lambda i: {
        "destination": f"/proc/{i}", "type": "proc", "source": "proc"}), (CHECK,)),
    ("findings in one line", 100000, mounts(lambda i: "/etc"), (SARIF,)),
    ("id-mapped volumes", 40000, idmapped, (CHECK,)),
    ("mappings of mounts, 300 of both kinds", 90000, lambda n: spec(lambda d: d.update(mounts=[
        bind(i, volume(i), uidMappings=ids(300), gidMappings=ids(300)) for i in range(n // 300)])), (CHECK,)),
    ("options of one mount", 100000, at("mounts", lambda n: [
        bind(0, "/srv", *["nosuid", "rsuid"] * (n // 2))]), (CHECK, REWRITE)),
    ("bytes of a source", 900000, at("mounts", lambda n: [bind(0, "/a" * (n // 2))]), (CHECK,)),
    ("bytes of root.path", 900000, at("root/path", lambda n: "/a" * (n // 2)), (CHECK,)),
    ("overlays", OVERLAYS, at("mounts", lambda n: overlays(n, 1, in_one_string)), (CHECK,)),
    ("layers of one overlay", 900, at("mounts", lambda n: overlays(n, n, in_one_string)),
     (CHECK,)),
    ("layers of overlays, in one string", OVERLAYS,
     at("mounts", lambda n: overlays(n, 500, in_one_string)), (CHECK,)),
    ("layers of overlays, one by one", OVERLAYS,
     at("mounts", lambda n: overlays(n, 500, one_by_one)), (CHECK,)),
    ("bytes of layers", 1000 * OVERLAYS_LONG, at("mounts", long_layers), (CHECK,)),
    ("arguments", 100000, listed("process/args", lambda i: f"a{i}"), (CHECK,)),
    ("variables", 100000, listed("process/env", lambda i: f"V{i}=x"), (CHECK,)),
    ("capability strings", 100000,
     listed("process/capabilities/bounding", lambda i: CAPABILITIES[i % 4]), (CHECK, REWRITE)),
    ("groups", 65536, listed("process/user/additionalGids", lambda i: i), (CHECK, REWRITE)),
    ("bytes of cwd", 900000, at("process/cwd", lambda n: "/a" * (n // 2)), (CHECK,)),
    ("sysctls", 100000, at("linux/sysctl", lambda n: {f"net.a{i}": "1" for i in range(n)}),
     (CHECK, REWRITE)),
    ("masked paths", 100000, listed("linux/maskedPaths", lambda i: f"/proc/{i}"),
     (CHECK, REWRITE)),
    ("read-only paths", 100000, listed("linux/readonlyPaths", lambda i: f"/proc/{i}"),
     (CHECK, REWRITE)),
    ("seccomp entries", 50000, entries(lambda n: [entry(i) for i in range(n)]), (CHECK, REWRITE)),
    ("seccomp entries with a condition", 50000, entries(lambda n: [
        entry(i, args=[comparison(i)]) for i in range(n)]), (CHECK, REWRITE)),
    ("names of one seccomp entry", 100000, entries(lambda n: [
        entry(0, names=[SYSCALLS[i % 8] for i in range(n)])]), (CHECK,)),
    ("conditions of one seccomp entry", 50000, entries(lambda n: [
        entry(0, args=[comparison(i) for i in range(n)])]), (CHECK,)),
    ("seccomp architectures", 100000, at("linux/seccomp", lambda n: seccomp(
        architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"] * (n // 2),
        syscalls=[entry(0)])), (CHECK,)),
    ("devices", 100000, listed("linux/devices", device), (CHECK,)),
    ("device rules", 100000, listed("linux/resources/devices", device_rule), (CHECK,)),
    ("interfaces", 100000, mapped("linux/netDevices", {}), (CHECK,)),
    ("hooks", 100000, listed("hooks/prestart", hook), (CHECK,)),
    ("arguments of a hook", 100000, at("hooks/prestart", lambda n: [
        {"path": "/opt/hook", "args": ["a"] * n}]), (CHECK,)),
    ("variables of a hook", 100000, at("hooks/prestart", lambda n: [
        {"path": "/opt/hook", "env": ["LD_PRELOAD=/a"] * n}]), (CHECK,)),
    ("rlimits", 16, listed("process/rlimits", lambda i: {
        "type": RLIMITS[i], "hard": 1024, "soft": 1024}), (CHECK,)),
    ("limits of huge pages", 100000, listed("linux/resources/hugepageLimits", lambda i: {
        "pageSize": "2MB", "limit": i}), (CHECK,)),
    ("unified", 100000, mapped("linux/resources/unified", "1"), (CHECK,)),
    ("rdma", 100000, mapped("linux/resources/rdma", {"hcaHandles": 1}), (CHECK,)),
    ("devices of blockIO", 100000, listed("linux/resources/blockIO/weightDevice", lambda i: {
        "major": i, "minor": 0, "weight": 10}), (CHECK,)),
    ("network priorities", 100000, listed("linux/resources/network/priorities", lambda i: {
        "name": f"e{i}", "priority": 1}), (CHECK,)),
    ("schemata of intelRdt", 100000, listed("linux/intelRdt/schemata", lambda i: f"L3:0={i}"),
     (CHECK,)),
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
