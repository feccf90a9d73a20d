#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mutations.py [--live] [--vm] [SUITE...]: can each suite fail? Needs root. Prints TAP.

In a copy of the tree it changes one expectation of a suite, or removes something without which the
suite would test nothing. The suite must then fail and name the case. --live and --vm are for those
two suites, which need containers and minutes.

The copy is an overlay at the tree's own path in a mount namespace, so that nothing is built twice
and the copy vanishes at the end.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def first(pattern):
    return sorted(glob.glob(pattern))[0]


def change(path, old, new):
    """Replaces the first match of a pattern in a file, which must have one."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    changed = re.sub(old, new, text, count=1, flags=re.M)
    if changed == text:
        raise ValueError(f"{path}: nothing like {old}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


# Suite, what is changed, how, and what the suite must then name; with a separate command if the
# whole suite takes long.
GOLDEN = "tests/golden/*/*/expect.json"
GUEST = "tests/vm/guest/guard.bats"
MUTATIONS = [
    ("build", "another kind of binary is expected",
     lambda: change("tests/build.sh", "Type:.*DYN", "Type:.*EXEC"), "one static-pie binary"),
    ("unit", "the first assertion is turned",
     lambda: change(first("tests/unit/*_test.c"), r"\bassert_true\(", "assert_false("),
     f"unit/{os.path.basename(first(f'{ROOT}/tests/unit/*_test.c'))[:-2]}"),
    ("golden", "the first case expects another verdict",
     lambda: change(first(GOLDEN), '"allow"', '"log"'), "apparmorProfile/01-none: verdict"),
    ("golden", "the first case has no expect.json",
     lambda: os.remove(first(GOLDEN)), "apparmorProfile/01-none: is a case"),
    ("golden", "the first case expects {}",
     lambda: write(first(GOLDEN), "{}"), "apparmorProfile/01-none: is a case"),
    ("golden", "its script runs nothing",
     lambda: write("tests/golden/run.sh", "#!/bin/sh\necho 1..0\n"), "planned 0, ran 0"),
    ("hostile", "the first row expects another exit code",
     lambda: change("tests/hostile/specs.tsv", "\t3\t", "\t4\t"), "spec: duplicate key"),
    ("hostile", "a table has no rows",
     lambda: write("tests/hostile/policies.tsv", "# nothing\n"), "policies.tsv: no rows"),
    ("commands", "the first test expects another level",
     lambda: change("tests/commands/formats.py", '"error"', '"none"'), "sarif of every spec"),
    ("policies", "the first case expects another verdict",
     lambda: change(first("policies/tests/*/*.expect.json"), '("verdict": )"[a-z]+"', r'\1"invalid"'),
     "audit/01-"),
    ("policies", "the first case has no expectation",
     lambda: os.remove(first("policies/tests/*/*.expect.json")), "audit/01-"),
    ("faults", "the first scenario expects another exit code",
     lambda: change("tests/faults/scenarios.py", r'Scenario\("precreate", 0', 'Scenario("precreate", 1'),
     "precreate: exit 1", ["tests/faults/run.sh", "precreate"]),
    ("mounts", "the policy only logs",
     lambda: change("tests/mounts/mounts.py", r"policies/default\.json", "policies/audit.json"),
     "nothing of the host is readable", ["tests/mounts/run.sh", "200"]),
    ("fuzz", "the first target's check is turned",
     lambda: change(first("tests/fuzz/*_fuzz.c"), r"\bmust\(", "must(!"), "args: seeds and corpus"),
    ("fuzz", "a target has no seeds",
     lambda: change("tests/fuzz/seeds.py", r'"state"', '"stale"'), "state: seeds and corpus"),
    ("lint", "a source has a blank too many",
     lambda: change(first("hook/*.c"), r"^\treturn ", r"\treturn  "), "clang-format"),
]
LIVE = [
    ("live", "another version is expected",
     lambda: change("tests/live/abi.bats", "has version 99", "has version 98"),
     "load and status refuse it", ["bats", "--tap", "tests/live/abi.bats"]),
    ("live", "a file does not parse",
     lambda: change("tests/live/abi.bats", r"\Z", "if\n"), "syntax error",
     ["bats", "--tap", "tests/live/abi.bats"]),
]
VM = [
    ("vm", "another guarantee is expected",
     lambda: change(GUEST, r'"\$\(expected_level\)"', "none"), "guarantee and kernel hook are the best",
     ["make", "check-vm", "VM=bookworm/lsm", "TESTS=guard"]),
]

TARGETS = {"unit": "unit-tests", "fuzz": "fuzz-targets"}


def build(suites):
    """Builds once what the suites would build."""
    for suite in suites:
        subprocess.run(["make", f"-j{os.cpu_count()}", TARGETS.get(suite, "all")], check=True,
                       stdout=sys.stderr)


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def outcome(suite, how, wanted, command):
    """Why the suite does not fail as it must, or None."""
    layer = tempfile.mkdtemp(prefix="mutation-")
    mount("-t", "tmpfs", "mutation", layer)
    for name in ("upper", "work"):
        os.mkdir(f"{layer}/{name}")
    mount("-t", "overlay", "mutation", ROOT,
          "-o", f"lowerdir={ROOT},upperdir={layer}/upper,workdir={layer}/work")
    os.chdir(ROOT)
    try:
        how()
        done = subprocess.run(command or ["make", f"check-{suite}"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, env={**os.environ, "PLAIN": "1"})
    finally:
        os.chdir("/")
        subprocess.run(["umount", "-l", ROOT], check=True)
        subprocess.run(["umount", "-l", layer], check=True)
        os.rmdir(layer)
    lines = done.stdout.splitlines()
    if done.returncode == 0:
        return f"it passes: {lines[-1:]}"
    if not any(wanted in line for line in lines):
        return "\n".join([f"it fails, and does not name '{wanted}'", *lines[-20:]])
    return None


def main():
    options = [a for a in sys.argv[1:] if a.startswith("--")]
    wanted = [a for a in sys.argv[1:] if not a.startswith("--")]
    mutations = MUTATIONS + LIVE * ("--live" in options) + VM * ("--vm" in options)
    mutations = [m for m in mutations if not wanted or m[0] in wanted]
    if not mutations or os.geteuid() != 0:
        sys.exit("mutations: needs root, and a suite that it knows")
    if os.environ.get("MUTATIONS") != "inside":
        os.chdir(ROOT)
        build(sorted({m[0] for m in mutations}))
        os.environ["MUTATIONS"] = "inside"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private",
                              os.path.join(ROOT, "tests/mutations.py"), *sys.argv[1:]])
    failed = 0
    for number, (suite, what, how, name, *command) in enumerate(mutations, 1):
        why = outcome(suite, how, name, command[0] if command else None)
        failed += why is not None
        print(f"{'ok' if why is None else 'not ok'} {number} - {suite}: {what}", flush=True)
        for line in (why or "").splitlines():
            print(f"# {line}", flush=True)
    print(f"1..{len(mutations)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
