# shellcheck shell=bash
# shellcheck disable=SC2154 # engines.bash sets images
# SPDX-License-Identifier: Apache-2.0
#
# A small client of containerd's CRI, for the calls that a kubelet makes. Messages are protobuf,
# written as hexadecimal digits; field numbers are those of k8s.io/cri-api's api.proto.

# varint NUMBER
varint() {
	local n=$1
	while [[ $n -ge 128 ]]; do
		printf '%02x' $((n & 127 | 128))
		n=$((n >> 7))
	done
	printf '%02x' "$n"
}

# int FIELD NUMBER
int() { varint $(($1 << 3)); varint "$2"; }

# msg FIELD HEX...
msg() {
	local field=$1 text
	shift
	text=$(IFS=; printf '%s' "$*")
	varint $((field << 3 | 2))
	varint $((${#text} / 2))
	printf '%s' "$text"
}

hex() { busybox xxd -p | tr -d '\n'; }

# text_hex TEXT: without a process, of which each takes milliseconds here.
text_hex() {
	local LC_ALL=C i
	for ((i = 0; i < ${#1}; i++)); do
		printf '%02x' "'${1:i:1}"
	done
}

# str FIELD TEXT
str() { msg "$1" "$(text_hex "$2")"; }

# strs FIELD TEXT...
strs() {
	local field=$1 text
	shift
	for text in "$@"; do
		str "$field" "$text"
	done
}

# call METHOD HEX...: prints the answer as hexadecimal digits, or the status message and fails.
call() {
	local method=$1 text answer=/run/cri.answer
	shift
	text=$(IFS=; printf '%s' "$*")
	printf '00%08x%s' $((${#text} / 2)) "$text" | busybox xxd -r -p >/run/cri.request
	curl --silent --show-error --max-time 300 --http2-prior-knowledge \
		--unix-socket /run/containerd/containerd.sock --header 'content-type: application/grpc' \
		--header 'te: trailers' --data-binary @/run/cri.request --dump-header /run/cri.headers \
		--output "$answer" "http://localhost/runtime.v1.RuntimeService/$method"
	if ! grep -qi '^grpc-status: 0' /run/cri.headers; then
		sed -n 's/^grpc-message: //Ip' /run/cri.headers
		return 1
	fi
	hex <"$answer" | cut -c 11-
}

# field NUMBER HEX: prints the first field of that number as text (strings), or as a number.
field() {
	local wanted=$1 text=$2 key n
	while [[ -n $text ]]; do
		key=$((16#${text:0:2}))
		text=${text:2}
		n=0
		take_varint
		if [[ $((key & 7)) -eq 2 ]]; then
			if [[ $((key >> 3)) -eq $wanted ]]; then
				printf '%s' "${text:0:n*2}" | busybox xxd -r -p
				return
			fi
			text=${text:n*2}
		elif [[ $((key >> 3)) -eq $wanted ]]; then
			printf '%d' "$n"
			return
		fi
	done
}

# Moves one varint from $text to $n, which are field()'s.
take_varint() {
	local shift=0 byte=128
	while [[ $byte -ge 128 ]]; do
		byte=$((16#${text:0:2}))
		text=${text:2}
		n=$((n | (byte & 127) << shift))
		shift=$((shift + 7))
	done
}

# --- the daemon: a containerd for pods, with the wrapper as its runtime; needs engines.bash ---

make_network() {
	mkdir -p /etc/cni/net.d /opt/cni
	[[ -e /opt/cni/bin ]] || ln -s /usr/lib/cni /opt/cni/bin
	cat >/etc/cni/net.d/10-vm.conflist <<-'END'
		{ "cniVersion": "1.0.0", "name": "vm", "plugins": [
		  { "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true,
		    "ipam": { "type": "host-local", "ranges": [ [ { "subnet": "10.88.0.0/16" } ] ],
		              "routes": [ { "dst": "0.0.0.0/0" } ] } },
		  { "type": "portmap", "capabilities": { "portMappings": true } },
		  { "type": "firewall" } ] }
	END
}

# pod_runtime_config: containerd's configuration with the pause container of our own, whose command
# is in the image. containerd 2 opens ICMP sockets to every group by itself.
pod_runtime_config() {
	mkdir -p /etc/containerd
	case $(containerd --version) in
	*' 2.'*) printf '%s\n' 'version = 3' '[plugins."io.containerd.cri.v1.images".pinned_images]' \
		'  sandbox = "localhost/pause:latest"' ;;
	*) printf '%s\n' 'version = 2' '[plugins."io.containerd.grpc.v1.cri"]' \
		'  sandbox_image = "localhost/pause:latest"' '  enable_unprivileged_icmp = true' ;;
	esac >/etc/containerd/config.toml
	register install containerd
}

cri_start() {
	make_network
	cp /etc/containerd/config.toml /run/config.before 2>/dev/null || true
	pod_runtime_config
	[[ ! -e /run/containerd.started ]] || stop_daemon containerd
	engine_start
	ctr --namespace k8s.io images import "$images.tar" >/dev/null
}

cri_stop() {
	register uninstall containerd
	[[ ! -e /run/config.before ]] || cp /run/config.before /etc/containerd/config.toml
}

# --- pods ---

# id_mapping CONTAINER HOST LENGTH
id_mapping() { int 1 "$2"; int 2 "$1"; int 3 "$3"; }

# namespaces: as a kubelet asks for them; with $host_users=false, hostUsers: false.
namespaces() {
	int 2 1
	[[ ${host_users-} != false ]] || user_namespace
}

user_namespace() {
	msg 5 "$(msg 2 "$(id_mapping 0 200000 65536)")" "$(msg 3 "$(id_mapping 0 200000 65536)")"
}

# port HOST CONTAINER
port() { msg 5 "$(int 2 "$2")" "$(int 3 "$1")"; }

# pod_config NAME [HEX...]: metadata, and more fields of a PodSandboxConfig.
pod_config() {
	local name=$1
	shift
	msg 1 "$(str 1 "$name")" "$(str 2 "uid-$name")" "$(str 3 default)"
	str 2 "$name"
	printf '%s' "$@"
	msg 8 "$(msg 2 "$(msg 1 "$(namespaces)")")"
}

# run_pod NAME [HEX...]: prints the pod's id.
run_pod() {
	local answer
	answer=$(call RunPodSandbox "$(msg 1 "$(pod_config "$@")")") || { echo "$answer"; return 1; }
	field 1 "$answer"
}

# start_container ID: prints nothing but an error.
start_container() {
	local error
	error=$(call StartContainer "$(str 1 "$1")") || { echo "$error"; return 1; }
}

# run_container POD NAME USER [--volume SOURCE:TARGET] COMMAND...: USER may be empty. Prints its id.
run_container() {
	local pod=$1 name=$2 user=$3 mounts='' security answer
	shift 3
	if [[ $1 == --volume ]]; then
		mounts=$(msg 7 "$(str 1 "${2#*:}")" "$(str 2 "${2%:*}")")
		shift 2
	fi
	security=$(msg 3 "$(namespaces)")
	[[ -z $user ]] || security+=$(msg 5 "$(int 1 "$user")")$(msg 12 "$(int 1 "$user")")
	answer=$(call CreateContainer "$(str 1 "$pod")" "$(msg 2 "$(msg 1 "$(str 1 "$name")")" \
		"$(msg 2 "$(str 1 localhost/vm:latest)")" "$(strs 3 "$@")" "$mounts" \
		"$(msg 15 "$(msg 2 "$security")")")" "$(msg 3 "$(pod_config "pod")")") ||
		{ echo "$answer"; return 1; }
	answer=$(field 1 "$answer")
	start_container "$answer" || return 1
	printf '%s' "$answer"
}

# exec_sync CONTAINER COMMAND...: what a kubelet's probe with a command does.
exec_sync() {
	local container=$1 answer code
	shift
	answer=$(call ExecSync "$(str 1 "$container")" "$(strs 2 "$@")" "$(int 3 60)") ||
		{ echo "$answer"; return 1; }
	field 1 "$answer"
	field 2 "$answer"
	code=$(field 3 "$answer")
	return "${code:-0}"
}

remove_pod() {
	call StopPodSandbox "$(str 1 "$1")" >/dev/null
	call RemovePodSandbox "$(str 1 "$1")" >/dev/null
}
