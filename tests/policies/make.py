#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make.py [DIRECTORY]: writes the cases of policies/tests (or DIRECTORY), all of them.

A row is a case: the policy, what the case shows, the spec, and the expected result. For pods that is
the verdict of Kubernetes or OpenShift on the pod; where a spec shows less than a pod, or the policy
rewrites where Kubernetes refuses, the row says so. The specs come from pods.py or were written by
engines (tests/golden/specs), with a change where no engine writes such a spec.
"""

import argparse
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True  # nothing but cases is written

import execs
import hosts
import openshift
import pss
from cases import CONFIGS, EXECS, POLICIES, ROOT

TABLES = (pss.pss_baseline, pss.pss_restricted, pss.pss_baseline_versions,
          pss.pss_restricted_versions, openshift.openshift, hosts.default, hosts.strict,
          hosts.rootless, hosts.audit, hosts.cis_docker, execs.execs)


def write_case(directory, number, name, files):
    for suffix, document in files.items():
        path = os.path.join(directory, f"{number:02d}-{name}.{suffix}.json")
        with open(path, "w", encoding="utf-8") as file:
            if suffix == "config":  # in one line, as engines write it
                json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
            else:
                json.dump(document, file, ensure_ascii=False, indent=2)
            file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", nargs="?", default=os.path.join(ROOT, "policies/tests"))
    target = parser.parse_args().directory
    for rows in TABLES:
        rows()
    cases = {}
    for policy, name, spec, expect in CONFIGS:
        cases.setdefault(policy, []).append((name, {"config": spec, "expect": expect}))
    for policy, name, document, spec in EXECS:
        files = {"exec": document} | ({"config": spec} if spec else {})
        cases.setdefault(policy, []).append((name, files))
    shutil.rmtree(target, ignore_errors=True)
    for policy, rows in cases.items():
        directory = os.path.join(target, policy)
        os.makedirs(directory)
        if policy in POLICIES:
            with open(os.path.join(directory, "policy.json"), "w", encoding="utf-8") as file:
                json.dump(POLICIES[policy], file, indent=2)
                file.write("\n")
        for number, (name, files) in enumerate(rows, 1):
            write_case(directory, number, name, files)


if __name__ == "__main__":
    main()
