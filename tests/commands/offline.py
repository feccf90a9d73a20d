# SPDX-License-Identifier: Apache-2.0
"""Files are judged by themselves: the same output on every machine, and nothing else is looked at.

The other machine is a process that is another user, in namespaces of its own, in a directory that
holds nothing but the binary and the files: no /proc, no /etc, no /dev.
"""

import ctypes
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import traceback

from tap import Missing, Skip
from tool import BINARY, HERE, ROOT, equal, output, policy, read, run, spec, write

LEAST = 1000
NOBODY = 65534
NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
ELSEWHERE = NEWUSER | NEWNS | NEWPID | NEWNET | NEWIPC | NEWUTS | NEWCGROUP
STATIC = b"/ld-linux" not in read(BINARY)[:4096]  # no program interpreter

REWRITES_USER = {"version": 1, "name": "case", "rules": [
    {"names": ["rootUser"], "action": "RF_ACT_REWRITE", "args": {"uid": 999}},
    {"names": ["rootGroup"], "action": "RF_ACT_REWRITE", "args": {"gid": 999}}]}


def telling(directory):
    """Specs that a look at this host would judge differently: name -> spec."""
    plain = json.loads(read(spec("podman-user-3267")))
    link = os.path.join(directory, "link-to-etc")
    os.symlink("/etc", link)

    def mounts(source, kind="bind"):
        made = json.loads(json.dumps(plain))
        made["mounts"].append({"destination": "/data", "type": kind, "source": source,
                               "options": ["rbind", "nosuid", "nodev"]})
        return made

    def joins(kind, path):
        made = json.loads(json.dumps(plain))
        made["linux"]["namespaces"] = [n for n in made["linux"]["namespaces"]
                                       if n["type"] != kind] + [{"type": kind, "path": path}]
        return made

    found = {"link": mounts(link), "here": mounts(directory), "device": mounts("/dev/null"),
             "gone": mounts("/srv/nowhere"), "relative": mounts("data")}
    for kind, name in (("network", "net"), ("pid", "pid"), ("ipc", "ipc"), ("uts", "uts"),
                       ("user", "user"), ("cgroup", "cgroup")):
        found[f"live-{name}"] = joins(kind, f"/proc/{os.getpid()}/ns/{name}")
        found[f"dead-{name}"] = joins(kind, f"/proc/4194303/ns/{name}")
        found[f"first-{name}"] = joins(kind, f"/proc/1/ns/{name}")
        found[f"self-{name}"] = joins(kind, f"/proc/../proc/self//ns/{name}")
    found["rootfs"] = dict(plain, root={"path": os.path.join(directory, "rootfs")})
    found["root"] = dict(plain, root={"path": "/"})
    return found


