#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""generate.py [DIRECTORY]: writes docs/rules.md and policies/schema.json below DIRECTORY (the tree).

Both are made of `rootfence policy list --format json`, of the binary that $ROOTFENCE names.
"""

import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.environ.get("ROOTFENCE", os.path.join(ROOT, "build/rootfence"))

ALWAYS_ON = "spec"  # the rule that no policy names

# docs/rules.md


def cell(text):
    """Text in a cell of a table, in which a bar would end it."""
    return re.sub(r"([|*])", r"\\\1", text)


def code(words):
    return ", ".join(f"`{word}`" for word in words)


def args_table(args):
    yield "\n| argument | kind | meaning | default |\n| --- | --- | --- | --- |\n"
    for arg in args:
        kind = code(arg["words"]) if "words" in arg else arg["kind"]
        default = code(arg["words"][:1] if "words" in arg else arg.get("default", []))
        yield f"| `{arg['name']}` | {kind} | {cell(arg['meaning'])} | {default} |\n"


def rule_section(rule):
    name, rewrites = rule["name"], "Can be rewritten." if rule["rewrites"] else "Cannot be rewritten."
    if name == ALWAYS_ON:
        rewrites = "Always on: a finding is exit code 3."
    yield f"\n## {name}\n\n{rule['title']}.\n\nReads {rule['reads']}. {rewrites}\n"
    if rule["args"]:
        yield from args_table(rule["args"])
    yield f"\nReferences: {', '.join(rule['references'])}.\n"


def rules_md(listed):
    yield """\
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by docs/generate.py; edit the rules themselves, in hook/policy/rules/. -->
# Rules

In the order in which they are checked, which is that of findings. What each rule
does in full is in rootfence-policy(5). An argument that is a list (all kinds but
number, version, id, string and words) is an array, which replaces the list, or
`{ "add": [...], "remove": [...] }`, which changes it.

| rule | finding when | rewrites |
| --- | --- | --- |
"""
    for rule in listed["rules"]:
        name, rewrites = rule["name"], "yes" if rule["rewrites"] else "no"
        yield f"| [{name}](#{name.lower()}) | {rule['title']} | "
        yield f"{'always on' if name == ALWAYS_ON else rewrites} |\n"
    for rule in listed["rules"]:
        yield from rule_section(rule)


# policies/schema.json: draft-07, which editors know best. Rules and words come from the binary; the
# rest says again what hook/policy/file/ takes, and the tests of commands hold the two together. What
# only loading can tell (extends, expressions, the calendar) is not in it.

STRING = {"type": "string"}
NOT_EMPTY = {"type": "string", "minLength": 1}
ONE_PATH = {"type": "string", "pattern": r"^/(?!.*(\*|:ro$)).*$"}

ITEMS = {
    "capabilities": lambda arg: {"$ref": "#/definitions/capability"},
    "strings": lambda arg: NOT_EMPTY,
    "string": lambda arg: NOT_EMPTY,
    "paths of the host": lambda arg: ONE_PATH,
    "paths in the container": lambda arg: ONE_PATH,
    "patterns of paths": lambda arg: {"type": "string", "pattern": "^/"},
    "ranges of ids": lambda arg: {"type": "string", "pattern": "^(0|[1-9][0-9]*)([-/](0|[1-9][0-9]*))?$"},
    "number": lambda arg: {"type": "integer", "minimum": 0},
    "version": lambda arg: {"type": "string", "pattern": rf"^v1\.({up_to(arg['maximum'])})$"},
    "id": lambda arg: {"type": "integer", "minimum": 0, "maximum": arg["maximum"]},
    "ids": lambda arg: {"type": "integer", "minimum": 0, "maximum": arg["maximum"]},
    "word": lambda arg: {"enum": arg["words"]},
}


def up_to(most):
    """A regular expression for the numbers from 0 to most, which has two digits."""
    tens, ones = divmod(most, 10)
    return f"[0-9]|[{''.join(map(str, range(1, tens)))}][0-9]|{tens}[0-{ones}]"


def words(of, description=None):
    return {"type": "string"} | ({"description": description} if description else {}) | {"enum": of}


def array(items, description=None):
    return {"type": "array"} | ({"description": description} if description else {}) | {"items": items}


def fixed_object(properties, required=(), description=None):
    """An object that takes these properties and no others."""
    return {"type": "object"} | ({"description": description} if description else {}) | \
        {"properties": properties} | ({"required": list(required)} if required else {}) | \
        {"additionalProperties": False}


def ref(name):
    return {"$ref": f"#/definitions/{name}"}


def arg_schema(arg):
    schema, items = {"description": arg["meaning"]}, ITEMS[arg["kind"]](arg)
    if not arg["list"]:
        return schema | items
    most = {"maxItems": arg["maxEntries"]} if "maxEntries" in arg else {}
    entries = {"type": "array"} | most | {"items": items}
    change = fixed_object({"add": entries, "remove": entries}, description="Changes the list")
    return schema | {"anyOf": [entries, change | {"minProperties": 1}]}


def args_of(rule):
    """Where names has the rule, args has the rule's arguments and no others."""
    return {"if": {"properties": {"names": {"contains": {"const": rule["name"]}}}, "required": ["names"]},
            "then": {"properties": {"args": fixed_object({a["name"]: arg_schema(a) for a in rule["args"]})}}}


