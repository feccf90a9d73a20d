# SPDX-License-Identifier: Apache-2.0
"""The fix of a finding, for every cause and every reader of hook/policy/fix_words.c.

A row of CAUSES breaks a spec as the user did who gets the words, and says what the engine writes
once the user has followed them. Each engine's spec is judged before and after: the words must be
those of the table, and then the finding must be gone. A cause without a row fails, as does a text
of a golden case that is not of the table.

tests/live/fixes.tsv has the same causes as flags of podman, tests/vm/guest/fixes.tsv as flags of Docker,
tests/vm/guest/podfixes.tsv as fields of a pod; the .bats files beside them carry them out.
"""

import copy
import glob
import json
import os
import re

from tool import ROOT, output, run, write

ID = "0123456789abcdef" * 4
WORDS = os.path.join(ROOT, "hook/policy/fix_words.c")
LIVE = {"podman": os.path.join(ROOT, "tests/live/fixes.tsv"),
        "docker": os.path.join(ROOT, "tests/vm/guest/fixes.tsv"),
        "kubernetes": os.path.join(ROOT, "tests/vm/guest/podfixes.tsv")}
HOW = {"podman": ("run", "pod", "elsewhere"),
       "docker": ("run", "remap", "remapped", "rewrite", "elsewhere"),
       "kubernetes": ("container", "pod", "rewrite", "elsewhere")}


def table():
    """cause -> {reader: words} of fix_words.c, and all causes of fix.h."""
    with open(WORDS, encoding="utf-8") as file:
        text = file.read()
    for name, value in re.findall(r'^#define (\w+) (".*")$', text, re.M):
        text = text.replace(f" {name}", f" {value}")
    cells = {}
    for cause, body in re.findall(r"^\t\[FIX_(\w+)\] = \{(.*?)\n?\t?\},$", text, re.S | re.M):
        cells[cause] = {}
        for reader, value in re.findall(r'\[FOR_(\w+)\] =\s*\(?((?:"(?:[^"\\]|\\.)*"\s*)+)', body):
            parts = re.findall(r'"(?:[^"\\]|\\.)*"', value)
            cells[cause][reader] = "".join(json.loads(part) for part in parts)
    assert sum(map(len, cells.values())) == text.count("[FOR_"), "fix_words.c is read in part"
    return cells


TABLE = table()

# Whose words a reader takes without own ones, as next_reader() in hook/policy/fix.c.
NEXT = {"UNIT": "PODMAN", "POD": "PODMAN", "POD_MEMBER": "PODMAN", "SANDBOX": "KUBERNETES",
        "BUILDKIT": "BUILD", "RUNTIME_EXEC": "EXEC"}


def words(cause, reader):
    first = reader
    while reader != "ALL" and reader not in TABLE[cause]:
        reader = NEXT.get(reader, "ALL")
    text = TABLE[cause][reader]
    return f"podman pod create: {text}" if (first, reader) == ("POD", "PODMAN") else text


def pattern(text):
    """What a text with its gaps matches."""
    parts = {"@u": r"\d+", "@g": r"\d+", "@w": r"(?: \([^)]*\))?", "@a": ".*"}
    return "".join(parts.get(part, re.escape(part)) for part in re.split("(@[ugwa])", text))


# Specs as engines write them.

def podman(spec, cgroup=f"/libpod_parent/libpod-{ID}"):
    spec["annotations"]["io.container.manager"] = "libpod"
    spec["linux"]["cgroupsPath"] = cgroup
    spec["root"]["path"] = f"/var/lib/containers/storage/overlay/{ID}/merged"


def unit(spec):
    podman(spec, f"machine.slice:libpod:{ID}")
    spec["annotations"]["io.podman.annotations.cid-file"] = "/run/web.cid"


def pod(spec):
    podman(spec, f"/libpod_parent/{ID}/libpod-{ID}")
    spec["process"]["args"] = ["/catatonit", "-P"]


def pod_member(spec):
    podman(spec, f"machine.slice/machine-libpod_pod_{ID}.slice:libpod:{ID}")
    spec["annotations"]["io.kubernetes.cri-o.SandboxID"] = ID


