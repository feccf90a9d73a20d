# SPDX-License-Identifier: Apache-2.0
"""Terminals, sockets, descriptors, signals, logs and hooks' input."""

import json
import os
import signal
import socket
import subprocess
import time

ALL = "root mapped rootless"


def reads(run):
    run.script("cat; echo end")
    run.run(stdin=b"fed\n")


def closed_files(run):
    run.script("ls /proc/self/fd | wc -l")
    inner = run.become
    run.become = lambda: (os.close(0), inner())
    run.run()


def own_terminal(run):
    run.spec["process"]["terminal"] = True
    run.script("tty >/dev/null && echo terminal; stty size; read line; echo got $line")
    run.on_terminal("run", run.id, feed=b"line\n", after="\n")


def no_terminal(run):
    run.spec["process"]["terminal"] = True
    run.script("echo")
    run.run()


def console_socket(run, *args):
    run.spec["process"]["terminal"] = True
    run.script("tty >/dev/null && echo terminal")
    server, path = run.listen("console")
    run.create("--console-socket", path, *args)
    run.start("start", run.id)
    run.terminal(server)


def console_without_terminal(run):
    _, path = run.listen("console")
    run.create("--console-socket", path)


def exec_console_socket(run):
    run.up()
    server, path = run.listen("console")
    run.exec("--tty", "--detach", "--console-socket", path, run.id, "sh", "-c", "tty >/dev/null && echo yes")
    run.terminal(server)


def exec_on_terminal(run):
    run.up()
    # crun prints what it reads after the end of the process as an error.
    run.on_terminal("exec", "--tty", run.id, "sh", "-c", "tty >/dev/null && echo yes; sleep 0.3")


def preserve(run, option, environment):
    """Descriptors 3 and 4 are a file's; the container lists what it has."""
    run.script("ls -l /proc/self/fd | grep -o '[0-9]* -> .*' | grep -v pipe | sort; env")
    run.file("three", "text of three\n")
    inner, path = run.become, run.path("three")

    def place():
        for number in (3, 4):
            fd = os.open(path, os.O_RDONLY)
            os.dup2(fd, number)
            if fd not in (3, 4):
                os.close(fd)
        inner()

    run.become = place
    run.spec["process"]["args"][2] = "cat <&3; ls /proc/self/fd | wc -l; env | sort"
    run.write_spec()
    run.run(*option, env=environment, close_fds=False)


def notify(run, wrapped_in):
    server, path = run.listen("notify", socket.SOCK_DGRAM)
    os.chmod(path, 0o777)
    run.script("test -n \"$NOTIFY_SOCKET\" && ls -d \"$NOTIFY_SOCKET\" | grep -c notify; env | grep -c NOTIFY")
    run.run(*wrapped_in, env={"NOTIFY_SOCKET": path})
    server.close()


def signals(run, number):
    """A signal to the runtime reaches the process."""
    run.script("trap 'echo got it; exit 9' INT TERM USR1 HUP; echo up; while :; do sleep 0.05; done")
    with open(run.path("out"), "w+b") as out, open(run.path("err"), "w+b") as err:
        child = run.popen(["run", run.id], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        run.wait_for_file("out")
        child.send_signal(number)
        run.note("signal", child.wait(20))
    run.note_file("out")
    run.note_file("err")


def ignored(run):
    """What the caller ignores and blocks stays so in the container."""
    run.script("grep -E '^Sig(Ign|Blk)' /proc/self/status")
    inner = run.become

    def block():
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        inner()

    run.become = block
    run.run()


def logged(run, *options):
    """A failure goes to the log."""
    run.spec["process"]["args"] = ["/nothing"]
    run.write_spec()
    log = run.path("log")
    run.start("--log", log, *options, "run", run.id)
    run.note_file("log")


def logged_create(run):
    log = run.path("log")
    run.start("--log", log, "--log-format", "json", "create", run.id)
    run.note_file("log")


def log_in_nothing(run):
    run.start("--log", run.path("a/b/log"), "create", run.id)


def log_format_unknown(run):
    run.start("--log", run.path("log"), "--log-format", "nonsense", "create", run.id)


def pid_file(run, verb, *options):
    run.start(verb, *options, "--pid-file", run.path("pid"), run.id)
    run.note_number("pid")


def pid_file_in_nothing(run):
    run.create("--pid-file", run.path("a/b/pid"))
    run.note("status", run.status())


STAGES = "prestart createRuntime createContainer startContainer poststart poststop".split()


def hooks_in_order(run):
    log = run.path("order")
    run.file("order", "", 0o666)
    inside = "/order"
    run.spec["mounts"].append({"destination": inside, "type": "bind", "source": log,
                               "options": ["bind"]})
    run.spec["hooks"] = {}
    for stage in STAGES:
        name = inside if stage == "startContainer" else log
        run.spec["hooks"][stage] = [
            {"path": "/bin/sh", "args": ["sh", "-c", f"echo {stage} {n} >>{name}"]} for n in "12"]
    run.script("echo process >>/order")
    run.run()
    # crun does not wait for one side before it goes on with the other.
    lines = open(log, encoding="ascii").read().split("\n")
    inside = [line for line in lines if line.startswith(("startContainer", "process"))]
    run.note("order", inside, [line for line in lines if line not in inside])


def hook_state(run, stage):
    """What a hook of the spec's own is given: state, environment, working directory."""
    run.file("seen", "", 0o666)
    run.spec["hooks"] = {stage: [{"path": "/bin/sh", "env": ["A=1"], "args": [
        "sh", "-c", f"cat >{run.path('seen')}; {{ echo; pwd; echo $A$PATH; }} >>{run.path('seen')}"]}]}
    run.spec["annotations"] = {"org.example": "value"}
    run.script("exit 0")
    run.run()
    text = open(run.path("seen"), encoding="utf-8").read().split("\n")
    state = json.loads(text[0] or "{}")
    state.pop("pid", None)
    run.note(stage, json.dumps(state, sort_keys=True), *text[1:])


def seccomp_listener(run):
    server, path = run.listen("seccomp")
    run.spec["linux"]["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": path, "listenerMetadata": "data",
        "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_NOTIFY"}]}
    run.script("echo")
    child = run.popen(["run", run.id], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                      stderr=subprocess.STDOUT)
    try:
        server.settimeout(3)
        peer, _ = server.accept()
        text, fds, _, _ = socket.recv_fds(peer, 16384, 4)
        state = json.loads(text)
        run.note("listener", len(fds), sorted(state), state.get("metadata"))
        for fd in fds:
            os.close(fd)
        peer.close()
    except OSError as error:
        run.note("listener", error)
    server.close()
    out, _ = child.communicate(timeout=20)
    run.note("run", child.returncode, out.decode())


