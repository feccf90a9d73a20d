#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mounts.py [SETS [SEED]]: where the product says yes, no file of the host is readable inside.

In a private mount namespace it builds a small host (world.py). For each set (sets.py) it makes the
set's mounts of that host, asks the product as an engine does, and if the answer is yes makes the
mounts of the spec as runtimes do (oracle.py) and reads every file inside. A file that is then also
to be seen in a place that the policy denies, or a file system of the kernel, is a hole. Some sets
are started with the real runc as well, which must show the same files.

A hole is written to build/mounts/SEED-NUMBER.json; `mounts.py --set FILE` runs it again.
"""

import contextlib
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tests/lib")]
sys.dont_write_bytecode = True
import kernel  # noqa: E402
import oracle  # noqa: E402
import sets  # noqa: E402
import tap  # noqa: E402
import world  # noqa: E402

BINARY = os.path.abspath(os.environ.get("ROOTFENCE", os.path.join(TOP, "build/rootfence")))
FOUND = os.path.join(TOP, "build/mounts")
ROOTFENCE = "/opt/rootfence/rootfence"
RUNTIME = "/opt/rootfence/runtime"
POLICY = "/opt/rootfence/default.json"
ALLOWED_MIN = 20  # percent; with fewer, nothing is proven
SETS, SEED = 1000, 1
EVERY = 100       # one set in so many is started with runc
SHOWN = 5         # holes that are told in full
CGROUP = f"/rootfence-mounts-{os.getpid()}"
TIMEOUT = 60


def delete_mounted(device, target):
    """Mounts a directory that then has no name any more."""
    directory = tempfile.mkdtemp(dir=device)
    kernel.mount(directory, target, None, kernel.MS_BIND)
    os.rmdir(directory)


def host_operation(operation):
    """Makes one mount of the host. Returns False if the kernel refuses it."""
    word, *rest = operation
    try:
        if word == "mount":
            kind, target, source = rest
            oracle.make_target(target, True)
            kernel.mount(source or kind, target, kind)
        elif word in ("bind", "file"):
            source, target = rest[:2]
            oracle.make_target(target, os.path.isdir(source))
            flags = kernel.MS_BIND | (kernel.MS_REC if rest[2:] == [True] else 0)
            kernel.mount(source, target, None, flags)
        elif word == "overlay":
            options, target, directory, one_by_one = rest
            oracle.make_target(target, True)
            os.chdir(directory)
            if one_by_one:
                kernel.new_mount("overlay", [tuple(o.split("=", 1)) for o in options], target)
            else:
                kernel.mount("overlay", target, "overlay", 0, ",".join(options))
        elif word == "deleted":
            delete_mounted(*rest)
        else:
            kernel.unmount(rest[0])
    except OSError:
        return False
    finally:
        os.chdir("/")
    return True


def run(command, text=b""):
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=TIMEOUT, check=False)


def ask(case, name):
    """The product's answer. Returns (config that a runtime would read or None, what it said)."""
    text = json.dumps(case["config"]).encode()
    if not case["bundle"]:
        done = run([ROOTFENCE, "precreate", "--policy", POLICY], text)
        config = done.stdout
    else:
        path = world.BUNDLE + "/config.json"
        with open(path, "wb") as file:
            file.write(text)
        done = run([ROOTFENCE, "runtime", "create", "--bundle", world.BUNDLE, name])
        with open(path, "rb") as file:
            config = file.read()
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"exit {done.returncode}: {done.stderr.decode()}")
    return json.loads(config) if done.returncode == 0 else None, done.stderr.decode()


