# SPDX-License-Identifier: Apache-2.0
"""The cases: tables of specs, sessions and verbs, and functions for what a table cannot say."""

import cases_bundles
import cases_exec
import cases_io
import cases_specs
import cases_verbs


class Case:
    def __init__(self, title, mode, function, arguments):
        self.title, self.mode, self.function, self.arguments = title, mode, function, arguments
        self.name = f"{mode}: {title}"


def all_cases(runtime):
    """Every case that this runtime has, once for each mode."""
    cases = []
    for module in (cases_specs, cases_verbs, cases_exec, cases_io, cases_bundles):
        for title, modes, only, function, *arguments in module.CASES:
            if only in (None, runtime):
                cases += [Case(title, mode, function, arguments) for mode in modes.split()]
    return cases
