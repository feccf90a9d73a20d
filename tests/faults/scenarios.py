# SPDX-License-Identifier: Apache-2.0
"""Commands with their initial state: each command doing its job, and each refusing."""

import copy
import json
import os
import shutil
import subprocess

import world
from bpfmap import Map
from world import RECORDS, ROOTFENCE, path, read, write

SPEC = "tests/golden/specs/podman-user-3267/config.json"
RUNC = path("runc")
RUNTIME = path("runtime")  # the fake runtime says there that it was started
BUNDLE = path("bundle")
SETUP = "/etc/rootfence/runtime.json"

POLICY = {
    "version": 1, "name": "faults", "extends": ["default"],
    "rules": [{"names": ["rootUser"], "action": "RF_ACT_REWRITE", "args": {"uid": 65532}},
              {"names": ["rootGroup"], "action": "RF_ACT_REWRITE", "args": {"gid": 65532}}],
    "exec": {"rules": [{"paths": ["/usr/bin/ping"], "capabilities": ["CAP_NET_RAW"],
                        "action": "RF_ACT_ALLOW"}]},
}

# The fake runtime: it leaves its arguments in a link, which needs no descriptor, and ends.
REAL = """
    #include <errno.h>
    #include <string.h>
    #include <unistd.h>
    int main(int argc, char **argv)
    {
        char all[4096] = "";
        for (int i = 1; i < argc; i++)
            strncat(strncat(all, argv[i], 256), " ", 2);
        return symlink(all, STARTED) == 0 || errno == EEXIST ? 42 : 43;
    }
"""


class Scenario:
    """
    code: exit code when nothing fails. directories and maps: what the command may change; restored
    before each run.
    """

    stride = 1  # of all runs, each so manyth is done
    no_faults = ()  # (call, fault) that say something else here

    def __init__(self, name, code, arguments, stdin=None, directories=(), maps=None,
                 never_fails=False):
        self.name, self.code, self.arguments, self.stdin = name, code, arguments, stdin
        self.maps, self.never_fails = maps or {}, never_fails
        self.is_filter = arguments[1] in ("check", "rewrite", "test", "policy")
        self.prints = self.is_filter or arguments[1] == "load"
        self.trees = {d: world.tree(d) for d in directories}
        self.entries = {n: m.items() for n, m in self.maps.items()}
        self.before = self.state()

    def state(self):
        found = {}
        for directory in self.trees:
            found.update(world.tree(directory))
        for name, items in self.maps.items():
            found.update(((name, k), v) for k, v in items.items().items())
        return found

    def restore(self):
        for directory, wanted in self.trees.items():
            world.restore(directory, wanted)
        for name, items in self.maps.items():
            items.set(self.entries[name])


def base_spec():
    spec = json.loads(read(SPEC))
    spec["root"]["path"] = path("bundle/rootfs")
    spec["process"]["user"] = {"uid": 3267, "gid": 3267}
    spec.pop("hooks", None)
    return spec


