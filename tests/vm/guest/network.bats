#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2030,SC2031,SC2119 # expressions for inner shells; bats' own variables
# Docker and podman with the network that every real host has, under the default policy: what people
# start every day needs no capability and no change.

# shellcheck source=tests/vm/guest/engines.bash
source "$BATS_TEST_DIRNAME/engines.bash"

setup_file() {
	engine_start
	"$engine" network create lan
	"$engine" run --detach --name web --network lan --publish 8080:8080 --publish 80:80 \
		--user 3267:3267 localhost/vm serve 80 8080
}

teardown_file() {
	engine_stop
	"$engine" network rm lan
}

setup() { own_policy; }

fetch() { curl --silent --show-error --max-time 10 "http://$1/" 2>&1; }

readonly unprivileged='as 3267 with 0000000000000000'

@test "published ports, below and above 1024, reach a server without capabilities" {
	local address
	eventually eval 'fetch 127.0.0.1:8080 >/dev/null'
	for address in 127.0.0.1:80 127.0.0.1:8080; do
		run fetch "$address"
		ran "served on ${address#*:} $unprivileged"
	done
	run fetch "$(address_of web):80"
	ran "$unprivileged"
}

@test "a port of the host below 1024 for a port of the container above it, and by default bridge" {
	"$engine" run --detach --name low --publish 81:8080 --user 3267:3267 localhost/vm serve 8080
	eventually eval 'fetch 127.0.0.1:81 >/dev/null'
	run fetch 127.0.0.1:81
	ran "served on 8080 $unprivileged"
	remove low
}

@test "names of other containers in the same network" {
	run "$engine" run --rm --network lan --user 3267 localhost/vm wget -q -O - http://web:80/
	ran "$unprivileged"
	run "$engine" run --rm --network lan --network-alias other --user 3267 localhost/vm nslookup web
	ran Name:
}

@test "--network container: shares ports, and the host's network is refused" {
	run "$engine" run --rm --network container:web --user 3267 localhost/vm \
		wget -q -O - http://127.0.0.1:80/
	ran "served on 80 $unprivileged"
	run "$engine" run --rm --network host --user 3267 localhost/vm echo container ran
	refused hostNetworkNamespace
}

@test "--network none" {
	run "$engine" run --rm --network none --user 3267 localhost/vm sh -c 'ls /sys/class/net; echo container ran'
	ran
	[[ $output != *eth0* ]]
}

address_of() { "$engine" inspect --format '{{.NetworkSettings.Networks.lan.IPAddress}}' "$1"; }

# Docker opens ICMP sockets to every group, podman to group 0.
@test "ping, under the default policy" {
	local flags=(--user 3267:3267)
	[[ $engine != podman ]] || flags+=(--sysctl 'net.ipv4.ping_group_range=0 2147483647')
	run "$engine" run --rm --network lan "${flags[@]}" localhost/vm icmp "$(address_of web)"
	ran '1 packets received'
	run "$engine" run --rm --network lan --user 10001 localhost/vm icmp "$(address_of web)"
	ran '1 packets received'
}

ping_rule='"exec": { "rules": [ { "paths": ["/usr/bin/ping"], "capabilities": ["CAP_NET_RAW"],
	"action": "RF_ACT_ALLOW" } ] }'

# The image's ping can only start if it gains its file capability, so it starts under the rule alone.
@test "ping with a file capability: with its rule, also beside containers of mapped root" {
	run "$engine" run --rm --network lan --cap-add NET_RAW --user 3267:3267 localhost/vm \
		/usr/bin/ping -c 1 -W 10 web
	echo "$output"
	[ "$status" -ne 0 ]
	own_policy "$ping_rule"
	run "$engine" run --rm --network lan --cap-add NET_RAW --user 3267:3267 localhost/vm \
		/usr/bin/ping -c 1 -W 10 web
	ran '1 packets received'
	run "$engine" run --rm --network lan --cap-add NET_RAW --user 3267:3267 localhost/vm /bin/probe
	[[ $output != *Uid:*0*0* ]]
	[[ $engine != docker ]] || return 0 # its daemon decides about user namespaces: drop.bats
	run podman run --rm --uidmap 0:100000:65536 localhost/vm sh -c 'id -u; echo container ran'
	ran
}

