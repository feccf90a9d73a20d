#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A runtime that makes something else than it was told, for lies.bats. It calls the real one:
#
#   $work/real     the real runtime
#   $work/spec     a jq expression: the config that the real runtime gets, which no hook sees
#   $work/inside   a script for busybox's shell, run in the container's mount namespace after create
#   $work/outside  a script for bash, run on the host after that; $pid is the container's first process
#   $work/before   words before the real runtime's name, at create
#   $work/options  options for its create
#
# The real runtime gets a bundle of its own, and createRuntime the state with the bundle that was
# judged.
set -euo pipefail
work=$(dirname "$(readlink -f "$0")")
real=$(<"$work/real")

bundle='' create='' id=${*: -1}
for ((i = 1; i <= $#; i++)); do
	[[ ${!i} != create ]] || create=yes
	[[ ${!i} != --bundle ]] || { j=$((i + 1)) && bundle=${!j}; }
done
[[ -n $create ]] || exec "$real" "$@"

cat >"$work/hook" <<END
#!/bin/bash
jq -c '.bundle = "$bundle"' | "\$@"
END
chmod 755 "$work/hook"
rm -rf "$work/handed"
mkdir "$work/handed"
jq '(.hooks // {} | .[] | .[]) |= (.args = ["hook", .path] + .args[1:] | .path = "'"$work"'/hook")
	| '"$(<"$work/spec")" "$bundle/config.json" >"$work/handed/config.json"
read -ra before <"$work/before" || true
read -ra options <"$work/options" || true
args=()
for arg in "$@"; do
	[[ $arg != "$bundle" ]] || arg=$work/handed
	args+=("$arg")
	[[ $arg != create ]] || args+=("${options[@]}")
done
cd "$work/handed"
[[ ${#options[@]} -eq 0 ]] || exec 3</etc/passwd
"${before[@]}" "$real" "${args[@]}"
[[ -s $work/inside || -s $work/outside ]] || exit 0
pid=$("$real" --root "$work/state" state "$id" | jq .pid)
[[ ! -s $work/inside ]] ||
	nsenter --target "$pid" --mount --wd=/ -- /bin/busybox sh -ec "$(<"$work/inside")"
# shellcheck source=/dev/null
source "$work/outside"
