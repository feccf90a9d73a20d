# SPDX-License-Identifier: Apache-2.0
"""The OCI runtime specification's JSON Schema, of Debian's golang-github-opencontainers-specs-dev.

A rewrite adds no error to those of the spec, so the rewrite of a valid spec is valid.
"""

import json
import os
import warnings

DIRECTORY = "/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema"


try:
    import jsonschema
except ImportError:
    jsonschema = None


def make_validator():
    warnings.simplefilter("ignore", DeprecationWarning)
    with open(os.path.join(DIRECTORY, "config-schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    resolver = jsonschema.RefResolver(f"file://{DIRECTORY}/config-schema.json", schema)
    return jsonschema.Draft4Validator(schema, resolver=resolver)


class Schema:
    def __init__(self):
        self.missing = None
        if jsonschema is None:
            self.missing = "jsonschema for python3 is missing"
        elif not os.path.isdir(DIRECTORY):
            self.missing = f"{DIRECTORY} is missing"
        self.validator = None if self.missing else make_validator()

    def errors(self, document):
        return {("/".join(map(str, e.absolute_path)), e.message)
                for e in self.validator.iter_errors(document)}

    def added(self, before, after):
        """Errors that only the rewritten spec has, or None."""
        found = sorted(self.errors(after) - self.errors(before))
        return f"the schema says: {found}" if found else None
