#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2030,SC2031 # $work and the rest come from common.bash; each test is a process
# What is attached and pinned is compared with what was loaded: each way to take a part of the guard
# away is told by status, stops the next container, and is put right by `load --replace`.

# shellcheck source=tests/live/common.bash
source "$BATS_TEST_DIRNAME/common.bash"

setup_file() {
	need_root
	live_start
}

teardown_file() { live_stop; }

setup() {
	live_setup
	PATH=$PATH:/usr/sbin:/sbin
	"$rootfence" load --guard "$guard"
	make_bundle
	runc create --bundle "$work/bundle" first >"$work/out" 2>&1 </dev/null 3>&-
}

teardown() {
	runc list --quiet | while read -r id; do runc delete --force "$id"; done
	rm -rf "$work/bpf/other"
	"$rootfence" unload --guard "$guard"
}

runc() { command runc --root "$work/runc" "$@"; }

# A bundle with our hooks and an exec rule, judged and rewritten as podman's would be.
make_bundle() {
	[[ ! -e $work/bundle ]] || return 0
	mkdir -p "$work/bundle"
	policy rules '"exec": { "rules": [ { "paths": ["/bin/ping"],
		"capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW" } ] }' >/dev/null
	runc spec --bundle "$work/bundle"
	jq --arg bin "$rootfence" --arg policy "$work/rules.json" --arg guard "$guard" \
		--arg root "$work/rootfs" '
		.process.terminal = false | .process.args = ["sleep", "1000"] | .root.path = $root
		| .process.user = {"uid": 3267, "gid": 3267} | del(.process.rlimits)
		| .hooks.createRuntime = [{"path": $bin, "args":
			["rootfence", "createRuntime", "--policy", $policy, "--guard", $guard]}]
		' "$work/bundle/config.json" >"$work/bundle/new.json"
	"$rootfence" precreate --policy "$work/rules.json" --guard "$guard" \
		<"$work/bundle/new.json" >"$work/bundle/config.json"
}

creates() { runc create --bundle "$work/bundle" "$1" </dev/null 3>&-; }

# noticed WORDS: by status, by load, and by the hook of the next container, which does not start.
noticed() {
	run "$rootfence" status --guard "$guard"
	echo "$output"
	[[ $status -eq 5 && $output == *"changed     "*"$1"*"rootfence load --replace"* ]]
	run "$rootfence" status --format json --guard "$guard"
	[[ $status -eq 5 ]]
	jq -e '.intact == false and (.differences | length) > 0' <<<"$output"
	run "$rootfence" load --guard "$guard"
	echo "$output"
	[[ $status -eq 5 && $output == *"$1"*--replace* ]]
	run creates second
	echo "$output"
	[[ $status -ne 0 && $output == *"$1"*"run 'rootfence load --replace'"* ]]
	[[ $output == *'exit status 5'* ]]
}

# put_right: and the container that ran is still held, with the limits that it had.
put_right() {
	"$rootfence" load --replace --guard "$guard"
	"$rootfence" status --guard "$guard"
	guard_status | jq -e '.intact and .differences == []'
	[[ $(ids) == first ]]
	guard_status | jq -e '.containers[0].ceiling == []'
	creates third
	[[ $(ids) == 'first third' ]]
	runc delete --force third
	eventually only_first
}

only_first() { [[ $(ids) == first ]]; }

ids() { guard_status | jq -r '[.containers[].id] | sort | join(" ")'; }

# key_of MAP ID: the key of the entry of that container, for bpftool.
key_of() {
	bpftool -j map dump pinned "$guard/$1" | jq -r --arg id "$2" '
		def text: map(ltrimstr("0x")) | join(" ");
		def hex: . as $h | ($id | explode | map(. as $c | "0x" + ("0123456789abcdef"[$c / 16 |
			floor:][:1]) + ("0123456789abcdef"[$c % 16:][:1])));
		.[] | select(.value[:($id | length)] == ([] | hex)) | .key | text'
}

forget() {
	# shellcheck disable=SC2046 # one word for each byte
	bpftool map delete pinned "$guard/$1" key hex $(key_of "$1" "$2")
}

@test "a guard as it was loaded is intact, also after it was replaced" {
	guard_status | jq -e '.intact and .differences == []'
	"$rootfence" load --replace --guard "$guard"
	guard_status | jq -e '.intact and .differences == []'
	creates second
	[[ $(ids) == 'first second' ]]
}

