# SPDX-License-Identifier: Apache-2.0
"""Tests the documents: policies in them load, commands do what the text says, paths and make
targets exist."""

import glob
import json
import os
import re
import subprocess
import textwrap

import jsonschema

from policies import SCHEMA
from tool import BINARY, ROOT, equal, output, read, run, spec, write

README = os.path.join(ROOT, "README.md")
PAGES = [README, os.path.join(ROOT, "oci-hooks.d/README.md"),
         *sorted(glob.glob(os.path.join(ROOT, "docs/**/*.md"), recursive=True))]
MANUALS = sorted(glob.glob(os.path.join(ROOT, "docs/*.[58]")))


def fenced(page, language):
    """The fenced blocks of a language, without their indentation in lists."""
    text = read(page).decode()
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.M | re.S)
    return [textwrap.dedent(block) for _, block in found]


def man_policies():
    """Literal displays of rootfence-policy(5) that are policies."""
    text = read(os.path.join(ROOT, "docs/rootfence-policy.5")).decode()
    displays = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S)
    return [d.replace("\\e", "\\") for d in displays if '"version"' in d]


def policies_of_docs():
    for page in PAGES:
        for block in fenced(page, "json"):
            if '"version"' in block:
                yield os.path.basename(page), block
    for block in re.findall(r'^    (\{ "version": 1.*\})$', read(README).decode(), re.M):
        yield "README.md", block
    for block in man_policies():
        yield "rootfence-policy.5", block


def installed(directory, text):
    """The text with the names of shipped policies replaced by the files in this tree."""
    text = re.sub(r'"extends": \["([\w-]+)"\]',
                  lambda m: f'"extends": ["{ROOT}/policies/{m[1]}.json"]', text)
    return write(directory, "web.json", text)


def test_policies_of_docs_are_valid_and_without_warnings(directory):
    seen = []
    for page, text in policies_of_docs():
        seen.append(page)
        jsonschema.Draft7Validator(SCHEMA).validate(json.loads(text))
        path = installed(directory, text)
        equal(output(0, "policy", "lint", path).decode(), f"{path}: valid, 0 warnings\n",
              f"{page}: {text}")
    for page, least in (("policy.md", 6), ("policy-as-code.md", 1), ("README.md", 1),
                        ("rootfence-policy.5", 4)):
        assert seen.count(page) >= least, f"{page}: {seen.count(page)} policies found"


def mounts_of_recipes(directory, found):
    """One more path is allowed, and all that default allows still is."""
    for name, source, options, refused in (
            ("letsencrypt", "/etc/letsencrypt", ["ro"], False),
            ("letsencrypt", "/etc/letsencrypt", ["rw"], True),
            ("letsencrypt", "/etc/ssh", ["ro"], True),
            ("letsencrypt", "/var/lib/docker/volumes/data/_data", [], False),
            ("monitoring", "/proc", ["ro"], False), ("monitoring", "/sys", ["ro"], False),
            ("monitoring", "/proc", [], True), ("monitoring", "/", ["ro"], True),
            ("monitoring", "/var/lib/docker/volumes/data/_data", [], False),
            ("gpu", "/run/nvidia-persistenced/socket", ["ro"], False),
            ("gpu", "/run/nvidia-persistenced/socket", [], True),
            ("gpu", "/etc/vulkan/icd.d/nvidia_icd.json", ["ro"], False),
            ("gpu", "/run/docker.sock", ["ro"], True), ("gpu", "/etc/ssh", ["ro"], True),
            ("gpu-strict", "/run/nvidia-persistenced/socket", ["ro"], False),
            ("gpu-strict", "/run/docker.sock", ["ro"], True)):
        path = installed(directory, found[name])
        config = json.loads(read(spec("podman-u-1000")))
        config["mounts"].append({"destination": "/a", "type": "bind", "source": source,
                                 "options": ["rbind", *options]})
        write(directory, "config.json", json.dumps(config))
        _, out, _ = run("check", "--policy", path, "--format", "json", "config.json", cwd=directory)
        rules = [f["rule"] for f in json.loads(out)["results"][0]["findings"]]
        equal("hostMounts" in rules, refused, (name, source, options))


def devices_and_hooks_of_recipes(directory, found):
    """`strict` refuses them all; its recipe only those that it does not list."""
    rules = {"deviceAccess", "foreignHooks"}
    for policy, major, hook, refused in (
            ("gpu-strict", 195, "/usr/bin/nvidia-cdi-hook", set()),
            ("gpu-strict", 8, "/usr/bin/nvidia-cdi-hook", {"deviceAccess"}),
            ("gpu-strict", 195, "/usr/bin/other-hook", {"foreignHooks"}),
            (None, 195, "/usr/bin/nvidia-cdi-hook", rules)):
        config = json.loads(read(spec("podman-u-1000")))
        config["linux"]["devices"] = [{"path": "/dev/x", "type": "c", "major": major, "minor": 0}]
        config["linux"]["resources"]["devices"].append(
            {"allow": True, "type": "c", "major": major, "minor": 0, "access": "rw"})
        config["hooks"] = {"createContainer": [{"path": hook}]}
        write(directory, "config.json", json.dumps(config))
        path = installed(directory, found[policy]) if policy else "strict"
        _, out, _ = run("check", "--policy", path, "--format", "json", "config.json", cwd=directory)
        seen = {f["rule"] for f in json.loads(out)["results"][0]["findings"]}
        equal(seen & rules, refused, (policy, major, hook))


