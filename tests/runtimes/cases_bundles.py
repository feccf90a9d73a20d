# SPDX-License-Identifier: Apache-2.0
"""Bundles and configs in unusual places and forms."""

import json
import os
import subprocess

ALL = "root mapped rootless"


def script(run, text="echo ran"):
    run.script(text)


def relative(run, name):
    script(run)
    run.start("run", "--bundle", name, run.id, cwd=run.dir)


def symbolic(run):
    script(run)
    os.symlink("bundle", run.path("link"))
    run.start("run", "--bundle", run.path("link"), run.id, cwd="/")


def through_link(run):
    """A link above the bundle is no matter."""
    script(run)
    os.symlink(".", run.path("here"))
    run.start("run", "--bundle", run.path("here/bundle"), run.id, cwd="/")


def config_link(run):
    script(run)
    os.rename(run.path("bundle/config.json"), run.path("config.json"))
    os.symlink("../config.json", run.path("bundle/config.json"))
    run.run()


def config_hard_link(run):
    script(run)
    os.link(run.path("bundle/config.json"), run.path("other.json"))
    run.run()


def config_of_others(run):
    """A bundle below /, that somebody else owns."""
    script(run)
    os.chown(run.path("bundle/config.json"), 1000, 1000)
    run.run()


def config_open_to_others(run):
    script(run)
    os.chmod(run.path("bundle/config.json"), 0o666)
    run.run()


def config_closed(run):
    script(run)
    os.chmod(run.path("bundle/config.json"), 0o600)
    os.chmod(run.path("bundle"), 0o700)
    run.run()
    run.note("mode", oct(os.stat(run.path("bundle/config.json")).st_mode))


def bundle_read_only(run):
    script(run)
    subprocess.run(["mount", "--bind", "-o", "ro", run.bundle, run.bundle], check=True)
    run.run(cwd="/", env={})
    run.start("run", "--bundle", run.bundle, run.id, cwd="/")
    subprocess.run(["umount", "--lazy", run.bundle], check=True)


def bundle_full(run):
    script(run)
    text = open(run.path("bundle/config.json"), encoding="utf-8").read()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,mode=755", "none", run.bundle],
                   check=True)
    with open(run.path("bundle/config.json"), "w", encoding="utf-8") as file:
        file.write(text)
    try:
        with open(run.path("bundle/fill"), "w", encoding="utf-8") as file:
            file.write("x" * 100000)
    except OSError:
        pass
    run.start("run", "--bundle", run.bundle, run.id, cwd="/")
    subprocess.run(["umount", "--lazy", run.bundle], check=True)


def text(run, change):
    """The config in other bytes."""
    script(run)
    run.file("bundle/config.json", change(json.dumps(run.spec)))
    run.run()


def one_config(run, name):
    script(run)
    run.start("run", "--config", name.replace("BUNDLE", run.bundle), run.id)


def config_elsewhere(run):
    script(run)
    run.file("other.json", json.dumps(run.spec))
    run.start("run", "--config", run.path("other.json"), run.id)


def config_by_link(run):
    script(run)
    os.symlink("bundle/config.json", run.path("link.json"))
    run.start("run", "--config", run.path("link.json"), run.id)


def config_and_bundle(run):
    script(run)
    run.start("run", "--bundle", run.bundle, "--config", run.path("bundle/config.json"), run.id,
              cwd="/")


def config_relative(run):
    script(run)
    run.start("run", "--bundle", "bundle", "-f", "bundle/config.json", run.id, cwd=run.dir)


def config_short(run):
    script(run)
    run.start("create", "--config=config.json", "--bundle", run.bundle, run.id, cwd="/")
    run.start("start", run.id)


def moved(run):
    """The bundle gets another name after create."""
    run.create()
    os.rename(run.bundle, run.path("moved"))
    run.start("start", run.id, cwd="/")
    run.note("status", run.status())
    run.start("kill", run.id, "KILL", cwd="/")
    run.wait_for("stopped")
    run.start("delete", run.id, cwd="/")


def root_directory(run, root):
    script(run)
    words = [root.replace("DIR", run.dir)] if "=" in root else ["--root", root.replace("DIR", run.dir)]
    run.start(*words, "run", run.id, state=False)


