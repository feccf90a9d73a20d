# SPDX-License-Identifier: Apache-2.0
"""OCI specs as containerd and CRI-O make them from a pod.

A pod is a dict shaped like the manifest: "spec" with securityContext, containers, volumes,
hostPID and so on. The node has everything else: the image's user, and whether it has SELinux or
AppArmor. There are three steps, as on a node:

    kubelet(pod, node)          what the kubelet asks of the engine, in CRI's terms
    containerd_app, containerd_pause, crio_app    the spec that this engine writes for it

CRI-O makes a pause container only if the pod shares its pid namespace, and runs no hook for it.

Written from the sources of containerd 2.2 (internal/cri, pkg/oci) and CRI-O 1.36 (server,
internal/factory). Two things differ from a node: the list of calls in a seccomp profile is
shortened, and paths and ids are made up.
"""

import copy

POD_UID = "9d3c4b3a-0000-1111-2222-333344445555"
POD_DIR = f"/var/lib/kubelet/pods/{POD_UID}"
SANDBOX = "5a" * 32
CONTAINER = "c0" * 32
PAUSE_PID = 4194000  # above what most hosts give out, so that no test finds such a process
CRIO_PID = 4194001
CGROUP = f"kubepods-burstable-pod{POD_UID.replace('-', '_')}.slice"
NS_UUID = "01234567-89ab-cdef-0123-456789abcdef"

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The paths that the kubelet wants masked and read-only, unless procMount is Unmasked.
MASKED = ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
          "/sys/firmware", "/sys/devices/virtual/powercap"]
READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

CONTAINERD_CAPS = ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID",
                   "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL",
                   "AUDIT_WRITE"]
CRIO_CAPS = ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "SETGID", "SETUID", "SETPCAP",
             "NET_BIND_SERVICE", "KILL"]
ALL_CAPS = ["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID",
            "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST",
            "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
            "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
            "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
            "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
            "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"]

PROC = {"destination": "/proc", "type": "proc", "source": "proc",
        "options": ["nosuid", "noexec", "nodev"]}
