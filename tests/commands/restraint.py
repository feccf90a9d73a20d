# SPDX-License-Identifier: Apache-2.0
"""Tests from outside how a process restricts itself. Builds with sanitizers or counters do not."""

import json
import os
import resource
import socket
import subprocess
import time

from tool import BINARY, equal, output, policy, read, run, spec

# Sanitizers, and the counters of make coverage, need system calls that the filter forbids.
UNRESTRAINED = any(mark in read(BINARY) for mark in (b"__asan_init", b"__llvm_profile_runtime"))
SPEC = spec("podman-user-3267")
DEFAULT = policy("default")


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def open_files(pid):
    return [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]


def while_it_reads(args, inherited, before=()):
    """Seccomp, NoNewPrivs and whether the inherited file is still open, at the first read."""
    name = os.path.realpath(inherited.name)
    with subprocess.Popen([*before, BINARY, *args], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, pass_fds=[inherited.fileno()]) as process:
        try:
            deadline = time.monotonic() + 30
            while not (os.path.samefile(f"/proc/{process.pid}/exe", BINARY) and
                       status_of(process.pid)["State"].startswith("S")):
                assert time.monotonic() < deadline, "it does not read"
                time.sleep(0.01)
            status = status_of(process.pid)
            return status["Seccomp"], status["NoNewPrivs"], name in open_files(process.pid)
        finally:
            process.kill()


def test_commands_that_read_are_restrained(directory):
    with open(os.path.join(directory, "any"), "wb") as inherited:
        for command in ("check", "rewrite", "explain"):
            equal(while_it_reads([command, "--policy", DEFAULT, "-"], inherited),
                  ("0", "0", True) if UNRESTRAINED else ("2", "1", True), command)
        for command in (["precreate", "--policy", DEFAULT], ["poststop"]):
            equal(while_it_reads(command, inherited),
                  ("0", "0", False) if UNRESTRAINED else ("2", "1", False), command)
        # A process that cannot load the guard is restricted at once.
        equal(while_it_reads(["createRuntime", "--policy", DEFAULT], inherited,
                             ["unshare", "--user", "--map-root-user"]),
              ("0", "0", False) if UNRESTRAINED else ("2", "1", False), "createRuntime")


def test_check_is_restrained_before_it_reads_a_policy(directory):
    log = os.path.join(directory, "log")
    subprocess.run(["strace", "-f", "-o", log, "-e", "trace=seccomp,openat", BINARY, "check",
                    "--policy", DEFAULT, SPEC, SPEC], stdout=subprocess.DEVNULL, check=True)
    restrained, reads = False, 0
    for line in read(log).decode().splitlines():
        restrained = restrained or "seccomp(SECCOMP_SET_MODE_FILTER" in line
        if DEFAULT in line or SPEC in line:
            assert restrained, line
            reads += 1
    equal(reads, 3)


def test_a_spec_that_wants_more_memory_than_there_is_is_refused(directory):
    with open(SPEC, "rb") as file:
        config = json.load(file)
    config["many"] = [[]] * 2_000_000
    path = os.path.join(directory, "large.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)
    for args in (["check", path], ["rewrite", path], ["explain", path]):
        output(0, args[0], "--policy", DEFAULT, args[1])
        done = subprocess.run(
            [BINARY, args[0], "--policy", DEFAULT, args[1]], capture_output=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 26, 1 << 26)))
        equal((done.returncode, done.stdout, done.stderr),
              (6, b"", b"rootfence: out of memory; nothing was started\n"), args)


def test_files_can_be_named_by_descriptor(directory):
    del directory
    with open(SPEC, "rb") as file, open(DEFAULT, "rb") as rules:
        done = subprocess.run(
            [BINARY, "check", "--policy", f"/dev/fd/{rules.fileno()}", f"/dev/fd/{file.fileno()}"],
            pass_fds=[file.fileno(), rules.fileno()], capture_output=True, check=False)
        equal((done.returncode, done.stderr), (0, b""), done.stdout)


def test_hooks_have_standard_descriptors_only(directory):
    del directory
    with open(DEFAULT, "rb") as rules:
        done = subprocess.run(
            [BINARY, "precreate", "--policy", f"/dev/fd/{rules.fileno()}"], input=read(SPEC),
            pass_fds=[rules.fileno()], capture_output=True, check=False)
    equal(done.returncode, 4, done.stderr)
    equal(run("precreate", "--policy", DEFAULT, stdin=read(SPEC))[0], 0)


def refused_below(stderr):
    """A hook with /dev/null as standard error, whose parent has that one."""
    done = subprocess.run(
        ["bash", "-c", '"$0" createRuntime --policy "$1" <"$2" 2>/dev/null; exit $?', BINARY,
         DEFAULT, SPEC], stderr=stderr, check=False)
    equal(done.returncode, 1)


def test_a_refusal_reaches_the_standard_error_of_the_process_that_runs_the_hook(directory):
    want = b"rootfence: refused by policy 'default': "
    path = os.path.join(directory, "log")
    with open(path, "wb") as file:
        file.write(b"before\n")
        file.flush()
        refused_below(file.fileno())
    equal(read(path)[:len(want) + 7], b"before\n" + want)

    reader, writer = os.pipe()
    refused_below(writer)
    equal(os.read(reader, len(want)), want)
    os.close(reader)
    os.close(writer)

    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        refused_below(theirs.fileno())
        equal(ours.recv(len(want)), want)


if UNRESTRAINED:  # nor can what takes terabytes of addresses be short of them
    del test_check_is_restrained_before_it_reads_a_policy
    del test_a_spec_that_wants_more_memory_than_there_is_is_refused
