"""The table that `graduate show` draws is the DAG that TFX runs: ids, artifacts that flow, verdicts that decide."""

from pathlib import Path

import pytest

from graduate.pipeline.config import load
from graduate.pipeline.graph import nodes
from graduate.pipeline.run import compile_pipeline
from graduate.pipeline.supervise import plan
from graduate.pipeline.workspace import Workspace

DIGITS = Path(__file__).resolve().parents[2] / "examples/digits.yaml"


def compiled(config, workspace):
    request = plan.make(config, workspace, None).request(
        "digits-1", runner="local", until=None, cache=True, debug=False
    )
    return [node.pipeline_node for node in compile_pipeline(config, workspace, request).nodes]


@pytest.mark.parametrize("check", ["true", "false"])
def test_the_table_of_nodes_is_the_dag(tmp_path, check):
    config = load(DIGITS, [f"serving.check={check}"])
    table = {spec.id: spec for spec in nodes(config)}
    dag = compiled(config, Workspace(tmp_path))
    assert {node.node_info.id for node in dag} == set(table)
    for node in dag:
        spec = table[node.node_info.id]
        assert artifacts_from(node) == set(spec.inputs), spec.id
        assert len(node.inputs.conditionals) == len(guards(spec.id, table)), spec.id
        assert guards(spec.id, table) <= {*verdicts_from(node), *spec.inputs}, spec.id


def artifacts_from(node) -> set[str]:
    """The nodes whose artifacts it takes. TFX adds an input `_NODE.verdict` for a condition, which is none."""
    given = {key: each for key, each in node.inputs.inputs.items() if not key.startswith("_")}
    return {channel.producer_node_query.id for each in given.values() for channel in each.channels}


def verdicts_from(node) -> set[str]:
    return {key[1:].partition(".")[0] for key in node.inputs.inputs if key.startswith("_")}


def guards(name: str, table) -> set[str]:
    """Its guard, the guard of that, and so on."""
    guard = table[name].guard
    return {guard, *guards(guard, table)} if guard else set()
