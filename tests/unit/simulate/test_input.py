"""What a step finds: the launcher's JSON, its command, its environment, its folders."""

from __future__ import annotations

import json
import sys

from graduate.pipeline.simulate import pod
from tests.unit.simulate.specs import Spec

WHOLE = "{{$}}"


def test_the_executor_input_is_what_kubeflow_passes(simulate):
    spec = Spec(rate=0.5, steps=600, names=["a"], on=True)
    path = "{{$.outputs.artifacts['out'].path}}"
    spec.task("make", 'echo x > "$1"', path, outputs=["out"])
    taken = {name: (name, kind) for name, kind in (("rate", "NUMBER_DOUBLE"), ("steps", "NUMBER_INTEGER"))}
    taken |= {"names": ("names", "LIST"), "on": ("on", "BOOLEAN")}
    artifacts = {"given": "make.out"}
    spec.task("look", 'echo "$1"', WHOLE, parameters=taken, artifacts=artifacts, outputs=["out"], gives={"n": "STRING"})
    spec.executors["exec-look"]["container"]["command"][2] = (
        'echo "$1"; printf n > "{{$.outputs.parameters[\'n\'].output_file}}"'
    )
    outcome = simulate(spec)
    text = simulate.log(outcome, "look").splitlines()[0]
    told = json.loads(text)
    assert told["inputs"]["parameterValues"] == {"rate": 0.5, "steps": 600, "names": ["a"], "on": True}
    assert '"steps":600,' in text
    (artifact,) = told["inputs"]["artifacts"]["given"]["artifacts"]
    run = outcome.result.run_id
    uri, metadata = artifact.pop("uri"), artifact.pop("metadata")
    assert artifact == {"name": "1", "type": {"instanceSchema": ""}}
    assert uri.startswith(f"minio://mlpipeline/v2/artifacts/small/{run}/make/")
    assert uri.endswith("/out")
    assert metadata == {"display_name": "out", "store_session_info": ""}
    (given,) = told["outputs"]["artifacts"]["out"]["artifacts"]
    assert given["type"] == {"schemaTitle": "system.Dataset"}
    assert given["name"] == "out"
    assert set(told["outputs"]["parameters"]) == {"n"}
    assert told["outputs"]["outputFile"].endswith("/output_metadata.json")


def test_inside_a_sub_dag_an_artifact_from_outside_has_not_even_an_empty_type(simulate):
    spec = Spec()
    spec.task("make", "true", outputs=["out"])
    inside = spec.dag("inner", artifacts={"theirs": "make.out"})
    inside.task("look", 'echo "$1"', WHOLE, artifacts={"given": "theirs"})
    told = simulate.json(simulate(spec), "look")
    (artifact,) = told["inputs"]["artifacts"]["given"]["artifacts"]
    assert "type" not in artifact


def test_defaults_of_the_component_reach_the_step_and_no_record(simulate):
    spec = Spec()
    spec.task("look", 'echo "$1 $2"', WHOLE, "{{$.inputs.parameters['n']}}", parameters={"n": 1})
    spec.components["comp-look"]["inputDefinitions"]["parameters"]["n"] |= {"defaultValue": 7, "isOptional": True}
    del spec.tasks["look"]["inputs"]["parameters"]["n"]
    outcome = simulate(spec)
    told, _, number = simulate.log(outcome, "look").strip().rpartition(" ")
    assert (json.loads(told)["inputs"]["parameterValues"], number) == ({"n": 7}, "7")


def test_names_of_the_run_and_the_task_are_filled_in(simulate):
    spec = Spec()
    names = {"run": "{{$.pipeline_job_uuid}}", "task": "{{$.pipeline_task_name}}", "kept": "{{$.pipeline_job_uuid}} x"}
    spec.task("look", 'echo "$1"', WHOLE, parameters=names)
    outcome = simulate(spec)
    told = simulate.json(outcome, "look")["inputs"]["parameterValues"]
    assert told == {"run": outcome.result.run_id, "task": "look", "kept": "{{$.pipeline_job_uuid}} x"}


