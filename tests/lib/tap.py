# SPDX-License-Identifier: Apache-2.0
"""TAP for suites in Python: test points, and the plan after them. Suites in shell use tap.sh."""

import os
import sys
import traceback

LINES, COLUMNS = 40, 2000  # shown of a failure


class Missing(Exception):
    """Raised by a test that this machine cannot run: see Tap.missing()."""


class Skip(Exception):
    """Raised by a test that is not for this build."""


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def point(self, name, why=None):
        """A test point. `why` it failed is a text or a list of lines, empty if it passed."""
        self.count += 1
        self.failed += bool(why)
        print(f"{'not ok' if why else 'ok'} {self.count} - {name}")
        lines = ("\n".join(why) if isinstance(why, list) else str(why or "")).splitlines()
        for line in lines[:LINES]:
            print(f"# {line[:COLUMNS]}")
        if len(lines) > LINES:
            print(f"# and {len(lines) - LINES} more")
        sys.stdout.flush()

    def run(self, name, function, *arguments):
        """The test point of a function. It fails with what the function returns or raises."""
        try:
            why = function(*arguments)
        except Missing as reason:
            self.missing(name, str(reason))
            return
        except Skip as reason:
            self.skip(name, str(reason))
            return
        except Exception:  # pylint: disable=broad-except
            why = traceback.format_exc().splitlines()[-LINES:]
        self.point(name, why)

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}")

    def missing(self, name, reason):
        """Skips a test that this machine cannot run. In CI that is a failure."""
        if os.environ.get("CI") == "true":
            self.point(name, reason)
        else:
            self.skip(name, reason)

    def done(self):
        """Prints the plan and returns the exit status. Without any test point that is a failure."""
        print(f"1..{self.count}")
        return 1 if self.failed or not self.count else 0
