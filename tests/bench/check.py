#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how fast check is: `make bench-check`, or check.py [FILES].

Makes FILES specs (10,000) from those of tests/golden/specs, each with another hostname. They are
judged by rootfence under the default policy and by one jq process with check.jq, which checks the
same. Prints time, processor time and memory of both, what rootfence needs for a tenth of the files,
and whether the two find the same. Exits 1 unless rootfence is 20 times as fast.
"""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("ROOTFENCE", os.path.join(ROOT, "build/rootfence")))
POLICY = os.path.join(ROOT, "policies/default.json")
WANTED = 20


def make(directory, count):
    specs = [open(path, encoding="utf-8").read()
             for path in sorted(glob.glob(os.path.join(ROOT, "tests/golden/specs/*/config.json")))]
    for number in range(count):
        text = re.sub(r'("hostname": ?")', rf"\g<1>h{number}-", specs[number % len(specs)])
        with open(os.path.join(directory, f"{number:06}.json"), "w", encoding="utf-8") as file:
            file.write(text)


def peak_of(pid):
    """kB since execve, or None when the process has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
    except OSError:
        return None
    return int(found[1]) if found else None


def watch(pid):
    """Peak memory of a process in kB; waits until it ends."""
    peak = 0
    while (now := peak_of(pid)) is not None:
        peak = now
        time.sleep(0.01)
    return peak


def measure(*command):
    """(seconds, processor seconds, peak kB) of a command; its output is discarded."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        start = time.monotonic()
        peak = watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[0]}: exit {process.returncode}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, peak


def show(name, count, got):
    print(f"{name:9} {count:7} files  {got[0]:8.2f} s  {got[1]:8.2f} s of processor  {got[2]:7} kB")


def found_alike(paths):
    out = subprocess.run([BINARY, "check", "--policy", POLICY, "--format", "json", *paths],
                         stdout=subprocess.PIPE, check=False).stdout
    ours = {r["path"]: {f["rule"] for f in r["findings"]} for r in json.loads(out)["results"]}
    out = subprocess.run(["jq", "-rf", os.path.join(HERE, "check.jq"), *paths],
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    theirs = {line.split("\t")[0]: set(line.split("\t")[1:]) for line in out.splitlines()}
    return sum(ours[path] == theirs[path] for path in paths)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        make(directory, count)
        files = sorted(glob.glob(os.path.join(directory, "*.json")))
        sample = files[:200]
        print(f"the same findings in {found_alike(sample)} of {len(sample)} files")
        check = [BINARY, "check", "--policy", POLICY]
        few = measure(*check, *files[:count // 10])
        # Before and after jq, since the machine's speed may change while jq runs.
        before = measure(*check, directory)
        theirs = measure("jq", "-rf", os.path.join(HERE, "check.jq"), *files)
        after = measure(*check, directory)
    ours = tuple((a + b) / 2 for a, b in zip(before, after))
    show("rootfence", count // 10, few)
    show("rootfence", count, (ours[0], ours[1], max(before[2], after[2])))
    show("jq", count, theirs)
    print(f"{theirs[0] / ours[0]:.1f} times as fast, {theirs[1] / ours[1]:.1f} by processor time")
    return 0 if theirs[0] >= WANTED * ours[0] else 1


if __name__ == "__main__":
    sys.exit(main())
