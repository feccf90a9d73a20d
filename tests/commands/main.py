#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test_* function of the modules beside this one; see run.sh. Prints TAP.

A test fails with whatever it raises. It gets a directory of its own, which is the working
directory of the binary.
"""

import os
import shutil
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../golden"))

import docs  # noqa: E402, behind the path that they need
import formats  # noqa: E402
import policies  # noqa: E402
import restraint  # noqa: E402

MODULES = [formats, policies, docs, restraint]
WANTED = sys.argv[1:]


def main():
    count = failed = 0
    for module in MODULES:
        for name, function in list(vars(module).items()):
            label = f"{module.__name__}: {name.removeprefix('test_').replace('_', ' ')}"
            if not name.startswith("test_") or (WANTED and not any(w in label for w in WANTED)):
                continue
            count += 1
            directory = os.path.realpath(tempfile.mkdtemp(prefix="commands-"))
            try:
                function(directory)
                print(f"ok {count} - {label}")
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"not ok {count} - {label}")
                for line in traceback.format_exc().splitlines()[-20:]:
                    print(f"# {line[:1000]}")
            finally:
                shutil.rmtree(directory, ignore_errors=True)
    print(f"1..{count}")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