def docker(spec):
    spec["linux"]["cgroupsPath"] = f"system.slice:docker:{ID}"
    spec["root"]["path"] = f"/var/lib/docker/overlay2/{ID}/merged"


def kubernetes(spec, kind="container"):
    spec["annotations"]["io.kubernetes.cri.container-type"] = kind
    spec["linux"]["cgroupsPath"] = f"kubepods-besteffort-pod1.slice:cri-containerd:{ID}"


def crio(spec):
    spec["annotations"].update({"io.container.manager": "cri-o",
                                "io.kubernetes.cri-o.ContainerType": "container"})
    spec["linux"]["cgroupsPath"] = f"kubepods-besteffort-pod1.slice:crio:{ID}"
    spec["root"]["path"] = f"/var/lib/containers/storage/overlay/{ID}/merged"


def build(spec):
    spec["root"]["path"] = "/var/tmp/buildah123456789/mnt/rootfs"


def buildkit(spec):
    spec["linux"]["cgroupsPath"] = "/docker/buildkit/0123456789abcdefghijklmno"


def nobody(spec):
    spec["linux"]["cgroupsPath"] = "/somewhere/else"
    spec["root"]["path"] = "/srv/rootfs"


WRITERS = [("ALL", nobody), ("PODMAN", podman), ("UNIT", unit), ("POD", pod),
           ("POD_MEMBER", pod_member), ("DOCKER", docker), ("KUBERNETES", kubernetes),
           ("KUBERNETES", crio), ("SANDBOX", lambda spec: kubernetes(spec, "sandbox")),
           ("BUILD", build), ("BUILDKIT", buildkit), ("RUNTIME", lambda spec: None)]

MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
          "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]


def clean():
    """A spec without a finding."""
    return {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 1000, "gid": 1000}, "args": ["/bin/true"], "cwd": "/",
                    "env": ["PATH=/bin"], "capabilities": {}, "noNewPrivileges": True,
                    "apparmorProfile": "containers-default",
                    "selinuxLabel": "system_u:system_r:container_t:s0"},
        "root": {"path": "rootfs", "readonly": True},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/sys", "type": "sysfs", "source": "sysfs",
                    "options": ["ro"]}],
        "annotations": {},
        "linux": {
            "namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount",
                                                 "cgroup", "user")],
            "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
            "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
            "maskedPaths": list(MASKED), "readonlyPaths": list(READ_ONLY),
            "seccomp": {"defaultAction": "SCMP_ACT_ERRNO"},
            "resources": {"devices": [{"allow": False, "access": "rwm"}],
                          "pids": {"limit": 100}, "memory": {"limit": 1048576},
                          "cpu": {"quota": 50000, "period": 100000}},
        },
    }


# Steps that a row is made of: each changes a spec.

def put(path, value):
    def step(spec):
        *parents, last = path.split("/")
        for name in parents:
            spec = spec[int(name)] if isinstance(spec, list) else spec.setdefault(name, {})
        spec[int(last) if isinstance(spec, list) else last] = copy.deepcopy(value)
    return step


def drop(path):
    def step(spec):
        *parents, last = path.split("/")
        for name in parents:
            spec = spec[name]
        spec.pop(last, None)
    return step


def without(kind):
    def step(spec):
        linux = spec["linux"]
        linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != kind]
        if kind == "user":
            linux.pop("uidMappings", None)
            linux.pop("gidMappings", None)
    return step


def join(kind, path="/proc/1/ns/%s"):
    name = {"network": "net", "mount": "mnt"}.get(kind, kind)

    def step(spec):
        for namespace in spec["linux"]["namespaces"]:
            if namespace["type"] == kind:
                namespace["path"] = path % name if "%s" in path else path
    return step


def mount(source, destination="/data", options=("rbind", "nosuid", "nodev"), kind="bind"):
    return lambda spec: spec["mounts"].append({"destination": destination, "type": kind,
                                               "source": source, "options": list(options)})


def steps(*all_steps):
    def step(spec):
        for one in all_steps:
            one(spec)
    return step


HOST = without("user")
ROOT_ID = steps(HOST, put("process/user", {"uid": 0, "gid": 0}))
HOOK = {"path": "/usr/libexec/site-hook"}
GPU_OPTIONS = ("ro", "nosuid", "nodev", "bind", "noexec")


