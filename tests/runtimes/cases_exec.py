# SPDX-License-Identifier: Apache-2.0
"""Sessions: options of exec and documents, however they come."""

import copy
import json
import os
import subprocess
import threading

ALL = "root mapped rootless"
CAPS = "grep -E ^(Cap|NoNew) /proc/self/status"


def options(run, *words):
    run.up()
    run.exec(*[w.replace("ID", run.id) for w in words])


def document(run, edit, *args):
    """A session from a file in the place that engines use."""
    run.up()
    run.file("process.json", json.dumps(edit(process(run))))
    run.exec("--process", run.path("process.json"), *args, run.id)


def process(run, *args):
    doc = copy.deepcopy(run.spec["process"])
    doc["args"] = list(args) or ["sh", "-c", "id; pwd; grep ^Cap /proc/self/status"]
    return doc


def changed(**values):
    return lambda doc: {**doc, **values}


def from_pipe(run):
    """As a shell's <(...): a name below /dev/fd that leads to a pipe."""
    run.up()
    end, feed = os.pipe()
    os.fchown(end, run.uid(), run.uid())
    os.write(feed, json.dumps(process(run)).encode())
    os.close(feed)
    run.exec("--process", f"/dev/fd/{end}", run.id, pass_fds=[end])
    os.close(end)


def from_descriptor(run):
    run.up()
    path = run.file("process.json", json.dumps(process(run)))
    with open(path, "rb") as file:
        run.exec("--process", f"/proc/self/fd/{file.fileno()}", run.id, pass_fds=[file.fileno()])


def from_stdin(run, name):
    run.up()
    run.exec("--process", name, run.id, stdin=json.dumps(process(run)).encode())


def from_dash(run):
    run.up()
    run.exec("--process=-", run.id, stdin=json.dumps(process(run)).encode())


def from_fifo(run):
    run.up()
    path = run.path("fifo")
    os.mkfifo(path)
    run.own(path)

    def feed():
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(process(run)))

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    run.exec("--process", path, run.id)
    thread.join(5)


def from_link(run):
    run.up()
    run.file("process.json", json.dumps(process(run)))
    os.symlink("process.json", run.path("link"))
    run.exec("--process", run.path("link"), run.id)


def from_hard_link(run):
    run.up()
    run.file("process.json", json.dumps(process(run)))
    os.link(run.path("process.json"), run.path("hard"))
    run.exec("--process", run.path("hard"), run.id)


def from_relative(run):
    run.up()
    run.file("bundle/process.json", json.dumps(process(run)))
    run.exec("--process", "process.json", run.id)


def from_others(run):
    """In a directory that others can write to."""
    run.up()
    run.file("open/process.json", json.dumps(process(run)), 0o666)
    os.chmod(run.path("open"), 0o777)
    run.exec("--process", run.path("open/process.json"), run.id)


def from_read_only(run):
    run.up()
    run.file("ro/process.json", json.dumps(process(run)))
    subprocess.run(["mount", "--bind", "-o", "ro", run.path("ro"), run.path("ro")], check=True)
    run.exec("--process", run.path("ro/process.json"), run.id)
    subprocess.run(["umount", run.path("ro")], check=True)


def from_nothing(run):
    run.up()
    run.exec("--process", run.path("nothing"), run.id)
    run.exec("--process", run.dir, run.id)
    run.exec("--process", "/dev/null", run.id)


def malformed(run):
    run.up()
    run.file("process.json", "{\"args\": [")
    run.exec("--process", run.path("process.json"), run.id)


def many_descriptors(run):
    """The document comes by a pipe, and descriptors go to the session as well."""
    run.up()
    end, feed = os.pipe()
    os.write(feed, json.dumps(process(run, "ls", "/proc/self/fd")).encode())
    os.close(feed)
    three, four = os.open("/dev/null", os.O_RDONLY), os.open("/dev/zero", os.O_RDONLY)

    def place():
        os.dup2(end, 20)
        os.dup2(three, 3)
        os.dup2(four, 4)

    inner, run.become = run.become, lambda: (place(), inner())
    run.exec("--preserve-fds", "2", "--process", "/dev/fd/20", run.id, close_fds=False)
    for fd in (end, three, four):
        os.close(fd)


def detached(run):
    run.up()
    run.exec("--detach", "--pid-file", run.path("pid"), run.id, "sleep", "1000")
    run.note_number("pid")


def detached_from_pipe(run):
    run.up()
    run.exec("--detach", "--pid-file", run.path("pid"), "--process", "/dev/stdin", run.id,
             stdin=json.dumps(process(run, "sleep", "1000")).encode())
    run.note_number("pid")


def reads(run):
    run.up()
    run.exec(run.id, "cat", stdin=b"fed\n")


