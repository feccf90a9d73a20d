#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""verdicts.py [--update]: judges specs that engines wrote under the policies for hosts.

verdicts.tsv has a line for each spec of tests/golden/specs: its verdict under each policy, with the
rules that refuse it. The line follows from the flags in the spec's name. It shows all effects of a
change of a policy. Prints the difference and exits with 1 when rootfence's verdicts differ.
"""

import difflib
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = os.path.join(ROOT, "tests/policies/verdicts.tsv")
POLICIES = ("default", "pss-baseline", "pss-restricted", "cis-docker")


def verdicts(binary, policy, specs):
    done = subprocess.run(
        [binary, "check", "--policy", f"{ROOT}/policies/{policy}.json", "--format", "json", *specs],
        stdout=subprocess.PIPE, check=False)
    if done.returncode != 1:  # each of the policies refuses some of the specs
        sys.exit(f"check --policy {policy}: exit {done.returncode}")
    for result in json.loads(done.stdout)["results"]:
        refusing = {f["rule"] for f in result["findings"] if f["action"] == "RF_ACT_REJECT"}
        yield " ".join([result["verdict"], *sorted(refusing)])


def main():
    binary = os.path.abspath(os.environ.get("ROOTFENCE", f"{ROOT}/build/rootfence"))
    specs = sorted(glob.glob(f"{ROOT}/tests/golden/specs/*/config.json"))
    columns = [verdicts(binary, policy, specs) for policy in POLICIES]
    lines = ["\t".join(("spec", *POLICIES))]
    for spec, *found in zip(specs, *columns, strict=True):
        lines.append("\t".join((os.path.basename(os.path.dirname(spec)), *found)))
    if "--update" in sys.argv[1:]:
        with open(TABLE, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    with open(TABLE, encoding="utf-8") as file:
        wanted = file.read().splitlines()
    difference = list(difflib.unified_diff(wanted, lines, "verdicts.tsv", "rootfence", lineterm=""))
    print("\n".join(difference))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
