"""How a model is made again from its record: the config that its run obeyed, with paths that work from another place.

What is read is the run's resolved config, and of its nodes where its data, its schema and the user's module were.
`reproduce_checks` says whether those are still the same; the run itself is `graduate run`'s.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.errors import UsageError
from graduate.pipeline.lineage.diff import metrics, sides, weights
from graduate.pipeline.lineage.diff.metrics import Metrics
from graduate.pipeline.lineage.diff.sides import SAME, UNKNOWN, Side
from graduate.pipeline.lineage.diff.weights import Weights

if TYPE_CHECKING:
    from graduate.pipeline.config.model import PipelineConfig
    from graduate.pipeline.workspace import Workspace


@dataclass(frozen=True)
class Recipe:
    """What it takes to make a model again.

    Attributes:
        side: the run as it was.
        config: its resolved config, input paths relative to `written`.
        written: where the config stands, or would stand.
        kind: the key of `data` that names the rows.
        data: where the rows were when the run read them; None where nobody recorded it.
        notes: what was done to the config that a person should know.
    """

    side: Side
    config: PipelineConfig
    written: Path
    kind: str
    data: str | None
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The config as YAML, with a comment that says what it is."""
        from graduate.pipeline.config.schema import to_yaml

        name = self.written.name
        head = f"# {self.side.label}, as run {self.side.run.id} resolved it.\n#   graduate run {name}\n"
        return head + to_yaml(self.config)

    def overrides(self, workspace: Workspace) -> tuple[str, ...]:
        """What `--set` has to say beside the config: a copy is never pushed where the original is served from."""
        place = workspace.push_to(self.config.name, self.config.push.to)
        return () if place.is_relative_to(workspace.root) else ("push.to=",)

    def options(self) -> tuple[str, ...]:
        """How the run was started besides."""
        facts = self.side.run.facts
        runner, until = facts.get("runner"), facts.get("until")
        chosen = ("--runner", str(runner)) if runner in ("local", "beam") else ()
        return (*chosen, *(("--until", str(until)) if until else ()))


def recipe(side: Side, written: Path) -> Recipe:
    """Read the recipe out of the record.

    Args:
        side: the run, as `diff.sides.of` reads it.
        written: the file that the config will be written to; paths are made relative to its folder.

    Raises:
        UsageError: the run recorded no config, or one that this version does not read; its data lies in a place that
            cannot be read from here.
    """
    values = json.loads(json.dumps(side.run.config))
    if not values:
        raise UsageError(
            f"{side.label} cannot be reproduced: run {side.run.id} recorded no config, so another program ran it",
            hint="graduate lineage shows what it was made of",
        )
    kind, data = _data(side, values)
    _check_place(side, data)
    notes = list(_with_paths(side, values, kind, data, written.parent))
    config = _validated(values, written, side)
    return Recipe(side, config, written, kind, data, tuple(notes))


def _data(side: Side, values: Mapping[str, Any]) -> tuple[str, str | None]:
    """The key of `data` that names the rows, and where ExampleGen found them."""
    for node in side.nodes.values():
        told = node.execution.parameters.get("data")
        if "input_path" in node.execution.parameters:
            group = json.loads(told) if isinstance(told, str) and told.startswith("{") else {}
            kind = str(group.get("kind") or _named(values))
            return kind, str(node.execution.parameters["input_path"])
    return _named(values), None


def _named(values: Mapping[str, Any]) -> str:
    group = values.get("data") or {}
    return next((key for key in ("images", "texts", "tfrecords") if group.get(key)), "images")


def _check_place(side: Side, data: str | None) -> None:
    if data and "://" in data and not data.startswith("file://"):
        raise UsageError(
            f"{side.label} cannot be reproduced here: its data lies at {data}",
            hint="copy the data to this machine; -o CONFIG.yaml --check writes no config without it",
        )


def _with_paths(side: Side, values: dict[str, Any], kind: str, data: str | None, folder: Path) -> list[str]:
    """Make input paths work from `folder`; what was done that a person should know."""
    from graduate.pipeline.data import demo

    base = _base(side)
    group = values["data"]
    if group.get(kind) not in demo.NAMES:
        group[kind] = _path(data or _absolute(base, group.get(kind)), folder)
    module = (values.get("model") or {}).get("module")
    if module:
        values["model"]["module"] = _path(_absolute(base, module), folder)
    if values.get("schema"):
        return _with_schema(side, values, base, folder)
    return []


