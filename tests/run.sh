#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [SUITE...]: runs the suites (default: all), reads their TAP and counts. Shows the notes of
# suites (# note: ...). PLAIN=1 leaves out sanitizers. The last line is "N passed, N failed,
# N skipped"; any failure gives a non-zero exit status.
#
# prove(1) is not used: it runs files, not commands, and hides notes, the reasons of skips, and the
# output of failed tests. With a formatter in Perl that shows these it would not be shorter.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=-j$(nproc)
readonly log_dir=build/log jobs
passed=0 failed=0 skipped=0

# Each suite is a list of "label|command"; a command's stdout is TAP. They are called in a
# condition, where bash does not stop at a command that fails.
suite_build() { echo 'build|tests/build.sh'; }

suite_unit() {
	local t
	make "$jobs" unit-tests >&2 || return
	[[ -n ${PLAIN-} ]] || make "$jobs" SAN=1 unit-tests >&2 || return
	for t in tests/unit/*_test.c; do
		t=$(basename "$t" .c)
		echo "unit/$t|build/tests/$t"
		[[ -n ${PLAIN-} ]] || echo "unit/$t (sanitizers)|build/san/tests/$t"
	done
}

with_both_builds() {
	make "$jobs" all >&2 || return
	echo "$1|env ROOTFENCE=${PWD@Q}/build/rootfence tests/$1/run.sh"
	[[ -z ${PLAIN-} ]] || return 0
	make "$jobs" SAN=1 all >&2 || return
	echo "$1 (sanitizers)|env ROOTFENCE=${PWD@Q}/build/san/rootfence tests/$1/run.sh"
}

suite_golden() { with_both_builds golden; }
suite_hostile() { with_both_builds hostile; }
suite_commands() { with_both_builds commands; }
suite_fixes() {
	make "$jobs" all >&2 || return
	echo 'fixes|tests/commands/run.sh fixes:'
}
suite_policies() {
	with_both_builds policies || return
	echo 'policies/cases|build/rootfence test --format tap policies'
	[[ -n ${PLAIN-} ]] || echo 'policies/cases (sanitizers)|build/san/rootfence test --format tap policies'
}
suite_faults() {
	make "$jobs" all >&2 || return
	echo 'faults|tests/faults/run.sh'
}
suite_mounts() {
	make "$jobs" all >&2 || return
	echo 'mounts|tests/mounts/run.sh'
}
suite_runtimes() {
	make "$jobs" all >&2 || return
	echo 'runtimes/crun|tests/runtimes/run.sh crun'
	echo 'runtimes/runc|tests/runtimes/run.sh runc'
}
suite_fuzz() {
	make "$jobs" fuzz-targets >&2 || return
	echo 'fuzz|tests/fuzz/run.sh'
}
suite_lint() { echo 'lint|tests/lint.sh'; }

suite_live() {
	make "$jobs" all >&2 || return
	local t
	for t in tests/live/*.bats; do
		echo "live/$(basename "$t" .bats)|bats --tap $t"
	done
}

# Real kernels. The guests' roots are built or found first, outside of the counted tests.
suite_vm() {
	make "$jobs" all vm-deps >&2 || return
	tests/vm/run.sh --roots >&2 || return
	echo 'vm|tests/vm/run.sh'
}

# Prints "passed failed skipped", then the name of each failure. A wrong plan and a command that
# failed without naming a test are failures too.
count_tap() {
	awk -v status="$2" '
		/^not ok [0-9]+ # SKIP/ { skipped++; seen++; next } # a skip of cmocka
		/^not ok / { failed++; sub(/^not ok [0-9]*[ -]*/, ""); names = names $0 "\n"; seen++; next }
		/^ok / { seen++; if (tolower($0) ~ /# skip/) skipped++; else passed++; next }
		/^1\.\.[0-9]+/ { plan = substr($1, 4); planned = 1 }
		END {
			if (!planned || plan != seen || plan == 0) {
				failed++
				names = names "planned " (planned ? plan : "nothing") ", ran " seen + 0 "\n"
			} else if (status != 0 && !failed) {
				failed++
				names = names "exit status " status "\n"
			}
			print passed + 0, failed + 0, skipped + 0
			printf "%s", names
		}' "$1"
}

log_of() { printf '%s/%s.tap' "$log_dir" "$(tr -c 'a-z0-9_\n' '-' <<<"$1")"; }

# Keeps what the command says, its exit status and how long it took.
run_one() {
	local log status=0 start=$SECONDS
	log=$(log_of "$1")
	CMOCKA_MESSAGE_OUTPUT=TAP bash -c "$2" >"$log" 2>&1 </dev/null || status=$?
	echo "$status $((SECONDS - start))" >"$log.end"
}

count_one() {
	local label=$1 log status seconds counts p f s
	log=$(log_of "$1")
	read -r status seconds <"$log.end"
	rm "$log.end"
	counts=$(count_tap "$log" "$status")
	read -r p f s <<<"$counts"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-34s %4d passed %3d failed %3d skipped %5ds\n' "$label" "$p" "$f" "$s" "$seconds"
	[[ $f -eq 0 ]] || report "$label" "$log" "${counts#*$'\n'}"
	sed -n 's/^# note: /    /p' "$log"
	[[ $s -eq 0 ]] || grep -iE '^ok .*# skip|^not ok [0-9]+ # SKIP' "$log" | sed 's/^/    /'
}

# Names the failed tests, then shows the output of each and where the rest is.
report() {
	local name
	while IFS= read -r name; do
		printf 'FAILED %s%s\n' "$1" "${name:+: $name}"
	done <<<"$3"
	printf '    from %s:\n' "$2"
	failures_in "$2" | sed 's/^/    /'
}

# Prints the failed points of a TAP log with their comments, or, if there are none, its end.
failures_in() {
	if grep -qE '^not ok [0-9]+ [^#]' "$1"; then
		awk '/^(not )?ok/ { wanted = /^not ok [0-9]+ [^#]/; lines = 0 }
			wanted && ++lines <= 30 && ++all <= 300' "$1"
	else
		tail -n 60 "$1"
	fi
}

# For commands that use one processor and nothing that they share.
run_at_once() {
	local line running=0
	while IFS= read -r line; do
		[[ $running -lt $(nproc) ]] || wait -n
		run_one "${line%%|*}" "${line#*|}" &
		running=$((running + 1))
	done <<<"$1"
	wait
	while IFS= read -r line; do
		count_one "${line%%|*}"
	done <<<"$1"
}

run_suite() {
	local list line
	if ! list=$("suite_$1" 2>"$log_dir/make-$1.log"); then
		failed=$((failed + 1))
		report "$1 does not build" "$log_dir/make-$1.log" ''
		return
	fi
	if [[ $1 == @(unit|golden|commands|policies) ]]; then
		run_at_once "$list"
		return
	fi
	while IFS= read -r line; do
		run_one "${line%%|*}" "${line#*|}"
		count_one "${line%%|*}"
	done <<<"$list"
}

main() {
	local suite suites=("$@")
	[[ $# -gt 0 ]] || suites=(build unit golden hostile commands policies faults mounts runtimes fuzz lint live vm)
	mkdir -p "$log_dir"
	rm -f "$log_dir/summary"
	for suite in "${suites[@]}"; do
		run_suite "$suite"
	done
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped" |
		tee "$log_dir/summary"
	[[ $failed -eq 0 ]]
}

main "$@"
