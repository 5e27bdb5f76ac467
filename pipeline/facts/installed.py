"""The libraries that are installed beside Graduate, by their names alone: nothing is imported."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import sysconfig

# Those that a model depends on most; what a person asks for first.
MAIN = ("graduate", "tfx", "tensorflow", "keras", "tensorflow-transform", "tensorflow-data-validation",
        "tensorflow-model-analysis", "ml-metadata", "apache-beam", "numpy")  # fmt: skip
_FOLDER = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")


def distributions() -> dict[str, str]:
    """Version by normalised name (PyPA's specification: lower case, `-`) of every installed distribution."""
    found: dict[str, str] = {}
    for folder in dict.fromkeys(sysconfig.get_paths()[key] for key in ("purelib", "platlib")):
        for entry in os.listdir(folder):
            told = _FOLDER.fullmatch(entry)
            if told:
                found[re.sub(r"[-_.]+", "-", told["name"]).lower()] = told["version"]
    return dict(sorted(found.items()))


def python() -> str:
    """`3.11.7`."""
    return ".".join(map(str, sys.version_info[:3]))


def digest(found: dict[str, str]) -> str:
    """SHA-256 over Python's version and all of them, hexadecimal."""
    return hashlib.sha256(json.dumps([python(), found], sort_keys=True).encode()).hexdigest()
