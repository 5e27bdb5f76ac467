"""A compiled spec: its order, its conditions, its version."""

import pytest
import yaml

from graduate.errors import UsageError
from graduate.pipeline.deploy import spec


def document(**tasks):
    """A spec of containers; `condition_X` is a sub-DAG of the tasks given."""
    components = {}

    def dag(tasks):
        found = {}
        for name, after in tasks.items():
            name = name.replace("_", "-")
            found[name] = {"componentRef": {"name": f"comp-{name}"}}
            if isinstance(after, dict):
                components[f"comp-{name}"] = {"dag": dag(after)}
            else:
                components[f"comp-{name}"] = {"executorLabel": "x"}
                found[name]["dependentTasks"] = after
        return {"tasks": found}

    root = {"dag": dag(tasks)}
    return {
        "pipelineInfo": {"name": "small"},
        "schemaVersion": "2.1.0",
        "root": root,
        "components": components,
        "defaultPipelineRoot": "s3://b/k",
    }


def test_nodes_stand_behind_what_they_need_and_know_their_guards():
    found = spec.of(document(B=["A"], A=[], condition_B={"D": ["C"], "C": [], "condition_D": {"E": []}}))
    assert [(task.name, task.guards) for task in found.tasks] == [
        ("A", ()),
        ("B", ()),
        ("C", ("B",)),
        ("D", ("B",)),
        ("E", ("B", "D")),
    ]


def test_what_a_node_takes_comes_before_it():
    given = document(B=[], A=[])
    given["root"]["dag"]["tasks"]["B"]["inputs"] = {
        "artifacts": {"x": {"taskOutputArtifact": {"producerTask": "A", "outputArtifactKey": "y"}}}
    }
    assert [task.name for task in spec.of(given).tasks] == ["A", "B"]


def test_a_circle_does_not_hold_the_reader():
    assert {task.name for task in spec.of(document(A=["B"], B=["A"])).tasks} == {"A", "B"}


def test_the_same_bytes_are_the_same_version():
    text = yaml.safe_dump(document(A=[]))
    assert spec.parse(text, "x").version == spec.parse(text, "y").version
    assert spec.parse(text, "x").version != spec.parse(f"{text}\n", "x").version
    assert spec.parse(text, "x").version.startswith("small-")


def test_a_spec_beside_its_platform_is_read_as_the_server_gives_it_back():
    given = document(A=[])
    assert spec.of({"pipeline_spec": given, "platform_spec": {"platforms": {}}}).tasks == spec.of(given).tasks


@pytest.mark.parametrize("text", ["", "a: 1", "[1]", "schemaVersion: 2.1.0", "a: [1"])
def test_what_is_no_spec(text):
    with pytest.raises(UsageError) as raised:
        spec.parse(text, "my.yaml")
    assert raised.value.where == "my.yaml"


@pytest.mark.parametrize("root", ["s3://bucket/k", "minio://b/k", "gs://b/k"])
def test_an_object_store_is_a_root(root):
    spec.check_root(root, "my.yaml")


@pytest.mark.parametrize("root", [None, "", "/tmp/x", "file:///tmp/x", "relative", "hdfs://n/x"])
def test_nothing_else_is(root):
    with pytest.raises(UsageError, match="containers of a cluster share no folder"):
        spec.check_root(root, "my.yaml")
