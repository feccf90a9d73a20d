#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# It builds with both compilers without a warning, and is the binary that it should be. TAP.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/tap.sh
source tests/tap.sh

jobs=-j$(nproc)

is_static_pie() {
	local headers
	headers=$(readelf -hld build/rootfence)
	grep -q 'Type:.*DYN' <<<"$headers" && ! grep -qE 'INTERP|NEEDED' <<<"$headers"
}

is_hardened() {
	local headers
	headers=$(readelf -ld build/rootfence)
	grep -q GNU_RELRO <<<"$headers" && grep -qE 'FLAGS.*NOW' <<<"$headers" &&
		grep -A1 GNU_STACK <<<"$headers" | grep -q 'RW ' && ! grep -q 'RWE' <<<"$headers"
}

has_no_text_relocations() {
	local dynamic
	dynamic=$(readelf -d build/rootfence)
	grep -q 'FLAGS' <<<"$dynamic" && ! grep -q TEXTREL <<<"$dynamic"
}

# Of our own code: what libraries are built with is their distribution's choice.
objects() { find build/hook -name '*.o' ! -name restrain_filters.o; }

# Functions with an array check their frame: most files have one, and those that read input do.
has_canaries() {
	local object
	for object in build/hook/{json/reader,oci/facts,policy/load,cmd/report_hook,runtime/bundle}.o; do
		grep -q 'UND __stack_chk_fail' < <(readelf -sW "$object") || return 1
	done
	grep -q ' FUNC .* __stack_chk_fail' < <(readelf -sW build/rootfence)
}

# Calls of the C library that know the size of what they write to.
is_fortified() { grep -q 'UND __vsnprintf_chk' < <(readelf -sW build/hook/base/err.o); }

marks_branch_targets() {
	local object
	gcc -Werror -fcf-protection -x c -c /dev/null -o /dev/null 2>/dev/null || return 0
	while IFS= read -r object; do
		grep -q 'x86 feature: IBT, SHSTK' < <(readelf -n "$object" 2>&1) || return 1
	done < <(objects)
}

nothing_to_do() { [[ -z $(make all 2>&1) ]]; }

step 'gcc' make "$jobs" CC=gcc all
step 'clang' make "$jobs" CC=clang BUILD=build/clang all unit-tests
step 'AddressSanitizer and UBSan' make "$jobs" SAN=1 all
step 'one static-pie binary' is_static_pie
step 'RELRO, BIND_NOW, no executable stack' is_hardened
step 'no text relocations' has_no_text_relocations
step 'stack canaries' has_canaries
step 'fortified calls' is_fortified
step 'branch targets are marked, where the compiler can' marks_branch_targets
step 'a second make does nothing' nothing_to_do
tap_done
