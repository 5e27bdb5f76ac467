"""Artifacts as OpenLineage's datasets.

A dataset is named by where it lies (https://openlineage.io/docs/spec/naming): namespace the store, name the path. TFX
and TensorFlow Serving end the path with a number that is new each time (`…/Trainer/model/8`,
`models/digits/1795829945`): that is the dataset's version, so that jobs of different runs meet in the same dataset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from graduate.pipeline.lineage.export import columns, evidence, model, secrets, stable
from graduate.pipeline.lineage.export.facets import Facets, facets
from graduate.pipeline.lineage.export.scope import Scope
from graduate.pipeline.lineage.records import Artifact, Execution

Dataset = dict[str, Any]
_TYPES = {"Model": "MODEL", "PushedModel": "MODEL"}  # OpenLineage's dataset types; the others are files


class Datasets:
    """The datasets of a scope; what their files say is read once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._facets: dict[int, Facets] = {}
        self._sizes: dict[int, evidence.Size | None] = {}

    def inputs(self, execution: Execution) -> list[Dataset]:
        """What an execution read: its artifacts, and the source of one that brings rows in.

        A verdict that only let it run is none of them.
        """
        taken = [(slot, artifact) for slot, artifact in self.scope.inputs(execution) if not slot.startswith("_")]
        assertions = self._assertions(execution)
        found = []
        for _, artifact in taken:
            asserted = assertions if artifact.kind in ("Examples", "graduate.Manifest") else None
            count = self._rows(artifact)
            read = self._statistics(artifact, count)
            quality = self._quality(artifact, count)
            found.append(
                self._dataset(artifact)
                | _some(
                    "inputFacets",
                    facets(inputStatistics=read, dataQualityMetrics=quality, dataQualityAssertions=asserted),
                )
            )
        source = model.source_of(execution)
        return [*found, *([_source(source)] if source else [])]

    def outputs(self, execution: Execution, *, made: bool) -> list[Dataset]:
        """What an execution wrote; `made` is false where it only found it in the cache."""
        found = []
        for _, artifact in self.scope.outputs(execution):
            dataset = self._dataset(artifact)
            if made:
                dataset["facets"] |= facets(lifecycleStateChange={"lifecycleStateChange": "CREATE"})
                dataset |= _some(
                    "outputFacets", facets(outputStatistics=self._statistics(artifact, self._rows(artifact)))
                )
            found.append(dataset)
        return found

    def _dataset(self, artifact: Artifact) -> Dataset:
        namespace, name, version = located(location(artifact), str(artifact.id))
        if artifact.id not in self._facets:
            self._facets[artifact.id] = facets(
                dataSource={"name": namespace, "uri": stable.link(location(artifact)) or f"{namespace}:"},
                version={"datasetVersion": version},
                datasetType={"datasetType": _TYPES.get(artifact.kind, "FILE"), "subType": artifact.kind},
                schema=self._schema(artifact),
            )
        return {"namespace": namespace, "name": name, "facets": dict(self._facets[artifact.id])}

    def _schema(self, artifact: Artifact) -> Mapping[str, Any] | None:
        """The columns of Examples, by the TensorFlow schema in the same scope."""
        if artifact.kind != "Examples":
            return None
        transformed = "transform" in (self._makers.get(artifact.id) or "").lower()
        columns = self._transformed_columns if transformed else self._columns
        fields = [
            {"name": one.name, "type": one.type, "ordinal_position": at}
            | ({"description": one.description} if one.description else {})
            for at, one in enumerate(columns, 1)
        ]
        return {"fields": fields} if fields else None

    @cached_property
    def _makers(self) -> Mapping[int, str]:
        """The node that made an artifact, by its number."""
        found: dict[int, str] = {}
        for execution in self.scope.executions:
            for _, artifact in self.scope.outputs(execution):
                found[artifact.id] = execution.node
        return found

    @cached_property
    def _columns(self) -> Sequence[evidence.Feature]:
        return self._features(transformed=False)

    @cached_property
    def _transformed_columns(self) -> Sequence[evidence.Feature]:
        return self._features(transformed=True)

    def _features(self, *, transformed: bool) -> Sequence[evidence.Feature]:
        """Of Transform's schemas the one of what came out; its path tells."""
        for artifact in self.scope.artifacts.values():
            if artifact.kind != "Schema" or ("post_transform" in artifact.uri) is not transformed:
                continue
            if "pre_transform" not in artifact.uri and (found := evidence.features(artifact.folder)):
                return found
        return []

    def _rows(self, artifact: Artifact) -> int | None:
        """How many rows Examples or a manifest have."""
        if artifact.kind == "graduate.Manifest":
            manifest: Artifact | None = artifact
        elif artifact.kind == "Examples":
            manifest = self._manifests.get(artifact.id)
        else:
            return None
        told = manifest.properties.get("rows") if manifest else None
        return int(told) if isinstance(told, int) else None

    @cached_property
    def _manifests(self) -> Mapping[int, Artifact]:
        """The manifest that was given beside Examples, by their number."""
        found: dict[int, Artifact] = {}
        for execution in self.scope.executions:
            given = [artifact for _, artifact in self.scope.outputs(execution)]
            manifest = next((one for one in given if one.kind == "graduate.Manifest"), None)
            if manifest is not None:
                found |= {one.id: manifest for one in given if one.kind == "Examples"}
        return found

    def _statistics(self, artifact: Artifact, rows: int | None) -> Mapping[str, Any] | None:
        if artifact.id not in self._sizes:
            self._sizes[artifact.id] = evidence.size(_folder(artifact))
        size = self._sizes[artifact.id]
        if size is None:
            return {"rowCount": rows} if rows is not None else None
        return {"rowCount": rows, "size": size.bytes, "fileCount": size.files}

    def _quality(self, artifact: Artifact, rows: int | None) -> Mapping[str, Any] | None:
        """Rows, and what StatisticsGen counted of each column of those Examples."""
        told = columns.metrics(self._counted.get(artifact.id)) if artifact.kind == "Examples" else {}
        if rows is None and not told:
            return None
        return {"rowCount": rows, "columnMetrics": told}

    @cached_property
    def _counted(self) -> Mapping[int, Path | None]:
        """Where the statistics of Examples are, by their number."""
        found: dict[int, Path | None] = {}
        for execution in self.scope.executions:
            given = [one for _, one in self.scope.outputs(execution) if one.kind == "ExampleStatistics"]
            taken = [one for slot, one in self.scope.inputs(execution) if one.kind == "Examples" and slot[:1] != "_"]
            if len(given) == len(taken) == 1:  # of several nobody says which are whose
                found.setdefault(taken[0].id, given[0].folder)
        return found

    def _assertions(self, execution: Execution) -> Mapping[str, Any] | None:
        """What a guard of the data found, as assertions on the data that it looked at."""
        if execution.node != "DataGuard":
            return None
        found = [check for verdict in self.verdicts(execution) for check in verdict["checks"]]
        told = [
            {
                "assertion": str(check.get("name")),
                "success": bool(check.get("passed")),
                "severity": "warn" if check.get("warns") else "error",
                "description": str(check.get("sentence") or ""),
                **_compared(check),
            }
            for check in found
        ]
        return {"assertions": told} if told else None

    def verdicts(self, execution: Execution) -> list[dict[str, Any]]:
        """The verdicts that an execution gave."""
        return [evidence.verdict(one) for _, one in self.scope.outputs(execution) if one.kind == "graduate.Verdict"]


