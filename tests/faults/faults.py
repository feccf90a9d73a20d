#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call fails in turn: see run.sh. Prints TAP; the exit status says whether all held.

Each command runs once without a fault. Then, for each of its system calls, it runs once for every
way in which inject.c makes that call fail, and is killed once before the call. The result is

    whole     the same as without a fault: exit code, output, files, map entries
    refused   a documented exit code with a line that says why; nothing started, nothing registered,
              each file the old one or the new one; and the next run does the whole job
    killed    the same, except for files that a killed process leaves: the next run removes them
    unborn    the C library gave up before main()

Any other result is a failure.
"""

import os
import re
import sys

import bundles
import scenarios
import world

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib"))

from tap import Tap  # noqa: E402

WANTED = [a for a in sys.argv[1:] if not a.startswith("--")]
KINDS = ("whole", "refused", "killed", "unborn")
CODES = range(1, 7)  # rootfence(8): of a refusal
MEMORY_FIRST, MEMORY_LAST, MEMORY_STEP = 4 << 20, 12 << 20, 128 << 10  # of address space


class Forbidden(Exception):
    pass


def told(scenario, run, fault):
    """Whether there is a line for the caller, or that line is what cannot be written."""
    return (run.err.startswith(b"rootfence: ") or (scenario.is_filter and run.out != b"")
            or (run.call == "write" and run.arg in (1, 2)) or fault in ("ENOSPC+", "mute"))


def name_of(key):
    return key if isinstance(key, str) else f"entry of {key[0]}"


def differences(scenario, after):
    keys = scenario.after.keys() | after.keys()
    return ", ".join(name_of(k) for k in keys if scenario.after.get(k) != after.get(k))


def is_unapproved(key, old, new, now):
    """With a part of its first line, which create writes, the file lets no container start."""
    return str(key).endswith("%approved") and old is None and None not in (new, now) \
        and now[:-1] == new[:-1] and new[-1].startswith(now[-1])


def hold_state(scenario, after, fault, run):
    """Files are old or new, never partial; no others are left, except when their removal failed."""
    may_litter = fault == "KILL" or (run.call or "").startswith("unlink")
    for key in scenario.before.keys() | scenario.after.keys() | after.keys():
        old, new, now = (s.get(key) for s in (scenario.before, scenario.after, after))
        if now not in (old, new) and not is_unapproved(key, old, new, now) and not (
                fault == "KILL" and (key[0] == "rules" or key[0] == "roster" and now is None)):
            if old is None and new is None:
                if not may_litter:
                    raise Forbidden(f"left behind: {name_of(key)}")
            else:
                raise Forbidden(f"neither old nor new: {name_of(key)}")
        if key == world.STARTED and now is not None:
            raise Forbidden("started")
        if key[0] == "containers" and now != old and fault != "KILL":
            raise Forbidden("refused, and the entry is changed")


def without_asked(key, value):
    """A record without the requested capabilities: a rewritten config no longer shows them."""
    if value is None or not str(key).startswith(world.RECORDS):
        return value
    return *value[:-1], re.sub(rb'"capabilities": \[.*?\]', b"", value[-1], count=1, flags=re.S)


def hold_next(scenario):
    run = world.run(scenario.arguments, scenario.stdin)
    after = scenario.state()
    if run.code != scenario.clean.code:
        raise Forbidden(f"the next run ends with {run.code}: {run.err.decode()[:200]}")
    for key in scenario.after.keys() | after.keys():
        if without_asked(key, scenario.after.get(key)) != without_asked(key, after.get(key)):
            raise Forbidden(f"the next run leaves another {name_of(key)}")


def judge(scenario, run, fault):
    clean, after = scenario.clean, scenario.state()
    if run.left:
        raise Forbidden(f"{run.left} processes left")
    if run.code is None:
        raise Forbidden("hang")
    if run.start and run.code != 0 and after == scenario.before:
        return "unborn"
    if run.code in CODES and not told(scenario, run, fault):
        raise Forbidden(f"silent: exit {run.code}")
    if run.code == clean.code and run.out == clean.out and after == scenario.after:
        return "whole"
    if run.code == -9 and fault == "KILL":
        kind = "killed"
    elif run.code == -13 and scenario.prints:
        kind = "killed"  # by SIGPIPE, like any program whose reader is gone
    elif run.code < 0:
        raise Forbidden(f"signal {-run.code}")
    elif run.code in CODES:
        kind = "refused"
    elif run.code == 0 and scenario.never_fails and told(scenario, run, fault):
        kind = "refused"
    else:
        raise Forbidden(f"exit {run.code} without the job: {run.err.decode()[:100]}"
                        f"{differences(scenario, after)}")
    hold_state(scenario, after, fault, run)
    if scenario.before or scenario.after:
        hold_next(scenario)
    return kind


def faults_of(scenario):
    """(N, fault) for each run. Of many equal calls in a row, the first and the last two count."""
    names = [call[1:3] for call in scenario.plan]
    for number, call, _, _, faults in scenario.plan:
        if len(set(names[max(number - 3, 0):number + 2])) == 1:
            continue
        for fault in faults:
            if (call, fault) not in scenario.no_faults:
                yield number, fault
        yield number, "KILL"
    if ("read", "short") not in scenario.no_faults:
        yield 0, "short"


def count(scenario, counts, failures, name, fault, run):
    try:
        kind = judge(scenario, run, fault)
        if run.hit:
            counts[kind] += 1
        elif kind != "whole":
            raise Forbidden(f"{kind}, and no call failed")
        # else a child's calls came in another order, and were fewer
    except Forbidden as reason:
        counts["forbidden"] += 1
        failures.append(f"{name}: {reason}")


def fail_calls(scenario, counts, failures):
    for number, fault in list(faults_of(scenario))[::scenario.stride]:
        scenario.restore()
        run = world.inject(number, fault, scenario.arguments, scenario.stdin)
        name = f"call {number} {run.call}({run.arg}) {fault}"
        count(scenario, counts, failures, name, fault, run)


def conditions(scenario):
    """(what, fault, how to run it) for environments that lack something from the start."""
    def under(how):
        return lambda: world.inject("under", how, scenario.arguments, scenario.stdin)

    def into(fd, place):
        return lambda: world.run_into(fd, place, scenario.arguments, scenario.stdin)

    for size in range(MEMORY_FIRST, MEMORY_LAST, MEMORY_STEP):
        yield f"{size >> 10} KiB", "memory", under(f"as={size}")
    for number in range(3, 13):
        yield f"{number} descriptors", "descriptors", under(f"nofile={number}")
    for closed in ("0", "1", "2", "01", "02", "12", "012"):
        yield f"closed {closed}", "mute" if "2" in closed else "closed", under(f"closed={closed}")
    for fd in (1, 2):
        for place in ("/dev/full", "pipe"):
            yield f"{place} as {fd}", "mute" if fd == 2 else place, into(fd, place)


def fall_short(scenario, counts, failures):
    for name, fault, run in list(conditions(scenario))[::scenario.stride]:
        scenario.restore()
        count(scenario, counts, failures, name, fault, run())


def run_scenario(tap, scenario):
    counts = dict.fromkeys(KINDS + ("forbidden",), 0)
    failures = []
    scenario.restore()
    scenario.clean = world.run(scenario.arguments, scenario.stdin)
    scenario.after = scenario.state()
    scenario.restore()
    scenario.plan = list(world.plan(scenario.arguments, scenario.stdin))
    if scenario.clean.code != scenario.code:
        failures.append(f"without a fault it ends with {scenario.clean.code}, not {scenario.code}: "
                        f"{scenario.clean.err.decode()}{scenario.clean.out.decode()[:200]}")
    for call in scenario.plan:
        if "-" in call[1]:
            failures.append(f"inject.c does not know system call {call[1]}")
    fail_calls(scenario, counts, failures)
    fall_short(scenario, counts, failures)
    tap.point(f"{scenario.name}: exit {scenario.code}, or a refusal", failures)
    return len(scenario.plan), counts


def row(name, calls, runs, counts):
    return f"{name:<52} {calls:>6} {runs:>6}" + "".join(f"{c:>10}" for c in counts)


def print_table(rows):
    print("# note: " + row("", "calls", "runs", KINDS + ("forbidden",)))
    total = [sum(column) for column in zip(*([calls, sum(counts.values()), *counts.values()]
                                             for _, calls, counts in rows))]
    for name, calls, counts in rows:
        print("# note: " + row(name, calls, sum(counts.values()), counts.values()))
    print("# note: " + row("all", total[0], total[1], total[2:]))


def all_scenarios(tap):
    yield from scenarios.judging()
    yield from scenarios.testing()
    yield from scenarios.wrapper()
    yield from scenarios.loading()
    loaded = world.run([world.ROOTFENCE, "load"])
    if loaded.code != 0:
        tap.missing("the guard", "no guard here: " + loaded.err.decode().strip())
        return
    yield from scenarios.guarding(world.guard_maps())


def main():
    tap, rows = Tap(), []
    log = world.Log()
    scenarios.prepare()
    for scenario in all_scenarios(tap):
        if not WANTED or any(w in scenario.name for w in WANTED):
            rows.append((scenario.name, *run_scenario(tap, scenario)))
            scenario.restore()
    if not WANTED or "wrapper" in WANTED:
        scenarios.root_bundle()
        bundles.check(tap)
    if rows:
        print_table(rows)
    log.socket.close()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
