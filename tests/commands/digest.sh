#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# digest.sh ROOTFENCE DIRECTORY: judges every *.json file of the directory by every shipped policy, and
# prints one digest of all output and exit codes. Two machines with the same binary and the same
# files must print the same line, on the same day: exceptions expire.
set -eu
rootfence=$1
cd "$2"

judge() {
	code=0
	"$rootfence" "$@" 2>&1 || code=$?
	echo "exit $code"
}

{
	for policy in $("$rootfence" policy names | sed -n 's/ *shipped$//p'); do
		judge check --policy "$policy" --format json ./*.json
	done
	judge check --policy default --format sarif ./*.json
	for file in ./*.json; do
		judge explain --policy strict "$file"
		judge rewrite --policy default "$file"
	done
} | sha256sum
