# SPDX-License-Identifier: Apache-2.0
"""Runs one case with one command line: a bundle, a runtime's state, and all that is observed.

A case is a function that gets a Run and calls its methods. Run notes what can be seen from outside:
exit codes, output, files, states. Paths are the same in both runs; ids of processes, times and
names that are different each time are masked.
"""

import copy
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import time

USER = 4242  # of rootless runs
MAPPED = 100000  # the first id of id-mapped runs
SIZE = 65536
TIMEOUT = 20
CGROUP = "/rootfence-runtimes"

MASKS = [
    (re.compile(r'time="[^"]*"'), 'time="TIME"'),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)"), "TIME"),
    (re.compile(r'("pid":\s*|"Pid":\s*)\d+'), r"\1PID"),
    (re.compile(r'("created":\s*)"[^"]*"'), r"\1TIME"),
    (re.compile(r"0x[0-9a-f]{6,}"), "ADDRESS"),
    (re.compile(r"/proc/\d+/"), "/proc/PID/"),
    (re.compile(r"runc-process\d+"), "runc-processN"),
    (re.compile(r"(process|pid) \d+"), r"\1 PID"),
    (re.compile(r"(mnt|pid|net|ipc|uts|user|cgroup|time):\[\d+\]"), r"\1:[N]"),
    (re.compile(r"(nsexec[-\d]*)\[\d+\]"), r"\1[PID]"),
    (re.compile(r"usage: \d+"), "usage: N"),
    (re.compile(r"/rootfence-runtimes/[\w-]+"), "/CGROUP"),
    (re.compile(r"/sys/fs/cgroup/[\w,]+/"), "/sys/fs/cgroup/CONTROLLER/"),
    (re.compile(r"failed to write \d+"), "failed to write PID"),
    # Removing a cgroup takes as long as it takes.
    (re.compile(r'[^\n]*level=\w+ msg="Failed to remove cgroup[^\n]*\n'), ""),
    (re.compile(r"\.runc\d+|runc\.\w{6}"), "TEMP"),
    # crun's init may still say this of the executable, after the hook that failed.
    (re.compile(r"executable path not specified\n(?=error executing hook)"), ""),
]

BASE = {
    "ociVersion": "1.0.2",
    "process": {
        "terminal": False,
        "user": {"uid": 0, "gid": 0},
        "args": ["sleep", "1000"],
        "env": ["PATH=/bin", "HOME=/", "TERM=xterm"],
        "cwd": "/",
    },
    "root": {"path": "rootfs"},
    "hostname": "case",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {
            "destination": "/dev",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
        },
        {
            "destination": "/dev/pts",
            "type": "devpts",
            "source": "devpts",
            "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
        },
    ],
    "linux": {
        "namespaces": [{"type": t} for t in ("pid", "ipc", "uts", "mount", "network")],
    },
}


def mask(text):
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def mapping(first, size):
    return [{"containerID": 0, "hostID": first, "size": size}]


def base(mode, name):
    spec = copy.deepcopy(BASE)
    linux = spec["linux"]
    if mode == "mapped":
        linux["namespaces"].append({"type": "user"})
        linux["uidMappings"] = linux["gidMappings"] = mapping(MAPPED, SIZE)
    if mode == "rootless":
        linux["namespaces"].append({"type": "user"})
        linux["uidMappings"] = linux["gidMappings"] = mapping(USER, 1)
    if mode != "root" and mode != "mapped":
        return spec
    linux["cgroupsPath"] = f"{CGROUP}/{name}"
    return spec


