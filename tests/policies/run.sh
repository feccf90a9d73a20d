#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh: checks of the cases in policies/tests as a whole, with the binary that $ROOTFENCE names.
# `rootfence test policies` runs the cases themselves.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

rootfence=${ROOTFENCE:-$PWD/build/rootfence}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A rule without a case is only a note of `rootfence test`, but a failure here, unless no file can
# show its finding.
coverage() {
	diff <("$rootfence" test policies | grep '^note: ') - <<-'EOF'
		note: policy 'audit': no case exercises userRange
		note: policy 'rootless': no case exercises hostUserNamespace, identityMapping
	EOF
}

# Each shipped policy has cases of its own.
all_tested() {
	local policy name status=0
	for policy in policies/*.json; do
		name=$(basename "$policy" .json)
		[[ $name == schema || -d policies/tests/$name ]] || { echo "$name" && status=1; }
	done
	return $status
}

# The counts of a JUnit reader are those of the text output.
junit() {
	local text
	"$rootfence" test --format junit policies >"$work/junit.xml"
	text=$("$rootfence" test policies | tail -n 1)
	python3 - "$work/junit.xml" "$text" <<-'EOF'
		import sys
		import xml.etree.ElementTree as tree
		root = tree.parse(sys.argv[1]).getroot()
		cases = root.findall("./testsuite/testcase")
		failed = [c for c in cases if c.find("failure") is not None]
		counted = sum(int(s.get("tests")) for s in root.findall("testsuite"))
		said = f"{len(cases)} cases: {len(cases) - len(failed)} passed, {len(failed)} failed"
		sys.exit(said != sys.argv[2] or counted != len(cases) or int(root.get("tests")) != counted)
	EOF
}

# A case fails when its expectation is inverted.
turned() {
	local said status=0
	cp -r policies "$work/turned"
	python3 - "$work"/turned/tests/*/*.json <<-'EOF'
		import json
		import sys
		for path in sys.argv[1:]:
		    if not path.endswith((".expect.json", ".exec.json")):
		        continue
		    with open(path) as file:
		        case = json.load(file)
		    if "paths" in case:
		        case["paths"] = {p: "deny" if o == "allow" else "allow"
		                         for p, o in case["paths"].items()}
		    else:
		        case["verdict"] = "reject" if case["verdict"] == "allow" else "allow"
		        case.pop("rewritten", None)
		    with open(path, "w") as file:
		        json.dump(case, file)
	EOF
	said=$("$rootfence" test "$work/turned") || status=$?
	said=${said##*$'\n'}
	[[ $status -eq 1 && $said == *' cases: 0 passed, '* ]] || { echo "$status $said" && return 1; }
}

step 'every rule of the shipped policies has a case' coverage
step 'every shipped policy has cases' all_tested
step 'specs of engines: each has the verdict that follows from its flags' \
	env ROOTFENCE="$rootfence" tests/policies/verdicts.py
step 'JUnit: a reader counts the same as the text' junit
step 'every case fails when its expectation is inverted' turned
tap_done