def host_root(spec):
    """/etc of the host, by a name that tells what wrote it."""
    path = spec["root"]["path"]
    spec["root"]["path"] = f"{path}/../../../../../../../../../../etc" if path[0] == "/" else "/etc"


def device(path, major, minor):
    node = {"path": path, "type": "c", "major": major, "minor": minor}
    allow = {"allow": True, "type": "c", "major": major, "minor": minor, "access": "rw"}
    return steps(put("linux/devices", [node]),
                 lambda spec: spec["linux"]["resources"]["devices"].append(allow))


def hook(**fields):
    return put("hooks", {"createContainer": [fields]})


# cause: (what the user had, what it is after the fix: None for a spec without any of it).
CAUSES = {
    "ROOT_USER": (ROOT_ID, HOST),
    "UNMAPPED_USER": (put("process/user/uid", 70000), None),
    "GROUP": (steps(HOST, put("process/user/gid", 0)), HOST),
    "ADDITIONAL_GROUP": (steps(HOST, put("process/user/additionalGids", [0])), HOST),
    "RANGE": (put("process/user/uid", 200), put("process/user/uid", 1000)),
    "USERNS": (steps(ROOT_ID, put("process/user/gid", 1000)), HOST),
    "USERNS_POWER": (steps(HOST, put("process/capabilities", {"effective": ["CAP_CHOWN"]})), HOST),
    "USERNS_ALWAYS": (HOST, None),
    "PID": (without("pid"), None),
    "NETWORK": (without("network"), None),
    "IPC": (without("ipc"), None),
    "UTS": (without("uts"), None),
    "CGROUP": (without("cgroup"), None),
    "PID_JOINED": (join("pid"), None),
    "NETWORK_JOINED": (join("network"), None),
    "IPC_JOINED": (join("ipc"), None),
    "UTS_JOINED": (join("uts"), None),
    "CGROUP_JOINED": (join("cgroup"), None),
    "MOUNT_NAMESPACE": (without("mount"), None),
    "MOUNT_NAMESPACE_JOINED": (join("mount", "/run/no/such/mnt"), None),
    "MAPPING": (put("linux/uidMappings/0/hostID", 0), None),
    "IDMAP": (lambda spec: spec["mounts"][0].update(options=["idmap"]), None),
    "IDMAP_HOST": (steps(HOST, mount("/srv/web", options=("rbind", "nosuid", "nodev", "idmap"))),
                   mount("/srv/web", options=("rbind", "nosuid", "nodev", "ro", "idmap"))),
    "IDMAP_FILES": (mount("/srv/web", options=("rbind", "nosuid", "nodev", "idmap")),
                    mount("/srv/web", options=("rbind", "nosuid", "nodev", "ro", "idmap"))),
    "PRIVILEGED": (steps(put("process/capabilities", {"effective": ["CAP_SYS_ADMIN"]}),
                         put("linux/resources/devices", [{"allow": True, "access": "rwm"}])),
                   None),
    "CAPABILITIES": (put("process/capabilities", {"effective": ["CAP_CHOWN"]}), None),
    "CAPABILITIES_ADDED": (put("process/capabilities", {"effective": ["CAP_SYS_ADMIN"]}), None),
    "CAPABILITIES_MISSING": (drop("process/capabilities"), None),
    "LOW_PORTS": (put("process/capabilities", {"effective": ["CAP_NET_BIND_SERVICE"]}),
                  put("linux/sysctl", {"net.ipv4.ip_unprivileged_port_start": "0"})),
    "NO_NEW_PRIVILEGES": (drop("process/noNewPrivileges"), None),
    "APPARMOR": (put("process/apparmorProfile", "unconfined"), None),
    "APPARMOR_MISSING": (drop("process/apparmorProfile"), None),
    "SELINUX": (put("process/selinuxLabel", "system_u:system_r:spc_t:s0"), None),
    "SELINUX_MISSING": (drop("process/selinuxLabel"), None),
    "SECCOMP": (put("linux/seccomp/defaultAction", "SCMP_ACT_ALLOW"), None),
    "SECCOMP_MISSING": (drop("linux/seccomp"), None),
    "MOUNT": (mount("/etc"), mount("/srv/web")),
    "MOUNT_READ_ONLY": (mount("/etc/ssl/certs"),
                        mount("/etc/ssl/certs", options=("rbind", "nosuid", "nodev", "ro"))),
    "MOUNT_UNLISTED": (mount("/srv/web"),
                       mount("/var/lib/containers/storage/volumes/web/_data")),
    "MOUNT_SOCKET": (mount("/run/no-such-engine.sock", "/run/engine.sock"), None),
    "MOUNT_GPU": (mount("/run/nvidia-persistenced/socket", "/run/nvidia-persistenced/socket",
                        GPU_OPTIONS), None),
    "MOUNT_DEVICE": (mount("/dev/no-such-device"), device("/dev/null", 1, 3)),
    "MOUNT_KERNEL": (mount("/sys/no/such"), None),
    "MOUNT_REMOUNT": (mount("/srv/web", options=("remount", "bind", "nosuid", "nodev")),
                      mount("/srv/web")),
    "ROOT": (host_root, None),
    "MOUNT_OPTIONS": (mount("/srv/web", options=("rbind",)), mount("/srv/web")),
    "PROPAGATION": (mount("/srv/web", options=("rbind", "nosuid", "nodev", "rshared")),
                    mount("/srv/web")),
    "PROPAGATION_ROOT": (put("linux/rootfsPropagation", "shared"),
                         put("linux/rootfsPropagation", "rslave")),
    "READ_ONLY_ROOT": (put("root/readonly", False), None),
    "WORKING_DIRECTORY": (put("process/cwd", "/proc/self/fd/7"), None),
    "KERNEL_PATHS": (put("linux/maskedPaths", []), None),
    "MOUNT_TYPE": (mount("proc", "/host/proc", (), "proc"), None),
    "PROC_MOUNT": (lambda spec: spec["mounts"][0].update(type="tmpfs"), None),
    "PROC_OF_HOST": (steps(without("pid"), mount("/proc", "/proc")), None),
    "SYS_OF_HOST": (steps(without("network"), mount("/sys", "/sys")), None),
    "PROC_SYS": (put("linux/readonlyPaths", []), None),
    "SYSCTL": (put("linux/sysctl", {"kernel.core_pattern": "x"}), None),
    "SYSCTL_PROC": (steps(lambda spec: spec["mounts"].pop(0),
                          put("linux/sysctl", {"net.ipv4.ping_group_range": "0 1"})),
                    put("linux/sysctl", {"net.ipv4.ping_group_range": "0 1"})),
    "DEVICE": (device("/dev/fuse", 10, 229), None),
    "DEVICE_GPU": (device("/dev/nvidia0", 195, 0), None),
    "DEVICE_RULE": (lambda spec: spec["linux"]["resources"]["devices"].append(
        {"allow": True, "type": "b", "major": 8, "minor": 0, "access": "r"}), None),
    "ALL_DEVICES": (put("linux/resources/devices", [{"allow": True, "access": "rwm"}]), None),
    "NET_DEVICE": (put("linux/netDevices", {"eth7": {}}), None),
    "PIDS": (drop("linux/resources/pids"), None),
    "MEMORY": (drop("linux/resources/memory"), None),
    "CPU": (drop("linux/resources/cpu"), None),
    "HOOK": (hook(**HOOK), None),
    "HOOK_GPU": (hook(path="/usr/bin/nvidia-cdi-hook"), None),
    "HOOK_VARIABLE": (hook(path="/usr/bin/listed-hook", env=["LD_PRELOAD=/x"]),
                      hook(path="/usr/bin/listed-hook")),
    "ANNOTATION": (put("annotations/run.oci.handler", "krun"), None),
    "KEEP_GROUPS": (put("annotations/run.oci.keep_original_groups", "1"), None),
    "VARIABLE": (steps(hook(path="/usr/bin/listed-hook"),
                       put("process/env", ["LD_PRELOAD=/x.so"])),
                 hook(path="/usr/bin/listed-hook")),
}

