# SPDX-License-Identifier: Apache-2.0
"""Containers that run to their end: what the spec asks for is what the process has."""

ALL = "root mapped rootless"
BOTH = "root mapped"


def run_spec(run, edit, script, *args):
    """Edits the spec and runs the script in the container."""
    if edit is not None:
        edit(run.spec)
    run.script(script)
    run.run(*args)


def setting(path, value):
    """An edit that sets /a/b/c, or with c = "-" adds to the list."""

    def edit(spec):
        *keys, last = path.split("/")
        for key in keys:
            spec = spec.setdefault(key, [] if last == "-" and key == keys[-1] else {})
        if last == "-":
            spec.append(value)
        else:
            spec[last] = value

    return edit


def edits(*all_of_them):
    def edit(spec):
        for one in all_of_them:
            one(spec)

    return edit


def mount(destination, kind, source, *options):
    value = {"destination": destination, "type": kind, "source": source, "options": list(options)}
    return setting("mounts/-", value)


def namespace(**values):
    return setting("linux/namespaces/-", values)


def without(kind):
    def edit(spec):
        every = spec["linux"]["namespaces"]
        spec["linux"]["namespaces"] = [n for n in every if n["type"] != kind]

    return edit


def device(path, kind, major, minor, **more):
    return setting("linux/devices/-",
                   {"path": path, "type": kind, "major": major, "minor": minor, **more})


def caps(*names, sets=("bounding", "effective", "permitted")):
    return setting("process/capabilities", {s: list(names) for s in sets})


def limit(kind, soft, hard):
    return setting("process/rlimits/-", {"type": kind, "soft": soft, "hard": hard})


def hook(stage, *words, **more):
    return setting(f"hooks/{stage}/-", {"path": words[0], "args": list(words), **more})


def seccomp(*rules, default="SCMP_ACT_ALLOW", **more):
    return setting("linux/seccomp", {"defaultAction": default, "syscalls": list(rules), **more})


def rule(action, *names, **more):
    return {"names": list(names), "action": action, **more}


CAPS = "grep ^Cap /proc/self/status"
NAMES = "for n in mnt pid net ipc uts user cgroup; do readlink /proc/self/ns/$n; done"
X = "CAP_CHOWN", "CAP_KILL"

