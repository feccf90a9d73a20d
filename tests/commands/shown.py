# SPDX-License-Identifier: Apache-2.0
"""Tests that nothing which is printed for people can change how a terminal shows it.

Characters that do that come in values, names, file names, policies and arguments. They are escaped
in every format, and mean the same in those that are read by programs. A rewritten document keeps
its bytes.
"""

import json
import os
import xml.etree.ElementTree

from tool import BINARY, equal, policy, read, run, write

# One character of each kind, and what it does.
DECEPTIVE = {
    "\u007f": "DEL",
    "\u0080": "C1, the first",
    "\u0085": "C1, a line end",
    "\u009b": "C1, starts a control sequence",
    "\u009f": "C1, the last",
    "\u00ad": "soft hyphen, not shown",
    "\u034f": "joins, not shown",
    "\u061c": "Arabic letter mark",
    "\u115f": "filler",
    "\u17b4": "not shown",
    "\u180e": "not shown",
    "\u200b": "zero width",
    "\u200d": "zero width",
    "\u200e": "left to right",
    "\u200f": "right to left",
    "\u2028": "line end",
    "\u2029": "paragraph end",
    "\u202a": "embedding",
    "\u202e": "override",
    "\u2060": "zero width",
    "\u2066": "isolate",
    "\u2069": "end of isolate",
    "\u3164": "filler",
    "\ufe0f": "variation selector",
    "\ufeff": "byte order mark",
    "\uffa0": "filler",
    "\ufff9": "annotation",
    "\U0001d173": "music format",
    "\U000e0001": "tag",
    "\U000e007f": "end of tags",
    "\U000e0100": "variation selector",
}
ODD = "".join(DECEPTIVE)
FORMATS = ("text", "json", "sarif", "junit")


def nothing_raw(data, what):
    text = data.decode()
    for character, does in DECEPTIVE.items():
        if character in text:
            raise AssertionError(f"{what}: U+{ord(character):04X} ({does}) in {text[:2000]!r}")


def printed(what, *args, **how):
    """Standard output of a run whose output has no such character."""
    code, out, err = run(*args, **how)
    nothing_raw(out, f"{what}, standard output")
    nothing_raw(err, f"{what}, standard error")
    return code, out, err


