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
exec python3 "$directory/hostile.py" "$@"