def corpus(directory):
    """Makes a directory of at least LEAST files, all with names of their own."""
    files = os.path.join(directory, "files")
    os.mkdir(files)
    documents = [read(path) for pattern in ("tests/golden/*/*/config.json",
                                            "policies/tests/*/*.config.json")
                 for path in sorted(glob.glob(os.path.join(ROOT, pattern)))]
    for row in read(os.path.join(ROOT, "tests/hostile/specs.tsv")).split(b"\n"):
        columns = row.split(b"\t")
        if len(columns) > 1 and not row.startswith(b"#"):
            documents.append(columns[1].removeprefix(b"raw:"))
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/fuzz/corpus/*/*"))):
        documents.append(read(path))
    for number, document in enumerate(documents):
        write(files, f"{number:05d}.json", document)
    for name, document in telling(directory).items():
        write(files, f"{name}.json", json.dumps(document))
    assert len(os.listdir(files)) >= LEAST, f"{len(os.listdir(files))} files"
    return files


def judgements(binary, names):
    """The outputs that digest.sh takes the digest of, in its order, each with its command."""
    def judge(*args):
        done = subprocess.run([binary, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              input=b"", timeout=300, check=False)
        return " ".join(args[:6]), done.stdout + b"exit %d\n" % done.returncode

    listed = subprocess.run([binary, "policy", "names"], capture_output=True, check=True).stdout
    files = [f"./{name}" for name in names]
    for name in re.findall(r"^(\S+) +shipped$", listed.decode(), re.M):
        yield judge("check", "--policy", name, "--format", "json", *files)
    yield judge("check", "--policy", "default", "--format", "sarif", *files)
    for file in files:
        yield judge("explain", "--policy", "strict", file)
        yield judge("rewrite", "--policy", "default", file)


def elsewhere(root, work):
    """Runs work() as another user in namespaces of its own, with root as its root directory."""
    ends = os.pipe()
    outer = os.fork()
    if outer == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
                ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: /proc/self is ours again
            ids = {"uid_map": os.getuid(), "gid_map": os.getgid()}
            if ctypes.CDLL(None, use_errno=True).unshare(ELSEWHERE) != 0:
                os._exit(77)
            write("/proc/self", "setgroups", "deny")
            for name, outside in ids.items():
                write("/proc/self", name, f"4711 {outside} 1\n")
            os.chroot(root)
            os.chdir("/files")
            inner = os.fork()  # the first of the new pid namespace
            if inner == 0:
                with os.fdopen(ends[1], "wb") as out:
                    out.write(json.dumps(work()).encode())
                os._exit(0)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]))
        except BaseException:  # pylint: disable=broad-except
            traceback.print_exc(file=sys.stdout)
        finally:
            sys.stdout.flush()
            os._exit(99)
    os.close(ends[1])
    with os.fdopen(ends[0], "rb") as result:
        text = result.read()
    status = os.waitstatus_to_exitcode(os.waitpid(outer, 0)[1])
    if status == 77:
        raise Missing("no user namespace can be made here")
    equal(status, 0, "the process elsewhere")
    return json.loads(text)


def lone_binary(directory):
    """A directory with the binary and nothing else, that anybody can enter."""
    root = os.path.join(directory, "root")
    os.mkdir(root)
    shutil.copy(BINARY, os.path.join(root, "rootfence"))
    for path in (directory, root):
        os.chmod(path, 0o755)
    return root


def digests(found):
    return [(name, hashlib.sha256(out).hexdigest()) for name, out in found]


def test_a_thousand_files_have_the_same_output_everywhere(directory):
    root = lone_binary(directory)
    files = corpus(directory)
    names = sorted(os.listdir(files))
    shutil.copytree(files, os.path.join(root, "files"))
    here = list(judgements_in(files, BINARY, names))
    whole = hashlib.sha256(b"".join(out for _, out in here)).hexdigest()
    for _ in range(2 if STATIC else 1):
        done = subprocess.run([os.path.join(HERE, "digest.sh"), BINARY, files],
                              capture_output=True, check=True, env={**os.environ, "LC_ALL": "C"})
        equal(done.stdout.decode(), f"{whole}  -\n", "digest.sh")
    if not STATIC:
        return  # this build needs its libraries, so that it cannot run elsewhere
    there = elsewhere(root, lambda: digests(judgements("/rootfence", names)))
    different = [one for one, two in zip(digests(here), there) if list(one) != two]
    equal((len(there), different), (len(here), []))


def judgements_in(files, binary, names):
    os.chdir(files)
    try:
        yield from judgements(binary, names)
    finally:
        os.chdir("/")


def test_a_namespace_path_is_the_same_before_and_after_its_process_ends(directory):
    with subprocess.Popen(["sleep", "60"]) as process:
        config = json.loads(read(spec("podman-user-3267")))
        config["linux"]["namespaces"] = [
            {"type": n["type"], "path": f"/proc/{process.pid}/ns/net"}
            if n["type"] == "network" else n for n in config["linux"]["namespaces"]]
        path = write(directory, "config.json", json.dumps(config))
        before = output(0, "check", "--format", "json", "--policy", "default", path)
        alive = run("check", "--host", "--policy", "default", path)
        process.kill()
    equal(output(0, "check", "--format", "json", "--policy", "default", path), before)
    dead = run("check", "--host", "--policy", "default", path)
    assert alive[0] == 1 and b"is the host's network namespace" in alive[1], alive
    assert dead[0] == 1 and b"cannot be looked up" in dead[1], dead


def test_host_looks_at_this_host(directory):
    """What the hooks would say here: a link that leads to /etc, and a source that is not there."""
    os.symlink("/etc", os.path.join(directory, "link"))
    os.mkdir(os.path.join(directory, "bundle"))
    for source, why in (("link", b"/etc"), ("nothing", b"cannot be looked up")):
        config = json.loads(read(spec("podman-user-3267")))
        config["mounts"].append({"destination": "/data", "type": "bind",
                                 "source": os.path.join(directory, source),
                                 "options": ["rbind", "nosuid", "nodev"]})
        path = write(directory, "bundle/config.json", json.dumps(config))
        for command in (["check"], ["explain"], ["rewrite"]):
            code, out, err = run(*command, "--policy", policy("default"), path)
            equal(code, 0, f"{command}: {out + err}")
            code, out, err = run(*command, "--host", "--policy", policy("default"), path)
            equal(code, 1, f"{command} --host: {out + err}")
            assert why in out + err, f"{command}: {out + err}"


def test_a_link_may_not_lead_out_of_the_bundle(directory):
    """The bundle is looked at, also by its absolute name; what lies elsewhere is not."""
    bundle = os.path.join(directory, "bundle")
    os.makedirs(os.path.join(bundle, "real"))
    os.symlink("/srv", os.path.join(bundle, "out"))
    os.symlink("real", os.path.join(bundle, "in"))
    for source, code in (("real", 0), ("in", 0), ("out", 1), ("out/x", 1), ("nothing", 1)):
        for name in (source, os.path.join(bundle, source)):
            config = json.loads(read(spec("podman-user-3267")))
            config["mounts"].append({"destination": "/data", "type": "bind", "source": name,
                                     "options": ["rbind", "nosuid", "nodev"]})
            path = write(bundle, "config.json", json.dumps(config))
            want = 0 if name.endswith("/nothing") else code  # a name alone, like any other
            for args, cwd in (([path], None), (["."], bundle), (["config.json"], bundle)):
                got, out, err = run("check", "--policy", policy("default"), *args, cwd=cwd)
                equal(got, want, f"{name} {args}: {out + err}")


def test_test_looks_at_this_host_if_asked(directory):
    os.symlink("/etc", os.path.join(directory, "link"))
    config = json.loads(read(spec("podman-user-3267")))
    config["mounts"] = [{"destination": "/data", "type": "bind",
                         "source": os.path.join(directory, "link"), "options": ["rbind"]}]
    cases = os.path.join(directory, "cases")
    os.mkdir(cases)
    write(cases, "policy.json", json.dumps({"version": 1, "name": "case", "rules": [
        {"names": ["hostMounts"], "action": "RF_ACT_REJECT"}]}))
    write(cases, "01-link.config.json", json.dumps(config))
    write(cases, "01-link.expect.json", '{"verdict": "allow"}')
    equal(run("test", cases)[0], 0)
    equal(run("test", "--host", cases)[0], 1)


def paths_of(log):
    """
    The paths that system calls named, in the traced order, without those of the start. One that
    cannot lead out of a directory that was opened before it is left out.
    """
    text = read(log).decode(errors="replace")
    text = text[text.index("execve("):].partition("\n")[2]
    paths = []
    for start, path, rest in re.findall(
            r'^(?:\d+ +)?\w+\((AT_FDCWD, |\d+, )?"([^"]+)"(.*)', text, re.M):
        inside = start[:1].isdigit() and ("RESOLVE_IN_ROOT" in rest or "/" not in path)
        if not inside or path == "..":
            paths.append(path)
    return paths


def test_nothing_but_the_file_its_bundle_and_the_policy_is_opened(directory):
    assert shutil.which("strace"), "strace is missing: make deps"
    bundle = os.path.join(directory, "bundle")
    os.makedirs(os.path.join(bundle, "rootfs/etc"))
    write(bundle, "rootfs/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    write(bundle, "rootfs/etc/group", "root:x:0:\n")
    rules = write(directory, "rules.json", json.dumps(REWRITES_USER))
    config = json.loads(read(spec("podman-plain")))
    config["root"]["path"] = "rootfs"
    config["mounts"] += [
        {"destination": "/a", "type": "bind", "source": "/etc", "options": ["rbind"]},
        {"destination": "/b", "type": "bind", "source": "/var/lib/docker/x", "options": ["bind"]},
        {"destination": "/c", "type": "overlay", "source": "overlay",
         "options": ["lowerdir=/usr:/var", "upperdir=/srv/u", "workdir=/srv/w"]}]
    config["linux"]["namespaces"] += [{"type": "user", "path": "/proc/1/ns/user"},
                                      {"type": "time", "path": "/proc/77/ns/time"}]
    config["hooks"] = {"createRuntime": [{"path": "/usr/bin/dockerd"}]}
    path = write(bundle, "config.json", json.dumps(config))
    log = os.path.join(directory, "log")
    own = (bundle, path, rules, "config.json", "rootfs", "etc/passwd", "/etc/passwd", "/etc/group",
           "rootfence/passwd", "rootfence/group",
           "/proc/self/exe", "/etc/rootfence/policies")  # by libc's start; the directory of names
    for args in (["check", "--policy", rules, path], ["check", "--policy", rules, bundle],
                 ["explain", "--policy", rules, path], ["rewrite", "--policy", rules, path],
                 ["check", "--policy", "default", path], ["explain", "--policy", "audit", path]):
        subprocess.run(["strace", "-f", "-o", log, "-e", "trace=%file,openat2", "-s", "4096",
                        BINARY, *args], capture_output=True, check=False)
        seen = paths_of(log)
        named = args[2] if os.path.isabs(args[2]) else f"/etc/rootfence/policies/{args[2]}.json"
        if STATIC:  # a loader has paths of its own
            other = [p for p in seen if p not in own and p != named]
            equal(other, [], f"{args}")
        assert any(path.endswith(p.lstrip("./")) for p in seen), seen


def test_a_lone_binary_has_all_it_needs(directory):
    if not STATIC:
        raise Skip("this build has libraries of sanitizers")
    root = lone_binary(directory)
    files = os.path.join(root, "files")
    shutil.copytree(os.path.join(ROOT, "policies/tests"), os.path.join(files, "policies/tests"))
    for path in glob.glob(os.path.join(ROOT, "policies/*.json")):
        shutil.copy(path, os.path.join(files, "policies"))
    shutil.copy(spec("podman-user-3267"), os.path.join(files, "config.json"))
    write(files, "mine.json", '{"version": 1, "name": "mine", "extends": ["default"]}')
    commands = (["check", "config.json"], ["check", "--policy", "strict", "config.json"],
                ["check", "--policy", "mine.json", "config.json"], ["explain", "config.json"],
                ["rewrite", "config.json"], ["policy", "show"], ["policy", "show", "strict"],
                ["policy", "list"], ["policy", "names"], ["policy", "schema"],
                ["policy", "diff", "default", "strict"], ["policy", "lint", "mine.json", "audit"],
                ["policy", "lint", "default"], ["test", "policies"], ["version"], ["help"],
                ["check", "--policy", "nowhere", "config.json"])

    def work():
        return [[*subprocess_result(["/rootfence", *args])] for args in commands]

    found = elsewhere(root, work)
    for args, (code, out) in zip(commands, found):
        want = 4 if "nowhere" in args else 1 if "strict" in args and args[0] == "check" else 0
        equal(code, want, f"{args}: {out[-2000:]}")
        assert out, args
    said = {" ".join(args): out for args, (_, out) in zip(commands, found)}
    equal(said["policy schema"].encode(), read(policy("schema")))
    equal(said["policy show strict"].encode(), output(0, "policy", "show", policy("strict")))
    equal(said["policy lint mine.json audit"],
          "mine.json: valid, 0 warnings\naudit: valid, 0 warnings\n")
    assert "0 failed" in said["test policies"], said["test policies"][-300:]
    for name in ("audit", "cis-docker", "default", "pss-baseline", "rootless", "strict"):
        assert f"{name} " in said["policy names"], said["policy names"]
        assert name in said["check --policy nowhere config.json"]


def subprocess_result(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          input=b"", timeout=300, check=False)
    return done.returncode, done.stdout.decode()


def test_shipped_policies_are_those_of_the_tree(_):
    for path in sorted(glob.glob(os.path.join(ROOT, "policies/*.json"))):
        name = os.path.basename(path).removesuffix(".json")
        if name == "schema":
            equal(output(0, "policy", "schema"), read(path))
        else:
            equal(output(0, "policy", "show", name), output(0, "policy", "show", path), name)


def test_a_shipped_policy_is_extended_from_anywhere(directory):
    path = write(directory, "mine.json",
                 '{"version": 1, "name": "mine", "extends": ["strict"]}')
    equal(output(0, "policy", "lint", path).decode(), f"{path}: valid, 0 warnings\n")
    equal(output(0, "policy", "diff", path, "strict"), b"")
    equal(output(0, "policy", "diff", "strict", path), b"")


def test_a_file_beside_hides_the_shipped_policy_and_may_extend_it(directory):
    """default.json that extends default means the shipped one, and hides it from its neighbours."""
    own = write(directory, "default.json",
                '{"version": 1, "name": "own", "extends": ["default"], "mode": "audit"}')
    mine = write(directory, "mine.json", '{"version": 1, "name": "mine", "extends": ["default"]}')
    for path in (own, "default.json", "./default.json", mine):
        shown = json.loads(output(0, "policy", "show", path, cwd=directory))
        equal(shown["mode"], "audit", path)
        assert len(shown["rules"]) > 5, path
    # What a shipped policy extends is not replaced by what lies somewhere.
    other = write(directory, "other.json", '{"version": 1, "name": "other", "extends": ["strict"]}')
    equal(json.loads(output(0, "policy", "show", other))["mode"], "enforce")