def prepare():
    """The files that all scenarios share."""
    write("/etc/rootfence/policies/faults.json", json.dumps(POLICY))
    write(SETUP,
          json.dumps({"runtimes": {"runc": [path("real")]}, "policy": "faults"}))
    write(path("real.c"), REAL)
    subprocess.run([os.environ.get("CC", "gcc"), "-static", f'-DSTARTED="{world.STARTED}"', "-o",
                    path("real"), path("real.c")], check=True)
    for name in ("out", "runtime", "state"):
        os.mkdir(path(name))
    write(path("bundle/rootfs/etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")
    write(path("bundle/rootfs/etc/group"), "root:x:0:\n")


def given(name, document):
    """A document on standard input or in a file."""
    file = path("given", name.replace("/", "-"))
    write(file, json.dumps(document))
    return file


def mounted(name, source, is_file=False):
    """A directory of the host under another name."""
    target = path("mounted", name)
    if is_file:
        write(target, "")
    else:
        os.makedirs(target)
    subprocess.run(["mount", "--bind", source, target], check=True)
    return target


def overlay(layer):
    target = path("mounted/overlay")
    os.makedirs(target)
    subprocess.run(["mount", "-t", "overlay", "none", target, "-o", f"lowerdir={layer}:/usr"],
                   check=True)
    return target


def holding(kind):
    """A directory with a file system of that type mounted below it."""
    target = path("mounted/holding")
    os.makedirs(f"{target}/below")
    subprocess.run(["mount", "-t", kind, "none", f"{target}/below"], check=True)
    return target


def disguised():
    """Specs that must be refused, each for something that only the host shows."""
    def bind(source):
        return {"destination": "/data", "type": "bind", "source": source, "options": ["rbind"]}

    below_etc = next(e.path for e in sorted(os.scandir("/etc"), key=lambda e: e.name)
                     if e.is_dir() and not e.is_symlink() and e.name != "rootfence")
    os.symlink("/etc", path("link"))
    for name, mount in (("a link to /etc", bind(path("link"))),
                        ("/etc mounted elsewhere", bind(mounted("etc", "/etc"))),
                        ("a directory of /etc mounted elsewhere",
                         bind(mounted("below", below_etc))),
                        ("an overlay of a link to /etc", bind(overlay(path("link")))),
                        ("a kernel file system below the source", bind(holding("proc")))):
        spec = base_spec()
        spec["mounts"].append(mount)
        yield name, spec
    for kind, file in (("network", "net"), ("user", "user")):
        spec = base_spec()
        spec["linux"]["namespaces"] = [n for n in spec["linux"]["namespaces"] if n["type"] != kind]
        spec["linux"]["namespaces"].append(
            {"type": kind, "path": mounted(file, f"/proc/self/ns/{file}", is_file=True)})
        if kind == "user":
            spec["process"]["user"] = {"uid": 0, "gid": 0}
        yield f"the host's {kind} namespace under another name", spec


def judging():
    yield Scenario("precreate", 0, [ROOTFENCE, "precreate"], given("spec", base_spec()))
    root = base_spec()
    root["process"]["user"] = {"uid": 0, "gid": 0}
    kept = copy.deepcopy(root)
    kept["linux"]["namespaces"].append(
        {"type": "user", "path": world.keep_user_namespace(path("mounted/kept"))})
    yield Scenario("precreate, a user namespace is joined", 0, [ROOTFENCE, "precreate"],
                   given("kept", kept))
    yield Scenario("precreate refuses root", 1, [ROOTFENCE, "precreate"], given("root", root))
    for name, spec in disguised():
        yield Scenario(f"precreate refuses {name}", 1, [ROOTFENCE, "precreate"],
                       given(name, spec))
    yield Scenario("rewrite", 0, [ROOTFENCE, "rewrite", given("spec", base_spec())])
    for name, code, specs in (("check", 0, {"a": base_spec(), "b/c": base_spec()}),
                              ("check refuses", 1, {"a": base_spec(), "b/c": root})):
        directory = path("specs", name)
        for place, spec in specs.items():
            write(os.path.join(directory, place, "config.json"), json.dumps(spec))
        yield Scenario(name, code, [ROOTFENCE, "check", directory])


def testing():
    rules = ["rootUser", "capabilities", "noNewPrivileges", "hostUserNamespace",
             "hostCgroupNamespace"]
    for name, code, verdict in (("test", 0, "reject"),
                                ("test, and a case does not hold", 1, "allow")):
        directory = path("tested", verdict)
        spec = base_spec()
        spec["process"]["user"]["uid"] = 0
        write(f"{directory}/web.json", json.dumps({**POLICY, "name": "web", "rules": []}))
        write(f"{directory}/tests/web/1.config.json", json.dumps(spec))
        write(f"{directory}/tests/web/1.expect.json",
              json.dumps({"verdict": verdict, "rules": rules}))
        yield Scenario(name, code, [ROOTFENCE, "test", directory])
    yield Scenario("policy lint", 0,
                   [ROOTFENCE, "policy", "lint", "/etc/rootfence/policies/faults.json"])


def root_bundle():
    """A bundle whose config the wrapper changes a lot: root becomes another user."""
    spec = base_spec()
    spec["process"]["user"] = {"uid": 0, "gid": 0}
    write(path("bundle/config.json"), json.dumps(spec), 0o640)
    return spec


def wrapper():
    def command(*arguments):
        return [RUNC, "--root", path("state"), *arguments]

    def session(name, process):
        write(path("session", name), json.dumps(process), 0o640)
        return command("exec", "--process", path("session", name), "c1")

    changed = [RUNTIME, BUNDLE, RECORDS, path("session")]
    spec = root_bundle()
    os.makedirs(RECORDS, mode=0o700, exist_ok=True)
    os.makedirs(path("session"))
    create = command("create", "--bundle", BUNDLE, "c1")
    yield Scenario("runc state", 42, command("state", "c1"), directories=changed)
    usual = shutil.which("runc")
    subprocess.run(["mount", "--bind", path("real"), usual], check=True)
    os.rename(SETUP, f"{SETUP}.aside")
    yield Scenario("runc state, without runtime.json", 42, command("state", "c1"),
                   directories=changed)
    os.rename(f"{SETUP}.aside", SETUP)
    subprocess.run(["umount", usual], check=True)

    shared = copy.deepcopy(spec)
    shared["linux"]["namespaces"].remove({"type": "pid"})
    write(path("bundle/config.json"), json.dumps(shared), 0o640)
    yield Scenario("runc create refuses", 1, create, directories=changed)

    root_bundle()
    yield Scenario("runc create", 42, create, directories=changed)

    if world.run(create).code != 42:
        raise RuntimeError(read(path("out/err")).decode())
    os.unlink(os.path.join(RUNTIME, "started"))
    process = copy.deepcopy(spec["process"])
    yield Scenario("runc exec", 42, session("process.json", process), directories=changed)
    process["capabilities"] = {"bounding": ["CAP_SYS_ADMIN"]}
    yield Scenario("runc exec refuses", 1, session("process.json", process), directories=changed)
    record, = (n for n in world.tree(RECORDS) if n.endswith("/c1.json"))
    yield Scenario("createRuntime --record", 0, [ROOTFENCE, "createRuntime", "--record", record],
                   path("bundle/config.json"), directories=[RECORDS])
    yield Scenario("poststop --record", 0, [ROOTFENCE, "poststop", "--record", record],
                   given("stopped", {"ociVersion": "1.0.2", "id": "c1", "status": "stopped",
                                     "bundle": BUNDLE}),
                   directories=[RECORDS], never_fails=True)
    yield Scenario("runc exec by options refuses", 1,
                   command("exec", "--cap", "CAP_SYS_ADMIN", "c1", "id"), directories=changed)


def guarding(maps):
    """With the guard loaded."""
    def state(name, container, bundle):
        return given(name, {"ociVersion": "1.0.2", "id": container, "status": "creating",
                            "pid": init.pid, "bundle": bundle})

    init = world.Init()
    try:
        spec = base_spec()
        write(path("judged/config.json"),
              world.run([ROOTFENCE, "precreate"], given("spec", spec)).out)
        spec["process"]["user"]["uid"] = 0
        write(path("refused/config.json"), json.dumps(spec))
        register = [ROOTFENCE, "createRuntime", "--policy", "faults"]
        judged = state("state", "c1", path("judged"))
        yield Scenario("createRuntime", 0, register, judged, maps=maps)
        yield Scenario("createRuntime refuses", 1, [ROOTFENCE, "createRuntime"],
                       state("refused", "c1", path("refused")), maps=maps)

        done = world.run(register, judged)
        if done.code != 0:
            raise RuntimeError(done.err.decode())
        (key, value), = maps["containers"].items().items()
        world.hold(maps, {key: world.Entry(value).change(armed=1)})
        yield Scenario("createRuntime again", 0, register, judged, maps=maps)
        yield Scenario("createRuntime, other limits", 0, [ROOTFENCE, "createRuntime"], judged,
                       maps=maps)
        narrower = world.run([ROOTFENCE, "createRuntime"], judged)
        if narrower.code != 0:
            raise RuntimeError(narrower.err.decode())
        yield Scenario("createRuntime, wider limits", 5, register, judged, maps=maps)
        world.hold(maps, {key: world.Entry(value).change(
            name="other", pid=os.getpid(), start=world.start_time(os.getpid()))})
        yield Scenario("createRuntime refuses what is another's", 5, register, judged, maps=maps)

        gone = key[:4] + b"\xff\xff\x3f\x00" + key[8:]
        world.hold(maps, {key: value, gone: world.Entry(value).change(pid=0x3fffff)})
        yield Scenario("poststop", 0, [ROOTFENCE, "poststop"], judged, maps=maps, never_fails=True)
    finally:
        init.end()


class Loading(Scenario):
    """
    The guard is pinned completely or not at all, and its status tells its guarantee. A kernel that
    forbids a kind of program is not an error: load then uses another hook. Loading takes the
    kernel a while, so only every LOAD_STRIDEth run is done. libbpf reads files of sysfs at once, as
    the kernel gives them: half the list of processors would be a list of fewer processors.
    """

    stride = int(os.environ.get("LOAD_STRIDE", 8))
    no_faults = {("bpf", "EPERM"), ("bpf", "E2BIG"), ("perf_event_open", "EACCES"),
                 ("read", "short")}

    def state(self):
        found = {os.path.join(parent, name): "pinned"
                 for parent, directories, files in os.walk(world.PINS_PARENT)
                 for name in directories + files}
        if os.path.exists(world.PINS):
            (_, value), = Map(f"{world.PINS}/meta").items().items()
            found["what it says"] = value[4:16] + value[32:]  # but for when it was loaded
        return found

    def restore(self):
        if self.state() != self.before:
            world.run([ROOTFENCE, "unload"])


def loading():
    yield Loading("load", 0, [ROOTFENCE, "load"])