def test_recipes_do_what_they_say(directory):
    """name of the policy -> (spec, verdict with it)."""
    recipes = {"database": ("podman-plain", "rewrite"), "ranges": ("podman-user-3267", "reject"),
               "ping": ("podman-u-1000", "rewrite")}
    found = {json.loads(t)["name"]: t for p, t in policies_of_docs() if p == "policy.md"}
    equal(set(recipes) - set(found), set())
    for name, (which, verdict) in recipes.items():
        path = installed(directory, found[name])
        _, out, _ = run("check", "--policy", path, "--format", "json", spec(which))
        equal(json.loads(out)["results"][0]["verdict"], verdict, name)
    mounts_of_recipes(directory, found)
    devices_and_hooks_of_recipes(directory, found)
    path = installed(directory, found["node"])
    config = json.loads(read(spec("podman-network-host")))
    for key, namespace, action in (
            ("io.kubernetes.pod.namespace", "kube-system", "RF_ACT_LOG"),
            ("io.kubernetes.pod.namespace", "default", "RF_ACT_REJECT"),
            ("io.kubernetes.cri.sandbox-namespace", "kube-system", "RF_ACT_LOG"),
            ("io.kubernetes.cri.sandbox-namespace", "default", "RF_ACT_REJECT")):
        config["annotations"] = {key: namespace}
        write(directory, "config.json", json.dumps(config))
        _, out, _ = run("check", "--policy", path, "--format", "json", "config.json",
                        cwd=directory)
        (found_rule,) = [f for f in json.loads(out)["results"][0]["findings"]
                         if f["rule"] == "hostNetworkNamespace"]
        equal(found_rule["action"], action)


def repository(directory, policy_text, config):
    os.makedirs(os.path.join(directory, "policies"))
    os.makedirs(os.path.join(directory, "specs/one"))
    write(directory, "policies/web.json", policy_text)
    write(directory, "specs/one/config.json", config)
    os.makedirs(os.path.join(directory, "bin"))
    os.symlink(BINARY, os.path.join(directory, "bin/rootfence"))


def shell(directory, script):
    environment = dict(os.environ, PATH=f"{directory}/bin:{os.environ['PATH']}")
    done = subprocess.run(["bash", "-ec", script], cwd=directory, capture_output=True, text=True,
                          env=environment, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


PAGE = os.path.join(ROOT, "docs/policy-as-code.md")


def policy_of_page(directory):
    (block,) = [b for b in fenced(PAGE, "json") if '"version"' in b]
    installed(directory, block)
    return read(os.path.join(directory, "web.json")).decode()


def test_commands_of_policy_as_code(directory):
    repository(directory, policy_of_page(directory), read(spec("podman-uidmap")))
    hook, program = fenced(PAGE, "sh")
    plain = read(spec("podman-user-65532-65532"))
    right = read(spec("podman-user-65532-65532").replace("config.json", "rewritten.json"))
    for name, data, code in (("right", right, 0), ("to be rewritten", plain, 1), ("cut", "{", 3)):
        write(directory, "specs/one/config.json", data)
        equal(shell(directory, hook)[0], code, name)
    write(directory, "specs/one/config.json", read(spec("podman-plain")))
    equal(shell(directory, program)[1], "specs/one/config.json\n")


def test_jobs_of_policy_as_code(directory):
    """Runs every rootfence command of the CI jobs on a policy that became weaker."""
    old = policy_of_page(directory)
    new = old.replace('"rules": [', '"rules": [\n    { "names": ["capabilities"], "action": '
                                    '"RF_ACT_REWRITE", "args": { "allow": ["CAP_NET_RAW"] } },')
    repository(directory, new, read(spec("podman-plain")))
    write(directory, "old.json", old)
    github, gitlab = fenced(PAGE, "yaml")
    want = {"policy lint": 0, "policy diff": 1, "check": 1}
    for job in (github, gitlab):
        seen = set()
        for line in re.findall(r"\b(rootfence (?:policy|check) .*)$", job, re.M):
            (kind,) = [k for k in want if line.startswith(f"rootfence {k}")]
            code, out, err = shell(directory, line.replace('"$RUNNER_TEMP/old.json"', "old.json"))
            equal((code, err), (want[kind], ""), line)
            seen.add(kind)
            if kind == "policy diff":
                equal(out, "weaker: capabilities: specs newly pass as they are: args.allow has "
                           "also CAP_NET_RAW\n")
                assert out.strip() in read(PAGE).decode()
        equal(seen, set(want))
    json.loads(read(os.path.join(directory, "rootfence.sarif")))


def test_links_of_docs_lead_somewhere(_):
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:]+)\)", read(page).decode()):
            path = os.path.join(os.path.dirname(page), link)
            assert os.path.exists(path), f"{page}: {link}"