def no_runtime_directory(run):
    """Rootless, with --root and nothing else."""
    run.script("sleep 1000")
    without = {"XDG_RUNTIME_DIR": None}
    run.create(env=without)
    run.start("start", run.id, env=without)
    run.exec(run.id, "echo", "session", env=without)
    run.start("delete", "--force", run.id, env=without)
    run.start("state", run.id, env=without)


def lost_bundle(run):
    """crun says that the bundle is / to hooks: a new user namespace and a device."""
    run.spec["linux"]["devices"] = [{"path": "/dev/thing", "type": "c", "major": 1, "minor": 3}]
    script(run, "ls /dev/thing")
    run.start("run", "--bundle", run.bundle, run.id, cwd="/")


def lost_relative_bundle(run):
    run.spec["linux"]["devices"] = [{"path": "/dev/thing", "type": "c", "major": 1, "minor": 3}]
    script(run, "ls /dev/thing")
    run.start("run", "--bundle", "bundle", run.id, cwd=run.dir)
    run.run()


CASES = [
    ("bundle: .", ALL, None, relative, "./bundle"),
    ("bundle: a name", "root", None, relative, "bundle"),
    ("bundle: with a slash at the end", "root", None, relative, "bundle/"),
    ("bundle: up and down", "root", None, relative, "bundle/../bundle"),
    ("bundle: a link", "root", None, symbolic),
    ("bundle: below a link", "root", None, through_link),
    ("bundle: lost with a device", ALL, None, lost_bundle),
    ("bundle: lost with a device, relative", "mapped", None, lost_relative_bundle),
    ("bundle: read-only", "root", None, bundle_read_only),
    ("bundle: full", "root", None, bundle_full),
    ("bundle: moved", "root", None, moved),
    ("config: a link", "root", None, config_link),
    ("config: a hard link", "root", None, config_hard_link),
    ("config: of somebody else", "root", None, config_of_others),
    ("config: open to others", "root", None, config_open_to_others),
    ("config: closed", ALL, None, config_closed),
    ("config: indented", "root", None, text, lambda t: json.dumps(json.loads(t), indent=8)),
    ("config: line ends of DOS", "root", None, text,
     lambda t: json.dumps(json.loads(t), indent=1).replace("\n", "\r\n")),
    ("config: white space around", "root", None, text, lambda t: "\n\t " + t + "\n\n"),
    ("config: malformed", "root", None, text, lambda t: t[:-5]),
    ("config: empty", "root", None, text, lambda t: ""),
    ("config: byte order mark", "root", None, text, lambda t: "\ufeff" + t),
    ("config: comment", "root", None, text, lambda t: "// a comment\n" + t),
    ("config: text after it", "root", None, text, lambda t: t + "x"),
    ("config: a name twice", "root", None, text,
     lambda t: t.replace('"hostname": "case"', '"hostname": "one", "hostname": "two"')),
    ("config: an array", "root", None, text, lambda t: "[" + t + "]"),
    ("config: no process", "root", None, text,
     lambda t: json.dumps({k: v for k, v in json.loads(t).items() if k != "process"})),
    ("config: uid as text", "root", None, text, lambda t: t.replace('"uid": 0', '"uid": "0"')),
    ("config: 300 mounts", "root", None, text, lambda t: t.replace('"mounts": [', '"mounts": [' + ", ".join(
        f'{{"destination": "/tmp/{i}", "type": "tmpfs", "source": "tmpfs"}}' for i in range(100)
    ) + ", ", 1)),
    ("--config config.json", ALL, "crun", one_config, "config.json"),
    ("--config with the whole path", ALL, "crun", one_config, "BUNDLE/config.json"),
    ("--config with a detour", "root", "crun", one_config, "BUNDLE/../bundle/./config.json"),
    ("--config and --bundle", ALL, "crun", config_and_bundle),
    ("--config, both relative", "root", "crun", config_relative),
    ("--config=config.json of create", "root", "crun", config_short),
    ("--config of another file", "root", "crun", config_elsewhere),
    ("--config by a link", "root", "crun", config_by_link),
    ("--config of nothing", "root", "crun", one_config, "/nothing"),
    ("--config of runc", "root", "runc", one_config, "config.json"),
    ("--root that is new", ALL, None, root_directory, "DIR/a/b"),
    ("--root=", "root", None, root_directory, "--root=DIR/other"),
    ("--root, relative", "root", None, root_directory, "../other"),
    ("--root without XDG_RUNTIME_DIR", ALL, None, no_runtime_directory),
]
