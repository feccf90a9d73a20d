#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The layers of hook/: docs/architecture.md.
#
#   tests/layers.py includes         a file includes only headers that its folder may use
#   tests/layers.py purity [BUILD]   objects of pure folders need no symbol that uses the machine
#
# Prints a line for each violation, with the place and the rule, and then exits with 1.

import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SYMBOLS = os.path.join(TOP, "tests", "pure-symbols.txt")

# The folders whose headers each folder of hook/ may include, in addition to its own.
BELOW = {
    "base": [],
    "json": ["base"],
    "oci": ["json", "base"],
    "policy": ["oci", "json", "base"],
    "host": ["oci", "json", "base"],
    "verdict": ["policy", "host", "oci", "json", "base"],
    "wrapper": ["verdict", "policy", "host", "oci", "json", "base"],
    "report": ["policy", "oci", "json", "base"],
    "guard": ["base", "bpf"],
    "cmd": ["report", "wrapper", "verdict", "guard", "policy", "host", "oci", "json", "base", "bpf"],
    "main": ["cmd", "base"],
    "bpf": [],
}

# Headers of bpf/ that user space shares with the BPF programs.
SHARED_BPF = ["bpf/abi.h", "bpf/attest.h", "bpf/decide.h"]

# Generated headers, and the folder that each is for.
GENERATED = {"guard.skel.h": "guard", "restrain_filters.h": "base",
             "shipped_policies.h": "policy"}

# The only files that may include headers of each library; none of our headers includes them.
LIBRARIES = {
    "seccomp.h": ["hook/base/restrain_filters.c", "hook/host/seccomp_reach.c", "hook/oci/seccomp_names.c"],
    "yajl/": ["hook/json/writer.c"],
    "bpf/": ["hook/guard/", "bpf/"],
}

# Headers of the C library and of the kernel, which are not third-party.
SYSTEM = re.compile(r"(sys|linux|asm)/\w+\.h")
SYSTEM_NAMES = """
    ctype dirent elf endian errno fcntl fnmatch inttypes limits poll regex sched signal stdarg stdbool
    stddef stdint stdio stdlib string syslog time unistd
""".split()

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Objects that must be pure: folders, and the files of base/ that they may call.
PURE = ["hook/policy", "hook/oci", "hook/json", "hook/base/arena", "hook/base/date", "hook/base/err", "hook/base/shown",
        "hook/base/str"]


def sources():
    for top in ("hook", "bpf"):
        for folder, _, names in sorted(os.walk(os.path.join(TOP, top))):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), TOP)


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "bpf":
        return "bpf"
    return parts[1] if len(parts) > 2 else "main"


def find_header(path, name):
    """The file in this tree that the include names, relative to its top, or None."""
    for folder in (os.path.dirname(path), "hook", "bpf"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.exists(os.path.join(TOP, candidate)):
            return candidate
    return None


def own_header_flaw(path, name):
    layer = layer_of(path)
    if layer not in BELOW:
        return f"hook/{layer}/ has no row in tests/layers.py"
    if name in GENERATED:
        return None if layer == GENERATED[name] else f"{name} is for hook/{GENERATED[name]}/ alone"
    header = find_header(path, name)
    if header is None:
        return "no such header in the tree"
    other = layer_of(header)
    if other == layer:
        return None
    if other not in BELOW[layer]:
        return f"{layer} may include {', '.join(BELOW[layer]) or 'nothing else'}; this is {other}"
    if other == "bpf" and header not in SHARED_BPF:
        return f"of bpf/, user space includes {' and '.join(SHARED_BPF)} alone"
    return None


def system_header_flaw(path, name):
    for prefix, users in LIBRARIES.items():
        if not (name.startswith(prefix) if prefix.endswith("/") else name == prefix):
            continue
        if not any(path == user or (user.endswith("/") and path.startswith(user)) for user in users):
            return f"only {', '.join(users)} may include it"
        if path.endswith(".h") and layer_of(path) != "bpf":
            return "headers include no third-party headers"
        return None
    if SYSTEM.fullmatch(name) or name.removesuffix(".h") in SYSTEM_NAMES:
        return None
    return "a library that tests/layers.py does not know"


def check_includes():
    for path in sources():
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                match = INCLUDE.match(line)
                if match is None:
                    continue
                flaw = (own_header_flaw if match[1] == '"' else system_header_flaw)(path, match[2])
                if flaw is not None:
                    yield f"{path}:{number}: {line.strip()}: {flaw}"


def symbols_of(objects, *options):
    """(object, symbol) pairs; __memcpy_chk, the fortified variant, counts as memcpy."""
    if not objects:
        return
    output = subprocess.run(["nm", "-A", "-P", *options, *objects], check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        place, symbol = line.split()[:2]
        yield place.rstrip(":"), re.sub(r"^__(\w+)_chk$", r"\1", symbol)


def allowed_symbols():
    """From pure-symbols.txt: symbol -> prefix of the sources that may need it."""
    allowed = {}
    with open(SYMBOLS, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if words:
                allowed.setdefault(words[1], []).append(words[0])
    return allowed


def check_purity(build="build"):
    os.chdir(TOP)
    pure = [path for path in sources() if path.endswith(".c") and path.startswith(tuple(PURE))]
    objects = {os.path.join(build, path.removesuffix(".c") + ".o"): path for path in pure}
    missing = [name for name in objects if not os.path.exists(name)]
    if missing:
        yield f"{missing[0]}: not built"
        return
    ours = {symbol for _, symbol in symbols_of(list(objects), "--defined-only", "-g")}
    allowed = allowed_symbols()
    for name, symbol in symbols_of(list(objects), "-u"):
        path = objects[name]
        if symbol not in ours and not any(path.startswith(prefix) for prefix in allowed.get(symbol, [])):
            yield f"{path}: needs {symbol}, which tests/pure-symbols.txt does not allow there"


def main():
    checks = {"includes": check_includes, "purity": check_purity}
    if len(sys.argv) < 2 or sys.argv[1] not in checks:
        sys.exit("usage: layers.py includes|purity [BUILD]")
    flaws = list(checks[sys.argv[1]](*sys.argv[2:]))
    for flaw in flaws:
        print(flaw)
    sys.exit(1 if flaws else 0)


main()