def tests(verdicts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Verdicts as OpenLineage's `test` facet: each check is a test; a verdict whose checks are gone is one."""
    found = []
    for verdict in verdicts:
        for check in verdict["checks"]:
            where = f" on {check['slice']}" if check.get("slice") else ""
            found.append(
                {
                    "name": f"{verdict['source']}: {check.get('name')}{where}",
                    "status": "pass" if check.get("passed") else "fail",
                    "severity": "warn" if check.get("warns") else "error",
                    "type": str(check.get("name")),
                    "description": str(check.get("sentence") or ""),
                    **_compared(check),
                }
            )
        if not verdict["checks"]:
            status = "pass" if verdict["passed"] else "fail"
            found.append({"name": verdict["source"], "status": status, "description": " ".join(verdict["reasons"])})
    return {"tests": found} if found else None


def _compared(check: Mapping[str, Any]) -> dict[str, str]:
    pairs = {"expected": check.get("bound"), "actual": check.get("value")}
    return {name: str(value) for name, value in pairs.items() if value is not None}


def location(artifact: Artifact) -> str:
    """Where it lies; of a push the folder that it was pushed to. Without credentials."""
    pushed = artifact.properties.get("pushed_destination") if artifact.kind == "PushedModel" else None
    return secrets.uri(str(pushed or artifact.uri)).rstrip("/")


def _folder(artifact: Artifact) -> Path | None:
    place = location(artifact)
    return Path(place) if place.startswith("/") else artifact.folder


def located(place: str, otherwise: str) -> tuple[str, str, str]:
    """Namespace, name and version of a dataset at a place; `otherwise` is its version where the path has none."""
    scheme, separator, rest = place.partition("://")
    if not separator:
        namespace, path = "file", place
    elif scheme == "file":
        namespace, path = "file", f"/{rest.lstrip('/')}"
    else:
        authority, _, path = rest.partition("/")
        namespace = f"{scheme}://{authority}"
    before, slash, last = path.rpartition("/")
    if slash and before and last.isascii() and last.isdigit():
        return namespace, before, last
    return namespace, path or place or otherwise, otherwise


def _source(place: str) -> Dataset:
    namespace, name, _ = located(place, "")
    uri = stable.link(place)
    return {
        "namespace": namespace,
        "name": name,
        "facets": facets(
            dataSource={"name": namespace, "uri": uri} if uri else {"name": namespace},
            datasetType={"datasetType": "FILE"},
        ),
    }


def _some(name: str, found: Facets) -> dict[str, Facets]:
    return {name: found} if found else {}