def test_what_a_step_writes_of_its_outputs_is_recorded_and_handed_on(simulate):
    spec = Spec()
    told = {"parameterValues": {"n": 3}, "artifacts": {"out": {"artifacts": [{"metadata": {"rows": 12, "ok": True}}]}}}
    spec.task("make", 'printf %s "$2" > "$1"', "{{$.outputs.x}}", json.dumps(told), outputs=["out"])
    spec.components["comp-make"]["outputDefinitions"]["parameters"] = {"n": {"parameterType": "NUMBER_INTEGER"}}
    container = spec.executors["exec-make"]["container"]
    container["command"] = [sys.executable, "-c", _WRITER]
    container["args"] = [WHOLE, json.dumps(told)]
    artifacts, parameters = {"given": "make.out"}, {"n": ("make.n", "NUMBER_INTEGER")}
    spec.task("look", 'echo "$1"', WHOLE, artifacts=artifacts, parameters=parameters)
    found = simulate.json(simulate(spec), "look")["inputs"]
    assert found["parameterValues"] == {"n": 3}
    metadata = found["artifacts"]["given"]["artifacts"][0]["metadata"]
    assert (metadata["rows"], metadata["ok"]) == (12, 1)


_WRITER = """
import json, sys
open(json.loads(sys.argv[1])["outputs"]["outputFile"], "w").write(sys.argv[2])
"""


def test_an_output_file_that_kubeflow_would_not_read_fails_the_task(simulate):
    spec = Spec()
    spec.task("make", "true")
    container = spec.executors["exec-make"]["container"]
    container["command"], container["args"] = [sys.executable, "-c", _WRITER], [WHOLE, '{"parameters": {}}']
    assert "unknown field 'parameters'" in simulate(spec).error["message"]


def test_a_parameter_of_another_type_fails_its_task(simulate):
    spec = Spec()
    spec.task("look", "true", parameters={"n": 1})
    spec.tasks["look"]["inputs"]["parameters"]["n"] = {"runtimeValue": {"constant": "one"}}
    assert simulate(spec).error["message"] == "input parameter 'n' type mismatch: expect NUMBER_INTEGER, got string"


def test_a_pod_has_an_environment_of_its_own(simulate, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("MY_OWN", "secret")
    monkeypatch.setenv("TOKEN", "of the secret")
    spec = Spec()
    secrets = {"secretAsEnv": [{"secretName": "s", "keyToEnv": [{"secretKey": "k", "envVar": "TOKEN"}]}]}
    spec.task("look", "env", env={"COLOUR": "blue"}, kubernetes=secrets)
    seen = dict(line.partition("=")[::2] for line in simulate.log(simulate(spec), "look").splitlines())
    assert (seen["COLOUR"], seen["TOKEN"]) == ("blue", "of the secret")
    assert not {"PYTHONPATH", "MY_OWN", "GRADUATE_MOUNTS"} & set(seen)
    assert "work/pods" in seen["HOME"]


def test_a_volume_is_kept_from_one_simulation_to_the_next(simulate, tmp_path):
    spec = Spec()
    mounted = {"pvcMount": [{"constant": "store", "mountPath": "/data"}]}
    spec.task("look", "true", kubernetes=mounted)
    simulate(spec)
    assert (tmp_path / "work/volumes/store").is_dir()


def test_python_is_the_one_that_runs_this_and_the_first_word_takes_no_other_filling(tmp_path):
    from graduate.pipeline.simulate import spec as specs

    spec = Spec()
    spec.task("step", "true")
    container = spec.executors["exec-step"]["container"]
    container["command"], container["args"] = ["python", "-m", pod.STEP], ["--executor-input", WHOLE]
    read = specs.read(str(spec.write(tmp_path / "spec.yaml")))
    component = read.components["comp-step"]
    shared = pod.Places(tmp_path / "project", tmp_path / "volumes", tmp_path / "secrets")
    made = pod.make(read, component, shared, tmp_path / "pod", "pod-1")
    given = {"inputs": {}, "outputs": {"outputFile": "/minio/b/output_metadata.json"}}
    assert made.command(component, given) == [
        sys.executable,
        "-m",
        pod.STEP,
        "--executor-input",
        '{"inputs":{},"outputs":{"outputFile":"/minio/b/output_metadata.json"}}',
    ]
    mounts = json.loads(made.environment["GRADUATE_MOUNTS"])
    assert mounts["/project"] == str(tmp_path / "project")
    assert mounts["/models"] == str(tmp_path / "volumes/models")
    assert mounts["/minio"] == str(tmp_path / "pod/minio")
    assert made.local("/minio/b/output_metadata.json") == tmp_path / "pod/minio/b/output_metadata.json"