# Causes that no file shows: what tests them.
ELSEWHERE = {
    "HOME": "tests/unit/user_test.c", "ACCOUNT": "tests/unit/user_test.c",
    "RANGE_UNKNOWN": "tests/golden/userRange", "USERNS_ROOTLESS": "tests/unit/fix_test.c",
    "USERNS_REMAPPED": "test_docker_remapped", "NAMESPACE_UNSEEN": "tests/unit/fix_test.c",
    "MAPPING_JOINED": "tests/unit/fix_test.c", "CAPABILITIES_EXEC": "tests/unit/fix_test.c",
    "MOUNT_MISSING": "tests/live/fixes.bats", "MOUNT_SYSTEMD": "test_what_podman_binds",
    "MOUNT_ENGINE_DEVICE": "test_what_podman_binds",
}

# Arguments that make each rule ask. Rules that would report the same place twice come alone.
ARGS = {
    "hostUserNamespace": {"when": "root"}, "apparmorProfile": {"required": "yes"},
    "selinuxLabel": {"required": "yes"}, "foreignHooks": {"allow": ["/usr/bin/listed-hook"]},
    "resourceLimits": {"pids": 512, "memory": 536870912, "cpu": 1000},
}
FOR_CAUSE = {
    "RANGE": {"userRange": {"uids": ["1000-65534"], "gids": ["1000-65534"]}},
    "USERNS_ALWAYS": {"hostUserNamespace": {"when": "always"}},
    "MOUNT_UNLISTED": {"hostMounts": {"others": "denied"}},
}
REWRITES = {"LOW_PORTS": ["capabilities"]}