DEV = {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
       "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]}
PTS = {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
       "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]}
MQUEUE = {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
          "options": ["nosuid", "noexec", "nodev"]}
SYS = {"destination": "/sys", "type": "sysfs", "source": "sysfs",
       "options": ["nosuid", "noexec", "nodev", "ro"]}

# A few of the many that a privileged container gets.
HOST_DEVICES = [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11, "fileMode": 420,
                 "uid": 0, "gid": 0},
                {"path": "/dev/sda", "type": "b", "major": 8, "minor": 0, "fileMode": 432,
                 "uid": 0, "gid": 6}]


def node(image_user=(0, 0), image_volume=None, selinux=False, apparmor=False):
    """The node and the image: properties that the pod does not have."""
    return {"image_user": image_user, "image_volume": image_volume, "selinux": selinux,
            "apparmor": apparmor}


def kubelet(pod, on):
    """The request of the kubelet: security context, mounts and sysctls, defaults filled in."""
    spec = pod["spec"]
    outer = spec.get("securityContext", {})
    container = spec["containers"][0]
    inner = container.get("securityContext", {})

    def setting(name, default=None):
        return inner.get(name, outer.get(name, default))

    uid, gid = on["image_user"]
    groups = list(outer.get("supplementalGroups", []))
    if "fsGroup" in outer:
        groups.append(outer["fsGroup"])
    unmasked = inner.get("procMount") == "Unmasked"
    return {
        "name": container["name"],
        "pod": pod.get("metadata", {}).get("name", "web-0"),
        "namespace": pod.get("metadata", {}).get("namespace", "default"),
        "annotations": pod.get("metadata", {}).get("annotations", {}),
        "uid": setting("runAsUser", uid),
        "gid": setting("runAsGroup", 0 if "runAsUser" in {**outer, **inner} else gid),
        "groups": groups,
        "privileged": inner.get("privileged", False),
        "no_new_privs": inner.get("allowPrivilegeEscalation") is False,
        "readonly": inner.get("readOnlyRootFilesystem", False),
        "add": inner.get("capabilities", {}).get("add", []),
        "drop": inner.get("capabilities", {}).get("drop", []),
        "masked": [] if unmasked else MASKED,
        "readonly_paths": [] if unmasked else READONLY,
        "seccomp": setting("seccompProfile", {"type": "Unconfined"})["type"],
        "apparmor": setting("appArmorProfile", {"type": "RuntimeDefault"}),
        "selinux": setting("seLinuxOptions", {}),
        "sysctls": {s["name"]: s["value"] for s in outer.get("sysctls", [])},
        "host_pid": spec.get("hostPID", False),
        "host_ipc": spec.get("hostIPC", False),
        "host_network": spec.get("hostNetwork", False),
        "userns": spec.get("hostUsers", True) is False,
        "mounts": kubelet_mounts(spec, container),
    }


def kubelet_mounts(spec, container):
    """(destination, source, read-only, propagation): volumes, then mounts of every container."""
    sources = {}
    for volume in spec.get("volumes", []):
        name = volume["name"]
        if "hostPath" in volume:
            sources[name] = volume["hostPath"]["path"]
        else:
            kind = {"emptyDir": "empty-dir", "configMap": "configmap", "secret": "secret"}
            plugin = next(v for k, v in kind.items() if k in volume)
            sources[name] = f"{POD_DIR}/volumes/kubernetes.io~{plugin}/{name}"
    mounts = [(m["mountPath"], sources[m["name"]], m.get("readOnly", False),
               m.get("mountPropagation", "None")) for m in container.get("volumeMounts", [])]
    mounts.append(("/var/run/secrets/kubernetes.io/serviceaccount",
                   f"{POD_DIR}/volumes/kubernetes.io~projected/kube-api-access-x7x4p", True,
                   "None"))
    mounts.append(("/etc/hosts", f"{POD_DIR}/etc-hosts", False, "None"))
    mounts.append(("/dev/termination-log", f"{POD_DIR}/containers/{container['name']}/0a1b2c3d",
                   False, "None"))
    return mounts


def capabilities(defaults, request):
    """The sets as both engines make them: ALL first, then single names."""
    if request["privileged"]:
        return {s: [f"CAP_{c}" for c in ALL_CAPS] for s in ("bounding", "effective", "permitted")}
    caps = list(ALL_CAPS) if "ALL" in request["add"] else list(defaults)
    if "ALL" in request["drop"]:
        caps = []
    caps += [c for c in request["add"] if c != "ALL" and c not in caps]
    caps = [c for c in caps if c not in request["drop"]]
    names = [f"CAP_{c}" for c in caps]
    return {s: names for s in ("bounding", "effective", "permitted")} if names else {}


def bind(destination, source, readonly, propagation, request):
    words = {"None": "rprivate", "HostToContainer": "rslave", "Bidirectional": "rshared"}
    mount = {"destination": destination, "type": "bind", "source": source,
             "options": ["rbind", words[propagation], "ro" if readonly else "rw"]}
    if request["userns"] and source.startswith("/var/lib/"):
        mount["uidMappings"] = mount["gidMappings"] = mapping()
    return mount


def mapping():
    return [{"containerID": 0, "hostID": 458752, "size": 65536}]


def by_depth(mounts):
    return sorted(mounts, key=lambda m: m["destination"].count("/"))


def seccomp_profile(caps):
    calls = [{"names": ["accept", "bind", "brk", "close", "execve", "exit_group", "futex", "mmap",
                        "openat", "read", "setgid", "setuid", "write"],
              "action": "SCMP_ACT_ALLOW"},
             {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]}]
    if "CAP_SYS_ADMIN" in caps:
        calls.append({"names": ["bpf", "clone", "mount", "perf_event_open", "setns", "unshare"],
                      "action": "SCMP_ACT_ALLOW"})
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": calls}


def selinux_label(options):
    """The label that an engine makes of seLinuxOptions, on a node with SELinux."""
    return ":".join([options.get("user", "system_u"), options.get("role", "system_r"),
                     options.get("type", "container_t"), options.get("level", "s0:c29,c4")])