class Run:
    """One case, run once. `command` is the runtime, or the wrapper under its name."""

    count = 0  # each run has a cgroup of its own

    def __init__(self, lab, command, runtime, mode, name):
        self.lab, self.command, self.runtime, self.mode, self.name = lab, command, runtime, mode, name
        self.seen = []
        self.dir = os.path.join(lab, "case")
        self.bundle = os.path.join(self.dir, "bundle")
        self.state = os.path.join(self.dir, "state")
        self.id = "case"
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.bundle)
        os.chmod(self.dir, 0o755)
        self.own(self.dir, self.bundle)
        Run.count += 1
        self.spec = base(mode, f"{os.path.basename(lab)}-{Run.count}")
        self.spec["root"]["path"] = os.path.join(lab, "..", "..", "rootfs", mode)
        self.spec["root"]["path"] = os.path.normpath(self.spec["root"]["path"])
        self.write_spec()

    # Making things

    def uid(self):
        return USER if self.mode in ("rootless", "inside") else 0

    def own(self, *paths):
        for path in paths:
            os.chown(path, self.uid(), self.uid(), follow_symlinks=False)

    def write_spec(self, edit=None):
        if edit is not None:
            edit(self.spec)
        self.file("bundle/config.json", json.dumps(self.spec))

    def file(self, name, text, mode=0o644):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        self.own(path)
        return path

    def path(self, name):
        return os.path.join(self.dir, name)

    def directory(self, name):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        self.own(path)
        return path

    # Running

    def become(self):
        """Called in the child before the runtime: the user of a rootless run."""
        os.setsid()
        if self.uid() != 0:
            os.setgroups([])
            os.setgid(USER)
            os.setuid(USER)

    def words(self, args, state=True):
        where = ["--root", self.state] if state else []
        inside = ["unshare", "--map-root-user", "--mount"] if self.mode == "inside" else []
        return [*inside, self.command, *where, *args]

    def environment(self, more):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.dir}
        if self.uid() != 0:
            env["XDG_RUNTIME_DIR"] = f"/run/user/{USER}"
        env.update(more or {})
        return {key: value for key, value in env.items() if value is not None}

    def popen(self, args, state=True, env=None, cwd=None, **options):
        return subprocess.Popen(  # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
            self.words(args, state),
            preexec_fn=self.become,
            env=self.environment(env),
            cwd=cwd or (self.bundle if os.path.isdir(self.bundle) else "/"),
            **options,
        )

    def start(self, *args, keep=False, stdin=b"", **options):
        """Runs a verb and notes exit code, stdout and stderr. Output goes to files, because a
        container that stays would hold a pipe open. keep: returns stdout unmasked, unnoted."""
        for name in ("stdout", "stderr"):  # a session in the background may still write to the last
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        with open(self.path("stdout"), "w+b") as out, open(self.path("stderr"), "w+b") as err:
            feed = options.pop("input_fd", None)
            if feed is None:
                feed, end = os.pipe()
                os.fchown(feed, self.uid(), self.uid())  # a name in /proc opens it again
                os.write(end, stdin)
                os.close(end)
            child = self.popen(args, stdin=feed, stdout=out, stderr=err, **options)
            os.close(feed)
            try:
                code = child.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                code = "timeout"
            out.seek(0)
            err.seek(0)
            texts = [f.read().decode("utf-8", "backslashreplace") for f in (out, err)]
        if keep:
            return code, texts[0]
        self.note(" ".join(args), code, *texts)
        return code

    def note(self, what, *results):
        texts = [str(text).replace(self.command, "RUNTIME") for text in (what, *results)]
        self.seen.append([mask(text) for text in texts])

    def note_file(self, name):
        """Notes the text of a file, or that there is none."""
        try:
            with open(self.path(name), encoding="utf-8", errors="backslashreplace") as file:
                text = file.read()
        except OSError as error:
            text = error.strerror
        self.note(name, text)

    def note_number(self, name):
        try:
            with open(self.path(name), encoding="ascii") as file:
                text = file.read()
        except OSError as error:
            return self.note(name, error.strerror)
        return self.note(name, re.fullmatch(r"\d+", text) is not None, os.path.exists(f"/proc/{text}"))

    # Verbs that most cases need

    def run(self, *args, **options):
        return self.start("run", *args, self.id, **options)

    def create(self, *args, **options):
        return self.start("create", *args, self.id, **options)

    def exec(self, *args, **options):
        return self.start("exec", *args, **options)

    def up(self, *args):
        """A container that runs."""
        self.create(*args)
        self.start("start", self.id)

    def status(self):
        code, text = self.start("state", self.id, keep=True)
        return json.loads(text)["status"] if code == 0 else "none"

    def wait_for(self, *wanted):
        status = None
        for _ in range(200):
            status = self.status()
            if status in wanted:
                break
            time.sleep(0.02)
        self.note("status", status)

    def script(self, text):
        """The container's command."""
        self.spec["process"]["args"] = ["sh", "-c", text]
        self.write_spec()

    def wait_for_file(self, name):
        for _ in range(250):
            if os.path.exists(self.path(name)) and os.path.getsize(self.path(name)):
                return
            time.sleep(0.02)
        self.note("missing", name)

    # Terminals and sockets

    def listen(self, name, kind=socket.SOCK_STREAM):
        path = self.path(name)
        server = socket.socket(socket.AF_UNIX, kind)
        here = os.open(self.dir, os.O_PATH)
        server.bind(f"/proc/self/fd/{here}/{name}")
        os.close(here)
        self.own(path)
        server.settimeout(TIMEOUT)
        if kind == socket.SOCK_STREAM:
            server.listen()
        return server, path

    def terminal(self, server):
        """Notes what comes from the terminal that the runtime sends to a console socket."""
        peer, _ = server.accept()
        _, fds, _, _ = socket.recv_fds(peer, 4096, 1)
        self.note("terminal", len(fds))
        for fd in fds:
            self.note("terminal says", read_terminal(fd))
            os.close(fd)
        peer.close()
        server.close()

    def on_terminal(self, *args, feed=b"", after=None):
        """Runs a verb on a terminal of its own; types once it has said `after`."""
        ours, theirs = pty.openpty()
        child = self.popen(args, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        text = ""
        if after is not None:
            text = read_terminal(ours, after)
            os.write(ours, feed)
        text += read_terminal(ours)
        os.close(ours)
        self.note(" ".join(args), child.wait(TIMEOUT), text)

    def clean(self):
        """Ends every container that the case left."""
        _, ids = self.start("list", "-q", keep=True, cwd="/")
        for name in ids.split():
            self.start("delete", "--force", name, keep=True, cwd="/")


def read_terminal(fd, until=None):
    text = b""
    while until is None or until not in text.decode("utf-8", "backslashreplace"):
        if not select.select([fd], [], [], TIMEOUT)[0]:
            break
        try:
            part = os.read(fd, 4096)
        except OSError:
            break
        if not part:
            break
        text += part
    return text.decode("utf-8", "backslashreplace")