health() {
	[[ $engine == docker ]] || podman healthcheck run well >/dev/null
	[[ $engine == podman ]] ||
		[[ $(docker inspect --format '{{.State.Health.Status}}' well) == healthy ]]
}

checks() {
	docker inspect --format '{{range .State.Health.Log}}x{{end}}' well
}

# podman's own timer is systemd's, which no guest has: the test is the timer.
@test "healthchecks pass, and each of them adds nothing to the log" {
	local log=$BATS_TEST_TMPDIR/syslog pid before
	busybox syslogd -n -O "$log" 3>&- &
	pid=$!
	eventually test -S /dev/log
	"$engine" run --detach --name well --user 3267 --health-interval 2s \
		--health-cmd 'wget -q -O - http://127.0.0.1:80/' localhost/vm serve 80
	eventually health
	before=$(grep -c rootfence "$log" || true)
	if [[ $engine == docker ]]; then
		within_minutes eval '[[ $(checks) == xxxx* ]]'
	else
		for _ in 1 2 3; do podman healthcheck run well; done
	fi
	kill "$pid"
	cat "$log"
	remove well
	[ "$before" -le 2 ]
	[ "$(grep -c rootfence "$log" || true)" -eq "$before" ]
}

@test "restart policies start a container again" {
	"$engine" run --detach --name again --restart on-failure:2 --user 3267 localhost/vm sh -c 'exit 3'
	within_minutes eval '[[ $("$engine" inspect --format "{{.RestartCount}}" again) -eq 2 ]]'
	remove again
}

# compose ARGUMENT...: on podman by its service, which takes Docker's API.
compose() {
	local client=(docker-compose)
	! docker compose version >/dev/null 2>&1 || client=(docker compose)
	(cd /srv/shop && "${client[@]}" "$@") 2>&1
}

# The service `app` waits until `db` is healthy.
make_shop() {
	mkdir -p /srv/shop
	cat >/srv/shop/docker-compose.yml <<-'END'
		version: "2.4"
		services:
		  db:
		    image: localhost/vm
		    user: "3267:3267"
		    command: ["serve", "5432"]
		    healthcheck:
		      test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1:5432/"]
		      interval: 2s
		      timeout: 60s
		      retries: 20
		    volumes: ["data:/data"]
		  app:
		    image: localhost/vm
		    user: "3267:3267"
		    command: ["sh", "-c", "wget -q -O /tmp/db http://db:5432/ && exec serve 80"]
		    ports: ["8081:80"]
		    depends_on:
		      db: { condition: service_healthy }
		volumes:
		  data: {}
	END
}

# check_by_hand: healthchecks of every container, since no guest has systemd's timers.
check_by_hand() {
	while sleep 2; do
		podman ps --quiet --filter health=starting | xargs -r -n 1 podman healthcheck run
	done
}

@test "compose: services that wait for each other, find each other by name, and publish ports" {
	local pids=()
	make_shop
	if [[ $engine == podman ]]; then
		podman system service --time 0 unix:///run/podman.sock 3>&- &
		pids+=($!)
		check_by_hand >/dev/null 2>&1 3>&- &
		pids+=($!)
		export DOCKER_HOST=unix:///run/podman.sock
		eventually test -S /run/podman.sock
	fi
	run compose up --detach
	echo "$output"
	[ "$status" -eq 0 ]
	eventually eval 'fetch 127.0.0.1:8081 >/dev/null'
	run fetch 127.0.0.1:8081
	ran "served on 80 $unprivileged"
	run compose exec -T app cat /tmp/db
	ran "served on 5432 $unprivileged"
	run compose down --volumes
	[[ ${#pids[@]} -eq 0 ]] || kill "${pids[@]}"
	[ "$status" -eq 0 ]
}
