"""The nodes of the runs in lineage_store.py: what each takes and gives, as a real run of theirs leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_GATES = ("DataGuard", "Preflight", "GradientDiagnostics", "Gate")  # whose verdict lets what follows run


@dataclass(frozen=True)
class Node:
    """A node: its component, what it takes (slot: node.slot), what it gives (slot: type)."""

    component: str
    takes: Mapping[str, str]
    gives: Mapping[str, str]


def _table(text: str) -> dict[str, Node]:
    """Nodes of a table: name, component, `slot=node.slot …`, `slot=type …`; `*` is each verdict that lets it run."""
    found: dict[str, Node] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, component, taken, given = (part.strip() for part in line.split("|"))
        gates = {f"_{one}.verdict": f"{one}.verdict" for one in found if one in _GATES}
        takes = dict(word.split("=") for word in taken.split() if word != "*")
        found[name] = Node(
            component, takes | (gates if "*" in taken.split() else {}), dict(word.split("=") for word in given.split())
        )
    return found


# Graduate's nodes, as a run leaves them
NODES = _table(
    """
    ExampleGen | graduate.pipeline.data.example_gen.ExampleGen | | examples=Examples manifest=graduate.Manifest
    StatisticsGen | graduate.pipeline.data.statistics.StatisticsGen | examples=ExampleGen.examples \
      | statistics=ExampleStatistics
    Schema | graduate.components.schema.Schema | statistics=StatisticsGen.statistics | schema=Schema
    ExampleValidator | tfx.components.example_validator.component.ExampleValidator \
      | statistics=StatisticsGen.statistics schema=Schema.schema | anomalies=ExampleAnomalies
    DataGuard | graduate.components.data_guard.DataGuard | statistics=StatisticsGen.statistics schema=Schema.schema \
      anomalies=ExampleValidator.anomalies manifest=ExampleGen.manifest | verdict=graduate.Verdict
    Transform | graduate.pipeline.transform.Transform | * examples=ExampleGen.examples schema=Schema.schema \
      | transform_graph=TransformGraph transformed_examples=Examples pre_transform_schema=Schema \
      pre_transform_stats=ExampleStatistics post_transform_schema=Schema post_transform_stats=ExampleStatistics \
      post_transform_anomalies=ExampleAnomalies
    Preflight | graduate.components.preflight.Preflight | * examples=Transform.transformed_examples \
      transform_graph=Transform.transform_graph | verdict=graduate.Verdict
    Trainer | tfx.components.trainer.component.Trainer | * examples=Transform.transformed_examples \
      transform_graph=Transform.transform_graph schema=Schema.schema | model=Model model_run=ModelRun
    GradientDiagnostics | graduate.components.gradient_diagnostics.GradientDiagnostics | * \
      model_run=Trainer.model_run | findings=graduate.Findings verdict=graduate.Verdict
    LastGraduate | graduate.components.last_graduate.LastGraduate | * | model=Model
    ServingCheck | graduate.components.serving_check.ServingCheck | * model=Trainer.model \
      model_run=Trainer.model_run examples=ExampleGen.examples | verdict=graduate.Verdict
    Evaluator | graduate.components.evaluator.Evaluator | * model=Trainer.model baseline=LastGraduate.model \
      examples=ExampleGen.examples | evaluation=ModelEvaluation verdict=graduate.Verdict
    Gate | graduate.components.gate.Gate | * model=Trainer.model data_guard=DataGuard.verdict \
      preflight=Preflight.verdict diagnostics=GradientDiagnostics.verdict serving_check=ServingCheck.verdict \
      evaluator=Evaluator.verdict | blessing=ModelBlessing verdict=graduate.Verdict
    Pusher | graduate.components.pusher.Pusher | * model=Trainer.model blessing=Gate.blessing \
      evaluation=Evaluator.evaluation manifest=ExampleGen.manifest model_run=Trainer.model_run schema=Schema.schema \
      | pushed_model=PushedModel
    """
)
# those of plain TFX; the first slot of each is one artifact for each hour where its type ends in `*`
PLAIN = _table(
    """
    CsvExampleGen | tfx.components.example_gen.csv_example_gen.component.CsvExampleGen | | examples=Examples*
    StatisticsGen | tfx.components.statistics_gen.component.StatisticsGen | examples=CsvExampleGen.examples \
      | statistics=ExampleStatistics*
    SchemaGen | tfx.components.schema_gen.component.SchemaGen | statistics=StatisticsGen.statistics | schema=Schema
    Transform | tfx.components.transform.component.Transform | examples=CsvExampleGen.examples \
      schema=SchemaGen.schema | transformed_examples=Examples*
    Trainer | tfx.components.trainer.component.Trainer | examples=Transform.transformed_examples \
      schema=SchemaGen.schema | model=Model
    Evaluator | tfx.components.evaluator.component.Evaluator | examples=CsvExampleGen.examples model=Trainer.model \
      | evaluation=ModelEvaluation
    InfraValidator | tfx.components.infra_validator.component.InfraValidator | model=Trainer.model \
      | blessing=InfraBlessing
    BulkInferrer | tfx.components.bulk_inferrer.component.BulkInferrer | examples=CsvExampleGen.examples \
      model=Trainer.model | inference_result=InferenceResult
    """
)
