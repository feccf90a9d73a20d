#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bpf_stack.py OBJECT: adds up the stacks of BPF functions that call each other, as the verifier
does before Linux 6.13. Newer kernels give each function a stack of its own, and load what older
ones refuse."""

import re
import subprocess
import sys

LIMIT = 512  # MAX_BPF_STACK
UNIT = 32  # check_max_stack_depth_subprog() rounds each frame up


def frame_of(lines):
    """The lowest address below the frame pointer, r10, or a copy of it."""
    offsets = re.findall(r"(?:r10 - |r\d+ \+= -)(0x[0-9a-f]+|\d+)", "\n".join(lines))
    lowest = max((int(offset, 0) for offset in offsets), default=0)
    return -(-max(lowest, 1) // UNIT) * UNIT


def read_functions(path):
    """Name -> lines; and the names of functions in .text by their first instruction."""
    text = subprocess.run(["llvm-objdump", "-dr", path], check=True, capture_output=True,
                          text=True).stdout
    functions, starts, section, name = {}, {}, None, None
    for line in text.splitlines():
        if match := re.match(r"Disassembly of section (\S+):", line):
            section = match[1]
        elif match := re.match(r"([0-9a-f]+) <((?!LBB)\S+)>:", line):
            name = match[2]
            functions[name] = []
            if section == ".text":
                starts[int(match[1], 16) // 8] = name
        elif name:
            functions[name].append(line)
    return functions, starts


def callees_of(lines, starts):
    """Calls have src_reg 1. Those of a section are by number, others by the name that follows."""
    found = set()
    for line, after in zip(lines, lines[1:] + [""]):
        match = re.search(r"^\s*(\d+):\s+85 10 00 00 (\S\S) (\S\S) (\S\S) (\S\S)", line)
        if not match:
            continue
        target = int.from_bytes(bytes.fromhex("".join(match.groups()[1:])), "little", signed=True)
        symbol = re.search(r"R_BPF_64_32\s+(\S+)", after)
        if symbol and symbol[1] != ".text":
            found.add(symbol[1])
        else:
            at = target + 1 if symbol else int(match[1]) + target + 1
            found.add(starts[at])
    return found


def deepest(name, functions, starts):
    """(bytes, names) of the deepest chain of calls from the function."""
    below = [deepest(callee, functions, starts)
             for callee in callees_of(functions[name], starts)]
    depth, chain = max(below, default=(0, []))
    return depth + frame_of(functions[name]), [name, *chain]


def main():
    functions, starts = read_functions(sys.argv[1])
    failed = False
    for name in functions:
        if name in starts.values():
            continue
        depth, chain = deepest(name, functions, starts)
        if depth > LIMIT:
            failed = True
            print(f"{' -> '.join(chain)}: {depth} bytes of stack, {LIMIT} at most")
    sys.exit(failed)


if __name__ == "__main__":
    main()
