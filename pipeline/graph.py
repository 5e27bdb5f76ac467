"""The nodes of a config's DAG as a plain table, for whoever draws or checks it without importing TFX.

`dag.py` builds the same DAG of TFX components; a contract test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

from graduate.pipeline.config.model import PipelineConfig


@dataclass(frozen=True)
class NodeSpec:
    """One node.

    Attributes:
        id: its name in the store and on the screen.
        inputs: the nodes whose artifacts it takes.
        guard: the node whose verdict has to pass for it to run, if any.
        what: what it does, with the settings that it obeys.
    """

    id: str
    inputs: tuple[str, ...]
    guard: str | None
    what: str


def nodes(config: PipelineConfig) -> list[NodeSpec]:
    """The nodes in topological order. A node that is switched off is not among them."""
    training, data = config.training, config.data
    length = f"{training.steps} steps" if training.steps else f"{training.epochs:g} epochs"
    bounds = ", ".join(config.evaluation.bounds)
    slices = f", per {', '.join(part.by for part in config.evaluation.slices)}" if config.evaluation.slices else ""
    size = "x".join(map(str, config.transform.size))
    network = config.model.build if config.model.module is None else f"{config.model.module}:{config.model.build}"
    found = [
        NodeSpec("ExampleGen", (), None, f"rows from {data.images or data.tfrecords}, split by content hash"),
        NodeSpec("StatisticsGen", ("ExampleGen",), None, "statistics of every feature, per split"),
        NodeSpec("Schema", ("StatisticsGen",), None, f"{config.schema_ or 'inferred once, kept until a change is accepted'}"),
        NodeSpec("ExampleValidator", ("StatisticsGen", "Schema"), None, "anomalies: statistics against the schema"),
        NodeSpec(
            "DataGuard",
            ("ExampleGen", "StatisticsGen", "Schema", "ExampleValidator"),
            None,
            "verdict on the data: anomalies, duplicates, unseen classes",
        ),
        NodeSpec(
            "Transform",
            ("ExampleGen", "Schema"),
            "DataGuard",
            f"decode, resize to {size}x{config.transform.channels}, {config.transform.normalise}",
        ),
        NodeSpec(
            "Trainer", ("Transform", "Schema"), "DataGuard", f"{network}, {length} of {training.batch_size}, {training.strategy}"
        ),
        NodeSpec("LastGraduate", (), "DataGuard", "the version that serves now, to compare with"),
        NodeSpec(
            "Evaluator",
            ("ExampleGen", "Trainer", "LastGraduate"),
            "DataGuard",
            f"{bounds} on {config.evaluation.split}{slices}: verdict",
        ),
    ]
    judges = ["DataGuard", "Evaluator"]
    if config.serving.check:
        what = f"the export in a clean process, within {config.serving.tolerance:g}: verdict"
        found.append(NodeSpec("ServingCheck", ("ExampleGen", "Trainer"), "DataGuard", what))
        judges.append("ServingCheck")
    found.append(NodeSpec("Gate", ("Trainer", *judges), "DataGuard", "every verdict: the one blessing"))
    found.append(
        NodeSpec(
            "Pusher",
            ("Trainer", "Gate", "Evaluator", "ExampleGen", "Schema", *judges),
            "Gate",
            f"to {config.push.to or f'models/{config.name}'}, keeps {config.push.keep}",
        )
    )
    return found