def names_a_file(path):
    """Whether the path exists. A component in capitals, like RULE, stands for any name."""
    pattern = re.sub(r"\b[A-Z]+\b", "*", path.rstrip("/."))
    return glob.glob(os.path.join(ROOT, pattern))


def test_paths_of_docs_exist(_):
    """Paths in this tree exist, and source files named without a path exist somewhere in it."""
    names = {"vmlinux.h"}  # which we do without
    for top in ("hook", "bpf", "tests", "oci-hooks.d"):
        for _, _, files in os.walk(os.path.join(ROOT, top)):
            names.update(files)
    for page in PAGES + MANUALS:
        # These two have paths of a reader's own policies as well.
        own = os.path.basename(page) in ("policy-as-code.md", "rootfence-policy.5")
        tops = r"hook|bpf|docs|oci-hooks\.d" + ("" if own else r"|tests|policies|\.ci")
        text = read(page).decode()
        for path in re.findall(rf"(?<![\w./-])((?:{tops})/[\w./*-]*\w)", text):
            assert names_a_file(path), f"{page}: {path}"
        for name in re.findall(r"(?<![\w./*-])([\w-]+\.(?:[ch]|py|sh|bats|tsv|mk))\b(?!\()", text):
            assert name in names or re.search("[A-Z]{2}", name), f"{page}: {name}"


def test_limits_of_docs_are_in_the_code(_):
    """Each name in a table of limits is defined in a file that its row names."""
    seen = 0
    for page in PAGES:
        table = re.search(r"^\| limit \| value \| where \|\n.*\n((?:\|.*\n)+)",
                          read(page).decode(), re.M)
        for row in table[1].splitlines() if table else []:
            names, _, where = row.strip("| ").split(" | ")
            files = [glob.glob(os.path.join(ROOT, "**", os.path.basename(f)), recursive=True)
                     for f in where.split(", ")]
            text = b"".join(read(f) for found in files for f in found).decode()
            for name in names.split(", "):
                assert re.search(rf"^#define {name}\b", text, re.M), f"{page}: {name}"
                seen += 1
    assert seen > 20, f"{seen} limits found"


def make_targets():
    """Every target in make's own list."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(["make", "-C", ROOT, "--question", "--print-data-base"],
                          capture_output=True, text=True, env=environment, timeout=120,
                          check=False)
    return set(re.findall(r"^([a-z][\w-]*):", done.stdout, re.M))


def words_after_make(text):
    """The arguments of make in the text: in code, in literal lines, in .Ql of a manual."""
    start = "" if text.startswith(".") else " {4}"
    spans = re.findall(r"`make\s+([^`]+)`", text) + re.findall(r"^\.Ql make (.+)$", text, re.M)
    lines = re.findall(rf"^{start}make (.+?)(?:$|  | #| &&)", text, re.M)
    listed = re.findall(r"^\.It Cm (install-[\w-]+)$", text, re.M)
    return " ".join(spans + lines + listed).split()


def test_make_targets_of_docs_exist(_):
    targets = make_targets()
    assert "install" in targets, "make printed no targets"
    for page in PAGES + MANUALS:
        for word in words_after_make(read(page).decode()):
            if re.fullmatch(r"[a-z][a-z-]*[a-z]", word):
                assert word in targets, f"{page}: make {word}"


def test_pages_that_everybody_reads_are_short(_):
    for page, most in ((README, 120), (os.path.join(ROOT, "docs/architecture.md"), 200)):
        lines = read(page).decode().expandtabs().split("\n")
        assert len(lines) - 1 < most, f"{page}: {len(lines) - 1} lines, at most {most - 1}"
    for line in read(README).decode().expandtabs().split("\n"):
        assert len(line) <= 120, f"README.md: longer than 120 columns: {line}"


def test_every_command_is_in_the_synopsis_of_the_man_page(_):
    text = output(0, "help").decode()
    commands = re.findall(r"^  (\w+) ", text, re.M)
    synopsis = read(os.path.join(ROOT, "docs/rootfence.8")).decode()
    synopsis = synopsis.partition(".Sh SYNOPSIS")[2].partition(".Sh DESCRIPTION")[0]
    named = set(re.findall(r"\w+", " ".join(re.findall(r"^\.Cm (.*)", synopsis, re.M))))
    equal([c for c in commands if c not in named], [])
    assert len(commands) > 10
