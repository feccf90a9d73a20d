# SPDX-License-Identifier: Apache-2.0
"""Verbs and options: what a command line answers, and what state it leaves."""

import json

ALL = "root mapped rootless"


def plain(run, *args, **options):
    """A command line without a container."""
    run.start(*args, **options)


def bare(run, *args):
    """The same without --root."""
    run.start(*args, state=False)


def on_created(run, *lines):
    run.create()
    for line in lines:
        run.start(*line.replace("ID", run.id).split())
    run.wait_for("none", "stopped", "running", "created", "paused")


def on_running(run, *lines):
    run.up()
    for line in lines:
        run.start(*line.replace("ID", run.id).split())
    run.note("status", run.status())


def create_with(run, *args):
    """Options of create, written in the place of %: the bundle and the id come from the case."""
    words = [a.replace("BUNDLE", run.bundle).replace("ID", run.id) for a in args]
    run.start(*words, cwd="/")
    run.note("status", run.status())


def whole_life(run):
    run.create("--pid-file", run.path("pid"))
    run.note_number("pid")
    for verb in ("state", "start", "state"):
        run.start(verb, run.id)
    run.start("kill", run.id, "KILL")
    run.wait_for("stopped")
    run.start("state", run.id)
    run.start("delete", run.id)
    run.start("state", run.id)


def state_document(run):
    run.up()
    _, text = run.start("state", run.id, keep=True)
    state = json.loads(text)
    for key in ("pid", "created", "systemd-scope", "creator"):
        state.pop(key, None)
    run.note("state", json.dumps(state, sort_keys=True))


def processes(run):
    run.up()
    code, text = run.start("ps", "--format", "json", run.id, keep=True)
    run.note("ps", code, len(json.loads(text)))


def twice(run):
    run.create()
    run.create()
    run.start("start", run.id)
    run.start("start", run.id)
    run.start("delete", run.id)
    run.note("status", run.status())


def run_again(run):
    run.script("exit 3")
    for _ in range(3):
        run.run()


def run_kept(run, *args):
    run.script("exit 3")
    run.run("--keep", *args)
    run.start("state", run.id)
    run.start("delete", run.id)


def detached(run):
    run.run("--detach", "--pid-file", run.path("pid"))
    run.note_number("pid")
    run.note("status", run.status())
    run.start("kill", run.id, "KILL")
    run.wait_for("stopped")


def update_file(run, text):
    run.up()
    run.start("update", "--resources", "-", run.id, stdin=text.encode())


def two_containers(run):
    run.create()
    run.start("create", "other")
    run.start("list", "-q")
    run.start("delete", "--force", "other")
    run.start("list", "-q")


def other_bundle(run):
    run.start("create", "--bundle", run.path("nothing"), run.id)
    run.directory("empty")
    run.start("create", "--bundle", run.path("empty"), run.id)


VERBS = ("checkpoint create delete events exec features kill list pause ps restore resume run spec "
         "start state update").split()