def resources(request):
    rules = [{"allow": False, "access": "rwm"}]
    if request["privileged"]:
        rules.append({"allow": True, "access": "rwm"})
    return {"devices": rules,
            "memory": {"limit": 134217728, "swap": 134217728},
            "cpu": {"shares": 102, "quota": 50000, "period": 100000},
            "unified": {"memory.oom.group": "1", "memory.swap.max": "0"}}


def process(request, on, caps, args, engine):
    """The process, in the order in which Go writes its members."""
    found = {"user": {"uid": request["uid"], "gid": request["gid"]}, "args": args,
             "env": [PATH, f"HOSTNAME={request['pod']}"], "cwd": "/", "capabilities": caps}
    groups = [request["gid"]] + [g for g in request["groups"] if g != request["gid"]]
    found["user"]["additionalGids"] = groups
    if request["no_new_privs"]:
        found["noNewPrivileges"] = True
    profile = request["apparmor"]
    if on["apparmor"] and not request["privileged"]:
        name = {"containerd": "cri-containerd.apparmor.d", "crio": "crio-default"}[engine]
        if profile["type"] == "Localhost":
            found["apparmorProfile"] = profile["localhostProfile"]
        elif profile["type"] == "RuntimeDefault":
            found["apparmorProfile"] = name
        elif engine == "crio":
            found["apparmorProfile"] = "unconfined"  # containerd writes none
    found["oomScoreAdj"] = 999
    if on["selinux"] and request["privileged"] and engine == "crio":
        found["selinuxLabel"] = "system_u:system_r:spc_t:s0"
    elif on["selinux"] and not request["privileged"]:
        found["selinuxLabel"] = selinux_label(request["selinux"])
    return found


def linux(request, namespaces, caps, unit):
    """The Linux part, in the order in which Go writes its members."""
    found = {}
    if request["userns"]:
        found["uidMappings"] = found["gidMappings"] = mapping()
    found["resources"] = resources(request)
    found["cgroupsPath"] = unit
    found["namespaces"] = namespaces
    if request["privileged"]:
        found["devices"] = HOST_DEVICES
    elif request["seccomp"] == "RuntimeDefault":
        found["seccomp"] = seccomp_profile(caps)
    if any(m[3] == "Bidirectional" for m in request["mounts"]):
        found["rootfsPropagation"] = "rshared"
    if not request["privileged"] and request["masked"]:
        found["maskedPaths"] = request["masked"]
        found["readonlyPaths"] = request["readonly_paths"]
    return found


def containerd_namespaces(request):
    """A container joins the namespaces of the pause container."""
    def path(name):
        return f"/proc/{PAUSE_PID}/ns/{name}"

    found = [{"type": "mount"}]
    if not request["privileged"]:
        found.append({"type": "cgroup"})
    found += [{"type": "network", "path": path("net")}, {"type": "ipc", "path": path("ipc")},
              {"type": "uts", "path": path("uts")}]
    if request["host_pid"]:
        found.append({"type": "pid", "path": path("pid")})
    else:
        found.insert(0, {"type": "pid"})
    if request["userns"]:
        found.append({"type": "user", "path": path("user")})
    return found


def containerd_annotations(request, kind):
    found = {"io.kubernetes.cri.container-type": kind,
             "io.kubernetes.cri.sandbox-id": SANDBOX,
             "io.kubernetes.cri.sandbox-name": request["pod"],
             "io.kubernetes.cri.sandbox-namespace": request["namespace"],
             "io.kubernetes.cri.sandbox-uid": POD_UID}
    if kind == "container":
        found["io.kubernetes.cri.container-name"] = request["name"]
        found["io.kubernetes.cri.image-name"] = "registry.example/web:1"
    return dict(sorted(found.items()))


