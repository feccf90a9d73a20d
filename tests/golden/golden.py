#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden cases: see run.sh. Prints TAP; the exit status says whether all held.

A case is a directory of a directory here, SUBJECT/CASE, with config.json, policy.json or a file
`policy` that names a shipped one, and expect.json:

    verdict, exit   of `check --format json`
    findings        rule, action, pointer, line, column, and message where the case fixes it
    stderr          of `rewrite`, if not empty
    status          lines of /proc/self/status in a container started from the rewritten spec

with rewritten.json and patch.json, byte for byte, if the verdict is "rewrite". `--update` writes
the binary's output into the cases; read the difference before you keep it.

Nothing here trusts the binary: positions, differences and patches are computed from the files.
"""

import glob
import json
import os
import re
import subprocess
import sys

from runtimes import Runtimes, runnable, promised
from schema import Schema

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../lib"))

from tap import Tap  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.path.abspath(os.environ.get("ROOTFENCE", os.path.join(ROOT, "build/rootfence")))
UPDATE = "--update" in sys.argv[1:]
if [a for a in sys.argv[1:] if a.startswith("--") and a != "--update"]:
    sys.exit("golden.py takes --update and parts of names")
WANTED = [a for a in sys.argv[1:] if not a.startswith("--")]

TAP = Tap()
SCHEMA = Schema()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def run(*args):
    """(exit, stdout, stderr) of the binary."""
    done = subprocess.run([BINARY, *args], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


# A small JSON reader that records the position of every value: RFC 8259, on bytes.

SPACE = re.compile(rb"[ \t\r\n]*")
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.S)
SCALAR = re.compile(rb"[-+0-9.eE]+|true|false|null")


class Place:
    """Position of a value: its own bytes, and for members also the name before it."""

    def __init__(self, pointer, key_start, start):
        self.pointer = pointer
        self.key_start = key_start
        self.start = start
        self.end = None
        self.children = []
        self.container = False


def places(data):
    """pointer -> Place of every value of a document."""
    found = {}

    def value(at, pointer, key_start):
        place = Place(pointer, at if key_start is None else key_start, at)
        found[pointer] = place
        opening = data[at:at + 1]
        if opening in (b"{", b"["):
            place.container = True
            at = SPACE.match(data, at + 1).end()
            index = 0
            while data[at:at + 1] not in (b"}", b"]"):
                if opening == b"{":
                    key = STRING.match(data, at)
                    name = json.loads(key.group().decode())
                    token = name.replace("~", "~0").replace("/", "~1")
                    after = SPACE.match(data, key.end()).end()
                    assert data[after:after + 1] == b":"
                    start = SPACE.match(data, after + 1).end()
                    child, end = value(start, f"{pointer}/{token}", at)
                else:
                    child, end = value(at, f"{pointer}/{index}", None)
                place.children.append(child)
                index += 1
                at = SPACE.match(data, end).end()
                if data[at:at + 1] == b",":
                    at = SPACE.match(data, at + 1).end()
            place.end = at + 1
        elif opening == b'"':
            place.end = STRING.match(data, at).end()
        else:
            place.end = SCALAR.match(data, at).end()
        return place, place.end

    value(SPACE.match(data).end(), "", None)
    return found


def line_column(data, offset):
    before = data[:offset]
    return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1


def nearest(pointer, found):
    """The place of a pointer, or of the closest parent that the document has."""
    while pointer not in found:
        pointer = pointer.rpartition("/")[0]
    return found[pointer]


# The changes, computed from the two documents alone.

def flatten(value, pointer, into):
    into[pointer] = type(value).__name__ if isinstance(value, (dict, list)) else repr(value)
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        token = str(key).replace("~", "~0").replace("/", "~1")
        flatten(child, f"{pointer}/{token}", into)
    return into


def parse(data):
    return json.loads(data.decode(), parse_float=str, parse_int=str)


def changed(before, after):
    """Pointers at which two parsed documents differ, and those of them that exist only after."""
    a, b = flatten(before, "", {}), flatten(after, "", {})
    return sorted(p for p in a.keys() | b.keys() if a.get(p) != b.get(p)), b.keys() - a.keys()


def without(document, pointers):
    """The document without these places, which were removed; later elements move up."""
    for pointer in sorted(pointers, key=lambda p: [int(t) if t.isdigit() else -1 for t in tokens(p)],
                          reverse=True):
        *parents, last = tokens(pointer)
        target = document
        for token in parents:
            target = target[int(token)] if isinstance(target, list) else target[token]
        del target[int(last) if isinstance(target, list) else last]
    return document


def covers(pointer, path):
    return path == pointer or path.startswith(pointer + "/")


# RFC 6902, as far as a rewrite needs it: add, remove, replace.

def tokens(pointer):
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]


def apply_patch(document, patch):
    for operation in patch:
        *parents, last = tokens(operation["path"])
        target = document
        for token in parents:
            target = target[int(token)] if isinstance(target, list) else target[token]
        kind = operation["op"]
        if isinstance(target, list):
            index = len(target) if last == "-" else int(last)
            if kind == "add":
                target.insert(index, operation["value"])
            elif kind == "remove":
                del target[index]
            else:
                target[index] = operation["value"]
        else:
            if kind != "add" and last not in target:
                raise ValueError(f"{kind} of {operation['path']}, which is not there")
            if kind == "remove":
                del target[last]
            else:
                target[last] = operation["value"]
    return document


def kept_bytes(before, after, patch):
    """
    Why the rewritten bytes have more than the patch's changes, or None. The original must match,
    with only the values and gaps that the patch changes left open.
    """
    found = places(before)
    holes = []
    for operation in patch:
        path = operation["path"]
        if operation["op"] == "replace":
            holes.append((found[path].start, found[path].end))
            continue
        parent = found[path.rpartition("/")[0]]
        if operation["op"] == "add":
            end = parent.children[-1].end if parent.children else parent.start + 1
            holes.append((end, end))
            continue
        # Removing a member also removes the white space and the comma next to it.
        index = parent.children.index(found[path])
        start = parent.children[index - 1].end if index > 0 else parent.start + 1
        end = found[path].end
        if index == 0 and len(parent.children) > 1:
            end = parent.children[1].key_start
        holes.append((start, end))
    pattern, at = b"", 0
    for start, end in sorted(holes):
        pattern += re.escape(before[at:max(at, start)]) + b".*?"
        at = max(at, end)
    pattern += re.escape(before[at:])
    return None if re.fullmatch(pattern, after, re.S) else "bytes changed that no edit names"


# One case.

JSON_TYPES = {str: "a string", int: "a number", list: "an array"}
EXPECTED = {"verdict": str, "exit": int, "findings": list}
EXPECTED_FINDING = {"rule": str, "action": str, "pointer": str, "line": int, "column": int}


def expected(path):
    """expect.json, or an error if it is invalid."""
    if not os.path.exists(path):
        raise ValueError("no expect.json: golden.py --update writes one")
    try:
        expect = json.loads(read(path))
    except ValueError as error:
        raise ValueError(f"expect.json: {error}") from error

    def require(value, keys, optional, where):
        if not isinstance(value, dict):
            raise ValueError(f"expect.json: {where} is not an object")
        for key, kind in keys.items():
            if not isinstance(value.get(key), kind):
                raise ValueError(f'expect.json: {where} needs "{key}", {JSON_TYPES[kind]}')
        for key in value.keys() - keys.keys() - optional:
            raise ValueError(f'expect.json: {where} has "{key}", which nothing reads')

    require(expect, EXPECTED, {"status", "stderr"}, "the document")
    for finding in expect["findings"]:
        require(finding, EXPECTED_FINDING, {"message", "obstacle"}, "a finding")
    return expect


class Case:
    def __init__(self, path):
        self.path = path
        self.name = os.path.relpath(path, HERE)
        self.config = self.needed("config.json")
        new = UPDATE and not os.path.exists(self.file("expect.json"))
        self.expect = {} if new else expected(self.file("expect.json"))
        self.rewrites = self.expect.get("verdict") == "rewrite"
        if os.path.exists(self.file("policy.json")) and os.path.exists(self.file("policy")):
            raise ValueError("policy.json and policy: only one of them can be meant")
        if os.path.exists(self.file("policy.json")):
            self.policy = self.file("policy.json")
        else:
            name = read(self.needed("policy", "policy.json or policy")).decode().strip()
            self.policy = os.path.join(ROOT, "policies", f"{name}.json")
        if self.rewrites and not UPDATE:
            self.needed("rewritten.json")
            self.needed("patch.json")

    def needed(self, name, what=None):
        if not os.path.exists(self.file(name)):
            raise ValueError(f"no {what or name}")
        return self.file(name)

    def file(self, name):
        return os.path.join(self.path, name)

    def check(self, config):
        """(exit, the one result) of check --format json."""
        code, out, err = run("check", "--policy", self.policy, "--format", "json", config)
        if not out:
            raise ValueError(f"exit {code}, no output: {err}")
        return code, json.loads(out)["results"][0]

    def update(self):
        code, result = self.check(self.config)
        keys = ["rule", "action", "pointer", "line", "column"]
        if not self.name.startswith("specs/"):
            keys.append("message")  # once a rule is enough
            keys.append("obstacle")  # why a rewrite is a refusal
        found = [{k: f[k] for k in keys if k in f} for f in result["findings"]]
        self.expect.update({"verdict": result["verdict"], "exit": code, "findings": found})
        self.rewrites = result["verdict"] == "rewrite"
        lines = ",\n".join("    " + json.dumps(f, ensure_ascii=False) for f in found)
        rest = {k: v for k, v in self.expect.items() if k not in ("verdict", "exit", "findings")}
        text = f'{{\n  "verdict": "{result["verdict"]}",\n  "exit": {code},\n'
        for key, value in rest.items():
            text += f"  {json.dumps(key)}: {json.dumps(value)},\n"
        text += f'  "findings": [\n{lines}\n  ]\n}}\n' if found else '  "findings": []\n}\n'
        write(self.file("expect.json"), text.encode())
        for name, option in (("rewritten.json", []), ("patch.json", ["--patch"])):
            if self.rewrites:
                write(self.file(name), run("rewrite", *option, "--policy", self.policy,
                                           self.config)[1])
            elif os.path.exists(self.file(name)):
                os.remove(self.file(name))

    def verdict(self):
        code, result = self.check(self.config)
        keys = ("rule", "action", "pointer", "line", "column")
        got = [{k: f[k] for k in keys} for f in result["findings"]]
        want = [{k: f[k] for k in keys} for f in self.expect["findings"]]
        if (code, result["verdict"]) != (self.expect["exit"], self.expect["verdict"]):
            return f"exit {code}, verdict {result['verdict']}: {result['findings']}"
        if got != want:
            return f"got  {json.dumps(got)}\nwant {json.dumps(want)}"
        for have, need in zip(result["findings"], self.expect["findings"]):
            for key in ("message", "obstacle"):
                if key in need and have.get(key) != need[key]:
                    return f"got  {have.get(key)}\nwant {need[key]}"
        return None

    def positions(self):
        data = read(self.config)
        found = places(data)
        for finding in self.expect["findings"]:
            place = line_column(data, nearest(finding["pointer"], found).start)
            if place != (finding["line"], finding["column"]):
                return f"{finding['pointer']} stands at {place}"
        return None

    def refused(self):
        code, out, err = run("rewrite", "--policy", self.policy, self.config)
        if self.expect["verdict"] == "reject":
            if code != 1 or out or not err.startswith("rootfence: refused by policy "):
                return f"exit {code}, {len(out)} bytes on stdout, stderr {err}"
        elif (code, out) != (0, read(self.config)):
            return f"exit {code}; the spec did not come out as it went in"
        return None

    def rewritten(self):
        code, out, err = run("rewrite", "--policy", self.policy, self.config)
        want = read(self.file("rewritten.json"))
        if code != 0 or err != self.expect.get("stderr", "") or out != want:
            return f"exit {code} {err}\n--- got\n{out.decode()}\n--- want\n{want.decode()}"
        return None

    def only_reported(self):
        allowed = [f["pointer"] for f in self.expect["findings"]
                   if f["action"] == "RF_ACT_REWRITE"]
        # A removed element moves the others, so removals come first, by their reported pointers.
        removed = [o["path"] for o in parse(read(self.file("patch.json")))
                   if o["op"] == "remove" and any(covers(a, o["path"]) for a in allowed)]
        before = without(parse(read(self.config)), removed)
        pointers, new = changed(before, parse(read(self.file("rewritten.json"))))
        # A new member also adds the object around it if the spec lacks that.
        wrong = [p for p in pointers if not any(covers(a, p) for a in allowed)
                 and not (p in new and any(covers(p, a) for a in allowed))]
        return f"changed but not reported: {wrong}" if wrong else None

    def patched(self):
        code, out, err = run("rewrite", "--patch", "--policy", self.policy, self.config)
        want = read(self.file("patch.json"))
        if code != 0 or err != self.expect.get("stderr", "") or out != want:
            return f"exit {code} {err}\n--- got\n{out.decode()}\n--- want\n{want.decode()}"
        before, after = read(self.config), read(self.file("rewritten.json"))
        patch = parse(want)
        if apply_patch(parse(before), patch) != parse(after):
            return "the patch applied to the original is not the rewritten spec"
        return kept_bytes(before, after, patch)

    def valid(self):
        return SCHEMA.added(*(json.loads(read(f)) for f in (self.config, self.file("rewritten.json"))))

    def settled(self):
        code, out, _ = run("rewrite", "--policy", self.policy, self.file("rewritten.json"))
        if code != 0 or out != read(self.file("rewritten.json")):
            return f"exit {code}; a second rewrite changed bytes"
        code, result = self.check(self.file("rewritten.json"))
        left = [f for f in result["findings"] if f["action"] == "RF_ACT_REWRITE"]
        if code != 0 or left or result["verdict"] not in ("allow", "log"):
            return f"exit {code}, {result['verdict']}: {left}"
        return None

    def to_run(self):
        """The bytes of a spec that runtimes can start here, and the expected status lines."""
        if "status" in self.expect:
            return read(self.file("rewritten.json")), self.expect["status"]
        if not (self.rewrites and self.name.startswith("specs/")):
            return None, None
        spec = runnable(json.loads(read(self.file("rewritten.json"))))
        return json.dumps(spec).encode(), promised(spec)

    def points(self):
        yield "verdict", self.verdict
        yield "line and column", self.positions
        if not self.rewrites:
            yield "no rewrite", self.refused
            return
        yield "rewritten bytes", self.rewritten
        yield "only what is reported changes", self.only_reported
        yield "patch, and every other byte as it was", self.patched
        if SCHEMA.missing is None:
            yield "no error under the OCI schema that was not there", self.valid
        yield "a second rewrite changes nothing", self.settled


def start_all(runtimes, runtime, cases):
    to_run = [(case, *case.to_run()) for case in cases]
    to_run = [(case, spec, status) for case, spec, status in to_run if spec]
    name = f"{runtime} starts {len(to_run)} rewritten specs"
    if to_run and os.geteuid() != 0:
        TAP.skip(name, "needs root")
    elif to_run and runtimes.missing(runtime):
        TAP.missing(name, runtimes.missing(runtime))
    else:
        for case, spec, status in to_run:
            TAP.run(f"{case.name}: {runtime} starts the rewritten spec",
                    runtimes.start, runtime, spec, status)


def find_cases():
    """Every directory that may be meant as a case: an invalid one is a failed test point."""
    cases = []
    for path in sorted(glob.glob(os.path.join(HERE, "*/*.json"))):
        TAP.point(f"{os.path.relpath(path, HERE)}: is in a case", "a case is a directory RULE/NAME")
    for path in sorted(glob.glob(os.path.join(HERE, "*/*/"))):
        name = os.path.relpath(path, HERE)
        if os.path.basename(name) == "__pycache__" or \
                (WANTED and not any(w in name for w in WANTED)):
            continue
        try:
            cases.append(Case(os.path.join(HERE, name)))
        except (OSError, ValueError) as error:
            TAP.point(f"{name}: is a case", error)
    if not cases and not TAP.count:
        TAP.point("there are cases", f"none with a name like {WANTED}")
    return cases


def main():
    cases = find_cases()
    if UPDATE:
        for case in cases:
            case.update()
    for case in cases:
        for name, function in case.points():
            TAP.run(f"{case.name}: {name}", function)
    if SCHEMA.missing and any(case.rewrites for case in cases):
        TAP.missing("no rewrite adds an error under the OCI schema", SCHEMA.missing)
    runtimes = Runtimes()
    try:
        for runtime in Runtimes.COMMANDS:
            start_all(runtimes, runtime, cases)
    finally:
        runtimes.remove()
    return TAP.done()


if __name__ == "__main__":
    sys.exit(main())