# Loading a guard again takes seconds, so it is done once for all links and maps of a kind.
links() { basename -a "$guard"/link_*; }
maps() { basename -a "$guard"/* | grep -v '^link_'; }

# told WORDS: like noticed, but only by status.
told() {
	run "$rootfence" status --guard "$guard"
	echo "$output"
	[[ $status -eq 5 && $output == *"changed     "*"$1"* ]]
}

@test "a link that is not pinned any more, each of them" {
	local link
	for link in $(links); do
		mv "$guard/$link" "$work/bpf/other"
		told "$link is not pinned any more"
		mv "$work/bpf/other" "$guard/$link"
	done
	rm "$guard/link_exec"
	noticed 'link_exec is not pinned any more'
	put_right
	rm "$guard"/link_*
	noticed ' is not pinned any more'
	put_right
}

@test "a link that is held elsewhere, but not pinned where it was" {
	bpftool link pin pinned "$guard/link_exec" "$work/bpf/other"
	rm "$guard/link_exec"
	noticed 'link_exec is not pinned any more'
	put_right
}

@test "another link in the place of one" {
	rm "$guard/link_exit"
	bpftool link pin pinned "$guard/link_free" "$guard/link_exit"
	noticed 'link_exit was replaced'
	put_right
}

@test "a program in the place of a link" {
	local id
	id=$(bpftool -j link show pinned "$guard/link_exit" | jq .prog_id)
	rm "$guard/link_exit"
	bpftool prog pin id "$id" "$guard/link_exit"
	noticed 'link_exit was replaced'
	put_right
}

@test "links of the guard cannot be detached or updated: the kernel refuses" {
	run bpftool link detach pinned "$guard/link_exec"
	[[ $status -ne 0 ]]
	guard_status | jq -e .intact
}

@test "a map that is not pinned any more, each of them" {
	local map
	for map in $(maps); do
		mv "$guard/$map" "$work/bpf/other"
		told "the map $map is not pinned any more"
		mv "$work/bpf/other" "$guard/$map"
	done
	rm "$guard/containers"
	noticed 'the map containers is not pinned any more'
	put_right
	for map in $(maps); do
		rm "$guard/$map"
	done
	noticed ' is not pinned any more'
	put_right
}

# The programs go on with the old map; what is registered in the new one is not held.
@test "another map in the place of one, each of them" {
	local map
	for map in $(maps); do
		bpftool -j map show pinned "$guard/$map" >"$BATS_TEST_TMPDIR/$map"
		mv "$guard/$map" "$work/bpf/other"
		like "$BATS_TEST_TMPDIR/$map" "$guard/$map"
		told "the map $map was replaced"
		rm "$guard/$map"
		mv "$work/bpf/other" "$guard/$map"
	done
	for map in $(maps); do
		rm "$guard/$map"
		like "$BATS_TEST_TMPDIR/$map" "$guard/$map"
	done
	noticed ' was replaced'
	put_right
}

# like SHOWN PIN: a map as bpftool has shown it.
like() {
	local args
	mapfile -t args < <(jq -r '"type", (if .type == "array_of_maps" then "array" else .type end), "key", .bytes_key // 0, "value", .bytes_value // 0,
		"entries", .max_entries, "name", .name, "flags", .flags' "$1")
	bpftool map create "$2" "${args[@]}"
}

# Nothing thaws a map. status names eight differences.
@test "a frozen map, each of them" {
	local map n=0
	for map in $(maps); do
		[[ $n -eq 0 || $((n % 8)) -ne 0 ]] || put_right
		n=$((n + 1))
		bpftool map freeze pinned "$guard/$map"
		told "the map $map is frozen"
	done
	noticed ' is frozen'
	put_right
}

@test "the entry of a running container was removed" {
	forget containers first
	noticed "container 'first' (pid"
	[[ $output == *'its entry was removed'* ]]
	put_right
}

@test "a container whose entry was removed, and which has ended, is nothing to be noticed" {
	forget containers first
	runc delete --force first
	eventually quiet
	creates second
	[[ $(ids) == second ]]
}

quiet() { "$rootfence" status --guard "$guard" >/dev/null; }

# change MAP JQ: changes the bytes of the first value, without the "0x" of each.
change() {
	local element
	element=$(bpftool -j map dump pinned "$guard/$1" | jq -r '[.[] | select(.key | any(. != "0x00"))]
		| first | .key |= map(ltrimstr("0x")) | .value |= map(ltrimstr("0x"))
		| .value |= ('"$2"') | "key hex \(.key | join(" ")) value hex \(.value | join(" "))"')
	# shellcheck disable=SC2086 # one word for each byte
	bpftool map update pinned "$guard/$1" $element
}

@test "the entry of a running container was given wider limits" {
	# The ceiling is behind the id, 128 bytes.
	change containers '.[128:136] = ["ff", "ff", "ff", "ff", "ff", "01", "00", "00"]'
	noticed "container 'first' (pid"
	[[ $output == *'wider limits'* ]]
	put_right
}

# Behind limits, promises and counters: its own mount namespace as that of the runtime.
@test "something else of the entry of a running container was changed" {
	change containers '.[268:272] = .[264:268]'
	noticed "container 'first' (pid"
	[[ $output == *'entry was changed'* ]]
	put_right
	change containers '.[168:172] = ["00", "00", "00", "00"]'
	noticed 'entry was changed'
	put_right
}

@test "an exec rule was changed: status knows all" {
	bpftool -j map dump pinned "$guard/rules" | jq -c '.[]' | while read -r element; do
		jq -e '.key[8] != "0x00"' <<<"$element" || continue
		# shellcheck disable=SC2046 # one word for each byte
		bpftool map update pinned "$guard/rules" key hex $(jq -r '.key | map(ltrimstr("0x")) | join(" ")' \
			<<<"$element") value hex ff ff ff ff ff 01 00 00 00 00 00 00 00 00 00 00
	done
	run -5 "$rootfence" status --guard "$guard"
	[[ $output == *'its exec rules were removed or changed'* ]]
	put_right
}

@test "an emptied map, each of them" {
	forget containers first
	noticed 'its entry was removed'
	put_right
	empty roster
	noticed 'the map roster was emptied'
	put_right
	empty rules
	noticed 'its exec rules were removed'
	put_right
}

empty() {
	local key
	bpftool -j map dump pinned "$guard/$1" | jq -r '.[].key | map(ltrimstr("0x")) | join(" ")' |
		while read -r key; do
			# shellcheck disable=SC2086 # one word for each byte
			bpftool map delete pinned "$guard/$1" key hex $key
		done
}

@test "both copies of the containers emptied: at least that is noticed" {
	empty containers
	empty roster
	noticed 'the map roster was emptied'
}

# set_meta OFFSET BYTE: changes one byte of meta.
set_meta() {
	local value
	value=$(bpftool -j map dump pinned "$guard/meta" | jq -r --argjson at "$1" --arg byte "$2" \
		'.[0].value | map(ltrimstr("0x")) | .[$at] = $byte | join(" ")')
	# shellcheck disable=SC2086 # one word for each byte
	bpftool map update pinned "$guard/meta" key hex 00 00 00 00 value hex $value
}

@test "meta says that nothing was registered" {
	set_meta 24 00
	noticed 'meta says that nothing was registered'
	put_right
}

@test "meta says another level, or another version" {
	set_meta 4 03
	noticed 'the content of the map meta was changed'
	put_right
	set_meta 0 63
	noticed 'the content of the map meta was changed'
	put_right
}

@test "the directory was removed" {
	rm -r "$guard"
	noticed "removed from $guard, and not by"
	run "$rootfence" status --guard "$guard"
	[[ $output == *'was loaded, and is not where it was pinned'*'guarantee     none'* ]]
	"$rootfence" load --replace --guard "$guard"
	guard_status | jq -e .intact
	creates third
}

@test "the directory was swapped with that of another guard" {
	"$rootfence" load --guard "$work/bpf/other"
	mv "$guard" "$work/bpf/mine"
	mv "$work/bpf/other" "$guard"
	noticed 'was replaced'
	put_right
	rm -r "$work/bpf/mine"
}

@test "what was loaded is not recorded any more" {
	rm "$(record)"
	noticed 'what was loaded is not recorded'
	put_right
}

# record: the file of this guard, by the hash of its directory.
record() {
	python3 - "$guard" <<-'END'
		import sys
		n = 0xcbf29ce484222325
		for byte in sys.argv[1].encode():
		    n = (n ^ byte) * 0x100000001b3 % 2**64
		print("/run/rootfence/guard-%016x.seal" % n)
	END
}

@test "a record of another boot counts for nothing" {
	rm -r "$guard"
	python3 - "$(record)" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    file.seek(8)
		    file.write(b"0")
		    file.seek(9)
		    file.write(b"zzzz")
	END
	"$rootfence" load --guard "$guard"
	guard_status | jq -e .intact
}

@test "unload leaves no record, and a guard can be loaded after it" {
	"$rootfence" unload --guard "$guard"
	[ ! -e "$(record)" ]
	"$rootfence" load --guard "$guard"
	guard_status | jq -e .intact
}