CASES = [
    ("--version", ALL, None, bare, "--version"),
    ("-v", "root", None, bare, "-v"),
    ("--help", ALL, None, bare, "--help"),
    ("-h", "root", None, bare, "-h"),
    ("help", "root", None, bare, "help"),
    ("no words", "root", None, bare),
    ("features", "root", None, bare, "features"),
    ("unknown verb", "root", None, plain, "nonsense"),
    ("unknown global option with =", "root", None, plain, "--nonsense=1", "list"),
    ("list of nothing", ALL, None, plain, "list"),
    ("list -q", "root", None, plain, "list", "-q"),
    ("list --format json", "root", None, plain, "list", "--format", "json"),
    ("state of nothing", ALL, None, plain, "state", "nothing"),
    ("start of nothing", "root", None, plain, "start", "nothing"),
    ("kill of nothing", "root", None, plain, "kill", "nothing", "KILL"),
    ("delete of nothing", ALL, None, plain, "delete", "nothing"),
    ("delete --force of nothing", "root", None, plain, "delete", "--force", "nothing"),
    ("exec in nothing", ALL, None, plain, "exec", "nothing", "true"),
    ("create without an id", "root", None, plain, "create"),
    ("run without an id", "root", None, plain, "run"),
    ("exec without a command", "root", None, on_running, "exec ID"),
    ("spec", "root", None, lambda run: (run.start("spec", "--bundle", run.directory("new")),
                                        run.note_file("new/config.json"))),
    ("spec --rootless", "root rootless", None,
     lambda run: (run.start("spec", "--rootless", "--bundle", run.directory("new")),
                  run.note_file("new/config.json"))),
    ("whole life", ALL, None, whole_life),
    ("state document", ALL, None, state_document),
    ("create, start, delete twice", "root", None, twice),
    ("run again", ALL, None, run_again),
    ("run --keep", ALL, None, run_kept),
    ("run --detach", ALL, None, detached),
    ("run -d", "root", None, lambda run: (run.run("-d"), run.note("status", run.status()))),
    ("two containers of one bundle", "root", None, two_containers),
    ("bundle that is missing or empty", "root", None, other_bundle),
    ("delete of what runs", "root", None, on_running, "delete ID"),
    ("delete --force of what runs", ALL, None, on_running, "delete --force ID"),
    ("delete -f", "root", None, on_running, "delete -f ID"),
    ("kill by name", "root", None, on_created, "kill ID SIGKILL"),
    ("kill by number", "root", None, on_created, "kill ID 9"),
    ("kill --all", "root", None, on_running, "kill --all ID KILL"),
    ("kill -a", "root", None, on_running, "kill -a ID KILL"),
    ("kill: unknown signal", "root", None, on_running, "kill ID NONSENSE"),
    ("pause and resume", "root mapped", None, on_running, "pause ID", "state ID", "resume ID"),
    ("exec while paused", "root", None, on_running, "pause ID", "exec ID true", "resume ID"),
    ("ps", "root mapped", None, processes),
    ("events --stats", "root", "runc", lambda run: (run.up(), run.note(
        "events", run.start("events", "--stats", run.id, keep=True)[0]))),
    ("update of memory", "root mapped", None, on_running, "update --memory 50000000 ID"),
    ("update of pids", "root", None, on_running, "update --pids-limit 30 ID"),
    ("update of cpu", "root", None, on_running, "update --cpu-share 300 --cpu-quota 40000 ID"),
    ("update from a document", "root", None, update_file, '{"memory": {"limit": 60000000}}'),
    ("update from a malformed document", "root", None, update_file, "{"),
    ("checkpoint without criu", "root", None, on_running, "checkpoint ID"),
    ("restore without criu", "root", None,
     lambda run: run.start("restore", "--image-path", run.directory("image"), run.id)),
    # Spellings
    ("--bundle B", ALL, None, create_with, "create", "--bundle", "BUNDLE", "ID"),
    ("--bundle=B", "root", None, create_with, "create", "--bundle=BUNDLE", "ID"),
    ("-b B", "root", None, create_with, "create", "-b", "BUNDLE", "ID"),
    ("--bundle twice", "root", None, create_with, "create", "--bundle", "/", "--bundle", "BUNDLE",
     "ID"),
    ("-- before the id", "root", None, create_with, "create", "--bundle", "BUNDLE", "--", "ID"),
    ("unknown option with =", "root", None, create_with, "create", "--nonsense=1", "--bundle",
     "BUNDLE", "ID"),
    ("flag with =true", "root", "runc", create_with, "create", "--no-pivot=true", "--bundle",
     "BUNDLE", "ID"),
    ("--no-pivot", "root", None, create_with, "create", "--no-pivot", "--bundle", "BUNDLE", "ID"),
    ("--no-new-keyring", ALL, None, create_with, "create", "--no-new-keyring", "--bundle",
     "BUNDLE", "ID"),
    ("--no-subreaper", "root", None, create_with, "run", "--no-subreaper", "--detach", "--bundle",
     "BUNDLE", "ID"),
    ("--systemd-cgroup", "root", None, create_with, "--systemd-cgroup", "create", "--bundle",
     "BUNDLE", "ID"),
    ("--rootless true", "root", "runc", create_with, "--rootless", "true", "create", "--bundle",
     "BUNDLE", "ID"),
    ("--cgroup-manager", "root", "crun", create_with, "--cgroup-manager=disabled", "create",
     "--bundle", "BUNDLE", "ID"),
    ("--criu", "root", "runc", create_with, "--criu", "/nothing", "create", "--bundle", "BUNDLE",
     "ID"),
    ("--debug", "root", "runc", create_with, "--debug", "--log", "/dev/null", "create", "--bundle",
     "BUNDLE", "ID"),
    ("--debug of crun", "root", "crun", create_with, "--debug", "create", "--bundle", "BUNDLE",
     "ID"),
    ("-bB", "root", None, create_with, "create", "-bBUNDLE", "ID"),
    ("--bun B", "root", None, create_with, "create", "--bun", "BUNDLE", "ID"),
    ("option after the id", "root", None, create_with, "create", "ID", "--bundle", "BUNDLE"),
    ("two ids", "root", None, create_with, "create", "--bundle", "BUNDLE", "ID", "other"),
    ("id with a slash", "root", None, create_with, "create", "--bundle", "BUNDLE", "a/b"),
    ("id with two dots", "root", None, create_with, "create", "--bundle", "BUNDLE", ".."),
    ("id of 128 characters", "root", None, create_with, "create", "--bundle", "BUNDLE", "x" * 128),
    ("unknown option of create", "root", None, create_with, "create", "--nonsense", "--bundle",
     "BUNDLE", "ID"),
    ("-f of create", "root", None, create_with, "create", "-f", "/nothing/here", "--bundle",
     "BUNDLE", "ID"),
    *((f"{verb} --help", "root", None, bare, verb, "--help") for verb in VERBS),
]
