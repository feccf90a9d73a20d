#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [--update] [PART-OF-A-NAME...]: gives the binary that $ROOTFENCE names specs, policies and
# command lines that are made to be misread. TAP. hostile.py explains the tables.
set -euo pipefail
directory=$(cd "$(dirname "$0")" && pwd)

command -v python3 >/dev/null || {
	echo 'Bail out! python3 is missing: make deps'
	exit 1
}
# createRuntime run by root loads the guard if there is none; a guard loaded here is unloaded.
rootfence=${ROOTFENCE:-$directory/../../build/rootfence}
guard='' status=0
if [[ -e /sys/fs/bpf/rootfence ]]; then guard=there; fi
python3 "$directory/hostile.py" "$@" || status=$?
[[ -n $guard || ! -e /sys/fs/bpf/rootfence ]] || "$rootfence" unload >&2
exit "$status"