def environment(run):
    """What the caller's environment has does not matter."""
    run.script("env | sort")
    run.run(env={"LD_LIBRARY_PATH": "/nothing", "GOMAXPROCS": "1", "ROOTFENCE": "x", "USER": "root"})


def no_environment(run):
    run.script("env | sort")
    run.run(env={"PATH": None, "HOME": None, "XDG_RUNTIME_DIR": None})


def working_directory(run):
    """The runtime is called in another directory, with a bundle that is relative."""
    run.create("--bundle", "bundle", cwd=run.dir)
    run.start("start", run.id, cwd="/")
    run.note("status", run.status())


def quick(run):
    """Ten containers at once, from bundles of their own."""
    children = []
    for i in range(6):
        bundle = run.directory(f"b{i}")
        run.spec["process"]["args"] = ["sh", "-c", f"exit {i}"]
        run.spec["linux"]["cgroupsPath"] = f"/rootfence-runtimes/{os.path.basename(run.lab)}-b{i}"
        run.file(f"b{i}/config.json", json.dumps(run.spec))
        children.append(run.popen(["run", "--bundle", bundle, f"c{i}"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        time.sleep(0.01)
    run.note("at once", [child.wait(30) for child in children])


CASES = [
    ("reads its input", ALL, None, reads),
    ("closed standard input", "root", None, closed_files),
    ("terminal of the caller", ALL, None, own_terminal),
    ("terminal without one", "root", None, no_terminal),
    ("console socket", ALL, None, console_socket),
    ("console socket without a terminal", "root", None, console_without_terminal),
    ("exec: console socket", ALL, None, exec_console_socket),
    ("exec: terminal of the caller", ALL, None, exec_on_terminal),
    ("--preserve-fds 2", ALL, None, preserve, ["--preserve-fds", "2"], {}),
    ("--preserve-fds 1", "root", None, preserve, ["--preserve-fds", "1"], {}),
    ("LISTEN_FDS", ALL, None, preserve, [], {"LISTEN_FDS": "2"}),
    ("LISTEN_FDS and --preserve-fds", "root", None, preserve, ["--preserve-fds", "1"],
     {"LISTEN_FDS": "1"}),
    ("NOTIFY_SOCKET", ALL, None, notify, []),
    ("SIGTERM", ALL, None, signals, signal.SIGTERM),
    ("SIGINT", "root", None, signals, signal.SIGINT),
    ("SIGUSR1", "root", None, signals, signal.SIGUSR1),
    ("SIGHUP", "root", None, signals, signal.SIGHUP),
    ("ignored and blocked signals", "root", None, ignored),
    ("--log, text", ALL, None, logged),
    ("--log, json", ALL, None, logged, "--log-format", "json"),
    ("--log, --debug", "root", "runc", lambda run: logged(run, "--log-format", "text")),
    ("--log of what works", ALL, None, logged_create),
    ("--log in no directory", "root", None, log_in_nothing),
    ("--log-format: unknown", "root", None, log_format_unknown),
    ("--pid-file of create", ALL, None, pid_file, "create"),
    ("--pid-file of run", "root", None, pid_file, "run", "--detach"),
    ("--pid-file in no directory", "root", None, pid_file_in_nothing),
    ("hooks in order", ALL, None, hooks_in_order),
    *((f"hook's state: {stage}", "root mapped rootless", None, hook_state, stage)
      for stage in ("prestart", "createRuntime", "poststart", "poststop")),
    ("seccomp listener", "root", None, seccomp_listener),
    ("environment of the caller", ALL, None, environment),
    ("no environment", "root rootless", None, no_environment),
    ("working directory elsewhere", ALL, None, working_directory),
    ("several at once", "root", None, quick),
]
