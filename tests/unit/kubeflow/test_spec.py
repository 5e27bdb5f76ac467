"""The spec's DAGs from descriptions of tasks: boxes, and what reaches a task in them. No TFX is needed for that."""

from graduate.pipeline.kubeflow.spec import Spec, definitions
from graduate.pipeline.kubeflow.tasks import Source, Task

CONTAINER = {"image": "me/graduate:1", "command": ["true"], "args": []}


def made():
    """A guard, in its box a judge, and in the judge's box the last task, which takes something from outside of both."""
    spec = Spec({"rate": "NUMBER_DOUBLE"})
    spec.add(Task("Rows", "x", outputs={"examples": "Examples"}, gives={"digest": "STRING"}), CONTAINER, None)
    rows = Source("Rows", "examples", "Examples")
    spec.add(
        Task("Guard", "x", {"examples": rows}, {"verdict": "graduate.Verdict"}, gives={"passed": "NUMBER_INTEGER"}),
        CONTAINER,
        None,
    )
    judge = Task("Judge", "x", {"examples": rows}, {"verdict": "graduate.Verdict"}, guards=("Guard",), cache=False)
    judge.gives["passed"] = "NUMBER_INTEGER"
    spec.add(judge, CONTAINER, 3)
    last = Task("Last", "x", {"examples": rows, "judged": Source("Judge", "verdict", "graduate.Verdict")})
    last.parameters, last.guards = {"keep": 5, "share": 0.5}, ("Guard", "Judge")
    last.taken, last.changeable = {"digest": Source("Rows", "digest", "STRING")}, {"rate": "training.learning_rate"}
    spec.add(last, CONTAINER, None)
    return spec, spec.root()["tasks"]


def test_what_a_verdict_guards_is_a_box_with_the_verdict_as_condition():
    spec, root = made()
    assert set(root) == {"Rows", "Guard", "condition-Guard"}
    box = root["condition-Guard"]
    assert box["triggerPolicy"] == {"condition": "int(inputs.parameter_values['pipelinechannel--Guard-passed']) == 1"}
    assert set(box["dependentTasks"]) == {"Guard", "Rows"}
    inner = spec.components["comp-condition-Guard"]["dag"]["tasks"]
    assert set(inner) == {"Judge", "condition-Judge"}
    assert set(spec.components["comp-condition-Judge"]["dag"]["tasks"]) == {"Last"}


def test_an_artifact_reaches_a_task_through_every_box_around():
    spec, root = made()
    name = "pipelinechannel--Rows-examples"
    last = spec.components["comp-condition-Judge"]["dag"]["tasks"]["Last"]["inputs"]
    assert last["artifacts"]["examples"] == {"componentInputArtifact": name}
    inner = spec.components["comp-condition-Guard"]["dag"]["tasks"]["condition-Judge"]["inputs"]["artifacts"]
    assert inner[name] == {"componentInputArtifact": name}
    assert inner["pipelinechannel--Judge-verdict"] == {
        "taskOutputArtifact": {"outputArtifactKey": "verdict", "producerTask": "Judge"}
    }
    outer = root["condition-Guard"]["inputs"]["artifacts"]
    assert outer == {name: {"taskOutputArtifact": {"outputArtifactKey": "examples", "producerTask": "Rows"}}}
    declared = spec.components["comp-condition-Judge"]["inputDefinitions"]["artifacts"][name]["artifactType"]
    assert declared["schemaTitle"] == "tfx.Examples"


def test_so_do_parameters_of_tasks_and_of_the_pipeline():
    spec, root = made()
    last = spec.components["comp-condition-Judge"]["dag"]["tasks"]["Last"]["inputs"]["parameters"]
    assert last["digest"] == {"componentInputParameter": "pipelinechannel--Rows-digest"}
    assert last["set_rate"] == {"componentInputParameter": "rate"}
    assert last["keep"] == {"runtimeValue": {"constant": 5}}
    assert root["condition-Guard"]["inputs"]["parameters"]["rate"] == {"componentInputParameter": "rate"}
    kinds = spec.components["comp-Last"]["inputDefinitions"]["parameters"]
    assert {name: one["parameterType"] for name, one in kinds.items()} == {
        "digest": "STRING",
        "keep": "NUMBER_INTEGER",
        "set_rate": "NUMBER_DOUBLE",
        "share": "NUMBER_DOUBLE",
    }


def test_caching_and_retries_are_the_tasks_own():
    spec, root = made()
    judge = spec.components["comp-condition-Guard"]["dag"]["tasks"]["Judge"]
    assert judge["cachingOptions"] == {}
    assert judge["retryPolicy"]["maxRetryCount"] == 3
    assert root["Rows"]["cachingOptions"] == {"enableCache": True}
    assert "retryPolicy" not in root["Rows"]


def test_an_importer_takes_its_uri_from_a_parameter_of_the_pipeline():
    spec = Spec({"data_uri": "STRING"})
    spec.add_importer(Task("Data", "", outputs={"data": "system.Dataset"}), "data_uri")
    task = spec.root()["tasks"]["Data"]
    assert task["inputs"]["parameters"] == {"uri": {"componentInputParameter": "data_uri"}}
    assert spec.executors["exec-Data"]["importer"]["artifactUri"] == {"runtimeParameter": "uri"}


def test_a_component_without_inputs_declares_none():
    assert definitions(Task("Rows", "x", outputs={"examples": "Examples"}), {}) == {
        "outputDefinitions": {
            "artifacts": {"examples": {"artifactType": {"schemaTitle": "tfx.Examples", "schemaVersion": "0.0.1"}}}
        }
    }
