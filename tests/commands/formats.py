# SPDX-License-Identifier: Apache-2.0
"""Tests check --format sarif and junit against the files and against check --format json."""

import glob
import json
import os
import pty
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree

import golden
from tool import ALL_SPECS, BINARY, ROOT, equal, output, policy, read, run, spec, write

LEVELS = {"RF_ACT_REJECT": "error", "RF_ACT_REWRITE": "warning", "RF_ACT_LOG": "note"}


def check(exit_code, form, *paths, name="default", **how):
    return output(exit_code, "check", "--policy", policy(name), "--format", form, *paths, **how)


def want_type(value, kind, what):
    if not isinstance(value, kind) or isinstance(value, bool):
        raise AssertionError(f"{what} is {value!r}")
    return value


def sarif_run(document):
    """The single run, after a check that it is valid by the SARIF 2.1.0 schema."""
    equal(document["version"], "2.1.0")
    equal(set(document) - {"$schema", "version", "runs"}, set())
    (the_run,) = document["runs"]
    equal(set(the_run), {"tool", "columnKind", "properties", "results"})
    equal(the_run["columnKind"], "unicodeCodePoints")
    driver = the_run["tool"]["driver"]
    want_type(driver["name"], str, "driver.name")
    for rule in driver["rules"]:
        equal(set(rule), {"id", "shortDescription", "help", "properties"})
        for key in ("shortDescription", "help"):
            assert want_type(rule[key]["text"], str, key)
    equal(len({r["id"] for r in driver["rules"]}), len(driver["rules"]), "rules with one id")
    for result in the_run["results"]:
        equal(set(result), {"ruleId", "ruleIndex", "level", "message", "locations"})
        equal(driver["rules"][result["ruleIndex"]]["id"], result["ruleId"])
        assert result["level"] in ("error", "warning", "note")
        assert want_type(result["message"]["text"], str, "message")
        (location,) = result["locations"]
        equal(set(location) - {"physicalLocation", "logicalLocations"}, set())
        equal(set(location["physicalLocation"]) - {"artifactLocation", "region"}, set())
        for key, number in location["physicalLocation"].get("region", {}).items():
            least = 0 if key.startswith("byte") else 1
            assert want_type(number, int, key) >= least
    return the_run


def offset(data, line, column):
    """Offset in bytes of a line and a column in code points."""
    lines = data.split(b"\n")
    before = sum(len(text) + 1 for text in lines[:line - 1])
    return before + len(lines[line - 1].decode()[:column - 1].encode())


def region_bytes(data, region):
    start, end = (offset(data, region[f"{e}Line"], region[f"{e}Column"]) for e in ("start", "end"))
    equal((start, end - start), (region["byteOffset"], region["byteLength"]), "both ways to count")
    return data[start:end]


def uri_path(location):
    return urllib.parse.unquote(location["physicalLocation"]["artifactLocation"]["uri"])


def test_sarif_of_every_spec_points_at_the_bytes(_):
    results = json.loads(check(1, "json", *ALL_SPECS, name="strict"))["results"]
    the_run = sarif_run(json.loads(check(1, "sarif", *ALL_SPECS, name="strict")))
    findings = [(r["path"], f) for r in results for f in r["findings"]]
    equal(len(the_run["results"]), len(findings))
    assert len(findings) > 200
    for (path, finding), result in zip(findings, the_run["results"]):
        equal(result["ruleId"], finding["rule"])
        level = "error" if "obstacle" in finding else LEVELS[finding["action"]]
        equal(result["level"], level)
        assert finding["message"] in result["message"]["text"]
        assert finding["fix"] in result["message"]["text"]
        (location,) = result["locations"]
        equal(uri_path(location), "file://" + path)
        if finding["pointer"]:
            equal(location["logicalLocations"], [{"fullyQualifiedName": finding["pointer"]}])
        data = read(path)
        place = golden.nearest(finding["pointer"], golden.places(data))
        region = location["physicalLocation"]["region"]
        equal(region_bytes(data, region), data[place.start:place.end], finding["pointer"])
        equal(region["startLine"], finding["line"])


