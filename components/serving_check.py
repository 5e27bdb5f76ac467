"""ServingCheck: does the export, in a clean process that has TensorFlow alone, answer what the trainer answered?"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from graduate import serving_probe
from graduate.components.artifacts import Verdict, write_verdict
from graduate.verdict import Check, verdict

_REPEATS = 30
_waiting: list[subprocess.Popen[str]] = []


def prestart() -> None:
    """Start the clean process now, so that its import of TensorFlow runs beside the training."""
    if not _waiting:
        _waiting.append(_start())


class ServingCheckSpec(ComponentSpec):
    PARAMETERS = {
        "tolerance": ExecutionParameter(type=float),
        "max_latency_ms": ExecutionParameter(type=float, optional=True),
        "obeys": ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
    }
    OUTPUTS = {"verdict": ChannelParameter(type=Verdict)}


class ServingCheckExecutor(base_executor.BaseExecutor):
    def Do(self, input_dict: dict[str, list], output_dict: dict[str, list], exec_properties: dict[str, Any]) -> None:
        model = artifact_utils.get_single_instance(input_dict["model"])
        run = artifact_utils.get_single_instance(input_dict["model_run"])
        with open(os.path.join(run.uri, "reference.json"), encoding="utf-8") as opened:
            reference = json.load(opened)
        raw = _raw_rows(artifact_utils.get_single_instance(input_dict["examples"]), reference["hash"], _raw_feature(model))
        answer = _ask({"model": _serving_dir(model), "raw": raw, "repeats": _REPEATS})
        checks = judge(answer, reference["probabilities"], exec_properties["tolerance"], exec_properties.get("max_latency_ms"))
        write_verdict(artifact_utils.get_single_instance(output_dict["verdict"]), verdict("ServingCheck", checks))


class ServingCheck(base_component.BaseComponent):
    """Loads the export in a clean process and compares.

    Args:
        examples: raw rows, as ingested.
        model: the Trainer's export.
        model_run: holds `reference.json`: hashes of eval rows and the trainer's own probabilities for them.
        tolerance: the largest absolute difference of a probability.
        max_latency_ms: bound on the median latency of one-row requests, if any.
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
        out = channel.OutputChannel(Verdict, self, "verdict")
        super().__init__(
            ServingCheckSpec(
                examples=examples,
                model=model,
                model_run=model_run,
                tolerance=tolerance,
                max_latency_ms=max_latency_ms,
                obeys=obeys,
                verdict=out,
            )
        )


def judge(
    answer: Mapping[str, Any], expected: Sequence[Sequence[float]], tolerance: float, max_latency_ms: float | None
) -> list[Check]:
    """Checks of what the clean process answered against what the trainer answered for the same rows."""
    if "error" in answer:
        return [Check("loads", False, f"the export does not answer in a clean process: {answer['error']}")]
    checks = [_agreement(answer["probabilities"], expected, tolerance)]
    if answer["foreign"]:
        names = ", ".join(answer["foreign"])
        checks.append(Check("clean", False, f"the export needs more than TensorFlow to load: {names}"))
    median = statistics.median(answer["latency_ms"])
    sentence = f"one row takes {median:.2f} ms (median of {len(answer['latency_ms'])})"
    if max_latency_ms is not None:
        slow = median > max_latency_ms
        sentence += f", {'above' if slow else 'within'} the bound of {max_latency_ms:g} ms"
        checks.append(Check("latency_ms", not slow, sentence, median, max_latency_ms))
    else:
        checks.append(Check("latency_ms", True, sentence, median))
    return checks


def _agreement(answered: Sequence[Sequence[float]], expected: Sequence[Sequence[float]], tolerance: float) -> Check:
    if [len(row) for row in answered] != [len(row) for row in expected]:
        return Check("agreement", False, f"the export answered {len(answered)} rows, not the {len(expected)} it was asked")
    pairs = [(a, e) for row, wanted in zip(answered, expected, strict=True) for a, e in zip(row, wanted, strict=True)]
    gap = max((abs(a - e) if a == a and e == e else float("inf")) for a, e in pairs)
    passed = gap <= tolerance
    sentence = (
        f"the export and the trainer differ by {gap:.1e} at most on {len(expected)} raw rows, "
        f"{'within' if passed else 'above'} the tolerance of {tolerance:g}"
    )
    return Check("agreement", passed, sentence, gap, tolerance)


def _raw_rows(examples: Any, hashes: Sequence[str], feature: str) -> list[str]:
    """The raw bytes (base64) of the rows with these hashes, in their order."""
    import tensorflow as tf

    wanted, found = {one.encode() for one in hashes}, {}
    pattern = os.path.join(artifact_utils.get_split_uri([examples], "eval"), "*")
    for record in tf.data.TFRecordDataset(tf.io.gfile.glob(pattern), compression_type="GZIP").as_numpy_iterator():
        row = tf.train.Example.FromString(record).features.feature
        key = row["hash"].bytes_list.value[0]
        if key in wanted:
            found[key] = base64.b64encode(row[feature].bytes_list.value[0]).decode()
            if len(found) == len(wanted):
                break
    return [found[one.encode()] for one in hashes]


def _serving_dir(model: Any) -> str:
    from tfx.utils import path_utils

    return path_utils.serving_model_path(model.uri)


def _raw_feature(model: Any) -> str:
    with open(os.path.join(_serving_dir(model), "assets.extra", "graduate.json"), encoding="utf-8") as opened:
        return json.load(opened)["raw_feature"]


def _start() -> subprocess.Popen[str]:
    # -I: neither this project's folder nor the user's environment is on the path
    command = [sys.executable, "-I", os.path.abspath(serving_probe.__file__)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, close_fds=True
    )


def _ask(request: Mapping[str, Any], timeout: float = 300.0) -> dict[str, Any]:
    process = _waiting.pop() if _waiting else _start()
    timer = threading.Timer(timeout, process.kill)
    timer.start()
    try:
        out, _ = process.communicate(json.dumps(request) + "\n")
    finally:
        timer.cancel()
    lines = [line for line in out.splitlines() if line.startswith("{")]
    if len(lines) < 2:
        return {"error": f"the process ended with status {process.returncode} before it answered"}
    return json.loads(lines[-1])
