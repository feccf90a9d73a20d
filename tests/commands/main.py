#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test_* function of the modules in this directory; see run.sh. Prints TAP.

A test fails with any exception. It gets a directory of its own, which is the working directory of
the binary.
"""

import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../golden"), os.path.join(HERE, "../lib")]

import docs  # noqa: E402, after sys.path is set
import fixes  # noqa: E402
import formats  # noqa: E402
import lists  # noqa: E402
import logged  # noqa: E402
import offline  # noqa: E402
import policies  # noqa: E402
import restraint  # noqa: E402
import shown  # noqa: E402
from tap import Tap  # noqa: E402

MODULES = [formats, fixes, policies, lists, offline, docs, restraint, shown, logged]
WANTED = sys.argv[1:]


def main():
    tap = Tap()
    for module in MODULES:
        for name, function in list(vars(module).items()):
            label = f"{module.__name__}: {name.removeprefix('test_').replace('_', ' ')}"
            if not name.startswith("test_") or (WANTED and not any(w in label for w in WANTED)):
                continue
            directory = os.path.realpath(tempfile.mkdtemp(prefix="commands-"))
            tap.run(label, function, directory)
            shutil.rmtree(directory, ignore_errors=True)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
