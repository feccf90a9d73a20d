#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [--update] [PART-OF-A-NAME...]: input that is made to be misread, for the binary that
# $ROOTFENCE names: specs, policies, command lines. TAP. The tables are explained in hostile.py.
set -euo pipefail
directory=$(cd "$(dirname "$0")" && pwd)

command -v python3 >/dev/null || {
	echo 'Bail out! python3 is missing: make deps'
	exit 1
}
# createRuntime of root loads the guard where there is none: what was not there does not stay.
rootfence=${ROOTFENCE:-$directory/../../build/rootfence}
guard='' status=0
if [[ -e /sys/fs/bpf/rootfence ]]; then guard=there; fi
python3 "$directory/hostile.py" "$@" || status=$?
[[ -n $guard || ! -e /sys/fs/bpf/rootfence ]] || "$rootfence" unload >&2
exit "$status"
