#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [--update] [PART-OF-A-NAME...]: runs the golden cases, (config, policy) -> verdict and
# rewritten bytes, with the binary that $ROOTFENCE names. TAP. golden.py describes a case.
set -euo pipefail
directory=$(cd "$(dirname "$0")" && pwd)

command -v python3 >/dev/null || {
	echo 'Bail out! python3 is missing: make deps'
	exit 1
}
exec python3 "$directory/golden.py" "$@"