def test_sarif_counts_columns_in_characters(directory):
    text = '{"annotations":{"é\U0001f600":"ü"},"process":{"user":{"uid":0}}}'
    write(directory, "a.json", text)
    the_run = sarif_run(json.loads(check(1, "sarif", "a.json", cwd=directory)))
    region = next(r for r in the_run["results"]
                  if r["ruleId"] == "rootUser")["locations"][0]["physicalLocation"]["region"]
    equal(region["startColumn"], text.index("0}") + 1)
    equal(region["byteOffset"], text.encode().index(b"0}"))


def test_sarif_of_files_with_odd_names(directory):
    names = ["a b%41.json", "x:y.json", "ü.json", "line\nend.json", "q?r#s.json", "e\x1b[31m.json"]
    for name in names:
        write(directory, name, "{")
    the_run = sarif_run(json.loads(check(3, "sarif", *names, cwd=directory)))
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            for r in the_run["results"]]
    equal([urllib.parse.unquote(u) for u in uris], names)
    for uri in uris:
        equal(urllib.parse.urlsplit(uri)[:2], ("", ""), "scheme and host")
        assert uri.isascii() and " " not in uri
    the_run = sarif_run(json.loads(check(3, "sarif", ".", "./" + names[0], cwd=directory)))
    paths = [uri_path(r["locations"][0]) for r in the_run["results"]]
    equal(sorted(paths), sorted(names + names[:1]))


def test_sarif_of_invalid_specs(directory):
    write(directory, "bad.json", '{"ü":"é",\n "é":1, "é":2}\n')
    write(directory, "huge.json", b" " * (16 * 1024 * 1024 + 1))
    the_run = sarif_run(json.loads(check(3, "sarif", "bad.json", "huge.json", cwd=directory)))
    bad, huge = the_run["results"]
    for result in (bad, huge):
        equal((result["ruleId"], result["level"]), ("spec", "error"))
    equal(bad["locations"][0]["physicalLocation"]["region"], {"startLine": 2, "startColumn": 9})
    assert "region" not in huge["locations"][0]["physicalLocation"]


def test_sarif_of_standard_input_has_no_uri(directory):
    the_run = sarif_run(json.loads(check(3, "sarif", "-", cwd=directory, stdin=b"{")))
    equal(the_run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"],
          {"description": {"text": "standard input"}})


def test_sarif_of_allowed_specs_has_no_results(_):
    equal(sarif_run(json.loads(check(0, "sarif", spec("podman-uidmap"), name="pss-baseline")))
          ["results"], [])


def test_sarif_names_every_rule_of_the_table(_):
    document = json.loads(check(0, "sarif", spec("podman-uidmap"), name="pss-baseline"))
    ids = [r["id"] for r in sarif_run(document)["tool"]["driver"]["rules"]]
    equal(ids[-2:], ["spec", "exec.rules"])  # exec.rules is not in the table: exec decides its action
    listed = json.loads(output(0, "policy", "list", "--format", "json"))["rules"]
    equal(sorted(ids[:-1]), sorted(r["name"] for r in listed))


def cases_of(text):
    root = xml.etree.ElementTree.fromstring(text)
    equal(root.tag, "testsuites")
    cases = []
    for suite in root:
        equal(suite.tag, "testsuite")
        inside = suite.findall("testcase")
        equal(int(suite.get("tests")), len(inside))
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            equal(int(suite.get(kind)), len(suite.findall(f"testcase/{tag}")), kind)
        cases += inside
    return cases


def test_junit_has_a_case_for_every_file(directory):
    write(directory, "bad.json", "{")
    results = json.loads(check(3, "json", *ALL_SPECS, "bad.json", cwd=directory))["results"]
    cases = cases_of(check(3, "junit", *ALL_SPECS, "bad.json", cwd=directory))
    equal([c.get("name") for c in cases], [r["path"] for r in results])
    kinds = {"reject": "failure", "invalid": "error"}
    seen = set()
    for case, result in zip(cases, results):
        (said,) = case
        seen.add(said.tag)
        equal(said.tag, kinds.get(result["verdict"], "system-out"), case.get("name"))
        equal(case.get("classname"), "default")
        for finding in result["findings"]:
            assert finding["message"] in said.text, said.text
        if said.tag != "system-out":
            assert said.text.startswith(said.get("message"))
            assert said.get("type") in [f["rule"] for f in result["findings"]]
    equal(seen, {"failure", "error", "system-out"})


