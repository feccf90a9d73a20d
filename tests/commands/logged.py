# SPDX-License-Identifier: Apache-2.0
"""Tests of what hooks write to syslog about a container that they let through."""

import json
import subprocess
import sys

from tap import Missing
from tool import BINARY, equal, read, write

ID = "0123456789abcdef" * 4

# In a mount namespace of its own: a /dev with a log that this process reads.
READER = """
import json, socket, subprocess, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
log.setblocking(False)
done = subprocess.run(sys.argv[2:], stdin=open(sys.argv[1]), capture_output=True)
lines = []
try:
    while True:
        lines.append(log.recv(65536).decode().partition("]: ")[2])
except BlockingIOError:
    pass
print(json.dumps([done.returncode, done.stdout.decode(), done.stderr.decode(), lines]))
"""
NAMESPACE = """
mkdir dev && mount -t tmpfs none dev && touch dev/null && mount --bind /dev/null dev/null &&
mount --rbind dev /dev && exec "$@"
"""


def logged(directory, command, config, policy):
    """(exit, stdout, stderr, lines of the log) of a hook."""
    if subprocess.run(["unshare", "--mount", "--user", "--map-root-user", "true"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        raise Missing("no user namespace can be made here")
    write(directory, "config.json", config if isinstance(config, bytes) else json.dumps(config))
    path = write(directory, "policy.json", json.dumps(policy))
    done = subprocess.run(
        ["unshare", "--mount", "--user", "--map-root-user", "sh", "-c", NAMESPACE, "sh",
         sys.executable, "-c", READER, "config.json", BINARY, command, "--policy", path],
        cwd=directory, capture_output=True, timeout=120, check=True)
    return json.loads(done.stdout)


def case(*rules):
    policy = {"version": 1, "name": "case", "exec": {"userNamespaces": "RF_ACT_ALLOW"},
              "rules": [{"names": [name], "action": action} for name, action in rules]}
    config = {"ociVersion": "1.0.2", "root": {"path": "rootfs"},
              "process": {"cwd": "/", "args": ["/app"], "user": {"uid": 7, "gid": 7},
                          "noNewPrivileges": True},
              "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
              "annotations": {"io.kubernetes.pod.namespace": "shop",
                              "io.kubernetes.pod.name": "web\n<3>forged",
                              "io.kubernetes.container.name": "app"},
              "linux": {"cgroupsPath": f"machine.slice:libpod:{ID}", "namespaces": [],
                        "sysctl": {"kernel.panic": "1"}}}
    return config, policy


LINE = (f"container {ID}: namespace \"shop\", pod \"web\\u000a<3>forged\", container \"app\": "
        "rewritten by policy 'case': sysctls: kernel.panic=\"1\" dropped")


def test_precreate_says_once_what_it_rewrote(directory):
    config, policy = case(("sysctls", "RF_ACT_REWRITE"))
    code, out, err, lines = logged(directory, "precreate", config, policy)
    equal((code, err, lines), (0, "", [LINE]))
    equal(json.loads(out)["linux"]["sysctl"], {})


def test_create_runtime_says_nothing_of_what_precreate_rewrote(directory):
    config, policy = case(("sysctls", "RF_ACT_REWRITE"))
    _, out, _, _ = logged(directory, "precreate", config, policy)
    write(directory, "config.json", out)
    subprocess.run(["rmdir", "dev"], cwd=directory, check=True)
    equal(logged(directory, "createRuntime", read(f"{directory}/config.json"), policy),
          [0, "", "", []])


def test_nothing_is_said_of_a_container_that_stays_as_it_was(directory):
    config, policy = case(("noNewPrivileges", "RF_ACT_REWRITE"))
    code, _, err, lines = logged(directory, "precreate", config, policy)
    equal((code, err, lines), (0, "", []))


def test_a_finding_that_is_only_logged_keeps_its_line(directory):
    config, policy = case(("sysctls", "RF_ACT_LOG"))
    code, _, err, lines = logged(directory, "precreate", config, policy)
    equal((code, err, len(lines)), (0, "", 1))
    equal(lines[0].startswith(f"container {ID}: logged by policy 'case': sysctls: "), True, lines)


def test_a_refused_container_is_not_told_as_rewritten(directory):
    config, policy = case(("sysctls", "RF_ACT_REWRITE"), ("hostPidNamespace", "RF_ACT_REJECT"))
    code, _, _, lines = logged(directory, "precreate", config, policy)
    equal(code, 1)
    equal([line for line in lines if "rewritten by" in line], [])
