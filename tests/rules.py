#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Checks that each rule has golden cases, an entry in the man page, and policy cases. Prints a line
# for each that is missing, and then exits with 1. $ROOTFENCE names the binary.

import glob
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.path.abspath(os.environ.get("ROOTFENCE", os.path.join(TOP, "build/rootfence")))
PAGE = "docs/rootfence-policy.5"


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def rule_names():
    done = subprocess.run([BINARY, "policy", "list", "--format", "json"], check=True, capture_output=True)
    # spec is not in the table of rules; tests/hostile tests what it refuses.
    return [rule["name"] for rule in json.loads(done.stdout)["rules"] if rule["name"] != "spec"]


def page_entries():
    """Words of the list items in the man page; a backslash continues an item."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    return {word for item in re.findall(r"^\.It Cm (.*)$", text, re.M) for word in item.split()}


def rules_with_cases():
    found = set()
    for path in glob.glob("policies/tests/*/*.expect.json"):
        found.update(read_json(path).get("rules", []))
    return found


def main():
    os.chdir(TOP)
    entries, cases, missing = page_entries(), rules_with_cases(), 0
    for name in rule_names():
        for has, what in ((glob.glob(f"tests/golden/{name}/*/expect.json"), f"golden case in tests/golden/{name}"),
                          (name in entries, f"entry in {PAGE}"),
                          (name in cases, "case in policies/tests, which tests/policies/make.py writes")):
            if not has:
                print(f"{name}: no {what}")
                missing += 1
    sys.exit(1 if missing else 0)


main()