def _with_schema(side: Side, values: dict[str, Any], base: str | None, folder: Path) -> list[str]:
    """The curated schema where it still says the same; else the copy that the run kept."""
    from graduate.components.schema_text import digest

    node = next((one for one in side.nodes.values() if one.execution.parameters.get("curated")), None)
    told = node.execution.parameters if node else {}
    path = Path(str(told.get("curated") or _absolute(base, values["schema"])))
    if path.is_file() and digest(path.read_text(encoding="utf-8")) == told.get("curated_hash", ""):
        values["schema"] = _path(str(path), folder)
        return []
    kept, why = kept_schema(side)
    if kept is None:
        values["schema"] = _path(str(path), folder)
        return [f"the schema {path} has changed or gone, and {why}"]
    values["schema"] = _path(str(kept), folder)
    return [f"the schema {path} has changed or gone: the copy that the run made is taken, {kept}"]


def kept_schema(side: Side) -> tuple[Path | None, str]:
    """The schema as the run obeyed it; or None and why not."""
    folder, why = sides.place(side.made("Schema", slot="schema"), "Schema")
    if folder is None or not (folder / "schema.pbtxt").is_file():
        return None, why or f"{folder}/schema.pbtxt is gone"
    return folder / "schema.pbtxt", ""


def _base(side: Side) -> str | None:
    """The folder that the config's input paths were relative to, as the Trainer was told or the run recorded."""
    for node in side.nodes.values():
        parameters = node.execution.parameters
        told = parameters.get("custom_config")
        inner = json.loads(told) if isinstance(told, str) and told.startswith("{") else {}
        for found in (parameters.get("base_dir"), inner.get("base_dir")):
            if found:
                return str(found)
    file = side.run.facts.get("config_file")
    return os.path.dirname(str(file)) if file else None


def _absolute(base: str | None, path: Any) -> str:
    return os.path.abspath(os.path.join(base or os.getcwd(), os.path.expanduser(str(path))))


def _path(absolute: str, folder: Path) -> str:
    """Relative to the config's folder where both lie below this one, so that they can be moved together."""
    here = os.getcwd()
    near = all(os.path.commonpath([here, str(one)]) == here for one in (absolute, folder.absolute()))
    return os.path.relpath(absolute, folder) if near else absolute


def _validated(values: dict[str, Any], written: Path, side: Side) -> PipelineConfig:
    from pydantic import ValidationError

    from graduate.pipeline.config.model import PipelineConfig

    try:
        return PipelineConfig.model_validate_json(json.dumps(values), strict=True).located(written)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if not str(part).startswith("<"))
        raise UsageError(
            f"{side.label} cannot be reproduced by this version: its config has {key}, {first['msg'].lower()}",
            hint="take the version of graduate that made it; `graduate show` and the model card name it",
        ) from None


def keep_schema(recipe: Recipe, workspace: Workspace) -> bool:
    """Give a new work folder the schema that the run obeyed, where it was inferred or accepted and not curated.

    Without it the schema would be inferred afresh, and what a person had accepted would be lost.
    """
    if recipe.config.schema_:
        return False
    kept, _ = kept_schema(recipe.side)
    if kept is None:
        return False
    from graduate import files
    from graduate.components.schema_text import INFERRED, digest

    text = kept.read_text(encoding="utf-8")
    accepted = any(node.execution.parameters.get("accepted") for node in recipe.side.nodes.values())
    target = workspace.schema(recipe.config.name)
    if not accepted:
        files.write_text(target.with_name(INFERRED), digest(text) + "\n")
    files.write_text(target, text)
    return True


@dataclass(frozen=True)
class Outcome:
    """What came of running it again.

    Attributes:
        run: the new run's id.
        status: what it came to.
        weights: of the old model against the new one.
        metrics: likewise.
    """

    run: str
    status: str
    weights: Weights
    metrics: Metrics = field(default_factory=lambda: Metrics(UNKNOWN))

    @property
    def identical(self) -> bool:
        """Whether every byte of the weights is the same."""
        return self.weights.state == SAME


def outcome(before: Side, now: Side) -> Outcome:
    """Compare the model with the one that was made again."""
    return Outcome(
        now.run.id, now.run.status, weights.compare(before, now), metrics.compare(before, now, same_split=None)
    )