def rules():
    with open(os.path.join(ROOT, "hook/policy/table.c"), encoding="utf-8") as file:
        names = re.findall(r"RULE\((\w+)\)", file.read())
    return [re.sub("_(.)", lambda m: m.group(1).upper(), name) for name in names if name != "name"]


def policy_of(cause):
    """A policy that refuses everything that any rule finds."""
    made = []
    for name in rules():
        args = FOR_CAUSE.get(cause, {}).get(name, ARGS.get(name))
        if name == "userRange" and args is None:
            continue
        rule = {"names": [name], "action": "RF_ACT_REWRITE" if name in REWRITES.get(cause, [])
                else "RF_ACT_REJECT"}
        made.append(rule | ({"args": args} if args else {}))
    return json.dumps({"version": 1, "name": "fixes", "rules": made})


def fixes(directory, policy, specs):
    """The set of fixes of each spec."""
    paths = [write(directory, f"{i}.json", json.dumps(spec)) for i, spec in enumerate(specs)]
    _, out, err = run("check", "--policy", policy, "--format", "json", *paths, cwd=directory)
    assert err == b"", err
    results = json.loads(out)["results"]
    for result in results:
        assert "findings" in result and result["verdict"] != "malformed", result
    return [{finding["fix"] for finding in result["findings"]} for result in results]


def made(writer, step):
    spec = clean()
    writer(spec)
    if step:
        step(spec)
    return spec


def check_cause(directory, cause):
    before, after = CAUSES[cause]
    policy = write(directory, "policy.json", policy_of(cause))
    specs = [made(writer, step) for _, writer in WRITERS for step in (before, after)]
    found = fixes(directory, policy, specs)
    for i, (reader, writer) in enumerate(WRITERS):
        wanted = re.compile(pattern(words(cause, reader)))
        what = f"{cause} for {reader} ({writer.__name__})"
        assert any(wanted.fullmatch(text) for text in found[2 * i]), \
            f"{what}: {wanted.pattern!r} is not in {sorted(found[2 * i])}"
        assert not any(wanted.fullmatch(text) for text in found[2 * i + 1]), \
            f"{what}: still there after the fix"


def test_no_reader_has_words_that_it_would_take_anyway(directory):
    for cause, cells in TABLE.items():
        for reader, text in cells.items():
            reader_after = NEXT.get(reader, "ALL")
            while reader_after not in cells and reader_after != "ALL":
                reader_after = NEXT.get(reader_after, "ALL")
            assert reader == "ALL" or text != cells.get(reader_after), (cause, reader)


def test_every_fix_works_in_the_specs_of_every_engine(directory):
    wrong = []
    for cause in CAUSES:
        try:
            check_cause(directory, cause)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


