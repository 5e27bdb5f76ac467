"""A Model Card (Mitchell et al. 2019, https://arxiv.org/abs/1810.03993) by the Model Card Toolkit's schema 0.0.2.

Only what the lineage knows is filled in: nobody's licence, users or ethics are made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graduate.pipeline.lineage.export import considered, model, secrets, stable
from graduate.pipeline.lineage.export.model import Dataset, Told
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.words import Subject

SCHEMA_VERSION = "0.0.2"


def document(records: Records, subject: Subject) -> dict[str, Any]:
    """The card of a model.

    Raises:
        UsageError: the subject has no model.
    """
    told = model.of(records, subject)
    return {
        "schema_version": SCHEMA_VERSION,
        "model_details": _details(told),
        "model_parameters": _parameters(told),
        "quantitative_analysis": {"performance_metrics": list(metrics(told))},
        "considerations": _considerations(told),
    }


def _details(told: Told) -> dict[str, Any]:
    version = {"name": told.version, "date": stable.time(told.made)[:10]}
    before = told.card.get("previous_version")
    if before is not None:
        version["diff"] = f"served after version {before}"
    found: dict[str, Any] = {
        "name": told.name,
        "overview": considered.overview(told),
        "documentation": "\n".join(considered.documentation(told)),
        "version": version,
        "references": [{"reference": f"urn:graduate:run:{stable.local_name(told.run.id)}"}] if told.run else [],
    }
    if told.push or told.folder:
        found["path"] = secrets.uri(told.push.folder if told.push else str(told.folder))
    owner = considered.owner(told)
    if owner:
        found["owners"] = [{"name": owner}]
    return found


def _parameters(told: Told) -> dict[str, Any]:
    found: dict[str, Any] = {"data": [_data(one) for one in told.datasets]}
    architecture = considered.architecture(told)
    if architecture:
        found["model_architecture"] = architecture
    if told.inputs:
        found["input_format"] = "columns of the data, by its TensorFlow schema"
        found["input_format_map"] = [{"key": one.name, "value": one.type} for one in told.inputs]
    if told.classes:
        found["output_format"] = f"a probability for each of {len(told.classes)} classes"
        found["output_format_map"] = [{"key": str(at), "value": name} for at, name in enumerate(told.classes)]
    return found


def _data(one: Dataset) -> dict[str, Any]:
    found = {"name": considered.dataset_name(one), "description": considered.dataset(one)}
    link = stable.link(one.source or secrets.uri(one.artifact.uri))
    if link:
        found["link"] = link
    return found


def metrics(told: Told) -> Iterator[dict[str, str]]:
    """Every metric: on all rows, by slice, and by class, which is written as the slice `class=NAME`."""
    for name, value in told.metrics.items():
        yield {"type": name, "value": _number(value)}
    for table, title in ((told.slices, "{}"), (told.per_class, "class={}")):
        for one, row in table.items():
            for name, value in row.items():
                yield {"type": name, "value": _number(value), "slice": title.format(one)}


def _number(value: float) -> str:
    """A number as its shortest exact text; whole ones without a point."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _considerations(told: Told) -> Mapping[str, Any]:
    limits = [{"description": sentence} for sentence in considered.limitations(told)]
    risks = [{"name": name, "mitigation_strategy": done} for name, done in considered.overrides(told)]
    uses = [{"description": sentence} for sentence in considered.uses(told)]
    found = {"use_cases": uses, "limitations": limits, "ethical_considerations": risks}
    return {key: value for key, value in found.items() if value}