def definitions(listed, rules):
    actions, exec_actions = listed["actions"], listed["execActions"]
    names = [{"const": rule["name"], "description": rule["title"]} for rule in rules]
    return {
        "capability": words(listed["capabilities"], "See capabilities(7)"),
        "names": {"type": "array", "description": "Rules by name; see rootfence-policy(5)", "minItems": 1,
                  "items": {"oneOf": names}},
        "rule": {
            "type": "object",
            "properties": {
                "names": ref("names"),
                "action": words(actions, "What happens where a rule has a finding"),
                "args": {"type": "object", "description": "Arguments, for every rule that is named"},
                "comment": STRING,
            },
            "required": ["names", "action"],
            "additionalProperties": False,
            "allOf": [args_of(rule) for rule in rules],
        },
        "execRule": fixed_object({
            "paths": array({"type": "string", "pattern": "^/.", "maxLength": 255},
                           "Absolute paths, as the kernel has them"),
            "capabilities": array(ref("capability"), "What it may gain; nothing more"),
            "action": words(exec_actions),
            "comment": STRING,
        }, ["paths", "action"], "A binary that may gain capabilities"),
        "exec": fixed_object({
            "defaultAction": words(exec_actions, "An execve that gains, or leaves the ceiling"),
            "errnoRet": {"type": "integer", "description": "The errno of RF_ACT_ERRNO",
                         "minimum": 1, "maximum": 4095},
            "guarantee": words(listed["guarantees"], "The least that is accepted"),
            "userNamespaces": words(exec_actions, "A new user namespace"),
            "setIds": words(exec_actions, "Another identity that gains no capability and is not root"),
            "rules": array(ref("execRule")),
            "comment": STRING,
        }, description="What the kernel guard does with an execve"),
        "exception": fixed_object({
            "names": ref("names"),
            "action": words(actions),
            "match": fixed_object({
                "annotations": {"type": "object",
                                "description": "POSIX extended expressions for whole keys and whole values",
                                "minProperties": 1, "additionalProperties": STRING},
            }, ["annotations"]),
            "reason": {"type": "string", "description": "For those who review the policy", "minLength": 1},
            "expires": {"type": "string", "description": "The last day, as YYYY-MM-DD (UTC)",
                        "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"},
            "comment": STRING,
        }, ["names", "action", "match", "reason"], "Another action where annotations match"),
    }


def schema_json(listed):
    rules = [rule for rule in listed["rules"] if rule["name"] != ALWAYS_ON]
    unregistered = ["RF_ACT_ALLOW", "RF_ACT_LOG", "RF_ACT_ERRNO"]
    top = fixed_object({
        "version": {"const": 1},
        "name": {"type": "string", "description": "Refusals name the policy by it", "minLength": 1, "maxLength": 64},
        "extends": array(STRING, "Names or files of policies; what comes later wins"),
        "mode": words(["enforce", "audit"], "audit: nothing is refused or changed, all is logged"),
        "defaultAction": words(listed["actions"], "For rules that are not named"),
        "rules": array(ref("rule"), "What a later entry says of a rule wins"),
        "exec": ref("exec"),
        "unregistered": {"description": "An execve in a container that nobody registered; the host's policy",
                         "oneOf": [words(unregistered), fixed_object({
                             "action": words(unregistered),
                             "args": fixed_object({
                                 "exempt": {"type": "array", "maxItems": 64,
                                            "description": "Paths of cgroups; what is below is exempt too",
                                            "items": {"type": "string",
                                                      "pattern": "^(/([*]|[^/*]{1,55})){1,8}$"}},
                                 "comment": STRING}),
                             "comment": STRING})]},
        "exceptions": array(ref("exception"), "Of several that match the last counts"),
        "$schema": STRING,
        "comment": STRING,
    }, ["version", "name"])
    schema = {"$schema": "http://json-schema.org/draft-07/schema#",
              "$comment": "made by docs/generate.py; edit the rules themselves, in hook/policy/rules/",
              "title": "rootfence policy"} | top | {"definitions": definitions(listed, rules)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(directory, path, text):
    path = os.path.join(directory, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else ROOT
    done = subprocess.run([BINARY, "policy", "list", "--format", "json"], check=True, capture_output=True)
    listed = json.loads(done.stdout)
    write(directory, "docs/rules.md", "".join(rules_md(listed)))
    write(directory, "policies/schema.json", schema_json(listed))


main()
