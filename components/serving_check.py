"""ServingCheck: does the export, in a clean process that has TensorFlow alone, answer what the trainer answered?"""

from __future__ import annotations

import base64
import json
import math
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, artifact_utils, channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from graduate.components import clean_process
from graduate.components.artifacts import Verdict, write_verdict
from graduate.components.saved_model import saved_model_folder
from graduate.errors import UserError
from graduate.verdict import Check, verdict

_REPEATS = 50


class ServingCheckSpec(ComponentSpec):
    PARAMETERS: ClassVar = {  # type: ignore[misc]
        "tolerance": ExecutionParameter(type=float),
        "max_latency_ms": ExecutionParameter(type=float, optional=True),
        "obeys": ExecutionParameter(type=str, optional=True),
    }
    INPUTS: ClassVar = {  # type: ignore[misc]
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
    }
    OUTPUTS: ClassVar = {"verdict": ChannelParameter(type=Verdict)}  # type: ignore[misc]


class ServingCheckExecutor(base_executor.BaseExecutor):
    """Finds the raw rows that the trainer answered, asks the clean process the same, and writes the verdict."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [examples], [model], [run] = input_dict["examples"], input_dict["model"], input_dict["model_run"]
        folder = saved_model_folder(model)
        about = _read_json(folder, "assets.extra", "graduate.json")
        reference = _read_json(run.uri, "reference.json")
        kinds = about["raw_features"]
        raw = raw_rows(artifact_utils.get_split_uri([examples], "eval"), reference["hash"], kinds)
        called = about.get("arguments") or {name: name for name in kinds}
        given = {
            "raw": {called[name]: _encoded(values) for name, values in raw.items()},
            "kinds": {called[name]: kind for name, kind in kinds.items()},
        }
        answer = clean_process.ask({"model": folder, **given, "repeats": _REPEATS})
        expected = Expected(reference["answers"], about["classes"])
        checks = judge(answer, expected, exec_properties["tolerance"], exec_properties.get("max_latency_ms"))
        write_verdict(output_dict["verdict"][0], verdict("ServingCheck", checks))


class ServingCheck(base_component.BaseComponent):
    """Loads the export in a clean process and compares. Output: `verdict`.

    Args:
        examples: raw rows, as ingested.
        model: the Trainer's export.
        model_run: holds `reference.json`: hashes of eval rows and the trainer's own probabilities for them.
        tolerance: the largest absolute difference of a probability.
        max_latency_ms: bound on the median latency of one-row requests, if any.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = ServingCheckSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(ServingCheckExecutor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        model: channel.BaseChannel,
        model_run: channel.BaseChannel,
        tolerance: float = 1e-5,
        max_latency_ms: float | None = None,
        obeys: str | None = None,
    ) -> None:
        clean_process.expect()  # whoever builds a DAG with this node runs it: the Trainer may start the process
        super().__init__(
            ServingCheckSpec(
                examples=examples,
                model=model,
                model_run=model_run,
                tolerance=tolerance,
                max_latency_ms=max_latency_ms,
                obeys=obeys,
                verdict=channel.Channel(type=Verdict),
            )
        )


class Expected:
    """What the trainer answered: probabilities or numbers, a row each, and what they are of."""

    def __init__(self, answers: Sequence[Sequence[float]], names: Sequence[str]) -> None:
        self.answers, self.names = answers, list(names)


def judge(
    answer: Mapping[str, Any], expected: Expected, tolerance: float, max_latency_ms: float | None
) -> Iterable[Check]:
    """Checks of what the clean process answered against what the trainer answered for the same rows."""
    if "error" in answer:
        yield Check("loads", False, f"The export does not answer in a clean process: {answer['error']}")
        return
    yield _agreement(answer["answers"], expected.answers, tolerance)
    if answer["names"] != expected.names:
        yield Check("classes", False, f"The export names the classes {answer['names']}, training {expected.names}.")
    yield _latency(answer["latency_ms"], max_latency_ms)


def _agreement(answered: Sequence[Sequence[float]], expected: Sequence[Sequence[float]], tolerance: float) -> Check:
    if [len(row) for row in answered] != [len(row) for row in expected]:
        shapes = [f"{len(rows)} × {len(rows[0]) if rows else 0}" for rows in (answered, expected)]
        return Check("agreement", False, f"The export gave {shapes[0]} numbers where the trainer gave {shapes[1]}.")
    pairs = [(a, e) for row, wanted in zip(answered, expected, strict=True) for a, e in zip(row, wanted, strict=True)]
    gap = max(abs(a - e) if math.isfinite(a) and math.isfinite(e) else math.inf for a, e in pairs)
    passed = gap <= tolerance
    apart = f"differ by {gap:.1e} at most" if gap else "agree to the last bit"
    bound = f"{'within' if passed else 'more than'} the tolerance of {tolerance:g}"
    sentence = f"The export and the trainer {apart} on {len(expected)} raw rows, {bound}."
    return Check("agreement", passed, sentence, gap, tolerance)


def _latency(measured: Sequence[float], bound: float | None) -> Check:
    median, high = statistics.median(measured), statistics.quantiles(measured, n=20)[-1]
    passed = bound is None or median <= bound
    sentence = f"A request of one row takes {median:.2g} ms (median of {len(measured)}; 95 % within {high:.2g} ms)"
    if bound is not None:
        sentence += f", {'within' if passed else 'more than'} the bound of {bound:g} ms"
    return Check("latency_ms", passed, f"{sentence}.", median, bound)


def raw_rows(split: str, hashes: Sequence[str], kinds: Mapping[str, str]) -> dict[str, list[Any]]:
    """The raw features of the rows with these hashes, in their order.

    Args:
        split: the folder of a split of Examples, gzipped TFRecords of tf.Example.
        hashes: values of the feature `hash`.
        kinds: the dtype of each feature that is wanted.

    Raises:
        UserError: a row is not there any more.
    """
    import tensorflow as tf

    spec = {name: tf.io.FixedLenFeature([], kind) for name, kind in {**kinds, "hash": "string"}.items()}
    files = sorted(tf.io.gfile.glob(os.path.join(split, "*")))
    wanted, found = {one.encode() for one in hashes}, dict[bytes, dict[str, Any]]()
    for batch in tf.data.TFRecordDataset(files, compression_type="GZIP").batch(512):
        parsed = {name: values.numpy() for name, values in tf.io.parse_example(batch, spec).items()}
        for at, key in enumerate(parsed["hash"]):
            if key in wanted and key not in found:
                found[key] = {name: parsed[name][at] for name in kinds}
        if len(found) == len(wanted):
            return {name: [found[one.encode()][name] for one in hashes] for name in kinds}
    raise UserError(f"{len(wanted) - len(found)} of the rows that the trainer answered are not in {split}")


def _encoded(values: Sequence[Any]) -> list[Any]:
    """As JSON has it: bytes in base64, a missing number as null."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, bytes):
            found.append(base64.b64encode(value).decode())
        else:
            found.append(None if math.isnan(value) else value.item())
    return found


def _read_json(*path: str) -> Any:
    with open(os.path.join(*path), encoding="utf-8") as opened:
        return json.load(opened)
