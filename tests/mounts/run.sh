#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [SETS [SEED]]: makes random mounts of a host and specs that mount from them, with the
# binary that $ROOTFENCE names, and looks what can be read inside. TAP. mounts.py describes it.
set -euo pipefail
directory=$(cd "$(dirname "$0")" && pwd)

[[ $(id -u) -eq 0 ]] || {
	echo 'Bail out! this suite mounts: run it as root'
	exit 1
}
for tool in python3 gcc mkfs.ext4; do
	command -v "$tool" >/dev/null || {
		echo "Bail out! $tool is missing: make deps"
		exit 1
	}
done
exec python3 "$directory/mounts.py" "$@"
