# SPDX-License-Identifier: Apache-2.0
"""Runs the binary; shared by the tests of this directory."""

import glob
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("ROOTFENCE", os.path.join(ROOT, "build/rootfence")))
SPECS = os.path.join(ROOT, "tests/golden/specs")
ALL_SPECS = sorted(glob.glob(os.path.join(SPECS, "*/config.json")))


def policy(name):
    return os.path.join(ROOT, "policies", f"{name}.json")


def spec(name):
    return os.path.join(SPECS, name, "config.json")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(directory, name, data):
    path = os.path.join(os.fsencode(directory), os.fsencode(name))
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return os.fsdecode(path)


def run(*args, cwd=None, stdin=b""):
    """(exit, stdout, stderr) of the binary, both as bytes."""
    done = subprocess.run([BINARY, *args], input=stdin, capture_output=True, timeout=120,
                          check=False, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what}\ngot  {got!r}\nwant {want!r}")


def output(exit_code, *args, **how):
    """Standard output of a run that exits with this status and prints nothing to standard error."""
    code, out, err = run(*args, **how)
    equal((code, err), (exit_code, b""), f"{args}: {out[:500]}")
    return out
