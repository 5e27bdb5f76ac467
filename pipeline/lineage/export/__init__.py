"""What a run or a model came from, in the formats that others read; each format is a module.

openlineage  run events and facets, a JSON line each
prov         W3C PROV-JSON
mlbom        CycloneDX's bill of materials of a model, with its model card
modelcard    a Model Card by the Model Card Toolkit's schema

Reads from the bottom up: `stable` (ids and times that come out alike each time), `secrets` (what does not go out),
`evidence` (files that an artifact names, where they are still there), `scope` (which part of the lineage), `model`
(what is told of a model), then the formats. Documents are plain dictionaries: the formats' own libraries take longer to
import than this to run, and check what is written here in the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from graduate.pipeline.lineage import words
from graduate.pipeline.lineage.records import Records


class Format(NamedTuple):
    """One format.

    Attributes:
        what: what is written, for the help.
        prefer: what `latest` and a pipeline's name mean there.
        lines: a JSON line for each of several documents, not one document.
    """

    what: str
    prefer: words.Prefer
    lines: bool = False


FORMATS: Mapping[str, Format] = {
    "openlineage": Format("OpenLineage run events, a JSON line each", "run", lines=True),
    "prov": Format("W3C PROV-JSON", "run"),
    "mlbom": Format("a CycloneDX 1.6 bill of materials of the model (ML-BOM)", "model"),
    "modelcard": Format("a Model Card by the Model Card Toolkit's schema 0.0.2", "model"),
}


def export(records: Records, word: str, name: str) -> str:
    """What a word means, as text in a format.

    Args:
        records: the store.
        word: X of the command line, see `words.resolve`.
        name: one of FORMATS.

    Raises:
        UsageError: nothing of that name; or the format is about a model and there is none.
    """
    form = FORMATS[name]
    subject = words.resolve(records, word, form.prefer)
    found: Any = import_module(f"{__name__}.{name}").document(records, subject)
    if form.lines:
        return "".join(json.dumps(line, allow_nan=False) + "\n" for line in found)
    return json.dumps(found, indent=2, allow_nan=False) + "\n"
