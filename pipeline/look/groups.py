"""Groups that file names show: rows of one patient, speaker or video, which have to land in one split."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_WORDS = (
    "patient|pat|pt|subject|subj|sub|speaker|spk|person|user|author|donor|actor|participant|animal|mouse|session|"
    "recording|video|clip|scene|camera|slide|scan|series|study|case|visit|plant|plate|site|batch"
)
# A word that says what is numbered, with its number: `patient-12`, `spk_7`, `S03` alone is not enough.
NAMED = rf"(?i)(?:^|[/_.\- ])((?:{_WORDS})[_\- ]?[0-9]+)(?=[_.\- /])"
# What may be a group: a folder below the class folder; letters with a number at the start of a name.
FOLDER = r"^(?:(?:train|eval|test)/)?[^/]+/([^/]+)/"
BEFORE = r"/([^/_\-]+)[_\-][^/]*$"
MIDDLE = r"_([A-Za-z]+)_[0-9]+\.[A-Za-z0-9]+$"
_FEWEST = 5  # groups: with fewer no split could be filled
_ROWS_EACH = 1.5  # on average: otherwise nearly every row is a group of its own


class Groups(NamedTuple):
    """A regular expression for `data.group_by`; `sure` where the names leave no doubt."""

    pattern: str
    sure: bool
    number: int
    example: str


def of_names(paths: Sequence[str], class_of: Mapping[str, str]) -> Groups | None:
    """What file names show.

    Args:
        paths: relative, with `/`.
        class_of: the class of each.
    """
    for pattern, sure in ((NAMED, True), (FOLDER, False), (MIDDLE, False), (BEFORE, False)):
        keys = [_key(pattern, path) for path in paths]
        if None in keys or not keys:
            continue
        counts = Counter(str(key) for key in keys)
        if len(counts) < _FEWEST or len(paths) / len(counts) < _ROWS_EACH:
            continue
        # what only repeats the class is no group
        classes: dict[str, set[str]] = {}
        for key, path in zip(keys, paths, strict=True):
            classes.setdefault(class_of[path], set()).add(str(key))
        if all(len(names) == 1 for names in classes.values()):
            continue
        return Groups(pattern, sure, len(counts), counts.most_common(1)[0][0])
    return None


def _key(pattern: str, path: str) -> str | None:
    found = re.search(pattern, path)
    return found[1] if found else None
