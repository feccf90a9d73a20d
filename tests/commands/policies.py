# SPDX-License-Identifier: Apache-2.0
"""Tests policy lint, show, list and diff; policies/schema.json; explain."""

import glob
import json
import os
import re

import jsonschema

from tool import ALL_SPECS, ROOT, equal, output, policy, read, run, spec, write

SHIPPED = sorted(p for p in glob.glob(os.path.join(ROOT, "policies/*.json"))
                 if not p.endswith("/schema.json"))
SCHEMA = json.loads(read(os.path.join(ROOT, "policies/schema.json")))


def without_comments(text):
    """Policies may have comments: removes them, except inside strings."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m.group(1) or "", text,
                  flags=re.S)


def document(**members):
    return {"version": 1, "name": "x", **members}


def rule(action="RF_ACT_REJECT", names=("rootUser",), **members):
    return {"names": list(names), "action": action, **members}


def whole(**members):
    """A policy that checks every rule, so that lint looks only at its other members."""
    return document(defaultAction="RF_ACT_REJECT", **members)


def lint(directory, policy_document, exit_code=0):
    text = policy_document if isinstance(policy_document, str) else json.dumps(policy_document)
    write(directory, "p.json", text)
    return output(exit_code, "policy", "lint", "p.json", cwd=directory).decode().splitlines()


def schema_errors(policy_document):
    return [e.message for e in jsonschema.Draft7Validator(SCHEMA).iter_errors(policy_document)]


# The rule table.

def test_list_has_every_rule_in_each_format(_):
    listed = json.loads(output(0, "policy", "list", "--format", "json"))["rules"]
    names = [r["name"] for r in listed]
    equal(names[0], "spec")
    assert len(names) > 25
    text = output(0, "policy", "list").decode()
    equal(re.findall(r"^(\w+): ", text, re.M), names)
    equal([n["const"] for n in SCHEMA["definitions"]["names"]["items"]["oneOf"]], names[1:])
    for entry in listed:
        assert entry["title"] and entry["references"], entry


# The schema accepts what the loader accepts.

def test_schema_is_a_schema(_):
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_schema_takes_every_shipped_policy(_):
    assert len(SHIPPED) >= 7
    for path in SHIPPED:
        equal(schema_errors(json.loads(without_comments(read(path).decode()))), [], path)


def test_schema_takes_every_golden_policy(_):
    paths = glob.glob(os.path.join(ROOT, "tests/golden/*/*/policy.json"))
    assert len(paths) > 100
    for path in paths:
        equal(schema_errors(json.loads(without_comments(read(path).decode()))), [], path)


EXCEPTION = {"names": ["rootUser"], "action": "RF_ACT_LOG", "reason": "r",
             "match": {"annotations": {"a": "b"}}}

# What both engines of Kubernetes write last.
ENGINE_KEY = "io\\.kubernetes\\.(pod\\.namespace|cri\\.sandbox-namespace)"

BROKEN = {
    "no version": {"name": "x"},
    "no name": {"version": 1},
    "another version": {"version": 2, "name": "x"},
    "a long name": document() | {"name": "n" * 65},
    "a key that is unknown": document(rulez=[]),
    "a mode that is unknown": document(mode="of course"),
    "extends as a string": document(extends="default"),
    "an action of exec": document(defaultAction="RF_ACT_ERRNO"),
    "a rule that is unknown": document(rules=[rule(names=["rootuser"])]),
    "the rule that is always on": document(rules=[rule(names=["spec"])]),
    "no names": document(rules=[rule(names=[])]),
    "no action": document(rules=[{"names": ["rootUser"]}]),
    "an action of another": document(rules=[rule("RF_ACT_KILL_PROCESS")]),
    "an argument of another rule": document(rules=[rule(args={"allow": []})]),
    "an argument of one rule only": document(rules=[rule(names=["rootUser", "rootGroup"],
                                                         args={"uid": 1})]),
    "a capability without CAP_": document(rules=[rule(names=["capabilities"],
                                                      args={"allow": ["NET_RAW"]})]),
    "a word that is unknown": document(rules=[rule(names=["hostUserNamespace"],
                                                   args={"when": "never"})]),
    "an id that is too large": document(rules=[rule(args={"uid": 2147483648})]),
    "an id below 0": document(rules=[rule(args={"uid": -1})]),
    "a path that is relative": document(rules=[rule(names=["hostMounts"],
                                                    args={"deny": ["etc"]})]),
    "a pattern where one path stands": document(rules=[rule(names=["hostMounts"],
                                                            args={"deny": ["/a/*"]})]),
    "read-only where one path stands": document(rules=[rule(names=["hostMounts"],
                                                            args={"deny": ["/a:ro"]})]),
    "a version from the future": document(rules=[rule(names=["sysctls"],
                                                      args={"version": "v1.38"})]),
    "a range of three": document(rules=[rule(names=["userRange"], args={"uids": ["1-2-3"]})]),
    "an empty string": document(rules=[rule(names=["sysctls"], args={"allow": [""]})]),
    "a change without add and remove": document(rules=[rule(names=["sysctls"],
                                                            args={"allow": {}})]),
    "a change that is unknown": document(rules=[rule(names=["sysctls"],
                                                     args={"allow": {"ad": ["a"]}})]),
    "a change of no array": document(rules=[rule(names=["sysctls"], args={"allow": {"add": "a"}})]),
    "a change by an empty string": document(rules=[rule(names=["sysctls"],
                                                        args={"allow": {"remove": [""]}})]),
    "a change of what is no list": document(rules=[rule(args={"uid": {"add": [1]}})]),
    "an errno of 0": document(exec={"errnoRet": 0}),
    "a guarantee that is unknown": document(exec={"guarantee": "all"}),
    "an action of rules": document(exec={"defaultAction": "RF_ACT_REJECT"}),
    "a kill of what nobody registered": document(unregistered="RF_ACT_KILL_PROCESS"),
    "an exempt cgroup that is relative": document(unregistered={"args": {"exempt": ["a"]}}),
    "a pattern for a part of a name": document(unregistered={"args": {"exempt": ["/a*"]}}),
    "an exempt cgroup that is too deep": document(unregistered={"args": {"exempt": ["/a" * 9]}}),
    "another key of unregistered": document(unregistered={"errnoRet": 1}),
    "an exec rule without paths": document(exec={"rules": [{"action": "RF_ACT_LOG"}]}),
    "an exec rule of a relative path": document(exec={"rules": [{"paths": ["ping"],
                                                                 "action": "RF_ACT_LOG"}]}),
    "an exception without a reason": document(exceptions=[
        {k: v for k, v in EXCEPTION.items() if k != "reason"}]),
    "an exception for all": document(exceptions=[EXCEPTION | {"match": {"annotations": {}}}]),
    "an exception for a key that is unknown": document(exceptions=[
        EXCEPTION | {"match": {"labels": {"a": "b"}}}]),
    "a date with month 13": document(exceptions=[EXCEPTION | {"expires": "2027-13-01"}]),
}


def test_schema_and_lint_refuse_the_same(directory):
    equal(schema_errors(document(rules=[rule()], exceptions=[EXCEPTION])), [])
    for name, broken in BROKEN.items():
        assert schema_errors(broken), f"the schema takes {name}"
        lines = lint(directory, broken, 4)
        assert re.match(r"p\.json:1:\d+: error: ", lines[0]), lines
        equal([line for line in lines[1:] if ": warning: " not in line], ["p.json: invalid"], name)


# lint

def test_lint_of_shipped_policies_is_clean(_):
    text = output(0, "policy", "lint", *SHIPPED).decode()
    equal(text, "".join(f"{p}: valid, 0 warnings\n" for p in SHIPPED))


def test_lint_names_line_column_and_nearest_word(directory):
    equal(lint(directory, '{\n  "version": 1,\n  "name": "x",\n  "rulez": []\n}', 4),
          ['p.json:4:3: error: /rulez: unknown key; did you mean "rules"?', "p.json: invalid"])
    equal(lint(directory, '{"version": 1, "name": "x",\n "rules": [{"names": ["rootUsr"]}]}', 4)[0],
          'p.json:2:23: error: /rules/0/names/0: unknown rule "rootUsr"; did you mean "rootUser"?')


# After each error the loader reads on: (line and column, message), in the order of reading.
MANY = """{
 "version": 1,
 "name": "",
 "extends": ["parent.json", 7, "nowhere.json"],
 "mode": "enfore",
 "rulez": [],
 "rules": [
  {"names": ["rootUsr", "capabilities", "rootUser"], "action": "RF_ACT_REJET",
   "args": {"alow": ["CAP_KILL"], "uid": "0"}},
  {"name": ["rootGroup"], "action": "RF_ACT_LOG"},
  {"names": ["hostMounts"], "action": "RF_ACT_REJECT", "args": {"deny": ["etc", "/a*", 1]}},
  {"names": ["capabilities"], "action": "RF_ACT_REWRITE", "args": {"allow": ["KILL", "CAP_KIL"]}},
  "rootUser"
 ],
 "exec": {
  "errnoRet": 0,
  "guarante": "deny",
  "rules": [{"paths": ["ping", "/opt/a", true], "action": "RF_ACT_REJECT"}, {"paths": []}]
 },
 "exceptions": [
  {"names": ["rootUser"], "action": "RF_ACT_LOG", "reason": "",
   "match": {"annotations": {"a(": "b)", "c": "[", "d": 1}}, "expires": "2020-13-01"},
  {"names": ["rootUser"], "action": "RF_ACT_LOG", "reason": "r",
   "match": {"annotations": {"a": "b"}}, "expires": "2020-01-01"},
  {"names": ["rootUser"]}
 ]
}
"""

MANY_SAID = r"""
DIR/parent.json:1:29: error: /mod: unknown key; did you mean "mode"?
p.json:4:29: error: /extends/1: expected a string, found a number
p.json:4:32: error: /extends/2: policy: cannot open nowhere.json: No such file or directory
p.json:3:2: error: /name: expected a name of 1 to 64 bytes
p.json:5:2: error: /mode: unknown mode "enfore"; did you mean "enforce"?
p.json:6:2: error: /rulez: unknown key; did you mean "rules"?
p.json:8:14: error: /rules/0/names/0: unknown rule "rootUsr"; did you mean "rootUser"?
p.json:8:54: error: /rules/0/action: unknown rule action "RF_ACT_REJET"; did you mean "RF_ACT_REJECT"?
p.json:9:13: error: /rules/0/args/alow: rule rootUser has no such argument
p.json:9:35: error: /rules/0/args/uid: expected a number, found a string
p.json:9:13: error: /rules/0/args/alow: rule capabilities has no such argument; did you mean "allow"?
p.json:9:35: error: /rules/0/args/uid: rule capabilities has no such argument
p.json:10:4: error: /rules/1/name: unknown key; did you mean "names"?
p.json:11:74: error: /rules/2/args/deny/0: expected an absolute path, found "etc"
p.json:11:81: error: /rules/2/args/deny/1: expected one path, without * and :ro, found "/a*"
p.json:11:88: error: /rules/2/args/deny/2: expected a string, found a number
p.json:12:78: error: /rules/3/args/allow/0: unknown capability "KILL"; did you mean "CAP_KILL"?
p.json:12:86: error: /rules/3/args/allow/1: unknown capability "CAP_KIL"; did you mean "CAP_KILL"?
p.json:13:3: error: /rules/4: expected an object, found a string
p.json:16:3: error: /exec/errnoRet: expected an errno from 1 to 4095, found 0
p.json:17:3: error: /exec/guarante: unknown key; did you mean "guarantee"?
p.json:18:24: error: /exec/rules/0/paths/0: expected the absolute path of a file
p.json:18:42: error: /exec/rules/0/paths/2: expected a string, found a boolean
p.json:18:49: error: /exec/rules/0/action: unknown exec action "RF_ACT_REJECT"; expected "RF_ACT_ALLOW", "RF_ACT_LOG", "RF_ACT_ERRNO", "RF_ACT_KILL_PROCESS"
p.json:18:77: error: /exec/rules/1: an exec rule needs "paths" and "action"
p.json:21:51: error: /exceptions/0/reason: expected a reason; reviewers see it
p.json:22:30: error: /exceptions/0/match/annotations/a(: regular expression "a(": Unmatched ( or \(
p.json:22:42: error: /exceptions/0/match/annotations/c: regular expression "[": Invalid regular expression
p.json:22:52: error: /exceptions/0/match/annotations/d: expected a string, found a number
p.json:22:62: error: /exceptions/0/expires: expected a date as YYYY-MM-DD, found "2020-13-01"
p.json:25:3: error: /exceptions/2: an exception needs "names", "action", "match" with annotations, and "reason"
p.json:12:14: warning: /rules/3/names/0: "capabilities" was named on line 8 already; this entry wins
p.json:22:30: warning: /exceptions/0/match/annotations/a(: anyone who starts a container can set this annotation (--annotation); only io\.kubernetes\.* is safe, since CRI-O and containerd overwrite it
p.json:24:30: warning: /exceptions/1/match/annotations/a: anyone who starts a container can set this annotation (--annotation); only io\.kubernetes\.* is safe, since CRI-O and containerd overwrite it
p.json:24:42: warning: /exceptions/1/expires: expired on 2020-01-01: the exception no longer applies; remove it
p.json: invalid
"""


def test_lint_names_every_error(directory):
    write(directory, "parent.json", '{"version": 1, "name": "p", "mod": "audit"}')
    lines = lint(directory, MANY, 4)
    equal("\n".join(lines).replace(os.path.realpath(directory), "DIR"), MANY_SAID.strip())


def test_lint_warns_of_cgroups_that_users_choose(directory):
    exempt = ["/a.slice/user.slice", "/user.slice/a", "/a", "/a"]
    lines = lint(directory, whole(unregistered={"action": "RF_ACT_ERRNO", "args": {"exempt": exempt}}))
    equal(len(lines), 3)
    assert "/unregistered/args/exempt/1: exempts cgroups that users choose" in lines[0], lines
    assert '/unregistered/args/exempt/3: "/a" was named' in lines[1], lines


def test_lint_names_no_more_than_a_hundred_errors(directory):
    lines = lint(directory, document(rules=[rule(names=["x"])] * 300), 4)
    equal((len(lines), lines[-1]), (101, "p.json: invalid"))


def test_check_names_the_first_error_only(directory):
    write(directory, "p.json", MANY)
    write(directory, "parent.json", '{"version": 1, "name": "p"}')
    code, out, err = run("check", "--policy", "p.json", spec("podman-plain"), cwd=directory)
    equal((code, out), (4, b""))
    equal(err, b"rootfence: p.json:4:29: /extends/1: expected a string, found a number\n")


def test_lint_goes_on_behind_an_invalid_policy(directory):
    write(directory, "bad.json", "{")
    write(directory, "good.json", json.dumps(whole()))
    lines = output(4, "policy", "lint", "bad.json", "good.json", "none.json",
                   cwd=directory).decode().splitlines()
    equal(lines[1:3], ["bad.json: invalid", "good.json: valid, 0 warnings"])
    equal(lines[3:], ["error: policy: cannot open none.json: No such file or directory",
                      "none.json: invalid"])


def test_lint_warns_of_an_expired_exception(directory):
    for day, warned in (("2020-02-29", True), ("2999-12-31", False)):
        match = {"annotations": {ENGINE_KEY: "x"}}
        lines = lint(directory, whole(exceptions=[EXCEPTION | {"expires": day,
                                                                  "match": match}]))
        equal(lines[-1], f"p.json: valid, {1 if warned else 0} warning{'' if warned else 's'}")
        if warned:
            assert ": warning: /exceptions/0/expires: expired on 2020-02-29" in lines[0], lines


def test_lint_warns_of_annotations_that_anyone_can_set(directory):
    keys = {f"^{ENGINE_KEY}$": False, "io[.]kubernetes[.]cri.sandbox-name": False,
            "my\\.team": True, "io.kubernetes.pod.namespace": True, ".*": True,
            "io\\.kubernetes\\.x|y": True, "io\\.kubernetes\\.*": True, "io\\.kubernetes\\.": True}
    for key, warned in keys.items():
        lines = lint(directory, whole(exceptions=[EXCEPTION |
                                                  {"match": {"annotations": {key: "x"}}}]))
        equal(len(lines), 2 if warned else 1, key)
        if warned:
            assert re.search("can set (this|an) annotation", lines[0]), lines


def test_lint_warns_of_what_is_named_twice(directory):
    text = '{"version": 1, "name": "x", "defaultAction": "RF_ACT_ALLOW",\n "rules": [\n' \
        '  {"names": ["rootUser", "rootGroup"], "action": "RF_ACT_REJECT"},\n' \
        '  {"names": ["rootUser"], "action": "RF_ACT_LOG"}],\n' \
        ' "exec": {"rules": [{"paths": ["/opt/a",\n  "/opt/a"], "action": "RF_ACT_LOG"}]}}'
    lines = lint(directory, text)
    equal(lines, ['p.json:4:14: warning: /rules/1/names/0: "rootUser" was named on line 3 already; '
                  'this entry wins',
                  'p.json:6:3: warning: /exec/rules/0/paths/1: "/opt/a" was named on line 5 already; '
                  'this entry wins', "p.json: valid, 2 warnings"])


def test_lint_warns_of_paths_that_the_kernel_never_has(directory):
    for path, warned in (("/usr/bin/ping", False), ("/usr//bin/ping", True), ("/opt/../ping", True),
                         ("/opt/./ping", True), ("/opt/ping/", True), ("/opt/..ping", False),
                         ("/opt/*", True), ("/proc/self/exe", True), ("/sys/a", True),
                         ("/etc/alternatives/ping", True), ("/dev/shm/a", False)):
        lines = lint(directory, whole(exec={"rules": [{"paths": [path],
                                                          "action": "RF_ACT_LOG"}]}))
        equal(len(lines), 2 if warned else 1, path)


def test_lint_warns_of_rewrites_that_refuse(directory):
    lines = lint(directory, whole(rules=[rule("RF_ACT_REWRITE", ["hostMounts", "capabilities"])]))
    equal(len(lines), 2)
    assert "rule hostMounts never rewrites" in lines[0]


def test_lint_looks_into_what_is_extended(directory):
    write(directory, "parent.json", json.dumps(document(exceptions=[EXCEPTION])))
    lines = lint(directory, whole(extends=["parent.json", "parent.json"]))
    equal(len(lines), 2)
    assert re.match(r".*/parent\.json:1:\d+: warning: /exceptions/0/match", lines[0]), lines


# show

def test_show_is_one_policy_that_says_the_same(directory):
    for path in SHIPPED:
        text = output(0, "policy", "show", path)
        equal(schema_errors(json.loads(text)), [])
        write(directory, "shown.json", text)
        equal(output(0, "policy", "show", "shown.json", cwd=directory), text)
        equal(output(0, "policy", "diff", path, "shown.json", cwd=directory), b"")
        equal(output(0, "policy", "diff", "shown.json", path, cwd=directory), b"")


# diff: (before, after, weaker?, output)

PING = {"paths": ["/bin/ping"], "capabilities": ["CAP_NET_RAW"], "action": "RF_ACT_ALLOW"}


def changed(name, before, after, action="RF_ACT_REJECT"):
    return (document(rules=[rule(action, [name], args=before)]),
            document(rules=[rule(action, [name], args=after)]))


DIFFS = [
    (document(rules=[rule()]), document(rules=[rule("RF_ACT_LOG")]),
     'weaker: rootUser: specs newly pass: "The process is root on the host" is only logged, was '
     'refused'),
    (document(rules=[rule()]), document(rules=[rule()], mode="audit"), "weaker: rootUser: "),
    (document(unregistered="RF_ACT_ERRNO"), document(),
     "weaker: unregistered: a container that nobody registered: RF_ACT_LOG, was RF_ACT_ERRNO"),
    (document(), document(unregistered={"args": {"exempt": ["/a"]}}),
     'weaker: unregistered: "/a" is newly exempt'),
    (*changed("capabilities", {"allow": []}, {"allow": ["CAP_KILL"]}),
     "weaker: capabilities: specs newly pass: args.allow has also CAP_KILL"),
    (*changed("capabilities", {"allow": []}, {"allow": ["CAP_KILL"]}, "RF_ACT_REWRITE"),
     "weaker: capabilities: specs newly pass as they are: args.allow has also CAP_KILL"),
    (*changed("hostMounts", {"deny": ["/", "/etc"]}, {"deny": ["/"]}),
     'weaker: hostMounts: specs newly pass: args.deny has no longer "/etc"'),
    (*changed("hostUserNamespace", {"when": "always"}, {"when": "root"}),
     'weaker: hostUserNamespace: specs newly pass: args.when is "root", was "always"'),
    (*changed("selinuxLabel", {"required": "yes"}, {"required": "no"}),
     'weaker: selinuxLabel: specs newly pass: args.required is "no", was "yes"'),
    (*changed("identityMapping", {"ids": [5, 6]}, {"ids": [6]}),
     "weaker: identityMapping: specs newly pass: args.ids has no longer 5"),
    (*changed("userRange", {"uids": ["1-9"]}, {}),
     "weaker: userRange: specs newly pass: args.uids sets no longer a bound"),
    (*changed("userRange", {"uids": ["1-9"], "uidAnnotation": "a"},
              {"uids": ["1-9"], "uidAnnotation": "b"}),
     'weaker: userRange: specs newly pass: args.uidAnnotation is "b", was "a"'),
    (*changed("resourceLimits", {"pids": 100}, {"pids": 200}),
     "weaker: resourceLimits: specs newly pass: args.pids is 200, was 100"),
    (*changed("resourceLimits", {"pids": 100}, {"pids": 0}),
     "weaker: resourceLimits: specs newly pass: args.pids is 0, was 100"),
    (*changed("resourceLimits", {}, {"cpu": 0}),
     "weaker: resourceLimits: specs newly pass: args.pids is not set, was 0"),
    (*changed("sysctls", {"version": "v1.0"}, {"version": "v1.30"}),
     'weaker: sysctls: specs newly pass: args.version is "v1.30", was "v1.0"'),
    (document(rules=[rule()]), document(rules=[rule()], exceptions=[EXCEPTION]),
     'weaker: rootUser: a new exception "r": where its annotations match it is only logged instead '
     'of refused'),
    (document(exec={"rules": []}), document(exec={"rules": [PING]}),
     'weaker: exec: "/bin/ping" may gain CAP_NET_RAW, was none'),
    (document(exec={"rules": [PING]}), document(exec={"rules": [PING | {"action": "RF_ACT_LOG"}]}),
     'weaker: exec: "/bin/ping" may gain any capability, was CAP_NET_RAW'),
    (document(exec={"guarantee": "deny"}), document(exec={"guarantee": "none"}),
     'weaker: exec: containers newly start where the guard gives no more than "none": guarantee is '
     '"none", was "deny"'),
    (document(exec={"userNamespaces": "RF_ACT_ERRNO"}),
     document(exec={"userNamespaces": "RF_ACT_ALLOW"}),
     "weaker: exec: a new user namespace: RF_ACT_ALLOW, was RF_ACT_ERRNO"),
]

# Neither weaker nor stricter, in either order.
ALIKE = [
    (document(rules=[rule("RF_ACT_LOG")]), document(), "other: rootUser: "),
    (*changed("rootUser", {"uid": 1}, {"uid": 2}), "other: rootUser: another rewrite: args.uid"),
    (document(exec={"defaultAction": "RF_ACT_ERRNO"}),
     document(exec={"defaultAction": "RF_ACT_KILL_PROCESS"}), "other: exec: an execve that gains"),
    (document(rules=[rule()]), document(rules=[rule(comment="c")], name="y"), None),
    (document(rules=[rule()]), document(rules=[rule()], exceptions=[EXCEPTION |
                                                                    {"expires": "2020-01-01"}]),
     None),
]


def diff(directory, before, after):
    write(directory, "a.json", json.dumps(before))
    write(directory, "b.json", json.dumps(after))
    code, out, err = run("policy", "diff", "a.json", "b.json", cwd=directory)
    equal(err, b"")
    return code, out.decode().splitlines()


def test_diff_says_what_gets_weaker_and_back(directory):
    for before, after, want in DIFFS:
        code, lines = diff(directory, before, after)
        equal(code, 1, want)
        assert any(line.startswith(want) for line in lines), f"{lines} lack {want}"
        code, lines = diff(directory, after, before)
        stricter = [line for line in lines if line.startswith("stricter: ")]
        # Changes that cannot be compared count as weaker in both directions.
        if "Annotation" not in want and "resourceLimits: specs newly pass: args.pids is not" not in want:
            equal((code, len(stricter)), (0, len(lines)), f"{want}, the other way: {lines}")


def test_diff_of_what_decides_alike(directory):
    for before, after, want in ALIKE:
        for pair in ((before, after), (after, before)):
            code, lines = diff(directory, *pair)
            equal(code, 0, lines)
            equal([line for line in lines if not line.startswith("other: ")], [])
            assert bool(lines) == (want is not None), lines
    code, lines = diff(directory, *ALIKE[1][:2])
    assert lines[0].startswith(ALIKE[1][2]), lines


def test_diff_agrees_with_verdicts(_):
    """Where shipped policies differ in their verdicts on real specs, diff tells which is weaker."""
    verdicts = {}
    for path in SHIPPED:
        _, out, _ = run("check", "--policy", path, "--format", "json", *ALL_SPECS)
        verdicts[path] = [r["verdict"] for r in json.loads(out)["results"]]
    told = 0
    for before in SHIPPED:
        for after in SHIPPED:
            passes = any(a == "reject" and b != "reject"
                         for a, b in zip(verdicts[before], verdicts[after]))
            code = run("policy", "diff", before, after)[0]
            assert code == 1 or not passes, f"{before} {after}: exit {code}"
            told += passes
    assert told > 5


def test_policy_usage(_):
    for args, want in (((), "policy takes lint, show, list, diff, names or schema"),
                       (("lnt",), "unknown 'policy lnt'; did you mean 'lint'?"),
                       (("lint",), "usage: rootfence policy lint P..."),
                       (("diff", "a"), "usage: rootfence policy diff A B"),
                       (("show", "a", "b"), "usage: rootfence policy show [P]"),
                       (("list", "a"), "usage: rootfence policy list"),
                       (("names", "a"), "usage: rootfence policy names"),
                       (("schema", "a"), "usage: rootfence policy schema"),
                       (("show", "--format", "json"), "policy show has no --format"),
                       (("list", "--format", "yaml"), "--format is text or json")):
        code, out, err = run("policy", *args)
        equal((code, out), (2, b""))
        assert err.decode().startswith("rootfence: " + want), err


# explain

def test_explain_has_every_rule_and_every_finding(_):
    names = [r["name"] for r in json.loads(output(0, "policy", "list", "--format", "json"))["rules"]]
    for path in ALL_SPECS:
        code, out, _ = run("check", "--policy", policy("strict"), "--format", "json", path)
        (result,) = json.loads(out)["results"]
        told = json.loads(output(code, "explain", "--policy", policy("strict"), "--format", "json",
                                 path))
        equal((told["path"], told["verdict"]), (path, result["verdict"]))
        equal([r["rule"] for r in told["rules"]], names[1:])
        equal(sorted(json.dumps(f) for r in told["rules"] for f in r["findings"]),
              sorted(json.dumps(f) for f in result["findings"]))
        text = output(code, "explain", "--policy", policy("strict"), path).decode()
        for entry in told["rules"]:
            assert re.search(rf"^(  )?{entry['rule']}\b", text, re.M)
            assert entry["checked"] or not entry["findings"]
        for finding in result["findings"]:
            assert f"{finding['message']} (line {finding['line']}, column {finding['column']})" \
                in text
            assert finding["fix"] in text


def test_explain_says_who_decided(directory):
    write(directory, "p.json", json.dumps(document(
        mode="audit", defaultAction="RF_ACT_REJECT",
        rules=[rule(), rule("RF_ACT_ALLOW", ["hostMounts"])],
        exceptions=[EXCEPTION | {"names": ["rootGroup"], "action": "RF_ACT_ALLOW", "reason": "why"}])))
    config = json.loads(read(spec("podman-plain")))
    config["annotations"] = {"a": "b"}
    write(directory, "c.json", json.dumps(config))
    told = json.loads(output(0, "explain", "--policy", "p.json", "--format", "json", "c.json",
                             cwd=directory))
    by_name = {r["rule"]: (r["action"], r["decidedBy"], r["checked"]) for r in told["rules"]}
    equal(by_name["rootUser"], ("RF_ACT_LOG", "rules, under mode audit", True))
    equal(by_name["hostMounts"], ("RF_ACT_ALLOW", "rules", False))
    equal(by_name["rootGroup"], ("RF_ACT_ALLOW", 'exception "why"', False))
    equal(by_name["sysctls"], ("RF_ACT_LOG", "defaultAction, under mode audit", True))
    text = output(0, "explain", "--policy", "p.json", "c.json", cwd=directory).decode()
    assert re.search(r'^Not checked:\n(  .*\n)*  rootGroup +RF_ACT_ALLOW, by exception "why"$', text,
                     re.M), text


def test_explain_of_what_cannot_be_read(directory):
    write(directory, "bad.json", "{")
    code, out, err = run("explain", "--policy", policy("default"), "bad.json", cwd=directory)
    equal((code, out), (3, b""))
    assert err.startswith(b"rootfence: bad.json:1:2: "), err
