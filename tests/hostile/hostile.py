#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile input: see run.sh. Prints TAP; the exit status says whether all held.

Three tables of tab-separated columns; '#' starts a comment line, a backslash escape is as in C.

specs.tsv     name, bytes, exit, text, note. The bytes go to check, rewrite, precreate and
              createRuntime on standard input; all must say the same and print nothing else.
              A note says why a row is allowed where others are refused.
policies.tsv  name, bytes, exit, text. The bytes are a policy file, next to those of FAMILY below.
commands.tsv  name, exit, shell command, standard output, standard error; "*" is anything. The
              command finds the binary in $RF and the files of FIXTURES in its directory.

The bytes of a spec are complete after "raw:", or the content of the member before the colon:
"user:", "process:", ... see WRAP; "@" names a generator of make(). `--update` writes the binary's
output into the tables; read the difference before you keep it.
"""

import codecs
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from tap import Tap  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("ROOTFENCE", os.path.join(ROOT, "build/rootfence")))
POLICY = os.path.join(ROOT, "policies/default.json")
UPDATE = "--update" in sys.argv[1:]
WANTED = [a for a in sys.argv[1:] if not a.startswith("--")]

USER = b'"user":{"uid":65532,"gid":65532}'
CWD = b'"cwd":"/","noNewPrivileges":true'
NAMESPACES = b"".join(b'{"type":"%s"},' % t for t in (b"pid", b"network", b"ipc", b"uts"))
NAMESPACES += b'{"type":"mount"},{"type":"cgroup"}'
# Members that every engine writes. They come after those of the row, so that its columns stay.
MASKS = b',"maskedPaths":["/proc/acpi","/proc/kcore","/proc/keys","/proc/latency_stats",' \
        b'"/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware"],' \
        b'"readonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"],' \
        b'"seccomp":{"defaultAction":"SCMP_ACT_ERRNO"}'
CAPS = b',"capabilities":{}'
PROCESS = b'"process":{' + USER + b"," + CWD + CAPS + b"}"
LINUX = b'"linux":{"namespaces":[' + NAMESPACES + b"]" + MASKS + b"}"

WRAP = {
    "raw": b"%s",
    "top": b"{%s," + PROCESS + b"," + LINUX + b"}",
    "user": b'{"process":{"user":{%s},' + CWD + CAPS + b"}," + LINUX + b"}",
    "process": b'{"process":{' + USER + b"," + CWD + b",%s}," + LINUX + b"}",
    "caps": b'{"process":{' + USER + b"," + CWD + b',"capabilities":{%s}},' + LINUX + b"}",
    "linux": b"{" + PROCESS + b',"linux":{%s,"namespaces":[' + NAMESPACES + b"]}}",
    "namespaces": b"{" + PROCESS + b',"linux":{"namespaces":[%s]' + MASKS + b"}}",
    "mapping": b"{" + PROCESS + b',"linux":{"uidMappings":[{%s}],"namespaces":[' + NAMESPACES +
               b',{"type":"user"}]' + MASKS + b"}}",
    "mappings": b"{" + PROCESS + b',"linux":{"namespaces":[' + NAMESPACES + b',{"type":"user"}],%s' +
                MASKS + b"}}",
    "mount": b"{" + PROCESS + b',"mounts":[{%s}],' + LINUX + b"}",
    "annotations": b"{" + PROCESS + b',"annotations":{%s},' + LINUX + b"}",
    "device": b"{" + PROCESS + b',"linux":{"resources":{"devices":[{%s}]},"namespaces":[' +
              NAMESPACES + b"]" + MASKS + b"}}",
    "hook": b"{" + PROCESS + b',"hooks":{"prestart":[{%s}]},' + LINUX + b"}",
}

CONFIG = WRAP["top"] % b'"ociVersion":"1.0.2"'
STATE = b'{"ociVersion":"1.0.2","id":"c1","status":"created","pid":4194000,"bundle":"/nowhere"}'

# Policies in the directory of the one under test, for "extends".
FAMILY = {
    "good.json": b'{"version":1,"name":"good","rules":[]}',
    "calm.json": b'{"version":1,"name":"calm","exec":{"userNamespaces":"RF_ACT_ALLOW"}}',
    "self.json": b'{"version":1,"name":"self","extends":["self.json"]}',
    "loop-a.json": b'{"version":1,"name":"a","extends":["loop-b.json"]}',
    "loop-b.json": b'{"version":1,"name":"b","extends":["loop-a.json"]}',
    "broken.json": b'{"version":1,\n "name":"broken","rules":7}',
    "not-json.json": b"version: 1\n",
    "empty.json": b"",
    **{f"chain-{n}.json": b'{"version":1,"name":"c","extends":["chain-%d.json"]}' % (n + 1)
       for n in range(1, 20)},
    "chain-20.json": b'{"version":1,"name":"c"}',
}


def make(words):
    """The bytes of a generated row."""
    kind, *numbers = words.split()
    n = int(numbers[0]) if numbers else 0
    if kind == "deep-arrays":  # n levels in all, the document's own object among them
        return WRAP["top"] % (b'"x":' + b"[" * (n - 1) + b"]" * (n - 1))
    if kind == "deep-objects":
        return WRAP["top"] % (b'"x":' + b'{"a":' * (n - 1) + b"0" + b"}" * (n - 1))
    if kind == "open-arrays":
        return b"[" * n
    if kind == "open-objects":
        return b'{"a":' * n
    if kind == "string":
        return WRAP["top"] % (b'"x":"' + b"a" * n + b'"')
    if kind == "escaped-string":  # n bytes decoded, six times as many written
        return WRAP["top"] % (b'"x":"' + b"\\u0061" * n + b'"')
    if kind == "name":
        return WRAP["top"] % (b'"' + b"k" * n + b'":0')
    if kind == "nodes":
        return WRAP["top"] % (b'"x":[' + b"0," * (n - 1) + b"0]")
    if kind == "size":
        return CONFIG + b" " * (n - len(CONFIG))
    if kind == "names":  # many names in one object, none twice
        return WRAP["annotations"] % b",".join(b'"k%d":""' % i for i in range(n))
    if kind == "names-last-twice":
        return WRAP["annotations"] % (b",".join(b'"k%d":""' % i for i in range(n)) + b',"k0":""')
    if kind == "names-last-folds":
        return WRAP["top"] % (
            b'"x":{' + b",".join(b'"k%d":""' % i for i in range(n)) + b',"K0":""}')
    if kind == "names-in-two-cases":
        return WRAP["annotations"] % b",".join(b'"k%d":"","K%d":""' % (i, i) for i in range(n))
    if kind == "mappings":
        one = b'{"containerID":%d,"hostID":%d,"size":1}'
        return WRAP["linux"] % (
            b'"uidMappings":[' + b",".join(one % (i, 100000 + i) for i in range(n)) + b"]")
    if kind == "digits":
        return WRAP["user"] % (b'"uid":' + b"9" * n)
    if kind == "policy-size":
        return FAMILY["good.json"] + b" " * (n - len(FAMILY["good.json"]))
    if kind == "policy-deep":
        return b'{"version":1,"name":"x","rules":' + b"[" * n + b"]" * n + b"}"
    if kind == "policy-comments":
        return b"//\n" * n + FAMILY["good.json"]
    if kind == "policy-ranges":
        return b'{"version":1,"name":"x","rules":[{"names":["userRange"],"action":"RF_ACT_LOG",' \
            b'"args":{"uids":[' + b",".join(b'"%d"' % i for i in range(n)) + b"]}}]}"
    if kind == "policy-regex":
        return b'{"version":1,"name":"x","exceptions":[{"names":["rootUser"],"action":"RF_ACT_LOG",' \
            b'"reason":"r","match":{"annotations":{"' + b"a" * n + b'":"b"}}}]}'
    if kind == "policy-exec-paths":
        paths = b",".join(b'"/bin/%d"' % i for i in range(n))
        return b'{"version":1,"name":"x","exec":{"rules":[{"paths":[' + paths + \
            b'],"action":"RF_ACT_LOG"}]}}'
    if kind == "policy-exec-path":
        return b'{"version":1,"name":"x","exec":{"rules":[{"paths":["/' + b"a" * (n - 1) + \
            b'"],"action":"RF_ACT_LOG"}]}}'
    raise ValueError(f"no generator {kind}")


def unescape(text):
    """C escapes in a column; any other backslash stays, since JSON has its own escapes."""
    out, i = bytearray(), 0
    data = text.encode()
    while i < len(data):
        if data[i:i + 2] == b"\\x":
            out.append(int(data[i + 2:i + 4], 16))
            i += 4
        elif data[i:i + 2] in (b"\\n", b"\\t", b"\\r", b"\\\\"):
            out += codecs.escape_decode(data[i:i + 2])[0]
            i += 2
        else:
            out.append(data[i])
            i += 1
    return bytes(out)


def escape(data):
    text = data.decode(errors="replace")
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def row_bytes(column):
    if column.startswith("@"):
        return make(column[1:])
    kind, _, rest = column.partition(":")
    return WRAP[kind] % unescape(rest)


class Table:
    """Rows of one file, kept with its comments so that --update can write it again."""

    def __init__(self, name, columns, needed):
        self.path = os.path.join(HERE, name)
        self.columns = columns
        with open(self.path, encoding="utf-8") as file:
            self.lines = [line.rstrip("\n") for line in file]
        rows = [self.row(number, line.split("\t"), needed)
                for number, line in enumerate(self.lines) if line and not line.startswith("#")]
        if not rows:
            raise ValueError(f"{name}: no rows")
        names = set()
        for row in rows:
            if row["name"] in names:
                self.wrong(row["number"], f"a second row '{row['name']}'")
            names.add(row["name"])
        self.rows = [r for r in rows if not WANTED or any(w in r["name"] for w in WANTED)]

    def row(self, number, cells, needed):
        if not needed <= len(cells) <= len(self.columns):
            self.wrong(number, f"{len(cells)} columns, not {needed} to {len(self.columns)}")
        row = dict(zip(self.columns, cells + [""] * (len(self.columns) - len(cells))))
        if not UPDATE and not row["exit"].isdigit():
            self.wrong(number, f"exit '{row['exit']}' is not a number")
        row["number"] = number
        return row

    def wrong(self, number, why):
        raise ValueError(f"{os.path.basename(self.path)}:{number + 1}: {why}")

    def write(self):
        for row in self.rows:
            cells = [row[c] for c in self.columns]
            while cells and not cells[-1]:
                cells.pop()
            self.lines[row["number"]] = "\t".join(cells)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.lines) + "\n")


class Runner:
    def __init__(self):
        self.directory = os.path.realpath(tempfile.mkdtemp(prefix="hostile-"))

    def file(self, name, data):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def run(self, *args, stdin=b""):
        done = subprocess.run([BINARY, *args], input=stdin, capture_output=True, timeout=120,
                              check=False, cwd=self.directory)
        return done.returncode, done.stdout, done.stderr

    # Specs: every front end must say the same.

    def spec(self, row):
        data = row_bytes(row["bytes"])
        code, out, err = self.run("check", "--policy", POLICY, "-", stdin=data)
        if UPDATE:
            row["exit"], row["text"] = str(code), escape(out).removesuffix("\\n")
        want = unescape(row["text"]) + b"\n"
        if (code, out, err) != (int(row["exit"]), want, b""):
            return f"check: exit {code}\n{out.decode()}{err.decode()}"
        if int(row["exit"]) != 3:
            return None if row["note"] else "a row that is not refused needs a note"
        for command in ("rewrite", "precreate", "createRuntime"):
            args = [command, "--policy", POLICY] + (["-"] if command == "rewrite" else [])
            code, out, err = self.run(*args, stdin=data)
            if (code, out, err) != (3, b"", b"rootfence: " + want):
                return f"{command}: exit {code}, {len(out)} bytes out\n{err.decode()}"
        code, out, _ = self.run("check", "--policy", POLICY, "--format", "json", "-", stdin=data)
        finding = json.loads(out)["results"][0]["findings"][0]
        if code != 3 or finding["rule"] != "spec":
            return f"check --format json: exit {code}, {finding}"
        # An input too large to be read has no line and column.
        place = f":{finding['line']}:{finding['column']}: " if finding["line"] else " limit of "
        if place not in finding["message"]:
            return f"message and place differ: {finding}"
        return None

    # Policies.

    def policy(self, row):
        data = row_bytes(row["bytes"])
        path = self.file("policy.json", data)
        code, out, err = self.run("check", "--policy", path, "-", stdin=CONFIG)
        text = (err or out).replace(self.directory.encode(), b"DIR")
        if UPDATE:
            row["exit"], row["text"] = str(code), escape(text).removesuffix("\\n")
        if (code, text) != (int(row["exit"]), unescape(row["text"]) + b"\n"):
            return f"exit {code}\n{text.decode()}"
        if code == 4:
            for command in ("precreate", "createRuntime"):
                again, out, err = self.run(command, "--policy", path, stdin=CONFIG)
                err = err.replace(self.directory.encode(), b"DIR")
                if (again, out, err) != (4, b"", text):
                    return f"{command}: exit {again}\n{err.decode()}"
        return None

    # Commands.

    def fixtures(self):
        for name, data in FAMILY.items():
            self.file(name, data)
        self.file("config.json", CONFIG)
        self.file("state.json", STATE)
        self.file("refused.json", WRAP["user"] % b'"uid":0')
        self.file("root.json", b'{"process":{"user":{"uid":0,"gid":1},"env":["HOME=/root"],"cwd":"/",'
                  b'"noNewPrivileges":true},"root":{"path":"rootfs"},' + LINUX + b"}")
        self.file("user.json", b'{"version":1,"name":"user","extends":["' + POLICY.encode() +
                  b'"],"rules":[{"names":["rootUser"],"action":"RF_ACT_REWRITE",'
                  b'"args":{"uid":65532}}]}')
        self.file("rewritten.json", CONFIG.replace(b',"noNewPrivileges":true', b""))
        self.file("invalid.json", b"{")
        bind = b'"destination":"%s","type":"bind","source":"%s","options":["rbind"]'
        self.file("bound.json", WRAP["mount"] % (bind % (b"/d", b"@")))
        self.file("secrets.json", WRAP["mount"] % (
            bind % (b"/run/secrets", b"@/containers/overlay-containers/x/userdata/run/secrets")))
        newuser = b'"index":0,"value":%d,"valueTwo":%d,"op":"SCMP_CMP_MASKED_EQ"'
        self.file("seal-or.json", WRAP["linux"] % (
            b'"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["clone","unshare"],'
            b'"action":"SCMP_ACT_ALLOW","args":[{' + newuser % (0x10000000, 0) +
            b'},{"index":0,"value":0,"op":"SCMP_CMP_GE"}]}]}'))
        self.file("seal-mask.json", WRAP["linux"] % (
            b'"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["clone","unshare"],'
            b'"action":"SCMP_ACT_ERRNO","args":[{' + newuser % (0x90000000, 0x90000000) +
            b"}]}]}"))
        self.file("empty", b"")
        self.file("big.json", make("string 1048576").replace(b"{", b"{" + b" " * 14000000, 1))
        os.mkfifo(os.path.join(self.directory, "fifo.json"))
        for name in ("bundle", "bundle-without-config", "tree/a/b", "unreadable", "odd"):
            os.makedirs(os.path.join(self.directory, name))
        self.file("bundle/config.json", CONFIG)
        self.file("tree/one.json", CONFIG)
        self.file("tree/a/other.json", b'{"some":"thing"}')
        self.file("tree/a/b/three.json", b"{")
        os.symlink("..", os.path.join(self.directory, "tree/a/up"))
        os.symlink("nowhere", os.path.join(self.directory, "dangling.json"))
        os.symlink("link.json", os.path.join(self.directory, "link.json"))
        self.file("odd/a\n\x1b[31mb.json", CONFIG)
        os.makedirs(os.path.join(self.directory, "cases/tests/p"))
        self.file("cases/p.json", b'{"version":1,"name":"p","defaultAction":"RF_ACT_ALLOW"}')
        self.file("cases/tests/p/a.config.json", CONFIG)
        self.file("cases/tests/p/a.expect.json", b'{"verdict":"allow"}')

    def command(self, row):
        env = {"RF": BINARY, "P": POLICY, "PATH": os.environ["PATH"], "LC_ALL": "C",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        done = subprocess.run(["bash", "-c", row["command"]], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120, check=False,
                              cwd=self.directory, env=env)
        got = [t.replace(self.directory.encode(), b"DIR") for t in (done.stdout, done.stderr)]
        if UPDATE:
            row["exit"] = str(done.returncode)
            for column, text in zip(("stdout", "stderr"), got):
                row[column] = "*" if row[column] == "*" else escape(text)
        for column, text in zip(("stdout", "stderr"), got):
            if row[column] != "*" and text != unescape(row[column]):
                return f"exit {done.returncode}, {column}: {escape(text)}"
        return None if done.returncode == int(row["exit"]) else f"exit {done.returncode}"

    # A real spec, cut off after every byte, and with every byte changed.

    def tree(self, name, whole, variants):
        directory = os.path.join(self.directory, name)
        os.makedirs(directory)
        for number, data in enumerate(variants):
            self.file(f"{name}/{number:06}.json", data)
        code, out, _ = self.run("check", "--policy", POLICY, "--format", "json", directory)
        results = json.loads(out)["results"]
        shutil.rmtree(directory)
        return code, results

    def truncated(self):
        with open(os.path.join(HERE, "../golden/format/01-runc-spec/config.json"), "rb") as file:
            whole = file.read().rstrip()
        code, results = self.tree("cut", whole, (whole[:n] for n in range(len(whole))))
        wrong = [r["path"] for r in results if r["verdict"] != "invalid"]
        if code != 3 or wrong or len(results) != len(whole):
            return f"exit {code}, {len(results)} of {len(whole)} judged, not refused: {wrong[:5]}"
        return None

    def spoilt(self):
        with open(os.path.join(HERE, "../golden/format/01-runc-spec/config.json"), "rb") as file:
            whole = file.read()
        for byte in (0x00, 0x01, 0x7f, 0x80, 0xc0, 0xff):
            variants = (whole[:n] + bytes([byte]) + whole[n + 1:] for n in range(len(whole)))
            code, results = self.tree("spoilt", whole, variants)
            allowed = [r["path"] for r in results if r["verdict"] != "invalid"]
            # U+007F is allowed inside strings; every other change is refused anywhere.
            if code != 3 or len(results) != len(whole) or (allowed and byte != 0x7f):
                return f"byte {byte:#x}: exit {code}, not refused: {allowed[:5]}"
        return None


def main():
    try:
        specs = Table("specs.tsv", ["name", "bytes", "exit", "text", "note"], 4)
        policies = Table("policies.tsv", ["name", "bytes", "exit", "text"], 4)
        commands = Table("commands.tsv", ["name", "exit", "command", "stdout", "stderr"], 3)
    except ValueError as error:
        print(f"Bail out! {error}")
        return 1
    runner, tap = Runner(), Tap()
    try:
        runner.fixtures()
        for kind, table, function in (("spec", specs, runner.spec),
                                      ("policy", policies, runner.policy),
                                      ("command", commands, runner.command)):
            for row in table.rows:
                tap.run(f"{kind}: {row['name']}", function, row)
        if not WANTED:
            tap.run("a spec cut off after every byte", runner.truncated)
            tap.run("a spec with each byte spoilt", runner.spoilt)
    finally:
        shutil.rmtree(runner.directory, ignore_errors=True)
    if UPDATE:
        for table in (specs, policies, commands):
            table.write()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
