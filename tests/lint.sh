#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every static check, one TAP line each.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

mapfile -t c_files < <(find hook tests -name '*.c' | sort)
mapfile -t all_c < <(find hook bpf tests \( -name '*.c' -o -name '*.h' \) | sort)
mapfile -t pages < <(find docs -name '*.[58]' | sort)
[[ ${#c_files[@]} -gt 0 && ${#all_c[@]} -gt 0 && ${#pages[@]} -gt 0 ]] ||
	{ echo 'Bail out! nothing to check'; exit 1; }

formatted() { clang-format --dry-run -Werror "${all_c[@]}"; }

tidy() {
	local flags
	flags=$(make -s print-flags) || return
	flags=${flags##*$'\n'} # the last line, after what make had to build first
	export flags
	# shellcheck disable=SC2016 # for the inner shell, which takes the quotes in the flags as such
	printf '%s\0' "${c_files[@]}" | xargs -0 -n 4 -P 2 \
		bash -c 'eval "clang-tidy --quiet \"\$@\" -- $flags 2>/dev/null"' tidy
}

cpp_check() {
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability -j 2 \
		--inline-suppr --suppress=missingInclude --suppress=unknownMacro \
		-D_GNU_SOURCE -D__x86_64__ -Ihook -Ibpf "${c_files[@]}"
}

# Manual pages that ours refer to need not be installed here.
man_pages() {
	local said status=0
	said=$(mandoc -T lint "${pages[@]}") || status=$?
	said=$(sed '/referenced manual not found/d' <<<"$said")
	echo "$said"
	[[ -z $said && $status -le 1 ]] # 1: only remarks on style
}

shell_scripts() {
	local scripts
	mapfile -t scripts < <(find . -path ./build -prune -o -path ./.git -prune -o -type f \
		\( -name '*.sh' -o -name '*.bash' -o -name '*.bats' -o -path ./.ci/run \) -print)
	shellcheck -x "${scripts[@]}"
}

json() {
	local f
	for f in oci-hooks.d/{podman,shared}/*.json; do
		jq -e '.version == "1.0.0" and (.hook.timeout > 0)' "$f" >/dev/null || return 1
	done
}

# CRI-O does not start, and podman build fails, when a hook has a stage that they do not know.
shared_is_oci_only() {
	jq -es 'all(.[]; (.stages - ["createRuntime", "poststop"]) == [])' oci-hooks.d/shared/*.json
}

layers() { tests/layers.py includes; }

# Reads the symbols of objects, which must have been built.
purity() { make all && tests/layers.py purity; }

# No kernel that this runs on is as old as those that refuse it.
bpf_stack() { make all && tests/bpf_stack.py build/guard.bpf.o; }

# Files that `make generate` writes must not be edited by hand.
generated() {
	local made status=0
	make all && made=$(mktemp -d) || return
	docs/generate.py "$made" && tests/policies/make.py "$made/policies/tests" || status=1
	diff -r policies/tests "$made/policies/tests" && diff policies/schema.json "$made/policies" &&
		diff docs/rules.md "$made/docs" || status=1
	rm -rf "$made"
	return $status
}

rules() { make all && tests/rules.py; }

# A script that mistakes an option for the name of a directory makes such files.
names() {
	local found
	found=$(find . -name .git -prune -o -path ./build -prune -o \
		\( -name '-*' -o -name '* *' \) -print) || return
	echo "$found"
	[[ -z $found ]]
}

step 'clang-format' formatted
step 'clang-tidy' tidy
step 'cppcheck' cpp_check
step 'mandoc -T lint' man_pages
step 'shellcheck' shell_scripts
step 'hook JSON is JSON with a timeout' json
step 'shared hooks directory: OCI stages only' shared_is_oci_only
step 'a file includes only what lies below it' layers
step 'code that judges does not use the machine' purity
step 'the stacks of BPF functions fit on old kernels' bpf_stack
step 'generated files are as make generate writes them' generated
step 'each rule has golden cases, policy cases and its text in the man page' rules
step 'no file name looks like an option or has blanks' names
tap_done
