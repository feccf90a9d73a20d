#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the judgement of a file says does not depend on the machine: the host that made this guest has
# judged the same files with the same binary, by every shipped policy. Both are other machines in all
# that the product could look at: kernel, mounts, processes, users, engines.

# shellcheck source=tests/vm/guest/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

files=/tmp/digest/files

# Files of the host are slow to read.
setup_file() { cp -r /vm/digest /tmp/digest; }

@test "at least 1,000 files: the guest says byte for byte what the host says, twice in a row" {
	local run
	[ "$(find "$files" -name '*.json' | wc -l)" -ge 1000 ]
	grep -qE '^[0-9a-f]{64}' /vm/digest/host
	for run in first second; do
		LC_ALL=C /vm/digest/digest.sh /usr/bin/rootfence "$files" >"$BATS_TEST_TMPDIR/$run"
		diff /vm/digest/host "$BATS_TEST_TMPDIR/$run"
	done
}
