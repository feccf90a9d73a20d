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

nothing_to_do() { [[ -z $(make all 2>&1) ]]; }

step 'gcc' make "$jobs" CC=gcc all
step 'clang' make "$jobs" CC=clang BUILD=build/clang all unit-tests
step 'AddressSanitizer and UBSan' make "$jobs" SAN=1 all
step 'one static-pie binary' is_static_pie
step 'RELRO, BIND_NOW, no executable stack' is_hardened
step 'a second make does nothing' nothing_to_do
tap_done
