"""Names that are probably one: they differ in case, white space, hyphens or the way an accent is written, alone."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

_BETWEEN = re.compile(r"(?<=\w)[\s_\-]+(?=\w)")  # words: the sign of a number is none


def several(names: Iterable[str]) -> list[list[str]]:
    """Those that are spelt in several ways, each with its spellings, in the order that they came in."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(names):
        alike[_plain(name)].append(name)
    return [spelt for spelt in alike.values() if len(spelt) > 1]


def quoted(names: Iterable[str]) -> str:
    """`'cat', 'Cat '`: so that white space is seen."""
    return ", ".join(repr(name) for name in names)


def _plain(name: str) -> str:
    """Compatibility forms (NFKC, Unicode Standard Annex 15) and case folded away, what is between words one space.

    The case of a single letter stays: A and a are two letters.
    """
    name = unicodedata.normalize("NFKC", name).strip() or name
    return _BETWEEN.sub(" ", name.casefold().replace("_", " ")) if len(name) > 1 else name
