# SPDX-License-Identifier: Apache-2.0
"""The environment of the commands: files, the guard's maps, a container's init; and one run."""

import collections
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import threading

from bpfmap import Map

WORK = os.environ["work"]
ROOTFENCE = os.path.join(WORK, "rootfence")
INJECT = os.path.join(WORK, "inject")
RECORDS = "/run/rootfence/containers"
PINS_PARENT = "/sys/fs/bpf"
PINS = os.path.join(PINS_PARENT, "rootfence")
STARTED = os.path.join(WORK, "runtime/started")  # the fake runtime makes it
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

# code: of exit, or minus the signal; None: it hung. start: the call was made before main().
Run = collections.namedtuple("Run", "code out err hit call arg start left")


def path(*names):
    return os.path.join(WORK, *names)


def write(name, text, mode=0o644):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
        os.fchmod(file.fileno(), mode)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def spawn(arguments, stdin, report=None, places=()):
    """places: for standard output (1) and error (2), a file or a descriptor instead of ours."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, stdin or "/dev/null", os.O_RDONLY, 0)]
    for fd, place in {1: path("out/out"), 2: path("out/err"), **dict(places)}.items():
        actions.append((os.POSIX_SPAWN_DUP2, place, fd) if isinstance(place, int) else
                       (os.POSIX_SPAWN_OPEN, fd, place,
                        os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600))
    if report:
        actions.append((os.POSIX_SPAWN_OPEN, 3, report,
                        os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    return os.posix_spawn(arguments[0], arguments, ENVIRONMENT, file_actions=actions,
                          setsigdef=[signal.SIGPIPE])


def wait(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def result(code):
    return Run(code, read(path("out/out")), read(path("out/err")), False, None, 0, False, 0)


def run(arguments, stdin=None):
    """The command without a fault."""
    return result(wait(spawn(arguments, stdin)))


def run_into(fd, place, arguments, stdin=None):
    """The command, with standard output or error going to a place that cannot be written."""
    reader, writer = os.pipe()
    os.close(reader)
    for name in ("out/out", "out/err"):
        write(path(name), "")
    code = wait(spawn(arguments, stdin, places={fd: writer if place == "pipe" else place}))
    os.close(writer)
    return result(code)._replace(hit=True)


def plan(arguments, stdin=None):
    """Its calls: (N, name, first argument, before main(), [faults])."""
    report = path("out/report")
    if wait(spawn([INJECT, "plan"] + arguments, stdin, report)) != 0:
        raise RuntimeError("inject plan: " + read(path("out/err")).decode())
    for line in read(report).decode().splitlines():
        number, name, arg, start, *faults = line.split()
        yield int(number), name, int(arg), start == "1", faults


def inject(number, fault, arguments, stdin=None):
    """The command, with one call that fails."""
    report = path("out/report")
    if wait(spawn([INJECT, str(number), fault] + arguments, stdin, report)) != 0:
        raise RuntimeError("inject: " + read(path("out/err")).decode())
    hit, call, arg, start, how, code, left = read(report).decode().split()
    code = {"exit": int(code), "signal": -int(code), "hang": None}[how]
    return Run(code, read(path("out/out")), read(path("out/err")), hit == "1", call, int(arg),
               start == "1", int(left))


def tree(directory):
    """The files: {path: (mode, owner, group, bytes)}; for links, their targets."""
    found = {}
    for parent, directories, files in os.walk(directory):
        for name in directories + files:
            if name == "%swept":  # when old records were last looked for: not what a run is for
                continue
            name = os.path.join(parent, name)
            st = os.lstat(name)
            if stat.S_ISLNK(st.st_mode):
                data = os.readlink(name).encode()
            else:
                data = read(name) if stat.S_ISREG(st.st_mode) else b""
            found[name] = (st.st_mode, st.st_uid, st.st_gid, data)
    return found


def restore(directory, wanted):
    """Restores what tree() found there."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory, mode=0o700)
    for name, (mode, uid, gid, data) in wanted.items():
        if stat.S_ISDIR(mode):
            os.mkdir(name)
        elif stat.S_ISLNK(mode):
            os.symlink(data, name)
            continue
        else:
            write(name, data)
        os.chmod(name, stat.S_IMODE(mode))
        os.chown(name, uid, gid)


class Log:
    """/dev/log, with a process that reads it."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        while True:
            self.socket.recv(65536)


def background(*arguments):
    return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def keep_user_namespace(file):
    """A user namespace whose ids begin at 100000 on the host, pinned to a file as by CRI-O."""
    member = background("unshare", "--user", "sleep", "100000")
    while read(f"/proc/{member.pid}/comm") != b"sleep\n":
        pass
    for kind in ("uid_map", "gid_map"):
        with open(f"/proc/{member.pid}/{kind}", "w", encoding="ascii") as text:
            text.write("0 100000 65536\n")
    write(file, "")
    subprocess.run(["mount", "--bind", f"/proc/{member.pid}/ns/user", file], check=True)
    member.kill()
    member.wait()
    return file


class Init:
    """A process in a pid namespace of its own, for createRuntime to register."""

    def __init__(self):
        self.parent = background("unshare", "--pid", "--fork", "--mount", "--mount-proc",
                                 "--kill-child", "sleep", "100000")
        self.pid = 0
        while not self.pid:
            children = read(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children").split()
            if children and read(f"/proc/{int(children[0])}/comm") == b"sleep\n":
                self.pid = int(children[0])

    def end(self):
        os.kill(self.pid, 9)
        self.parent.wait()


def start_time(pid):
    return int(read(f"/proc/{pid}/stat").rsplit(b")", 1)[1].split()[19])


class Entry:
    """An entry of the map `containers`, as bpf/abi.h has it."""

    def __init__(self, value):
        self.value = bytearray(value)

    def change(self, name=None, start=None, pid=None, armed=None):
        if name is not None:
            self.value[:128] = name.encode().ljust(128, b"\0")
        for offset, form, number in ((224, "=Q", start), (256, "=I", pid), (260, "=I", armed)):
            if number is not None:
                struct.pack_into(form, self.value, offset, number)
        return bytes(self.value)


def guard_maps():
    return {name: Map(f"{PINS}/{name}") for name in ("containers", "roster", "rules")}


def hold(maps, entries):
    """Makes these the only containers under the guard."""
    witness = {k: v for k, v in maps["roster"].items().items() if not any(v)}
    maps["containers"].set(entries)
    maps["roster"].set({**witness, **entries})
