# SPDX-License-Identifier: Apache-2.0
#
# What the default policy asks of a spec, as far as jq can tell from the document alone: the names
# of the rules with a finding, for each file. check.sh holds it against rootfence check.

def starts($prefixes): . as $s | any($prefixes[]; . as $p | $s == $p or ($s | startswith($p + "/")));

def sets: ["bounding", "effective", "inheritable", "permitted", "ambient"];

def denied_paths: ["/etc", "/proc", "/sys", "/dev", "/boot", "/root", "/run", "/var/run",
	"/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/var/lib/containers"];

def allowed_path($ro): test("^/var/lib/(containers/storage|docker(/[^/]+)?)/volumes/[^/]+/_data(/|$)"
	+ "|^/var/lib/kubelet/pods/[^/]+/volume(s|-subpaths)(/|$)")
	or ($ro and test("^/etc/(localtime|timezone|ssl/certs|pki/tls/certs"
	+ "|pki/ca-trust/extracted|ca-certificates)(/|$)"));

# What engines mount by themselves is told by where they keep it.
def engine_mount: .source | test("/userdata/|/overlay-containers/|/sandboxes/|/docker/([0-9.]+/)?containers/"
	+ "|/kubelet/pods/[^/]+/(etc-hosts$|containers/)");

def denied_calls: ["acct", "add_key", "bpf", "clock_settime", "clock_settime64", "create_module",
	"delete_module", "finit_module", "get_kernel_syms", "init_module", "ioperm", "iopl",
	"kexec_file_load", "kexec_load", "lookup_dcookie", "nfsservctl", "open_by_handle_at",
	"perf_event_open", "query_module", "quotactl", "quotactl_fd", "request_key", "settimeofday",
	"stime", "swapoff", "swapon", "_sysctl", "uselib", "userfaultfd", "vm86", "vm86old"];

def masked: ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
	"/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"];

def readonly: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

def safe_sysctls: ["kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_notsent_lowat",
	"net.ipv4.tcp_rmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem"];

def lets_through: . == "SCMP_ACT_ALLOW" or . == "SCMP_ACT_LOG";

def seccomp_lets_denied_through:
	if . == null then true
	elif (.defaultAction | lets_through) then true
	else [.syscalls[]? | select(.action | lets_through) | .names[]] as $through |
		denied_calls - $through != denied_calls end;

# A list as it is, or with a directory above each path that it lacks.
def lacks($wanted; $also): (. // []) + $also | . as $have | any($wanted[]; starts($have) | not);

def host_id($maps): . as $id | if $maps == null then $id else
	([$maps[] | select($id >= .containerID and $id < .containerID + .size)
		| .hostID + $id - .containerID] | first) end;

def ns($type): [.linux.namespaces[]? | select(.type == $type)][0];

def host_ns($type; $file): ns($type) as $n | $n == null or $n.path == "/proc/1/ns/" + $file
	or $n.path == "/proc/self/ns/" + $file
	or ($type == "network" and ($n.path // "" | test("^(/var)?/run/docker/netns/default$")));

def privileged($held): ((.annotations["io.podman.annotations.privileged"] // "" | ascii_downcase) == "true")
	or ($held | index("CAP_SYS_ADMIN")) != null
	and (any(.linux.resources.devices[]?; .allow and (.type // "a") == "a" and .major == null)
	or ((.linux.maskedPaths // []) == [] and .linux.seccomp == null));

def binds: .mounts[]? | select(.type == "bind" or any(.options[]?; . == "bind" or . == "rbind"));

def findings:
	. as $spec |
	[sets[] as $set | $spec.process.capabilities[$set] // [] | .[]] as $held |
	(.linux.uidMappings | if . == [] then null else . end) as $uids |
	(.linux.gidMappings | if . == [] then null else . end) as $gids |
	host_ns("user"; "user") as $shared |
	((.process.user.uid // 0) | if $shared then . else host_id($uids) // 0 end) as $uid |
	[if privileged($held) then "privilegedContainer" else empty end,
	if $uid == 0 then "rootUser" else empty end,
	if any((.process.user.gid // 0), .process.user.additionalGids[]?;
		(if $shared then . else host_id($gids) // 0 end) == 0) then "rootGroup" else empty end,
	if $held != [] then "capabilities" else empty end,
	if .process.noNewPrivileges != true then "noNewPrivileges" else empty end,
	if $shared and $uid == 0 then "hostUserNamespace" else empty end,
	if host_ns("pid"; "pid") then "hostPidNamespace" else empty end,
	if host_ns("network"; "net") then "hostNetworkNamespace" else empty end,
	if host_ns("ipc"; "ipc") then "hostIpcNamespace" else empty end,
	if host_ns("uts"; "uts") then "hostUtsNamespace" else empty end,
	if host_ns("cgroup"; "cgroup") then "hostCgroupNamespace" else empty end,
	if host_ns("mount"; "mnt") then "hostMountNamespace" else empty end,
	if any($uids[]?, $gids[]?; .hostID == 0)
		or any(.mounts[]?; any(.options[]?; test("^r?idmap")) and (.source | allowed_path(false) | not))
		then "identityMapping" else empty end,
	if any(binds | select(engine_mount | not); (.options | index("ro") != null) as $ro | .source
		| . == "/" or (starts(denied_paths) and (allowed_path($ro) | not)))
		or any(.mounts[]? | select(.type == "overlay") | .options[]?
		| select(startswith("lowerdir=")) | .[9:] | split(":")[];
		starts(denied_paths) and (allowed_path(false) | not) and (test("/overlay/") | not))
		then "hostMounts" else empty end,
	if any(binds | select(engine_mount | not); .options as $options
		| any("nosuid", "nodev"; . as $o | ($options | index($o)) == null))
		then "mountOptions" else empty end,
	if .linux.maskedPaths | lacks(masked; []) then "maskedPaths" else empty end,
	if .linux.readonlyPaths | lacks(readonly; $spec.linux.maskedPaths // [])
		then "readonlyPaths" else empty end,
	if .linux.seccomp | seccomp_lets_denied_through then "seccompProfile" else empty end,
	if any(.linux.sysctl // {} | to_entries[]; . as $e
		| (safe_sysctls | index($e.key)) == null or ($e.value | test("[^A-Za-z0-9 _.:/-]")))
		then "sysctls" else empty end,
	if any(.annotations // {} | keys[]; test("^(run\\.oci\\.|krun\\.|module\\.wasm\\.|org\\.criu\\.|org\\.systemd\\.property\\.)|^bundle$")
		and (test("^org\\.systemd\\.property\\.(KillSignal|TimeoutStopUSec)$") | not))
		then "unsafeAnnotations" else empty end,
	if (.process.cwd | startswith("/") | not) or (.process.cwd | test("^/(proc|sys)(/|$)"))
		then "workingDirectory" else empty end];

[input_filename] + findings | @tsv
