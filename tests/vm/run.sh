#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [SUITE/lsm|nolsm[/cgroup1|/ENGINE]...]: boots each of these guests (without arguments the
# matrix of kernels, with --engines that of engines) and runs in it the files of tests/vm/guest/
# that tests_for() names, against build/rootfence. TAP on stdout. A guest that crashes, hangs or
# whose kernel warns is a failed test point with its log. The files that a guest wrote stay in
# build/vm/ until its next run.
#
# run.sh --shell GUEST: a shell in the guest instead. run.sh --roots: only makes the roots.
# TESTS: names of bats files instead, NAME or NAME@ENGINE. CHURN: containers in churn.bats (10).
# VM_JOBS: guests at once (one per processor). VM_SECONDS: limit of one boot (2400). Defaults are in
# parentheses.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

readonly matrix=(bookworm/lsm bookworm/nolsm bookworm/lsm/cgroup1
	trixie/lsm trixie/nolsm forky/lsm forky/nolsm)
readonly engines=({bookworm,trixie,forky}/lsm/{docker,containerd,podman})
readonly lsms=landlock,lockdown,yama
readonly limit=${VM_SECONDS:-2400}
readonly trouble='WARNING:|BUG:|Oops|general protection|Kernel panic|INFO: task|rcu: .*stall|KASAN'

die() { printf 'vm: %s\n' "$*" >&2; exit 2; }

# The guest gets a copy: the checkout may change while it runs.
fill_share() {
	local share=$1 program
	rm -rf "$share"
	mkdir -p "$share/bin"
	make -s install DESTDIR="$share/stage" >/dev/null
	cp -r tests/vm/guest tests/vm/guest.sh oci-hooks.d "$share"
	printf 'CHURN=%d\n' "${CHURN:-10}" >"$share/env"
	"${CC:-gcc}" -O2 -Wall -static -o "$share/bin/probe" tests/live/probe.c
	"${CC:-gcc}" -O2 -Wall -D_GNU_SOURCE -static -o "$share/bin/killer" tests/vm/killer.c
	"${CC:-gcc}" -O2 -Wall -D_GNU_SOURCE -static -o "$share/bin/matrix" tests/vm/matrix/*.c
	for program in tests/live/sandbox.c tests/vm/image/*.c; do
		"${CC:-gcc}" -O2 -Wall -static -o "$share/bin/$(basename "$program" .c)" "$program"
	done
}

# What digest.bats compares: files, and what this machine says of them. Both judge on the same day.
fill_digest() {
	local share=$1/digest
	mkdir -p "$share"
	PYTHONPATH=tests/commands:tests/lib PYTHONDONTWRITEBYTECODE=1 \
		python3 -c 'import sys, offline; offline.corpus(sys.argv[1])' "$PWD/$share"
	cp tests/commands/digest.sh "$share"
	LC_ALL=C "$share/digest.sh" "$PWD/build/rootfence" "$share/files" >"$share/host"
}

# What the files of fixes look for: the longest part without a gap of the words for each cause.
fill_words() {
	PYTHONPATH=tests/commands:tests/lib PYTHONDONTWRITEBYTECODE=1 python3 - >"$1/words.tsv" <<-'END'
		import re, fixes
		for reader in "DOCKER", "KUBERNETES", "SANDBOX":
		    for cause in fixes.TABLE:
		        text = max(re.split("@[ugwa]", fixes.words(cause, reader)), key=len)
		        print(reader, cause, text, sep="\t")
	END
}

# With cgroup v1 only the runtimes are tested; tests of kernels run with v2. Exec sessions and
# nesting depend on the runtimes too, so they run on the oldest and the newest, as do restores, which
# take longest. NAME@ENGINE is a file that runs once for each engine.
tests_for() {
	if [[ -n ${TESTS-} ]]; then
		printf '%s\n' "$TESTS"
		return
	fi
	case $1 in
	*/cgroup1) echo guard ;;
	trixie/*/containerd) printf '%s\n' {stories,sane}@containerd containerd cri podfixes ;;
	*/containerd) printf '%s\n' {stories,sane}@containerd containerd cri ;;
	trixie/*/docker) printf '%s\n' {stories,verbs,network,drop,sane}@docker docker fixes ;;
	*/docker | */podman)
		printf '%s\n' {stories,verbs,network,drop,sane}"@${1##*/}" "${1##*/}"
		;;
	trixie/lsm) printf '%s\n' churn guard matrix unregistered digest ;;
	trixie/*) printf '%s\n' guard matrix ;;
	bookworm/lsm) printf '%s\n' guard matrix attest restore ;;
	bookworm/* | forky/lsm) printf '%s\n' guard matrix sessions attest unregistered ;;
	*) printf '%s\n' guard matrix attest restore ;;
	esac
}

# The tests of kernels need only a smaller root, which is made in a third of the time.
root_of() {
	case $1 in
	*/docker | */containerd | */podman) tests/vm/root.sh "${1%%/*}" engines ;;
	*) tests/vm/root.sh "${1%%/*}" ;;
	esac
}

