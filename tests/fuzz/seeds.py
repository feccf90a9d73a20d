#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""seeds.py DIRECTORY: writes the seeds of fuzzing, made from the inputs of other suites.

DIRECTORY/TARGET/ are the seeds of each target: specs that engines wrote, golden cases, rows of the
hostile tables, shipped policies, command lines of the unit test. DIRECTORY/TARGET.dict are the words
in them, for libFuzzer and AFL++. The same tree makes the same files.
"""

import glob
import hashlib
import json
import os
import re
import shutil
import sys

if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    sys.exit(f"Usage: {sys.argv[0]} DIRECTORY")
OUT = sys.argv[1]
sys.argv[1:] = []  # hostile.py has its own
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tests/hostile"))
import hostile  # noqa: E402

SIZE_MAX = 16384  # bytes of a seed; larger ones only make it slow
WORD_MAX = 40
POLICIES = "0123456789"  # fuzz_policy()


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files(pattern):
    return [read(f) for f in sorted(glob.glob(os.path.join(ROOT, pattern)))]


def rows(table, columns):
    return [hostile.row_bytes(row["bytes"]) for row in hostile.Table(table, columns, 4).rows
            if not re.match(r"@.*\d{5}", row["bytes"])]


def compact(text):
    try:
        return json.dumps(json.loads(text), separators=(",", ":")).encode()
    except ValueError:
        return text


def process_of(text):
    try:
        return json.dumps(json.loads(text)["process"], separators=(",", ":")).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def spread(texts, choices):
    """Each text, preceded by the option bytes that a target reads first, in turn."""
    return [choices[i % len(choices)].encode() + text for i, text in enumerate(texts)]


def strings(document):
    """Names and short strings of a document."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from strings(value)
    elif isinstance(document, str):
        yield document


def dictionary(texts):
    words = set()
    for text in texts:
        try:
            words.update(strings(json.loads(text)))
        except (ValueError, RecursionError):
            continue
    return sorted(w for w in words if 1 < len(w) <= WORD_MAX and w.isascii() and w.isprintable())


def write_dictionary(path, words):
    with open(path, "w", encoding="utf-8") as file:
        for word in words:
            escaped = word.replace("\\", "\\\\").replace('"', '\\"')
            file.write(f'"{escaped}"\n')


def write_seeds(target, texts):
    directory = os.path.join(OUT, target)
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    for text in texts:
        if text and len(text) <= SIZE_MAX:
            name = hashlib.sha1(text).hexdigest()[:16]
            with open(os.path.join(directory, name), "wb") as file:
                file.write(text)


def command_lines():
    source = read(os.path.join(ROOT, "tests/unit/command_line_test.c")).decode()
    found = re.findall(r'^\t\{ "((?:create|run|restore|exec|mounts|state|-)[^"]*)"', source, re.M)
    return [line.replace(" ", "\n").replace("''", "").encode() for line in found]


OVERLAY_WORDS = ["lowerdir=", "upperdir=", "workdir=", "lowerdir+=", "datadir+=", "/etc", "/srv/a",
                 "redirect_dir=off", "ro", "userxattr", "/var/lib/containers/storage/overlay/l/merged"]
OVERLAY_TRICKS = [
    b"lowerdir=/srv/a:/srv/b\nupperdir=/srv/u\nworkdir=/srv/w", b"lowerdir=/srv/a\\\nx:/etc",
    b"lowerdir=/srv/a\\,lowerdir=/etc:/srv/b", b"lowerdir+=/srv/\\a\nlowerdir+=/srv/b",
    b"lowerdir=/srv/a\\:b:/srv/c", b"lowerdir=/srv/a::/srv/b", b"lowerdir=/srv/a\\",
    b"lowerdir=/srv/a,upperdir=/srv/u,workdir=/srv/w", b",lowerdir=/srv/a", b"lowerdir=:/srv/a"]


def overlay_options(texts):
    """The options of each overlay in these specs, one in a line."""
    found = []
    for text in texts:
        try:
            mounts = json.loads(text)["mounts"]
            found += ["\n".join(mount["options"]).encode() for mount in mounts
                      if mount["type"] == "overlay"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def main():
    cases = files("tests/golden/*/*/config.json")
    small = [text for text in cases if len(text) < 1500]
    engines = [compact(text) for text in files("tests/golden/specs/*/config.json")]
    hostile_specs = rows("specs.tsv", ["name", "bytes", "exit", "text", "note"])
    policies = files("policies/*.json") + files("tests/golden/*/*/policy.json")
    hostile_policies = rows("policies.tsv", ["name", "bytes", "exit", "text"])
    processes = [p for p in map(process_of, cases + hostile_specs) if p]
    lines = command_lines()
    fronts = [chr(ord("0") + i) for i in range(20)]
    both = [p + f for p in POLICIES for f in fronts]
    state = hostile.STATE
    states = [state, state.replace(b'"pid":4194000,', b""), state.replace(b"c1", b"../x"),
              state.replace(b"/nowhere", b"nowhere"), state.replace(b"4194000", b"-1"),
              state.replace(b'"created"', b'"stopped","annotations":{"a":"b"}')]

    write_seeds("reader", hostile_specs + small + hostile_policies + policies)
    write_seeds("config", hostile_specs + small + engines)
    write_seeds("state", states + small[:4])
    write_seeds("process", spread(processes, [p + c for p in POLICIES for c in "0123"]))
    write_seeds("policy", spread(policies + hostile_policies, "012"))
    write_seeds("rewrite", spread(small + engines + hostile_specs, both) +
                [b"90" + text for text in small])
    write_seeds("args", lines)
    write_seeds("overlay", overlay_options(cases + hostile_specs) + OVERLAY_TRICKS)
    write_seeds("decide", [bytes(range(48)), bytes(64), b"\x81" * 48])
    write_seeds("event", [b"e" + bytes(480), b"x" + bytes(480)])

    specs = dictionary(cases + engines)
    for target in ("reader", "config", "process", "rewrite"):
        write_dictionary(os.path.join(OUT, f"{target}.dict"), specs)
    write_dictionary(os.path.join(OUT, "state.dict"), dictionary(states))
    write_dictionary(os.path.join(OUT, "policy.dict"),
                     dictionary(policies + files("policies/schema.json")))
    write_dictionary(os.path.join(OUT, "overlay.dict"), OVERLAY_WORDS)
    write_dictionary(os.path.join(OUT, "args.dict"),
                     sorted({word for line in lines for word in line.decode().split() if word}))


if __name__ == "__main__":
    main()
