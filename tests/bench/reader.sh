#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Compares the speed of the reader with yajl's own parse of the same bytes and with jq, in one run;
# docs/performance.md has the numbers. ROUNDS: of each (default 100).
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly rounds=${ROUNDS:-100}
readonly spec=tests/golden/specs/podman-user-3267/config.json
work=$(mktemp -d /tmp/rootfence-bench.XXXXXX)
trap 'rm -rf "$work"' EXIT

compile() { "${CC:-gcc}" -O2 -Wall -D_GNU_SOURCE -o "$work/$1" "tests/bench/$1.c" "${@:2}"; }

# specs_of N FILE: prints one document that contains the spec N times, unchanged.
specs_of() {
	{
		printf '{ "specs": ['
		for ((i = 1; i < $1; i++)); do
			cat "$spec"
			printf ','
		done
		cat "$spec"
		printf '] }'
	} >"$2"
}

compile pairs
compile reader -static-pie -fPIE -Ihook build/hook/json/{reader,flaws,tree,escapes}.o build/hook/base/{arena,err,io,str}.o \
	-lyajl_s
cp "$spec" "$work/10-kB"
jq . "$spec" >"$work/10-kB-indented"
specs_of 100 "$work/1-MB"
specs_of 1600 "$work/16-MB"

printf 'Ratio to yajl with callbacks that do nothing, and without any (middle half); MB/s of the reader and both.\n'
"$work/reader" "$rounds" "$work"/{10-kB,10-kB-indented,1-MB}
"$work/reader" $((rounds / 10 + 4)) "$work/16-MB"
printf '\nProcesses that read the same file. Processor time; ratio to the first; page faults; memory.\n'
for file in 10-kB 1-MB 16-MB; do
	"$work/pairs" $((rounds / 5)) "reader, $file" "$work/reader" read "$work/$file" -- \
		"jq, $file" /usr/bin/jq empty "$work/$file"
done
