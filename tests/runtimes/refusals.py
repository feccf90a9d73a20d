# SPDX-License-Identifier: Apache-2.0
"""Where the wrapper differs from the runtime on purpose: rootfence-runtime(8), "Refusals".

Each row has the name of a case without its mode, the runtime or None for both, and a part of what
the wrapper says. A case that does not differ, or says something else, fails.
"""

REFUSALS = []


def find(runtime, case):
    """The text that the wrapper must say in this case, or None."""
    for name, only, text in REFUSALS:
        if case.title == name and only in (None, runtime):
            return text
    return None
