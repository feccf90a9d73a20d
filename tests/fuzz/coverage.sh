#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# coverage.sh [FOLDER...]: runs the suites that need no container on the instrumented build
# (make coverage), and prints how many lines of each folder they reached; of the folders named, also
# each line that they did not.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly work=build/coverage

# %c: counters are mapped into the file, so that _exit() and execv() lose none; %m: one file a
# binary.
export LLVM_PROFILE_FILE=$PWD/$work/raw/%c%m.profraw

suites() {
	local suite test status=0
	for test in "$work"/tests/*_test; do
		"$test" >"$work/log/$(basename "$test")" 2>&1 || status=1
	done
	for suite in golden hostile commands policies; do
		ROOTFENCE=$PWD/$work/rootfence "tests/$suite/run.sh" >"$work/log/$suite" 2>&1 ||
			status=1
	done
	return "$status"
}

# Uses the seeds and the committed corpus, not inputs that a fuzzer found on this machine.
corpus() {
	local binary target inputs
	tests/fuzz/seeds.py "$work/seeds"
	for binary in "$work"/fuzz/*; do
		target=$(basename "$binary")
		inputs=("$work/seeds/$target"/*)
		[[ ! -d tests/fuzz/corpus/$target ]] || inputs+=("tests/fuzz/corpus/$target"/*)
		"$binary" "${inputs[@]}" >"$work/log/fuzz-$target" 2>&1 || return 1
	done
}

objects() {
	local file
	printf '%s\n' "$work/rootfence"
	for file in "$work"/tests/*_test "$work"/fuzz/*; do
		printf -- '-object=%s\n' "$file"
	done
}

# Prints lcov's records as "FILE LINE COUNT" for each line with code.
lines() {
	local objects
	mapfile -t objects < <(objects)
	llvm-cov export -format=lcov -instr-profile="$work/all.profdata" "${objects[@]}" 2>/dev/null |
		awk -F'[:,]' -v root="$PWD/" '
			$1 == "SF" { file = $2; sub(root, "", file) }
			$1 == "DA" && file ~ /^(hook|bpf)\// { print file, $2, $3 }'
}

by_folder() {
	awk '{ folder = $1; sub(/\/[^\/]*$/, "", folder)
	       all[folder]++; reached[folder] += $3 > 0 }
	     END { for (f in all)
	             printf "%-16s %6d of %6d lines %6.1f %%\n", f, reached[f], all[f],
	                    100 * reached[f] / all[f] }' | sort
}

main() {
	local folder
	rm -rf "$work/raw" "$work/log"
	mkdir -p "$work/raw" "$work/log"
	suites || echo "coverage: not all tests passed; see $work/log/" >&2
	corpus || echo "coverage: a fuzz target fails on its corpus; see $work/log/" >&2
	llvm-profdata merge -o "$work/all.profdata" "$work"/raw/*.profraw
	lines >"$work/lines"
	by_folder <"$work/lines"
	for folder; do
		awk -v folder="$folder/" 'index($1, folder) == 1 && $3 == 0 { print $1 ":" $2 }' \
			"$work/lines" | while IFS=: read -r file line; do
			printf '%s:%d:%s\n' "$file" "$line" "$(sed -n "${line}p" "$file")"
		done
	done
}

main "$@"