TABLE = [
    # The process
    ("prints", ALL, None, "echo out; echo err >&2"),
    ("exit code 7", ALL, None, "exit 7"),
    ("killed by a signal", ALL, None, "kill -9 $$"),
    ("killed by SIGTERM", ALL, None, "trap - TERM; kill -TERM $$"),
    ("no such program", ALL, setting("process/args", ["/bin/nothing"]), None),
    ("program is a directory", ALL, setting("process/args", ["/bin"]), None),
    ("program without a path", ALL, setting("process/args", ["id"]), None),
    ("no args", "root", setting("process/args", []), None),
    ("environment", ALL, setting("process/env", ["A=1", "B=two words", "PATH=/bin"]), "env"),
    ("environment without =", "root", setting("process/env", ["A", "PATH=/bin"]), "env"),
    ("environment with an empty value", "root", setting("process/env", ["A=", "PATH=/bin"]), "env"),
    ("HOME from passwd", BOTH, edits(setting("process/env", ["PATH=/bin"]),
                                     setting("process/user", {"uid": 1000, "gid": 1000})), "env"),
    ("working directory", ALL, setting("process/cwd", "/tmp"), "pwd"),
    ("working directory is made", "root", setting("process/cwd", "/made/here"), "pwd"),
    ("working directory is relative", "root", setting("process/cwd", "tmp"), "pwd"),
    ("user", BOTH, setting("process/user", {"uid": 1000, "gid": 1001}), "id; " + CAPS),
    ("additional groups", BOTH, setting("process/user", {"uid": 1000, "gid": 1001,
                                                         "additionalGids": [5, 6]}), "id"),
    ("umask", "root", setting("process/user", {"uid": 0, "gid": 0, "umask": 63}), "umask"),
    ("unmapped user", "rootless", setting("process/user", {"uid": 5, "gid": 5}), "id"),
    ("no_new_privs", ALL, setting("process/noNewPrivileges", True),
     "grep NoNewPrivs /proc/self/status"),
    ("oom score", "root", setting("process/oomScoreAdj", 100), "cat /proc/self/oom_score_adj"),
    ("hostname", ALL, setting("hostname", "somewhere"), "hostname"),
    ("domainname", "root", setting("domainname", "example"), "cat /proc/sys/kernel/domainname"),
    ("I/O priority", "root", setting("process/ioPriority",
                                     {"class": "IOPRIO_CLASS_BE", "priority": 4}), "echo"),
    ("scheduler", "root", setting("process/scheduler", {"policy": "SCHED_BATCH", "nice": 3}),
     "cut -d' ' -f 19 /proc/self/stat"),
    ("CPU affinity", "root", setting("process/execCPUAffinity", {"initial": "0"}), "echo"),
    # Capabilities
    ("capabilities: none", ALL, setting("process/capabilities", {}), CAPS),
    ("capabilities: two", ALL, caps(*X), CAPS),
    ("capabilities: twice the same", "root", caps("CAP_KILL", "CAP_KILL"), CAPS),
    ("capabilities: ambient", "root",
     caps(*X, sets=("bounding", "effective", "permitted", "inheritable", "ambient")), CAPS),
    ("capabilities: ambient of a user", "root", edits(
        caps(*X, sets=("bounding", "effective", "permitted", "inheritable", "ambient")),
        setting("process/user", {"uid": 1000, "gid": 1000})), CAPS),
    ("capabilities: bounding alone", "root", caps(*X, sets=("bounding",)), CAPS),
    ("capabilities: not in bounding", "root", caps(*X, sets=("effective", "permitted")), CAPS),
    ("capabilities: of a newer kernel", ALL, caps("CAP_KILL", "CAP_OF_TOMORROW"), CAPS),
    ("capabilities: only of a newer kernel", "root", caps("CAP_OF_TOMORROW"), CAPS),
    ("capabilities: a newer one with digits", "root", caps("CAP_NEW_2", "CAP_KILL"), CAPS),
    ("capabilities: lower case", "root", caps("cap_chown"), CAPS),
    ("capabilities: without CAP_", "root", caps("CHOWN"), CAPS),
    ("capabilities: a number", "root", caps("0"), CAPS),
    ("capabilities: a known name and a digit", "root", caps("CAP_CHOWN2"), CAPS),
    # Limits
    ("limit of files", ALL, limit("RLIMIT_NOFILE", 100, 200), "ulimit -n; ulimit -H -n"),
    ("limit of cores", "root", limit("RLIMIT_CORE", 0, 0), "ulimit -c"),
    ("limit: soft above hard", "root", limit("RLIMIT_NOFILE", 300, 200), "ulimit -n"),
    ("limit twice", "root", edits(limit("RLIMIT_CORE", 0, 0), limit("RLIMIT_CORE", 1, 1)), "echo"),
    ("limit: unknown", "root", limit("RLIMIT_NOTHING", 0, 0), "echo"),
    # Namespaces
    ("namespaces: all new", ALL, None, NAMES),
    ("namespaces: cgroup", ALL, namespace(type="cgroup"), "cat /proc/self/cgroup"),
    ("namespaces: time", "root", namespace(type="time"), "readlink /proc/self/ns/time"),
    ("namespaces: time with offsets", "root", edits(
        namespace(type="time"),
        setting("linux/timeOffsets", {"boottime": {"secs": 1000, "nanosecs": 0}})),
     "cat /proc/self/timens_offsets"),
    ("namespaces: the host's network", ALL, without("network"), "ls /proc/sys/net/ipv4/ip_forward"),
    ("namespaces: the host's pid", "root", without("pid"), "echo"),
    ("namespaces: the host's ipc", "root", without("ipc"), "echo"),
    ("namespaces: network by path", "root", edits(
        without("network"), namespace(type="network", path="/proc/self/ns/net")), "echo"),
    ("namespaces: ipc and uts by path", "root", edits(
        without("ipc"), without("uts"), setting("hostname", ""),
        namespace(type="ipc", path="/proc/1/ns/ipc"), namespace(type="uts", path="/proc/1/ns/uts")),
     "echo"),
    ("namespaces: a path that is missing", "root", edits(
        without("network"), namespace(type="network", path="/nowhere")), "echo"),
    ("namespaces: a path of another type", "root", edits(
        without("network"), namespace(type="network", path="/proc/self/ns/uts")), "echo"),
    ("namespaces: mapped in parts", "root", edits(
        namespace(type="user"),
        setting("linux/uidMappings", [{"containerID": 0, "hostID": 100000, "size": 10},
                                      {"containerID": 10, "hostID": 200000, "size": 10}]),
        setting("linux/gidMappings", [{"containerID": 0, "hostID": 100000, "size": 10}])),
     "cat /proc/self/uid_map /proc/self/gid_map"),
    # Mounts
    ("mount: tmpfs", ALL, mount("/data", "tmpfs", "tmpfs", "size=1m", "mode=700"),
     "grep ' /data ' /proc/mounts"),
    ("mount: bind", ALL, mount("/data", "bind", "/etc/ssl", "rbind"), "ls /data"),
    ("mount: bind, read-only", ALL, mount("/data", "bind", "/etc/ssl", "bind", "ro"),
     "touch /data/x"),
    ("mount: bind of a file", ALL, mount("/etc/hosts", "bind", "/etc/hostname", "bind"),
     "test -s /etc/hosts && echo yes"),
    ("mount: bind, type none", BOTH, mount("/data", "none", "/etc/ssl", "bind", "nosuid", "nodev"),
     "grep -o 'nosuid,nodev' /proc/mounts | head -n 1"),
    ("mount: bind of nothing", ALL, mount("/data", "bind", "/nothing/here", "bind"), "echo"),
    ("mount: bind, relative source", "root", mount("/data", "bind", ".", "bind"), "ls /data"),
    ("mount: place is made", ALL, mount("/data/a/b", "tmpfs", "tmpfs"), "ls -d /data/a/b"),
    ("mount: recursive read-only", "root", mount("/data", "bind", "/run", "rbind", "rro"),
     "touch /data/x"),
    ("mount: propagation", "root", mount("/data", "bind", "/etc/ssl", "rbind", "rslave"),
     "grep -c ' /data ' /proc/self/mountinfo"),
    ("mount: mqueue and shm", ALL, edits(
        mount("/dev/mqueue", "mqueue", "mqueue", "nosuid"),
        mount("/dev/shm", "tmpfs", "shm", "nosuid", "size=65536k")), "ls -d /dev/mqueue /dev/shm"),
    ("mount: sysfs", BOTH, mount("/sys", "sysfs", "sysfs", "ro"), "ls -d /sys/kernel"),
    ("mount: cgroup", BOTH, mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro"),
     "ls /sys/fs/cgroup | wc -l"),
    ("mount: overlay", "root", mount("/data", "overlay", "overlay", "lowerdir=/etc/ssl:/etc/apt"),
     "ls /data | wc -l"),
    ("mount: over /proc", "root", mount("/proc/sys", "bind", "/etc/ssl", "bind"), "echo"),
    ("mount: id-mapped", "root", edits(
        mount("/data", "bind", "/etc/ssl", "bind", "idmap"),), "stat -c %u /data"),
    ("mount: with mappings", "mapped", lambda spec: spec["mounts"].append({
        "destination": "/data", "type": "bind", "source": "/etc/ssl", "options": ["bind"],
        "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
        "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}]}), "stat -c %u /data"),
    ("mount: unknown option", "root", mount("/data", "tmpfs", "tmpfs", "nonsense"), "echo"),
    ("mount: unknown type", "root", mount("/data", "nonsense", "nonsense"), "echo"),
    ("mount: copy up", "root", mount("/etc", "tmpfs", "tmpfs", "tmpcopyup"), "ls /etc"),
    ("root: read-only", ALL, setting("root/readonly", True), "touch /x"),
    ("root: missing", "root", setting("root/path", "/nothing/here"), "echo"),
    ("root: propagation", "root", setting("linux/rootfsPropagation", "rprivate"), "echo"),
    ("masked paths", ALL, setting("linux/maskedPaths", ["/proc/kcore", "/proc/keys", "/nothing"]),
     "cat /proc/keys"),
    ("read-only paths", ALL, setting("linux/readonlyPaths", ["/proc/sys", "/nothing"]),
     "echo x >/proc/sys/kernel/domainname"),
    # Devices
    ("device", ALL, device("/dev/thing", "c", 1, 3, fileMode=0o666), "ls /dev/thing"),
    ("device: the runtime's own", ALL, device("/dev/null", "c", 1, 3), "echo x >/dev/null"),
    ("device: in a directory", BOTH, device("/dev/a/b", "c", 1, 5), "ls /dev/a"),
    ("device: with an owner", BOTH, device("/dev/thing", "c", 1, 3, uid=5, gid=6),
     "stat -c '%u %g' /dev/thing"),
    ("device: block", BOTH, device("/dev/thing", "b", 7, 0), "ls /dev/thing"),
    ("device: fifo", "root", device("/dev/thing", "p", 0, 0), "ls /dev/thing"),
    ("device: two", BOTH, edits(device("/dev/one", "c", 1, 3), device("/dev/two", "c", 1, 5)),
     "ls /dev/one /dev/two"),
    ("device: and a hook", BOTH, edits(device("/dev/one", "c", 1, 3),
                                       hook("createRuntime", "/bin/true")), "ls /dev/one"),
    ("device rules", "root", setting("linux/resources", {"devices": [
        {"allow": False, "access": "rwm"},
        {"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rw"}]}),
     "echo x >/dev/null; echo done"),
    # Seccomp and others
    ("seccomp: one call", ALL, seccomp(rule("SCMP_ACT_ERRNO", "mkdir", "mkdirat")), "mkdir /tmp/x"),
    ("seccomp: errno", "root", seccomp(rule("SCMP_ACT_ERRNO", "mkdir", "mkdirat", errnoRet=38)),
     "mkdir /tmp/x"),
    ("seccomp: kill", "root", seccomp(rule("SCMP_ACT_KILL_PROCESS", "mkdir", "mkdirat")),
     "mkdir /tmp/x; echo $?"),
    ("seccomp: unknown call", "root", seccomp(rule("SCMP_ACT_ERRNO", "of_tomorrow")), "echo"),
    ("seccomp: architectures", "root", seccomp(architectures=["SCMP_ARCH_X86_64",
                                                              "SCMP_ARCH_X86"]), "echo"),
    ("seccomp: arguments", "root", seccomp(rule("SCMP_ACT_ERRNO", "kill", args=[
        {"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}])), "kill -USR1 1"),
    ("seccomp: notify without a listener", "root", seccomp(rule("SCMP_ACT_NOTIFY", "mkdir"),
                                                           listenerPath="/nothing"), "echo"),
    ("seccomp: unknown action", "root", seccomp(rule("SCMP_ACT_NOTHING", "mkdir")), "echo"),
    ("sysctl", "root", setting("linux/sysctl", {"net.ipv4.ip_forward": "1"}),
     "cat /proc/sys/net/ipv4/ip_forward"),
    ("sysctl of ipc", BOTH, setting("linux/sysctl", {"kernel.msgmax": "4096"}),
     "cat /proc/sys/kernel/msgmax"),
    ("sysctl of the host", "root", setting("linux/sysctl", {"vm.swappiness": "60"}), "echo"),
    ("personality", "root", setting("linux/personality", {"domain": "LINUX32"}), "echo"),
    ("intelRdt", "root", setting("linux/intelRdt", {"closID": "case"}), "echo"),
    ("AppArmor profile", "root", setting("process/apparmorProfile", "nothing"), "echo"),
    ("SELinux label", "root", setting("process/selinuxLabel", "a:b:c:s0"), "echo"),
    ("annotations", ALL, setting("annotations", {"org.example": "x"}), "echo"),
    ("unknown member", "root", setting("linux/ofTomorrow", {"a": 1}), "echo"),
    ("unknown version", "root", setting("ociVersion", "9.9.9"), "echo"),
    # Resources
    ("resources: memory", BOTH, setting("linux/resources", {"memory": {"limit": 33554432}}),
     "cat /proc/self/cgroup"),
    ("resources: pids", BOTH, setting("linux/resources", {"pids": {"limit": 20}}), "echo"),
    ("resources: cpu", "root", setting("linux/resources", {"cpu": {"shares": 512, "quota": 50000,
                                                                   "period": 100000}}), "echo"),
    ("resources: unified", "root", setting("linux/resources",
                                           {"unified": {"memory.high": "1000000"}}), "echo"),
    ("resources: a limit that is too small", "root", setting("linux/resources",
                                                            {"memory": {"limit": 1}}), "echo"),
    ("no cgroupsPath", "root", lambda spec: spec["linux"].pop("cgroupsPath"), "echo"),
    # Hooks
    ("hook: prestart", ALL, hook("prestart", "/bin/sh", "-c", "echo hook >&2"), "echo"),
    ("hook: prestart fails", ALL, hook("prestart", "/bin/sh", "-c", "echo no >&2; exit 3"), "echo"),
    ("hook: createRuntime fails", ALL, hook("createRuntime", "/bin/false"), "echo"),
    ("hook: createContainer fails", ALL, hook("createContainer", "/bin/false"), "echo"),
    ("hook: startContainer fails", ALL, hook("startContainer", "/bin/false"), "echo"),
    ("hook: poststart fails", ALL, hook("poststart", "/bin/false"), "echo"),
    ("hook: poststop fails", ALL, hook("poststop", "/bin/false"), "echo"),
    ("hook: a program that is missing", "root", hook("createRuntime", "/nothing"), "echo"),
    ("hook: relative", "root", hook("createRuntime", "true"), "echo"),
    ("hook: time limit", "root", hook("createRuntime", "/bin/sleep", "10", timeout=1), "echo"),
]


def run_untouched(run, edit, *args):
    """Runs with the args of the spec."""
    run.write_spec(edit)
    run.run(*args)


CASES = [
    (f"spec: {title}", modes, None, run_spec, edit, script) if script is not None
    else (f"spec: {title}", modes, None, run_untouched, edit)
    for title, modes, edit, script in TABLE
]
