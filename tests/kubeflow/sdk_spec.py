"""A spec that Kubeflow's SDK compiles, with the parts that ours have too.

An importer, a judge, and in a box with a condition a task that takes what both give, with a secret and a volume. (The
SDK reads the annotations of these functions themselves, so they must not be texts.)
"""

import copy
import functools
import tempfile
from pathlib import Path

from kfp import compiler, dsl

from tests.kubeflow import specs


@dsl.container_component
def judge(rows: dsl.Input[dsl.Dataset], bound: float, passed: dsl.OutputPath(int)):
    return dsl.ContainerSpec("me/judge:1", ["judge"], [rows.uri, str(bound), passed])


@dsl.container_component
def ship(rows: dsl.Input[dsl.Dataset], passed: int):
    return dsl.ContainerSpec("me/ship:1", ["ship"], [rows.uri])


@dsl.pipeline(name="by-the-sdk")
def pipeline(bound: float = 0.5):
    rows = dsl.importer("minio://bucket/rows", dsl.Dataset)
    judged = judge(rows=rows.output, bound=bound)
    with dsl.If(judged.outputs["passed"] == 1):
        ship(rows=rows.output, passed=judged.outputs["passed"])


# Of what the SDK writes into this document, Kubeflow 2.0 does not know `pvcNameParameter`.
PLATFORM = {
    "nodeSelector": {"labels": {"disk": "fast"}},
    "pvcMount": [{"constant": "models", "mountPath": "/models"}],
    "secretAsEnv": [{"secretName": "store", "keyToEnv": [{"secretKey": "key", "envVar": "STORE_KEY"}]}],
}


@functools.cache
def text() -> str:
    """The file that the SDK writes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(file))
        return file.read_text()


def documents() -> list[dict]:
    """The pipeline and the platform document, new ones at each call."""
    executors = {"exec-ship": copy.deepcopy(PLATFORM)}
    return [*specs.documents(text()), {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}]