def containerd_app(pod, on):
    """The spec of the pod's first container under containerd."""
    request = kubelet(pod, on)
    caps = capabilities(CONTAINERD_CAPS, request)
    sandbox = f"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{SANDBOX}"
    state = f"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/{SANDBOX}"
    cgroup = {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
              "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}
    base = copy.deepcopy([PROC, DEV, PTS, MQUEUE, SYS, cgroup])
    binds = [bind(*m, request) for m in request["mounts"]]
    binds.append(bind("/etc/hostname", f"{sandbox}/hostname", request["readonly"], "None", request))
    binds.append(bind("/etc/resolv.conf", f"{sandbox}/resolv.conf", request["readonly"], "None",
                      request))
    binds.append(bind("/dev/shm", "/dev/shm" if request["host_ipc"] else f"{state}/shm", False,
                      "None", request))
    if on["image_volume"]:
        own = f"/var/lib/containerd/io.containerd.grpc.v1.cri/containers/{CONTAINER}"
        binds.append(bind(on["image_volume"], f"{own}/volumes/{'d4' * 16}", False, "None", request))
    if request["privileged"]:
        for mount in base:
            if mount["destination"].startswith("/sys"):
                mount["options"] = [o for o in mount["options"] if o != "ro"] + ["rw"]
    root = {"path": "rootfs"}
    if request["readonly"]:
        root["readonly"] = True
    return {"ociVersion": "1.2.1",
            "process": process(request, on, caps, ["/usr/bin/web"], "containerd"),
            "root": root, "mounts": base + by_depth(binds),
            "annotations": containerd_annotations(request, "container"),
            "linux": linux(request, containerd_namespaces(request), caps.get("bounding", []),
                           f"{CGROUP}:cri-containerd:{CONTAINER}")}


def containerd_pause(pod, on):
    """The spec of the pod's pause container: it alone shows the pod's namespaces and sysctls."""
    request = kubelet(pod, on)
    pause = {**request, "uid": 65535, "gid": 65535, "groups": [], "no_new_privs": True,
             "privileged": False, "add": [], "drop": [], "seccomp": "RuntimeDefault", "mounts": [],
             "apparmor": {"type": "Unconfined"}, "masked": MASKED, "readonly_paths": READONLY,
             "selinux": pod["spec"].get("securityContext", {}).get("seLinuxOptions", {})}
    caps = capabilities(CONTAINERD_CAPS, pause)
    sandbox = f"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{SANDBOX}"
    state = f"/run/containerd/io.containerd.grpc.v1.cri/sandboxes/{SANDBOX}"
    shm = "/dev/shm" if request["host_ipc"] else f"{state}/shm"
    namespaces = []
    if not request["host_pid"]:
        namespaces.append({"type": "pid"})
    if not request["host_ipc"]:
        namespaces.append({"type": "ipc"})
    if not request["host_network"]:
        namespaces.append({"type": "uts"})
    namespaces.append({"type": "mount"})
    sysctls = dict(request["sysctls"])
    if not request["host_network"]:
        namespaces.append({"type": "network", "path": f"/var/run/netns/cni-{NS_UUID}"})
        sysctls.setdefault("net.ipv4.ip_unprivileged_port_start", "0")
        if not request["userns"]:
            sysctls.setdefault("net.ipv4.ping_group_range", "0 2147483647")
    if request["userns"]:
        namespaces.append({"type": "user", "path": f"{state}/pinned-namespaces/user"})
    unit = linux(pause, namespaces, caps["bounding"], f"{CGROUP}:cri-containerd:{SANDBOX}")
    unit["resources"] = {"devices": [{"allow": False, "access": "rwm"}], "cpu": {"shares": 2}}
    if sysctls:
        members = list(unit.items())
        at = [name for name, _ in members].index("resources")
        members.insert(at, ("sysctl", dict(sorted(sysctls.items()))))
        unit = dict(members)
    inside = process(pause, on, caps, ["/pause"], "containerd")
    inside["env"] = [PATH]
    inside["oomScoreAdj"] = -998
    binds = [{"destination": "/dev/shm", "type": "bind", "source": shm,
              "options": ["rbind", "ro", "nosuid", "nodev", "noexec"]},
             {"destination": "/etc/resolv.conf", "type": "bind", "source": f"{sandbox}/resolv.conf",
              "options": ["rbind", "ro", "nosuid", "nodev", "noexec"]}]
    return {"ociVersion": "1.2.1", "process": inside, "root": {"path": "rootfs", "readonly": True},
            "hostname": request["pod"], "mounts": [PROC, DEV, PTS, MQUEUE, SYS] + binds,
            "annotations": containerd_annotations(request, "sandbox"), "linux": unit}


def crio_namespaces(request):
    found = [] if request["host_pid"] else [{"type": "pid"}]
    if not request["host_network"]:
        found.append({"type": "network", "path": f"/var/run/netns/{NS_UUID}"})
    ipc = f"/proc/{CRIO_PID}/ns/ipc" if request["host_ipc"] else f"/var/run/ipcns/{NS_UUID}"
    found += [{"type": "ipc", "path": ipc},
              {"type": "uts", "path": f"/var/run/utsns/{NS_UUID}"}, {"type": "mount"}]
    if not request["privileged"]:
        found.append({"type": "cgroup"})
    if request["userns"]:
        found.append({"type": "user", "path": f"/var/run/userns/{NS_UUID}"})
    return found


def crio_annotations(request, storage):
    """CRI-O's own annotations and those of the kubelet, without those of the pod."""
    found = {"io.container.manager": "cri-o",
             "io.kubernetes.container.hash": "7c3f9e1d",
             "io.kubernetes.container.name": request["name"],
             "io.kubernetes.container.restartCount": "0",
             "io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
             "io.kubernetes.cri-o.ContainerID": CONTAINER,
             "io.kubernetes.cri-o.ContainerType": "container",
             "io.kubernetes.cri-o.ImageName": "registry.example/web:1",
             "io.kubernetes.cri-o.MountPoint": f"{storage}/merged",
             "io.kubernetes.cri-o.SandboxID": SANDBOX,
             "io.kubernetes.cri-o.SandboxName":
                 f"k8s_{request['pod']}_{request['namespace']}_{POD_UID}_0",
             "io.kubernetes.cri-o.TTY": "false",
             "io.kubernetes.pod.name": request["pod"],
             "io.kubernetes.pod.namespace": request["namespace"],
             "io.kubernetes.pod.terminationGracePeriod": "30",
             "io.kubernetes.pod.uid": POD_UID,
             "org.systemd.property.After": "['crio.service']",
             "org.systemd.property.DefaultDependencies": "true",
             "org.systemd.property.TimeoutStopUSec": "uint64 30000000"}
    return found


def crio_app(pod, on):
    """The spec of the pod's first container under CRI-O."""
    request = kubelet(pod, on)
    caps = capabilities(CRIO_CAPS, request)
    storage = f"/var/lib/containers/storage/overlay/{CONTAINER}"
    run = f"/run/containers/storage/overlay-containers/{SANDBOX}/userdata"
    own = f"/run/containers/storage/overlay-containers/{CONTAINER}/userdata"
    mode = "ro" if request["readonly"] else "rw"
    cgroup = {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
              "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}
    mounts = copy.deepcopy([PROC, DEV, PTS, MQUEUE, SYS, cgroup])
    if request["privileged"]:
        for mount in mounts[4:]:
            mount["options"] = ["nosuid", "noexec", "nodev", "rw", "rslave"]
    mounts += [{"destination": "/dev/shm", "type": "bind",
                "source": "/dev/shm" if request["host_ipc"] else f"{run}/shm",
                "options": ["rw", "bind"]},
               {"destination": "/etc/resolv.conf", "type": "bind", "source": f"{run}/resolv.conf",
                "options": [mode, "bind", "nodev", "nosuid", "noexec"]},
               {"destination": "/etc/hostname", "type": "bind", "source": f"{run}/hostname",
                "options": [mode, "bind"]},
               {"destination": "/run/.containerenv", "type": "bind",
                "source": f"{run}/.containerenv", "options": [mode, "bind"]}]
    mounts += by_depth([bind(*m, request) for m in request["mounts"]])
    if request["uid"] != 0:
        mounts.append({"destination": "/etc/passwd", "type": "bind", "source": f"{own}/passwd",
                       "options": ["rw", "rbind"]})
    root = {"path": f"{storage}/merged"}
    if request["readonly"]:
        root["readonly"] = True
    return {"ociVersion": "1.2.1",
            "process": process(request, on, caps, ["/usr/bin/web"], "crio"), "root": root,
            "hostname": request["pod"], "mounts": mounts,
            "annotations": crio_annotations(request, storage),
            "linux": linux(request, crio_namespaces(request), caps.get("bounding", []),
                           f"{CGROUP}:crio:{CONTAINER}")}