TABLE = [
    ("command", ALL, None, "ID echo a b"),
    ("exit code", ALL, None, "ID sh -c exit\t5"),
    ("no such program", ALL, None, "ID /nothing"),
    ("--cwd", ALL, None, "--cwd /tmp ID pwd"),
    ("--env", ALL, None, "--env A=1 -e B=2 ID env"),
    ("--user with a group", "root mapped", None, "--user 1000:1001 ID id"),
    ("-u", "root", None, "-u 0:0 ID id"),
    ("--user 0", "root", None, "--user 0 ID id"),
    ("--user of a uid alone", "root", None, "--user 1000 ID id"),
    ("--user of a name", "root", None, "--user user ID id"),
    ("--additional-gids", "root", "runc", "--additional-gids 5 -g 6 ID id"),
    ("--cap", ALL, None, "--cap CAP_KILL -c CAP_CHOWN ID " + CAPS.replace("(", "").replace(
        ")", "").replace("^Cap|NoNew", "^Cap")),
    ("--cap of a newer kernel", ALL, None, "--cap CAP_OF_TOMORROW ID grep ^Cap /proc/self/status"),
    ("--cap in lower case", "root", None, "--cap cap_kill ID grep ^Cap /proc/self/status"),
    ("--no-new-privs", ALL, None, "--no-new-privs ID grep NoNew /proc/self/status"),
    ("--apparmor", "root", None, "--apparmor nothing ID true"),
    ("--process-label", "root", None, "--process-label a:b:c:s0 ID true"),
    ("--cgroup", "root", None, "--cgroup / ID true"),
    ("--cgroup that is missing", "root", None, "--cgroup nothing ID true"),
    ("--cgroup above", "root", None, "--cgroup ../.. ID true"),
    ("--ignore-paused", "root", "runc", "--ignore-paused ID true"),
    ("options of the command", "root", None, "ID ls -d /bin"),
    ("options of the command that are ours too", "root", None, "ID echo --process x --user 5 -b"),
    ("--", "root", None, "-- ID true"),
    ("-p without a file", "root", None, "-p"),
    ("unknown option", "root", None, "--nonsense ID true"),
    ("unknown option with =", "root", None, "--nonsense=1 ID true"),
    ("cluster of letters", "root", None, "-dt ID true"),
    ("--env with a value that begins with -", "root", None, "--env -A=1 ID env"),
    ("empty value", "root", None, "--cwd= ID pwd"),
]

CASES = [
    *((f"exec: {title}", modes, only, options,
       *[w.replace("\t", " ") for w in line.split(" ")]) for title, modes, only, line in TABLE),
    ("exec: reads", ALL, None, reads),
    ("exec: --detach", ALL, None, detached),
    ("exec: document", ALL, None, document, changed()),
    ("exec: document with a user", "root mapped", None, document,
     changed(user={"uid": 1000, "gid": 1000, "additionalGids": [5]})),
    ("exec: document with capabilities", ALL, None, document,
     changed(capabilities={s: ["CAP_KILL"] for s in ("bounding", "effective", "permitted")})),
    ("exec: document with newer capabilities", ALL, None, document,
     changed(capabilities={s: ["CAP_KILL", "CAP_OF_TOMORROW"]
                           for s in ("bounding", "effective", "permitted")})),
    ("exec: document without args", "root", None, document, changed(args=[])),
    ("exec: document with a cwd", "root", None, document, changed(cwd="/tmp")),
    ("exec: document, and more descriptors than a process may have", ALL, None, document,
     changed(), "--preserve-fds", "200000000"),
    ("exec: document that is detached", "root", None, document, changed(args=["sleep", "1"]), "--detach"),
    ("exec: document, malformed", "root", None, malformed),
    ("exec: document that is missing, a directory, a device", "root", None, from_nothing),
    ("exec: document by a pipe", ALL, None, from_pipe),
    ("exec: document by a descriptor", ALL, None, from_descriptor),
    ("exec: document by /dev/stdin", ALL, None, from_stdin, "/dev/stdin"),
    ("exec: document by /proc/self/fd/0", "root", None, from_stdin, "/proc/self/fd/0"),
    ("exec: document by -", "root", "crun", from_dash),
    ("exec: document by a fifo", ALL, None, from_fifo),
    ("exec: document by a link", ALL, None, from_link),
    ("exec: document by a hard link", "root", None, from_hard_link),
    ("exec: document, relative", "root", None, from_relative),
    ("exec: document that others can change", ALL, None, from_others),
    ("exec: document on a read-only file system", "root", None, from_read_only),
    ("exec: document by a pipe, and descriptors", "root", None, many_descriptors),
    ("exec: document by a pipe, detached", "root rootless", None, detached_from_pipe),
]