def test_every_cause_has_a_row(_):
    known = set(CAUSES) | set(ELSEWHERE)
    assert known == set(TABLE), known ^ set(TABLE)


def test_what_podman_binds(directory):
    """What a user did not mount is not told to be dropped, and the fix is one that works."""
    bound = ("rprivate", "nosuid", "noexec", "nodev", "ro", "rbind")
    hierarchy = mount("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/systemd", bound)
    own = join("network", "/run/netns/netns-0a")
    sys = mount("/sys", "/sys", bound)
    device = mount("/dev/fuse", "/dev/fuse", ("slave", "nosuid", "noexec", "rw", "rbind"))
    rows = [("MOUNT_SYSTEMD", podman, "PODMAN", hierarchy), ("MOUNT_SYSTEMD", unit, "UNIT", hierarchy),
            ("MOUNT_KERNEL", podman, "PODMAN", steps(own, sys)),
            ("SYS_OF_HOST", podman, "PODMAN", steps(without("network"), sys)),
            ("MOUNT_KERNEL", docker, "DOCKER", hierarchy),
            ("MOUNT_ENGINE_DEVICE", podman, "PODMAN", device),
            ("MOUNT_ENGINE_DEVICE", unit, "UNIT", device),
            ("MOUNT_KERNEL", podman, "PODMAN", mount("/sys", "/host/sys", bound)),
            *(("MOUNT_SOCKET", docker, "ALL", mount(path)) for path in (
                "/run/no/system_bus_socket", "/run/no/ssh_auth_sock", "/run/no/a.socket"))]
    policy = write(directory, "policy.json", json.dumps({
        "version": 1, "name": "mounts",
        "rules": [{"names": ["hostMounts", "deviceAccess"], "action": "RF_ACT_REJECT"}]}))
    found = fixes(directory, policy, [made(writer, step) for _, writer, _, step in rows])
    for (cause, _, reader, _), texts in zip(rows, found):
        wanted = words(cause, reader).replace("@a", "/dev/fuse")
        assert wanted in texts, (cause, reader, texts)
        assert len(texts) == 1, (cause, reader, texts)


def test_docker_remapped(directory):
    spec = made(docker, ROOT_ID)
    spec["root"]["path"] = f"/var/lib/docker/165536.165536/overlay2/{ID}/merged"
    policy = write(directory, "policy.json", policy_of("USERNS"))
    assert words("USERNS_REMAPPED", "DOCKER") in fixes(directory, policy, [spec])[0]


def test_every_fix_of_a_golden_case_is_in_the_table(_):
    known = [re.compile(pattern(words(cause, reader)))
             for cause in TABLE for reader in [name for name, _ in WRITERS]]
    paths = sorted(glob.glob(os.path.join(ROOT, "tests/golden/*/*/config.json")))
    _, out, _ = run("check", "--policy", os.path.join(ROOT, "policies/audit.json"), "--format",
                    "json", *paths)
    seen = {finding["fix"] for result in json.loads(out)["results"]
            for finding in result["findings"] if finding["rule"] != "spec"}
    assert len(seen) > 100, len(seen)
    unknown = [text for text in seen if not any(word.fullmatch(text) for word in known)]
    assert not unknown, unknown


def live_rows(engine):
    with open(LIVE[engine], encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file if line[0] not in "#\n"]
    assert all(len(line) == 5 for line in lines), [line for line in lines if len(line) != 5]
    return lines


def check_rows(engine):
    """A row without flags says which test has the case instead."""
    seen = set()
    for cause, how, rule, before, after in live_rows(engine):
        assert cause in TABLE, cause
        assert how in HOW[engine], how
        if how == "elsewhere":
            assert os.path.exists(os.path.join(ROOT, before)), before
        else:
            json.loads(rule)
            assert before != after or how in ("remap", "rewrite"), cause
        seen.add(cause)
    assert seen == set(TABLE), seen ^ set(TABLE)


def test_every_cause_has_a_row_for_podman(_):
    check_rows("podman")


def test_every_cause_has_a_row_for_docker(_):
    check_rows("docker")


def test_every_cause_has_a_row_for_kubernetes(_):
    check_rows("kubernetes")
