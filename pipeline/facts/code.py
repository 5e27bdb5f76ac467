"""The code that a run obeys, as digests: the user's files by name, Graduate's own modules together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_CODE = "code:"


def split(obeys: Mapping[str, Mapping[str, Any]]) -> tuple[str, dict[str, str]]:
    """Of what every node obeys: a digest of Graduate's own modules, and the digests of the user's files by name.

    Comments and docstrings do not count (see `pipeline/obeys/code.py`).
    """
    found = {
        name.removeprefix(_CODE): str(digest)
        for obeyed in obeys.values()
        for name, digest in obeyed.items()
        if name.startswith(_CODE)
    }
    own = {name: digest for name, digest in found.items() if is_own(name)}
    users = {name: digest for name, digest in sorted(found.items()) if not is_own(name)}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest(), users


def is_own(name: str) -> bool:
    """Whether a name is a module of Graduate's, not a file of the user's."""
    return name == "graduate" or name.startswith("graduate.")
