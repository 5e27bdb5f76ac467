"""What a step makes of Kubeflow's inputs, and what it gives back: the real nodes, without a launcher."""

import json
import os

import pytest

from graduate import verdict
from graduate.components import artifacts as own
from graduate.errors import UsageError
from graduate.pipeline.kubeflow import arriving, empties
from graduate.pipeline.kubeflow.places import Mounts
from graduate.pipeline.runners import kubeflow_step

VERDICT = {"artifactType": {"schemaTitle": "graduate.Verdict", "schemaVersion": "0.0.1"}}
MODEL = {"artifactType": {"schemaTitle": "tfx.Model", "schemaVersion": "0.0.1"}}
BLESSING = {"artifactType": {"schemaTitle": "tfx.ModelBlessing", "schemaVersion": "0.0.1"}}


@pytest.fixture
def launcher(tmp_path, monkeypatch):
    """A folder in which the object store's copies lie."""
    folder = tmp_path / "minio"
    monkeypatch.setenv("GRADUATE_MOUNTS", json.dumps({"/minio": str(folder), "/tmp/kfp": str(tmp_path / "kfp")}))
    return folder


def runtime(uri, **metadata):
    """An artifact as the launcher hands it over: no schema, numbers as doubles."""
    return {"artifacts": [{"name": "n", "uri": uri, "type": {"instanceSchema": ""}, "metadata": metadata}]}


def judged(folder, name, *checks):
    made = own.Verdict()
    made.uri = str(folder / "b" / name)
    os.makedirs(made.uri)
    own.write_verdict(made, verdict.VerdictRecord(name, tuple(checks)))
    return f"minio://b/{name}"


def gate(launcher, passed):
    checks = [verdict.Check("bound", passed, "accuracy is 0.9.")]
    sources = {"evaluator": judged(launcher, "Evaluator", *checks), "data_guard": judged(launcher, "DataGuard")}
    inputs = {"model": runtime("minio://b/model"), **{key: runtime(uri) for key, uri in sources.items()}}
    outputs = {key: runtime(f"minio://b/out/{key}") for key in ("blessing", "verdict")}
    spec = {
        "inputDefinitions": {
            "artifacts": {"model": MODEL, "evaluator": VERDICT, "data_guard": VERDICT},
            "parameters": {"obeys": {"parameterType": "STRING"}},
        },
        "outputDefinitions": {
            "artifacts": {"blessing": BLESSING, "verdict": VERDICT},
            "parameters": {"passed": {"parameterType": "NUMBER_INTEGER"}},
        },
    }
    told = {
        "inputs": {"artifacts": inputs, "parameterValues": {"obeys": "{}"}},
        "outputs": {
            "artifacts": outputs,
            "parameters": {"passed": {"outputFile": "/tmp/kfp/passed"}},
            "outputFile": "/tmp/kfp/output_metadata.json",
        },
    }
    given = ["--node", "Gate", "--executor", "graduate.components.gate.GateExecutor", "--spec", json.dumps(spec)]
    code = kubeflow_step.main([*given, "--executor-input", json.dumps(told)])
    answered = launcher.parent / "kfp"
    return code, json.loads((answered / "output_metadata.json").read_text()), (answered / "passed").read_text()


@pytest.mark.parametrize("passed", [True, False])
def test_the_gate_runs_on_what_the_launcher_brought(launcher, passed):
    code, told, file = gate(launcher, passed)
    assert code == 0
    assert told["parameterValues"] == {"passed": int(passed)}
    assert file == str(int(passed))
    [blessing] = told["artifacts"]["blessing"]["artifacts"]
    assert blessing["uri"] == "minio://b/out/blessing"
    assert blessing["metadata"]["blessed"] == int(passed)
    assert blessing["metadata"]["current_model"] == "minio://b/model"  # and no path of the container
    assert told["artifacts"]["verdict"]["artifacts"][0]["metadata"]["source"] == "Gate"


def test_what_an_object_store_does_not_keep_is_made_again(tmp_path):
    folder = tmp_path / "artifact"
    (folder / "Split-eval").mkdir(parents=True)
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "BLESSED").touch()
    (folder / "full").write_text("x")
    empties.remember(str(folder))
    kept = tmp_path / "brought"
    for name in ("full", empties.EMPTY):
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (kept / name).write_bytes((folder / name).read_bytes())
    empties.restore(str(kept))
    assert (kept / "Split-eval").is_dir()
    assert (kept / "deep" / "er").is_dir()
    assert (kept / "deep" / "BLESSED").read_bytes() == b""


def test_an_artifact_without_files_is_something_in_the_store_all_the_same(tmp_path):
    empties.remember(str(tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == [empties.EMPTY]
    empties.restore(str(tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == [empties.EMPTY]


def test_properties_have_the_types_they_were_written_in(launcher):
    given = {
        "examples": runtime("minio://b/examples", span=3.0, split_names='["train"]', version=2.0, note="a", share=0.5)
    }
    kinds = {"artifacts": {"examples": {"artifactType": {"schemaTitle": "tfx.Examples"}}}}
    [made] = arriving.artifacts(given, kinds, Mounts())["examples"]
    assert (made.span, made.split_names, made.version) == (3, '["train"]', 2)
    assert made.get_string_custom_property("note") == "a"
    assert made.get_float_custom_property("share") == 0.5
    assert made.uri == str(launcher / "b" / "examples")


def test_whole_numbers_come_as_doubles_and_are_whole_again():
    kinds = {"parameters": {"keep": {"parameterType": "NUMBER_INTEGER"}, "share": {"parameterType": "NUMBER_DOUBLE"}}}
    found = arriving.parameters({"keep": 5.0, "share": 1, "set_rate": 3}, kinds)
    assert found == {"keep": 5, "share": 1.0}
    assert type(found["keep"]) is int
    assert type(found["share"]) is float


def test_code_that_the_image_lacks_or_has_otherwise_is_refused(tmp_path):
    obeys = json.dumps({"code:my.py": "0123456789abcdef", "code:graduate": "x"})
    with pytest.raises(UsageError, match="the image does not hold"):
        kubeflow_step.check_code(obeys, tmp_path)
    (tmp_path / "my.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match="another"):
        kubeflow_step.check_code(obeys, tmp_path)


def test_arguments_that_are_not_json_are_one_sentence(capsys):
    assert kubeflow_step.main(["--node", "Gate", "--spec", "{", "--executor-input", "{}"]) == 2
    assert "--spec: is not JSON" in capsys.readouterr().err