def test_junit_holds_what_xml_cannot(directory):
    name = b"a\x01\x1b<&\"'>]]>\t\xff.json"
    write(directory, name, '{"process":{"cwd":"/proc/\\u0001<&]]>\\ufffe","user":{"uid":1}}}')
    text = check(1, "junit", os.fsdecode(name), cwd=directory)
    (case,) = cases_of(text)
    equal(case.get("name"), "a\ufffd\ufffd<&\"'>]]>\t\ufffd.json")
    assert "<&]]>" in case[0].text


def test_a_file_that_is_not_there_is_a_result_too(directory):
    write(directory, "a.json", read(spec("podman-plain")))
    code, out, err = run("check", "--policy", policy("default"), "--format", "json", "a.json",
                         "empty", cwd=directory)
    equal((code, err), (6, b""))
    equal([r["verdict"] for r in json.loads(out)["results"]], ["reject", "invalid"])


def test_a_verdict_does_not_depend_on_the_specs_before_it(_):
    """Facts that a run looks up once must be right for every file: in both orders, and alone."""
    golden_specs = glob.glob(os.path.join(ROOT, "tests/golden/seccompProfile/*/config.json"))
    paths = ALL_SPECS + sorted(golden_specs) + ALL_SPECS[::-1]
    profiles = {json.dumps(json.loads(read(p)).get("linux", {}).get("seccomp")) for p in paths}
    assert len(profiles) > 16, "more profiles than are remembered"
    together = json.loads(run("check", "--policy", policy("strict"), "--format", "json",
                              *paths)[1])["results"]
    alone = {}
    for path in set(paths):
        _, out, _ = run("check", "--policy", policy("strict"), "--format", "json", path)
        (alone[path],) = json.loads(out)["results"]
    for path, result in zip(paths, together):
        equal(result, alone[path], path)


def test_unknown_format_names_the_known(_):
    code, out, err = run("check", "--format", "sarrif", "x")
    equal((code, out), (2, b""))
    equal(err, b"rootfence: --format is text, json, sarif or junit; did you mean sarif\n")


def progress(directory, seconds, **streams):
    """(standard output, the terminal's output) of a check that waits for its second file."""
    write(directory, "a.json", read(spec("podman-uidmap")))
    ours, terminal = pty.openpty()
    streams = {name: terminal if where == "terminal" else where for name, where in streams.items()}
    with subprocess.Popen([BINARY, "check", "--policy", policy("default"), "a.json", "-", "a.json"],
                          cwd=directory, stdin=subprocess.PIPE, **streams) as process:
        time.sleep(seconds)
        out, err = process.communicate(read(spec("podman-uidmap")), timeout=60)
    os.close(terminal)
    seen = b""
    try:
        while chunk := os.read(ours, 65536):
            seen += chunk
    except OSError:  # the other end is closed, and all is read
        pass
    os.close(ours)
    return out, err, seen


def test_progress_is_on_a_terminal_after_a_second(directory):
    pipe = subprocess.PIPE
    out, _, seen = progress(directory, 1.2, stdout=pipe, stderr="terminal")
    equal(out.count(b"allowed by policy"), 3)
    equal(seen, b"\rrootfence: 2 specs judged\r" + b" " * 25 + b"\r")
    _, _, seen = progress(directory, 0.1, stdout=pipe, stderr="terminal")
    equal(seen, b"")


def test_progress_is_nowhere_else(directory):
    pipe = subprocess.PIPE
    _, err, seen = progress(directory, 1.2, stdout=pipe, stderr=pipe)
    equal((err, seen), (b"", b""))
    _, _, seen = progress(directory, 1.2, stdout="terminal", stderr="terminal")
    assert b"specs judged" not in seen and seen.count(b"allowed by policy") == 3, seen
