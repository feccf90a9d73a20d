#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [PART-OF-A-NAME...]: tests all output of commands except verdicts as text and JSON.
# Programs that know nothing of rootfence read it back. $ROOTFENCE names the binary. TAP.
set -euo pipefail
directory=$(cd "$(dirname "$0")" && pwd)

python3 -c 'import jsonschema' || {
	echo 'Bail out! python3 or python3-jsonschema is missing: make deps'
	exit 1
}
exec python3 "$directory/main.py" "$@"
