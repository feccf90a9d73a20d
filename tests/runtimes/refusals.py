# SPDX-License-Identifier: Apache-2.0
"""Where the wrapper differs from the runtime on purpose: rootfence-runtime(8), "Refusals".

Each row has the name of a case without its mode, the runtime or None for both, and a part of what
the wrapper says. A case that does not differ, or says something else, fails.
"""

CAP = "write its exact name, as in capabilities(7)"
DIFFER = "runtimes differ in how they read"
CHANGE = "can change before the runtime reads it"

REFUSALS = [
    # Ambiguous or malformed documents: exit code 3
    ("spec: capabilities: lower case", None, CAP),
    ("spec: capabilities: without CAP_", None, CAP),
    ("spec: capabilities: a number", None, CAP),
    ("spec: capabilities: a known name and a digit", None, CAP),
    ("spec: limit: unknown", None, "unknown resource limit"),
    ("spec: seccomp: unknown action", None, "unknown seccomp action"),
    ("config: malformed", None, "the document ends too early"),
    ("config: empty", None, "the document is empty"),
    ("config: byte order mark", None, "byte order mark"),
    ("config: comment", None, "expected one JSON object"),
    ("config: text after it", None, "expected nothing after the object"),
    ("config: a name twice", None, "duplicate name"),
    ("config: an array", None, "expected one JSON object"),
    ("config: no process", None, 'no "process"'),
    ("config: uid as text", None, "expected a number"),
    ("exec: document, malformed", None, "the document ends too early"),
    # Files that are missing, cannot be rewritten, or could change: exit code 6
    ("bundle that is missing or empty", None, "cannot open bundle"),
    ("exec: document that is missing, a directory, a device", None, "cannot open nothing"),
    ("--config of nothing", None, "cannot open --config"),
    ("-f of create", None, "cannot open --config"),
    ("bundle: a link", None, CHANGE),
    ("bundle: read-only", None, "cannot write beside config.json: Read-only file system"),
    ("bundle: full", None, "No space left on device"),
    ("config: a link", None, CHANGE),
    ("config: of somebody else", None, "can be changed by users other than root"),
    ("config: open to others", None, "can be changed by users other than root"),
    # Command lines that the two runtimes read differently: exit code 2
    ("--config of another file", "crun", "is another file than the config.json of bundle"),
    ("--root, relative", None, 'runtimes differ in where ".." leads'),
    ("-bB", None, DIFFER),
    ("--bun B", None, DIFFER),
    ("two ids", None, "is a second container id"),
    ("id with a slash", None, "expected 1 to 127 letters"),
    ("id with two dots", None, "expected 1 to 127 letters"),
    ("id of 128 characters", None, "expected 1 to 127 letters"),
    ("unknown option of create", None, "hides what follows it"),
    ("exec: --user of a uid alone", None, DIFFER),
    ("exec: --user of a name", None, "is not an id"),
    ("exec: --cap in lower case", None, CAP),
    ("exec: --cgroup above", None, "leads out of the container"),
    ("exec: -p without a file", None, "needs a value"),
    ("exec: unknown option", None, "hides what follows it"),
    ("exec: cluster of letters", None, DIFFER),
    ("exec: --env with a value that begins with -", None, "runtimes differ in whether"),
    ("exec: empty value", None, "has an empty value"),
]


def find(runtime, case):
    """The text that the wrapper must say in this case, or None."""
    for name, only, text in REFUSALS:
        if case.title == name and only in (None, runtime):
            return text
    return None