boot() {
	local guest=$1 share=$2 seconds=$3 root lsm cgroup=
	shift 3
	IFS=/ read -r _ lsm _ <<<"$guest"
	[[ $guest != */cgroup1 ]] || cgroup=1
	root=$(root_of "$guest")
	case $lsm in
	lsm) lsm=$lsms,bpf ;;
	nolsm) lsm=$lsms ;;
	*) die "no such guest: $guest" ;;
	esac
	tests/vm/boot.sh "$root" "$share" "$seconds" "lsm=$lsm" "vm.lsm=$lsm" \
		"vm.cgroup=$cgroup" "$@"
}

# Prints the points of a guest's TAP file under its name. A wrong plan is a failed point.
replay() {
	local name=$1 file=$2 line plan=-1 seen=0
	[[ -e $file ]] || { step "$name ran" false; return; }
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			tap_count=$((tap_count + 1)) seen=$((seen + 1))
			[[ $line == 'ok '* ]] || tap_failed=$((tap_failed + 1))
			sed -E "s|^((not )?ok) [0-9]+ (- )?|\\1 $tap_count - $name: |" <<<"$line"
			;;
		1..[0-9]*) plan=${line#1..} ;;
		*) printf '# %s\n' "${line#\# }" ;;
		esac
	done <"$file"
	[[ $plan -eq $seen && $seen -gt 0 ]] ||
		step "$name: all of its plan ran ($seen of $plan)" false
}

# grep exits with 1 when it finds nothing, with 2 on errors.
kernel_log_is_clean() {
	local status=0
	grep -aE -A 30 "$trouble" "$@" || status=$?
	[[ $status -eq 1 ]]
}

# Also prints where the guest stopped if it did not end by itself.
ended() { [[ -e $1/finished ]] || { tail -n 40 "$1/console" | tr -d '\r'; false; }; }

share_of() { printf 'build/vm/%s' "${1//\//-}"; }

# Runs in the background; the guest writes its results to its share.
run_guest() {
	local guest=$1 share start=$SECONDS
	share=$(share_of "$guest")
	boot "$guest" "$PWD/$share" "$limit" >"$share/console" 2>&1 </dev/null || true
	touch "$share/dmesg"
	rm -rf "$share/stage" "$share"/initramfs*
	echo $((SECONDS - start)) >"$share/seconds"
}

report_guest() {
	local guest=$1 share name
	share=$(share_of "$guest")
	for name in $(<"$share/tests"); do
		replay "$guest $name" "$share/$name.tap"
	done
	step "$guest: the guest ended by itself" ended "$share"
	step "$guest: no kernel warning" kernel_log_is_clean "$share/console" "$share/dmesg"
	printf '# note: %s took %d s; logs in %s\n' "$guest" "$(cat "$share/seconds" || echo '?')" "$share"
}

make_roots() {
	local guest
	for guest in "$@"; do
		root_of "$guest" >/dev/null
	done
}

# All shares are prepared first: guests run in parallel, compilers need not.
run_guests() {
	local guest share
	for guest in "$@"; do
		share=$(share_of "$guest")
		fill_share "$share"
		tests_for "$guest" >"$share/tests"
		! grep -qw digest "$share/tests" || fill_digest "$share"
		! grep -q fixes "$share/tests" || fill_words "$share"
	done
	export -f boot run_guest root_of share_of die
	export limit lsms
	printf '%s\0' "$@" | xargs -0 -P "${VM_JOBS:-$(nproc)}" -I {} \
		bash -euo pipefail -c 'run_guest {}'
	for guest in "$@"; do
		report_guest "$guest"
	done
}

run_shell() {
	local share=build/vm/shell
	fill_share "$share"
	boot "$1" "$PWD/$share" 0 vm.shell=1
}

main() {
	[[ $EUID -eq 0 ]] || die 'needs root, to make the roots of guests'
	if [[ ${1-} == --shell ]]; then
		run_shell "${2:?which guest?}"
		return
	fi
	if [[ ${1-} == --roots ]]; then
		make_roots "${matrix[@]}"
		return
	fi
	if [[ ${1-} == --engines ]]; then
		shift
		[[ $# -gt 0 ]] || set -- "${engines[@]}"
	fi
	[[ $# -gt 0 ]] || set -- "${matrix[@]}"
	make_roots "$@"
	run_guests "$@"
	tap_done
}

main "$@"
