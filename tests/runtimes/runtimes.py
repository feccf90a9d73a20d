#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""runtimes.py WORK RUNTIME [PART-OF-A-NAME...]: every case alone and wrapped; see lab.py."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

import cases  # noqa: E402 pylint: disable=wrong-import-position
import lab  # noqa: E402 pylint: disable=wrong-import-position
import refusals  # noqa: E402 pylint: disable=wrong-import-position
import tap  # noqa: E402 pylint: disable=wrong-import-position

WORKERS = 6  # a case mostly waits
TRIES = 4  # a runtime alone does not always say the same: its processes race
AGAIN = 3  # tries of the wrapper, of which the last counts
# A fault that shows now and then would pass, too: so few cases may need another try, and each is printed.
AGAIN_MAX = 10
CHOSEN = []  # filled before the workers start, which inherit it: functions cannot be sent
PROGRAMS = ["sh", "sleep", "cat", "echo", "id", "ls", "env", "tty", "stat", "grep", "true", "false",
            "touch", "head", "wc", "mount", "hostname", "kill", "ps", "mkdir", "readlink", "pwd",
            "stty", "test", "rm", "ulimit", "nsenter", "sort", "printf", "cut", "dd", "umask"]


def make_rootfs(work):
    """A root for each mode, owned by who is root in it."""
    for mode, owner in (("root", 0), ("mapped", lab.MAPPED), ("rootless", lab.USER),
                        ("inside", lab.USER)):
        root = os.path.join(work, "rootfs", mode)
        for name in ("bin", "dev", "proc", "sys", "tmp", "etc", "data"):
            os.makedirs(os.path.join(root, name))
        shutil.copy(shutil.which("busybox"), os.path.join(root, "bin", "busybox"))
        for name in PROGRAMS:
            os.symlink("busybox", os.path.join(root, "bin", name))
        with open(os.path.join(root, "etc", "passwd"), "w", encoding="ascii") as file:
            file.write("root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n")
        for path, directories, files in os.walk(root):
            for name in (".", *directories, *files):
                os.chown(os.path.join(path, name), owner, owner, follow_symlinks=False)


def observe(where, command, runtime, case):
    run = lab.Run(where, command, runtime, case.mode, case.name)
    try:
        case.function(run, *case.arguments)
    finally:
        run.clean()
    return run.seen


def compare(alone, wrapped):
    if alone == wrapped:
        return []
    lines = []
    for i in range(max(len(alone), len(wrapped))):
        one = alone[i] if i < len(alone) else None
        two = wrapped[i] if i < len(wrapped) else None
        if one != two:
            lines += [f"alone:   {one}", f"wrapped: {two}"]
    return lines


def try_once(where, work, runtime, case, tries):
    """What the wrapper shows, the runtime alone must show, too. Returns one of what it showed."""
    wrapped = observe(where, os.path.join(work, "bin", runtime), runtime, case)
    for _ in range(tries):
        alone = observe(where, shutil.which(runtime), runtime, case)
        if alone == wrapped:
            break
    return alone, wrapped


def try_case(job):
    """Returns why the case failed, what was seen, and what differed before. A refusal must be the
    documented one."""
    work, runtime, number = job
    case = CHOSEN[number]
    where = os.path.join(work, "lab", multiprocessing.current_process().name)
    os.makedirs(where, exist_ok=True)
    refusal = refusals.find(runtime, case)
    raced = []
    try:
        for _ in range(AGAIN):
            alone, wrapped = try_once(where, work, runtime, case, TRIES if refusal is None else 1)
            if alone == wrapped:
                why = [] if refusal is None else ["no difference; refusals.py lists one"]
                return why, wrapped, raced
            if refusal is not None:
                break
            raced = compare(alone, wrapped)
    except Exception:  # pylint: disable=broad-except
        return traceback.format_exc().splitlines()[-12:], [], []
    why = compare(alone, wrapped)
    if refusal is not None:
        text = "\n".join(" ".join(step) for step in wrapped)
        return ([] if refusal in text else [f"expected: {refusal}", *why]), alone, []
    return why, alone, []


def started(seen):
    """Whether the runtime started something, by the steps of a case."""
    return any(step[0].startswith(("run ", "create ", "start ")) and step[1] == "0" for step in seen)


def point_for_each_mode(results, runtime, outcomes):
    """A runtime that starts nothing here does the same with and without the wrapper: nothing."""
    for mode in sorted({case.mode for case in CHOSEN}):
        of_mode = [started(seen) for case, seen in outcomes if case.mode == mode]
        results.point(f"{runtime}: {mode}: most cases start a container",
                      f"{sum(of_mode)} of {len(of_mode)}" if sum(of_mode) * 2 < len(of_mode) else None)


def main():
    work, runtime, parts = sys.argv[1], sys.argv[2], sys.argv[3:]
    make_rootfs(work)
    os.makedirs(f"/run/user/{lab.USER}")
    os.chown(f"/run/user/{lab.USER}", lab.USER, lab.USER)
    CHOSEN.extend(c for c in cases.all_cases(runtime)
                  if not parts or any(p in c.name for p in parts))
    results = tap.Tap()
    outcomes = []
    again = 0
    with multiprocessing.Pool(WORKERS) as pool:
        jobs = [(work, runtime, number) for number in range(len(CHOSEN))]
        for case, (why, seen, raced) in zip(CHOSEN, pool.imap(try_case, jobs)):
            results.point(f"{runtime}: {case.name}", why)
            again += bool(raced)
            for line in raced:
                print(f"# tried again: {line}"[:600])
            outcomes.append((case, seen))
            if os.environ.get("SHOW"):
                for step in seen:
                    print("#   " + repr(step)[:1500])
    results.point(f"{runtime}: few cases needed another try",
                  f"{again} of {len(CHOSEN)}" if again > AGAIN_MAX else None)
    if not parts:
        point_for_each_mode(results, runtime, outcomes)
    subprocess.run(["sh", "-c", "rmdir /sys/fs/cgroup/*/rootfence-runtimes/* "
                    "/sys/fs/cgroup/*/rootfence-runtimes /sys/fs/cgroup/rootfence-runtimes/* "
                    "/sys/fs/cgroup/rootfence-runtimes"], stderr=subprocess.DEVNULL, check=False)
    return results.done()


if __name__ == "__main__":
    sys.exit(main())
