#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Checks that the tree builds with both compilers without a warning, with a distribution's flags and
# in any directory, and that the binary is static and hardened. TAP.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

jobs=-j$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset WERROR CFLAGS CPPFLAGS LDFLAGS
# Flags that a distribution may set, some of which would remove the hardening.
readonly foreign=(CFLAGS='-O1 -fno-stack-protector -fcf-protection=none -std=gnu99'
	CPPFLAGS=-D_FORTIFY_SOURCE=1 LDFLAGS='-Wl,--build-id -no-pie -Wl,-z,norelro,-z,lazy')

# has PATTERN COMMAND...: the command's output has a line that matches.
has() {
	local out
	out=$("${@:2}") && grep -q -- "$1" <<<"$out"
}

is_static_pie() {
	has 'Type:.*DYN' readelf -hW "$1/rootfence" && ! has 'INTERP\|NEEDED' readelf -ldW "$1/rootfence"
}

is_hardened() {
	has GNU_RELRO readelf -lW "$1/rootfence" && has 'FLAGS.*NOW' readelf -dW "$1/rootfence" &&
		has 'GNU_STACK.* RW ' readelf -lW "$1/rootfence"
}

has_no_text_relocations() {
	has FLAGS readelf -dW "$1/rootfence" && ! has TEXTREL readelf -dW "$1/rootfence"
}

# Functions with an array check their stack frame. Most files have one, also those that read input.
has_canaries() {
	local name
	for name in json/reader host/facts policy/file/parse report/report_hook wrapper/bundle; do
		has 'UND __stack_chk_fail' readelf -sW "$1/hook/$name.o" || { echo "$name" && return 1; }
	done
	has ' FUNC .* __stack_chk_fail' readelf -sW "$1/rootfence"
}

# Calls of the C library that know the size of their destination.
is_fortified() { has 'UND __vsnprintf_chk' readelf -sW "$1/hook/base/err.o"; }

# Only of our own code: the distribution chooses the flags of its libraries.
marks_branch_targets() {
	local object
	gcc -Werror -fcf-protection -x c -c /dev/null -o /dev/null 2>/dev/null || return 0
	while IFS= read -r object; do
		has 'x86 feature: IBT, SHSTK' readelf -n "$object" || { echo "$object" && return 1; }
	done < <(find "$1/hook" -name '*.o' ! -name restrain_filters.o)
}

hardening() {
	step "$2one static-pie binary" is_static_pie "$1"
	step "$2RELRO, BIND_NOW, no executable stack" is_hardened "$1"
	step "$2no text relocations" has_no_text_relocations "$1"
	step "$2stack canaries" has_canaries "$1"
	step "$2fortified calls" is_fortified "$1"
	step "$2branch targets are marked, where the compiler can" marks_branch_targets "$1"
}

foreign_flags_arrive() {
	has 'Build ID' readelf -nW build/foreign/rootfence && has ' -O2 -g -O1 ' cat build/foreign/flags
}

# The directory's name has a blank, as users' directories may have.
same_elsewhere() {
	mkdir "$work/another folder"
	tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work/another folder"
	make "$jobs" -C "$work/another folder" all &&
		cmp build/rootfence "$work/another folder/build/rootfence"
}

nothing_to_do() {
	local out
	out=$(make all 2>&1) && [[ -z $out ]] && out=$(make all WERROR=1 2>&1) && [[ -z $out ]]
}

# Runs after same_elsewhere, in the directory that it made.
warnings_are_errors_when_asked() {
	cd "$work/another folder"
	echo 'static int unused;' >>hook/base/date.c
	! make all WERROR=1 >log 2>&1 && has 'Werror=unused-variable' cat log &&
		make all && [[ build/rootfence -nt hook/base/date.c ]]
}

# In the same directory. A new file may be older than the binary.
policies_are_those_of_the_directory() {
	cd "$work/another folder"
	echo '{"version": 1, "name": "own", "extends": ["default"]}' >policies/own.json
	touch -d 2001-01-01 policies/own.json
	make all && has '^own  *shipped$' build/rootfence policy names || return
	rm policies/own.json
	make all && ! has '^own ' build/rootfence policy names
}

says_what_is_missing() {
	local out
	! out=$(make CLANG=no-clang PKG_CONFIG=no-pkg-config BUILD="$work/build" all 2>&1) &&
		has '^rootfence: missing: pkg-config, clang; Debian has them in: pkgconf clang$' cat <<<"$out"
}

# Without root, packages are not installed and some tests are left out, but nothing fails.
tests_need_no_root() {
	local out
	mkdir "$work/plain" && chmod 755 "$work"
	tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work/plain"
	chown -R nobody "$work/plain"
	out=$(env -u CI HOME="$work/plain" setpriv --reuid nobody --clear-groups \
		make "$jobs" -C "$work/plain" test 2>&1) || { echo "$out" && return 1; }
	has '^[1-9][0-9]* passed, 0 failed, [0-9]* skipped$' cat <<<"$out"
}

step 'gcc' make "$jobs" CC=gcc WERROR=1 all
step 'clang' make "$jobs" CC=clang WERROR=1 BUILD=build/clang all unit-tests
step 'AddressSanitizer and UBSan' make "$jobs" SAN=1 WERROR=1 all
hardening build ''
step 'a second make does nothing' nothing_to_do
step 'flags of a distribution' make "$jobs" BUILD=build/foreign "${foreign[@]}" all
step 'flags of a distribution are used' foreign_flags_arrive
hardening build/foreign 'flags of a distribution: '
step 'another directory: the same binary' same_elsewhere
step 'a warning is an error only with WERROR=1' warnings_are_errors_when_asked
step 'the binary has the policies of the directory' policies_are_those_of_the_directory
step 'one line names missing packages' says_what_is_missing
step 'make test needs no root' tests_need_no_root
tap_done