def odd_spec():
    """A spec that breaks rules with odd names and values."""
    return {
        "process": {"user": {"uid": 0, "gid": 0}, "cwd": "/" + ODD, "args": [ODD],
                    "env": [f"LD_PRELOAD=/{ODD}"], "noNewPrivileges": False,
                    "apparmorProfile": "unconfined" + ODD},
        "annotations": {"run.oci." + ODD: ODD, "io.podman.annotations.privileged": "TRUE"},
        "mounts": [{"destination": "/" + ODD, "type": "bind", "source": "/etc/" + ODD,
                    "options": ["rbind", "shared", ODD]}],
        "hooks": {"prestart": [{"path": "/" + ODD, "args": [ODD]}]},
        "linux": {"sysctl": {ODD: ODD}, "netDevices": {ODD: {}},
                  "devices": [{"path": "/dev/" + ODD, "type": "b", "major": 8, "minor": 0}],
                  "seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}, "namespaces": []},
    }


def written(directory, name, document):
    return write(directory, name, json.dumps(document, ensure_ascii=False))


def test_check_in_every_format(directory):
    path = written(directory, f"{ODD}.json", odd_spec())
    bad = written(directory, f"bad{ODD}.json", {"process": {"args": {ODD: ODD}}})
    unknown = written(directory, "unknown.json", {"process": {"rlimits": [{"type": ODD}]}})
    for name in ("strict", "audit", "default"):
        for form in FORMATS:
            printed(f"check --format {form}", "check", "--policy", policy(name), "--format", form,
                    path, bad, unknown, os.path.join(directory, f"gone{ODD}.json"))


def test_json_and_xml_mean_the_characters(directory):
    path = written(directory, f"{ODD}.json", odd_spec())
    _, out, _ = printed("json", "check", "--policy", policy("strict"), "--format", "json", path)
    (result,) = json.loads(out)["results"]
    equal(result["path"], path)
    pointers = {f["pointer"]: f for f in result["findings"]}
    equal(pointers["/annotations/run.oci." + ODD]["observed"], ODD)
    _, out, _ = printed("junit", "check", "--policy", policy("strict"), "--format", "junit", path)
    (suite,) = xml.etree.ElementTree.fromstring(out)
    equal(suite.get("name"), path)


def test_a_pointer_into_a_malformed_spec_is_exact(directory):
    document = {"process": {}, "annotations": {ODD: 1}}
    _, out, _ = printed("json", "check", "--policy", policy("strict"), "--format", "json",
                        written(directory, "bad.json", document))
    (finding,) = json.loads(out)["results"][0]["findings"]
    equal(finding["pointer"], f"/annotations/{ODD}"[:len(finding["pointer"])])


def test_other_commands_that_read_a_spec(directory):
    path = written(directory, f"{ODD}.json", odd_spec())
    for args in (["explain"], ["explain", "--format", "json"], ["rewrite"], ["rewrite", "--patch"]):
        for name in ("strict", "audit"):
            if name == "audit" and args == ["rewrite"]:
                continue
            printed(" ".join(args), *args, "--policy", policy(name), path)
    for command in ("precreate", "createRuntime"):
        code, _, err = printed(command, command, "--policy", policy("strict"), stdin=read(path))
        assert code != 0 and err


def test_a_rewritten_document_keeps_its_bytes(directory):
    document = odd_spec()
    rules = {"version": 1, "name": "n", "rules": [
        {"names": ["sysctls"], "action": "RF_ACT_REWRITE"}]}
    document["linux"]["sysctl"] = {"kernel.x": "1"}
    path = written(directory, "spec.json", document)
    code, out, err = run("rewrite", "--policy", written(directory, "p.json", rules), path)
    equal((code, err), (0, b""))
    del document["linux"]["sysctl"]["kernel.x"]
    equal(json.loads(out), document)
    assert out.count(ODD.encode()) == read(path).count(ODD.encode())


def test_policies(directory):
    document = {"version": 1, "name": "odd", "comment": ODD,
                "rules": [{"names": ["unsafeAnnotations"], "action": "RF_ACT_REJECT",
                           "args": {"allow": [ODD]}, "comment": ODD}],
                "exec": {"rules": [{"paths": ["/" + ODD[:8]], "action": "RF_ACT_LOG"}]},
                "exceptions": [{"names": ["unsafeAnnotations"], "action": "RF_ACT_LOG",
                                "reason": ODD, "match": {"annotations": {"x": ODD}}}]}
    path = written(directory, f"{ODD}.json", document)
    other = written(directory, "other.json", {"version": 1, "name": "other", "rules": []})
    wrong = written(directory, f"wrong{ODD}.json", {"version": 1, "name": ODD, ODD: ODD})
    for args in (["lint", path, wrong], ["show", path], ["show", wrong], ["diff", path, other],
                 ["diff", other, path, "--format", "json"]):
        printed(f"policy {args[0]}", "policy", *args)
    spec = written(directory, "spec.json", {
        "process": {"user": {"uid": 0}}, "annotations": {"x": ODD, "run.oci.handler": "y"}})
    printed("explain", "explain", "--policy", path, spec)
    printed("test", "test", directory)
    printed("test --format junit", "test", "--format", "junit", directory)


def test_arguments(directory):
    for args in ([ODD], ["check", ODD], ["check", f"--{ODD}"], ["check", "--format", ODD],
                 ["explain", "--policy", ODD, ODD], ["policy", ODD], ["test", ODD],
                 ["precreate", ODD], ["status", ODD]):
        code, _, _ = printed(" ".join(args), *args, cwd=directory)
        assert code != 0


def test_bytes_that_are_not_utf8(directory):
    name = os.fsencode(directory) + b"/\x9b\x85.json"
    with open(name, "wb") as file:
        file.write(b'{"process":{"args":1}}')
    for form in FORMATS:
        _, out, err = run("check", "--policy", policy("strict"), "--format", form, name)
        assert b"\x9b" not in out + err, form
        out.decode()
    _, _, err = run("explain", "--policy", policy("strict"), name + b"x")
    assert b"\x9b" not in err
    assert os.path.exists(BINARY)
