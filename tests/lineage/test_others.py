"""Runs of stock TFX pipelines, which Graduate did not start: their status comes from what their nodes did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.writing import CACHED, COMPLETE, FAILED, RUNNING, Writer, opened

CLASSES = {
    "CsvExampleGen": "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen",
    "Trainer": "tfx.components.trainer.component.Trainer",
    "latest_blessed_model_resolver": "tfx.dsl.components.common.resolver.Resolver",
    "Evaluator": "tfx.components.evaluator.component.Evaluator",
    "InfraValidator": "tfx.components.infra_validator.component.InfraValidator",
    "Pusher": "tfx.components.pusher.component.Pusher",
}
Outputs = Mapping[str, Sequence[mlmd.Artifact]]


@dataclass
class Stock:
    """A work folder of somebody's TFX pipeline named `taxi`."""

    writer: Writer
    run: str = "2026-01-31T12:00:00.000001"  # TFX's own run ids are times

    def node(self, name: str, outputs: Outputs, state: int = COMPLETE, event: int = mlmd.Event.OUTPUT) -> list[int]:
        """One node; the ids of its outputs."""
        store = self.writer.store
        kind = store.put_execution_type(mlmd.ExecutionType(name=CLASSES[name]))
        execution = mlmd.Execution(type_id=kind, last_known_state=state)
        contexts = store.get_contexts_by_id(
            [
                self.writer.context("pipeline", "taxi"),
                self.writer.context("pipeline_run", self.run),
                self.writer.context("node", f"taxi.{name}"),
            ]
        )
        pairs = []
        for key, artifacts in outputs.items():
            for artifact in artifacts:
                told = mlmd.Event(type=event)
                told.path.steps.add().key = key
                told.path.steps.add().index = 0
                pairs.append((artifact, told))
        return list(store.put_execution(execution, pairs, contexts)[1])

    def made(self, kind: str, **properties: object) -> mlmd.Artifact:
        """An artifact that is not in the store yet."""
        return self.writer.artifact(kind, f"/taxi/{kind}", **properties)


@pytest.fixture
def stock(tmp_path):
    return Stock(Writer(opened(tmp_path / "metadata.sqlite"), tmp_path))


@pytest.fixture
def read(tmp_path):
    """The runs of the store; called once everything is written."""

    def reading():
        with Records(open_store(str(tmp_path / "metadata.sqlite"))) as records:
            return records.runs()

    return reading


def _blessed(stock: Stock, blessed: int) -> None:
    stock.node("Trainer", {"model": [stock.made("Model")]})
    stock.node("Evaluator", {"blessing": [stock.made("ModelBlessing", blessed=blessed)]})
    pushed = {"pushed": 1, "pushed_destination": "/serving/7", "pushed_version": "7"} if blessed else {"pushed": 0}
    stock.node("Pusher", {"pushed_model": [stock.made("PushedModel", **pushed)]})


def _no_infrastructure(stock: Stock) -> None:
    stock.node("InfraValidator", {"blessing": [stock.made("InfraBlessing", blessed=0)]})


@pytest.mark.parametrize(
    ("history", "status"),
    [
        (lambda stock: _blessed(stock, 1), "pushed"),
        (lambda stock: _blessed(stock, 0), "refused"),
        (_no_infrastructure, "refused"),
        (lambda stock: stock.node("Trainer", {}, FAILED), "failed"),
        (lambda stock: stock.node("Trainer", {}, RUNNING), "running"),
        (lambda stock: stock.node("Trainer", {"model": [stock.made("Model")]}), "complete"),
    ],
)
def test_a_run_ends_as_its_nodes_tell(stock, read, history: Callable[[Stock], object], status):
    stock.node("CsvExampleGen", {"examples": [stock.made("Examples", span=3)]})
    history(stock)
    (run,) = read()
    assert (run.id, run.pipeline, run.status) == (stock.run, "taxi", status)
    assert (run.ended is None) == (status == "running")


def test_what_a_resolver_found_is_the_push_and_the_blessing_of_another_run(stock, read):
    _blessed(stock, 1)
    earlier = [one for one in stock.writer.store.get_artifacts() if one.uri.endswith(("Blessing", "PushedModel"))]
    stock.run = "2026-01-31T13:00:00.000001"
    stock.node("latest_blessed_model_resolver", {"found": earlier}, event=mlmd.Event.INTERNAL_OUTPUT)
    stock.node("Trainer", {"model": [stock.made("Model")]})
    assert [run.status for run in read()] == ["complete", "pushed"]


def test_a_run_that_found_everything_in_the_cache_has_what_the_first_one_had(stock, read):
    _blessed(stock, 0)
    found = {one.uri: one for one in stock.writer.store.get_artifacts()}
    stock.run = "2026-01-31T13:00:00.000001"
    stock.node("Trainer", {"model": [found["/taxi/Model"]]}, CACHED)
    stock.node("Evaluator", {"blessing": [found["/taxi/ModelBlessing"]]}, CACHED)
    latest, first = read()
    assert (latest.status, first.status) == ("refused", "refused")
    assert latest.facts["nodes"] == {"Trainer": "cached", "Evaluator": "cached"}


def test_facts_have_the_names_that_graduates_own_runs_have(stock, read):
    _blessed(stock, 1)
    verdict = {"source": "Evaluator", "passed": 0, "reasons": '["accuracy is 0.7, below 0.9.", "more"]'}
    stock.node("Evaluator", {"verdict": [stock.made("graduate.Verdict", **verdict)]})
    stock.node("Trainer", {}, FAILED)
    (run,) = read()
    assert run.facts["failed_node"] == "Trainer"
    assert (run.facts["pushed_to"], run.facts["pushed_version"]) == ("/serving/7", "7")
    assert (run.facts["refused_by"], run.facts["refusal"]) == ("Evaluator", "accuracy is 0.7, below 0.9.")
    assert run.facts["verdict_Evaluator"] == "refused: accuracy is 0.7, below 0.9."


def test_as_many_questions_are_asked_of_a_thousand_runs_as_of_ten(stock, tmp_path):
    asked = []

    def count(number: int) -> int:
        for at in range(number):
            stock.run = f"{number}-{at}"
            stock.node("Trainer", {"model": [stock.made("Model")]})
        with Records(open_store(str(tmp_path / "metadata.sqlite"))) as records:
            ask = records.store._ask
            asked.clear()
            records.store._ask = lambda *given: (asked.append(given), ask(*given))[1]
            assert len(records.runs()) >= number
        return len(asked)

    assert count(30) == count(10)
