#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh: runs every target on its seeds and on tests/fuzz/corpus/, then on new inputs for a few
# seconds, with AddressSanitizer and UBSan. TAP. `make fuzz-targets` must have built the binaries.
#
# run.sh --libfuzzer|--afl SECONDS TARGET...: fuzzes each target for SECONDS and prints statistics.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

readonly work=build/fuzz seconds_in_suite=4
readonly timeout=20 # seconds; an input that takes longer is a finding

# fuzz_one TARGET SECONDS CORPUS: new inputs go to CORPUS. An input that is a finding, also one that
# takes too long or too much memory, goes to findings/.
fuzz_one() {
	local target=$1 seconds=$2 known=("$3" "$work/seeds/$1") words=()
	[[ ! -e $work/seeds/$target.dict ]] || words=(-dict="$work/seeds/$target.dict")
	[[ ! -d tests/fuzz/corpus/$target ]] || known+=("tests/fuzz/corpus/$target")
	mkdir -p "$3" "$work/findings"
	# Arenas are large and short-lived, so a small quarantine of freed memory is enough.
	ASAN_OPTIONS=quarantine_size_mb=4 "$work/fuzz/$target" -max_total_time="$seconds" \
		-timeout="$timeout" -rss_limit_mb=2048 \
		"${words[@]}" -print_final_stats=1 -artifact_prefix="$work/findings/$target-" \
		"${known[@]}" 2>&1
}

# Runs existing inputs in one process; without options libFuzzer tries no new ones.
replay() {
	local target=$1 out
	local inputs=("$work/seeds/$target"/*)
	[[ -e ${inputs[0]} ]] || { echo "no seeds: seeds.py writes none for $target"; return 1; }
	[[ ! -d tests/fuzz/corpus/$target ]] || inputs+=("tests/fuzz/corpus/$target"/*)
	out=$("$work/fuzz/$target" -timeout="$timeout" "${inputs[@]}" 2>&1) || { tail -n 40 <<<"$out"; return 1; }
}

some_seconds() {
	local out
	rm -rf "$work/suite/$1"
	out=$(fuzz_one "$1" "$seconds_in_suite" "$work/suite/$1") || { tail -n 40 <<<"$out"; return 1; }
}

stat_of() { awk -v name="stat::$1:" '$1 == name { n = $2 } END { print n + 0 }'; }
# Prints libFuzzer's last numbers of edges and features.
reached() { grep -oE 'cov: [0-9]+ ft: [0-9]+' | tail -n 1; }

# No target reads a directory of corpus/ that has not the name of a target.
corpus_is_read() {
	local directory
	for directory in tests/fuzz/corpus/*/; do
		directory=$(basename "$directory")
		[[ -e tests/fuzz/${directory}_fuzz.c ]] || { echo "no target $directory"; return 1; }
	done
}

# One target on each processor. What replay and some_seconds say is kept for the steps.
run_targets() {
	local target what running=0
	mkdir -p "$work/said"
	for target in "${targets[@]}"; do
		[[ $running -lt $(nproc) ]] || wait -n
		running=$((running + 1))
		for what in replay some_seconds; do
			if "$what" "$target"; then
				echo passed
			else
				echo failed
			fi >"$work/said/$target-$what" 2>&1
		done &
	done
	wait
}

passes() { [[ $(tee /dev/stderr <"$work/said/$2-$1" | tail -n 1) == passed ]]; }

suite() {
	local target
	step 'every directory of corpus/ has a target' corpus_is_read
	run_targets
	for target in "${targets[@]}"; do
		step "$target: seeds and corpus" passes replay "$target"
		step "$target: $seconds_in_suite s of new inputs" passes some_seconds "$target"
	done
	tap_done
}

libfuzzer() {
	local seconds=$1 target out n total=0 findings=0 log
	shift
	printf '%-10s %14s %10s %9s  %s\n' target executions 'per s' findings 'edges, features'
	for target; do
		local found=0
		log=$work/$target.log
		fuzz_one "$target" "$seconds" "$work/corpus/$target" >"$log" || found=1
		out=$(<"$log")
		n=$(stat_of number_of_executed_units <<<"$out")
		total=$((total + n)) findings=$((findings + found))
		printf '%-10s %14d %10d %9d  %s\n' "$target" "$n" \
			"$(stat_of average_exec_per_sec <<<"$out")" "$found" "$(reached <<<"$out")"
		[[ $found -eq 0 ]] || tail -n 30 "$log" >&2
	done
	printf '%-10s %14d %10s %9d\n' total "$total" '' "$findings"
	[[ $findings -eq 0 ]]
}

afl() {
	local seconds=$1 target stats crashes findings=0 words
	shift
	export AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1
	printf '%-10s %14s %10s %9s\n' target executions 'per s' findings
	for target; do
		words=()
		[[ ! -e $work/seeds/$target.dict ]] || words=(-x "$work/seeds/$target.dict")
		rm -rf "build/afl/out/$target"
		mkdir -p "build/afl/out"
		afl-fuzz -i "$work/seeds/$target" -o "build/afl/out/$target" -m none \
			"${words[@]}" -V "$seconds" -- "build/afl/fuzz/$target" >"build/afl/$target.log" 2>&1 || {
			tail -n 30 "build/afl/$target.log" >&2
			return 1
		}
		stats=build/afl/out/$target/default/fuzzer_stats
		crashes=$(afl_stat saved_crashes "$stats")
		findings=$((findings + crashes))
		printf '%-10s %14s %10s %9d\n' "$target" "$(afl_stat execs_done "$stats")" \
			"$(afl_stat execs_per_sec "$stats")" "$crashes"
	done
	[[ $findings -eq 0 ]]
}

afl_stat() { awk -v name="$1" '$1 == name { print $3 }' "$2"; }

main() {
	rm -rf "$work/seeds" # another tree's
	tests/fuzz/seeds.py "$work/seeds"
	case ${1-} in
	--libfuzzer) libfuzzer "${@:2}" ;;
	--afl) afl "${@:2}" ;;
	*) suite ;;
	esac
}

mapfile -t targets < <(for f in tests/fuzz/*_fuzz.c; do basename "$f" _fuzz.c; done)
main "$@"