def in_child(function, *arguments):
    """What the function returns in a process with a mount namespace of its own."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            kernel.own_namespace()
            answer = function(*arguments)
        except BaseException:  # pylint: disable=broad-except
            answer = {"broken": traceback.format_exc()}
        with os.fdopen(into, "w", encoding="utf-8") as file:
            json.dump(answer, file)
        os._exit(0)
    os.close(into)
    with os.fdopen(out, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text)


def look(config, split):
    """What the mounts show, or why the kernel refuses them."""
    try:
        root = oracle.perform(config, world.BUNDLE, split)
    except (OSError, ValueError) as error:
        return {"refused": str(error)}
    shown = oracle.shown(root)
    written = oracle.write(config, root) if "upperdir" in json.dumps(config) else None
    return {"tokens": shown.tokens, "kernel": shown.kernel, "written": written}


def holes(secrets, config):
    """What a container of this config reads of the host: lines, and how often the kernel agreed."""
    lines, made, seen = [], 0, []
    for split in (False, True):
        found = in_child(look, config, split)
        if "broken" in found:
            return ["the oracle broke: " + found["broken"]], 0, []
        seen.append(found)
        made += "refused" not in found
        for token in sorted(set(found.get("tokens", ())) & set(secrets)):
            lines.append(f"{found['tokens'][token]} is {secrets[token]} of the host")
        for kind, path in found.get("kernel", {}).items():
            lines.append(f"{path} is the host's {kind}")
        if found.get("written"):
            lines.append(f"the container writes {found['written']}")
        if "overlay" not in json.dumps(config["mounts"]):
            break  # both ways are the same
    return sorted(set(lines)), made, seen


def run_set(case, name, with_runc):
    done = [host_operation(operation) for operation in case["host"]]
    config, said = ask(case, name)
    answer = {"done": done, "allowed": config is not None, "said": said, "holes": [], "made": 0}
    if config is None:
        return answer
    secrets = oracle.secrets()
    answer["holes"], answer["made"], seen = holes(secrets, config)
    if with_runc and seen and "tokens" in seen[0] and \
            config.get("root", {}).get("path", "").endswith("rootfs"):
        answer["runc"] = compare_with_runc(config, name, seen[0]["tokens"])
    return answer


def end_all(name):
    """Ends every process of a container; also of one that runc has lost track of."""
    for path in glob.glob(f"/sys/fs/cgroup/*{CGROUP}/{name}/cgroup.procs"):
        with open(path, encoding="utf-8") as file:
            for pid in file.read().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)


def remove_cgroups():
    for directory in glob.glob(f"/sys/fs/cgroup/*{CGROUP}/*"):
        with contextlib.suppress(OSError):
            os.rmdir(directory)
    for directory in glob.glob("/sys/fs/cgroup/*" + CGROUP):
        os.rmdir(directory)


def compare_with_runc(config, name, tokens):
    """Starts the container with runc. Returns how the two differ; None: runc refuses it."""
    linux = dict(config["linux"], cgroupsPath=f"{CGROUP}/{name}")
    linux.pop("seccomp")  # the profile allows nothing, not even to wait for the start
    config = dict(config, linux=linux)
    config.pop("hooks", None)
    with open(world.BUNDLE + "/config.json", "w", encoding="utf-8") as file:
        json.dump(config, file)
    runc = ["runc", "--root", "/tmp/runc"]
    try:
        # The container keeps runc's standard files, so none of them may be a pipe.
        with open("/tmp/runc.log", "w", encoding="utf-8") as log:
            done = subprocess.run([*runc, "create", "--bundle", world.BUNDLE, "--pid-file",
                                   "/tmp/pid", name], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, timeout=TIMEOUT, check=False)
            if done.returncode != 0:
                return None
        with open("/tmp/pid", encoding="utf-8") as file:
            shown = oracle.Look()
            shown.walk(f"/proc/{file.read()}/root/data")
    finally:
        end_all(name)
        run([*runc, "delete", "--force", name])
    other = {t for t in tokens if "/rootfs/data" in tokens[t]} ^ set(shown.tokens)
    return f"runc and the oracle differ in {sorted(other)}" if other else ""


def configure():
    os.makedirs("/etc/rootfence")
    with open("/etc/rootfence/runtime.json", "w", encoding="utf-8") as file:
        json.dump({"runtimes": {"runc": [RUNTIME]}, "default": "runc",
                   "policy": POLICY}, file)


def make_runtime(directory):
    """A runtime that does nothing, since the oracle makes the mounts."""
    path = os.path.join(directory, "runtime")
    subprocess.run(["gcc", "-static", "-O2", "-x", "c", "-o", path, "-"], check=True,
                   input=b"int main(void) { return 0; }")
    return path


class Tally:
    def __init__(self):
        self.n = self.allowed = self.made = self.host = self.host_made = self.broken = 0
        self.holes, self.runc, self.differ = [], 0, []

    def add(self, number, case, answer):
        self.n += 1
        if "broken" in answer:
            self.broken += 1
            self.holes.append((number, case, ["broken: " + answer["broken"]]))
            return
        self.host += len(answer["done"])
        self.host_made += sum(answer["done"])
        self.allowed += answer["allowed"]
        self.made += answer["made"] > 0
        if answer["holes"]:
            self.holes.append((number, case, answer["holes"]))
        if answer.get("runc") is not None:
            self.runc += 1
            if answer["runc"]:
                self.differ.append(f"set {number}: {answer['runc']}")


def keep(seed, holes_found):
    """Writes each hole to a file and returns lines about the first ones."""
    lines = []
    for number, case, why in holes_found:
        with open(f"{world.FOUND}/{seed}-{number}.json", "w", encoding="utf-8") as file:
            json.dump(dict(case, found=why), file, indent=1)
        if len(lines) < SHOWN * 6:
            lines += [f"set {number} of seed {seed}: {FOUND}/{seed}-{number}.json", *why[:3]]
    return lines


def forget(seed):
    for name in os.listdir(world.FOUND):
        if name.startswith(f"{seed}-"):
            os.unlink(f"{world.FOUND}/{name}")


def suite(count, seed):
    forget(seed)
    out, tally, start = tap.Tap(), Tally(), time.monotonic()
    for number in range(count):
        case = sets.make_set(seed, number)
        tally.add(number, case, in_child(run_set, case, f"c{number}", number % EVERY == 0))
    percent = 100 * tally.allowed // max(count, 1)
    print(f"# note: {count} sets of seed {seed}: {tally.allowed} allowed ({percent} %), "
          f"{tally.made} of them mounted; {tally.host_made} of {tally.host} mounts of the host "
          f"made; {tally.runc} compared with runc; {time.monotonic() - start:.0f} s")
    remove_cgroups()
    out.point(f"nothing of the host is readable in {tally.allowed} allowed containers",
              keep(seed, tally.holes))
    out.point(f"at least {ALLOWED_MIN} % of the sets are allowed",
              "" if percent >= ALLOWED_MIN else f"only {percent} %")
    out.point("most allowed sets can be mounted",
              "" if tally.made * 2 > tally.allowed else f"{tally.made} of {tally.allowed}")
    if count >= EVERY * 5 and tally.runc == 0:
        tally.differ.append("runc starts none of them")
    out.point(f"runc shows the same in {tally.runc} sets", tally.differ)
    return out.done()


def one(path):
    """Runs a set again and says all there is to say."""
    with open(path, encoding="utf-8") as file:
        case = json.load(file)
    print(json.dumps(in_child(run_set, case, "again", True), indent=1))
    return 0


def in_host(work, arguments):
    kernel.own_namespace()
    world.build(work, {
        ROOTFENCE: BINARY, POLICY: os.path.join(TOP, "policies/default.json"),
        RUNTIME: make_runtime(work)}, FOUND)
    configure()
    if arguments[:1] == ["--set"]:
        return one(f"{world.FOUND}/{os.path.basename(arguments[1])}")
    count, seed = [*arguments, *[SETS, SEED][len(arguments):]]
    return suite(int(count), seed)


def main():
    os.makedirs(FOUND, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mounts-") as work:
        child = os.fork()  # the parent keeps the machine's root, and removes the directory
        if child == 0:
            status = 2
            try:
                status = in_host(work, sys.argv[1:])
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
            sys.stdout.flush()
            os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
