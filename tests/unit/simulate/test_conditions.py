"""Sub-DAGs: conditions, what they skip, what they give; importers; tasks that run whatever came before."""

from __future__ import annotations

from tests.unit.simulate.specs import Spec, states

NUMBER = "{{$.outputs.parameters['passed'].output_file}}"
TEXT = "{{$.outputs.parameters['text'].output_file}}"
PASSED = "int(inputs.parameter_values['passed']) == 1"
JUDGED = {"passed": ("judge.passed", "NUMBER_INTEGER")}


def judged(verdict: int) -> tuple[Spec, Spec]:
    """A judge, and a sub-DAG that runs if it passes."""
    spec = Spec()
    spec.task("judge", 'echo "$2" > "$1"', NUMBER, str(verdict), gives={"passed": "NUMBER_INTEGER"})
    guarded = spec.dag("condition-judge", condition=PASSED, parameters=JUDGED)
    return spec, guarded


def test_a_condition_that_holds_lets_its_tasks_run(simulate):
    spec, guarded = judged(1)
    guarded.task("inside", "true")
    assert states(simulate(spec)) == {"judge": "ran", "inside": "ran"}


def test_a_condition_that_fails_skips_all_that_is_within_and_is_canceled(simulate):
    spec, guarded = judged(0)
    guarded.task("inside", "true")
    deeper = guarded.dag("condition-inside", condition="true")
    deeper.task("deeper", "true", dependentTasks=[])
    outcome = simulate(spec)
    assert (outcome.result.status, outcome.exit_code) == ("stopped", 0)
    assert states(outcome) == {"judge": "ran", "inside": "skipped", "deeper": "skipped"}
    assert {node.reason for node in outcome.result.nodes} == {"", "judge refused"}
    assert [one["state"] for one in simulate.executions("condition-judge")] == ["CANCELED"]
    assert simulate.executions("inside") == []


def test_behind_a_skipped_task_nothing_runs_and_nothing_is_recorded(simulate):
    spec, guarded = judged(0)
    guarded.task("inside", "true")
    spec.task("after", "true", dependentTasks=["condition-judge"])
    assert states(simulate(spec))["after"] == "skipped"
    assert simulate.executions("after") == []


def test_a_task_may_have_a_condition_of_its_own(simulate):
    spec, _ = judged(0)
    del spec.tasks["condition-judge"]
    spec.task("own", "true", parameters=JUDGED, triggerPolicy={"condition": PASSED})
    assert states(simulate(spec)) == {"judge": "ran", "own": "skipped"}
    (execution,) = simulate.executions("own")
    assert execution["state"] == "CANCELED"
    assert "cache_fingerprint" not in execution["properties"]


def test_a_condition_without_a_value_fails_its_task(simulate):
    spec, _ = judged(1)
    spec.dag("condition-judge", condition="inputs.parameter_values['pased'] == 1", parameters=JUDGED)
    outcome = simulate(spec)
    assert outcome.result.status == "failed"
    assert outcome.error["node"] == "condition-judge"
    assert outcome.error["message"] == "its condition cannot be evaluated: no such key: pased"


def test_of_two_branches_the_one_that_ran_gives_the_output(simulate):
    spec = Spec()
    spec.task("coin", 'printf tails > "$1"', TEXT, gives={"text": "STRING"})
    tossed = {"side": ("coin.text", "STRING")}
    selectors = [
        {"producerSubtask": name, "outputParameterKey": "text"} for name in ("condition-heads", "condition-tails")
    ]
    one_of = {"parameters": {"text": {"valueFromOneof": {"parameterSelectors": selectors}}}}
    branches = spec.dag("condition-branches", parameters=tossed, outputs=one_of)
    for side in ("heads", "tails"):
        branch = branches.dag(
            f"condition-{side}",
            condition=f"inputs.parameter_values['side'] == '{side}'",
            parameters={"side": ("side", "STRING")},
            outputs={
                "parameters": {
                    "text": {"valueFromParameter": {"producerSubtask": f"say-{side}", "outputParameterKey": "text"}}
                }
            },
        )
        branch.task(f"say-{side}", 'printf "$2" > "$1"', TEXT, f"it was {side}", gives={"text": "STRING"})
    told = {"text": ("condition-branches.text", "STRING")}
    spec.task("tell", 'echo "$1"', "{{$.inputs.parameters['text']}}", parameters=told)
    outcome = simulate(spec)
    assert simulate.log(outcome, "tell") == "it was tails\n"
    assert states(outcome)["say-heads"] == "skipped"


def test_an_artifact_goes_into_a_sub_dag_and_comes_out_of_it(simulate):
    spec = Spec()
    path = "{{$.outputs.artifacts['out'].path}}"
    given = "{{$.inputs.artifacts['given'].path}}"
    spec.task("make", 'echo made > "$1"', path, outputs=["out"])
    selector = {"artifactSelectors": [{"producerSubtask": "change", "outputArtifactKey": "out"}]}
    inside = spec.dag("inner", artifacts={"theirs": "make.out"}, outputs={"artifacts": {"result": selector}})
    inside.task(
        "change", '(cat "$2"; echo changed) > "$1"', path, given, artifacts={"given": "theirs"}, outputs=["out"]
    )
    spec.task("show", 'cat "$1"', given, artifacts={"given": "inner.result"})
    assert simulate.log(simulate(spec), "show") == "made\nchanged\n"


def test_an_importer_brings_what_was_put_and_is_the_same_artifact_again(simulate, tmp_path):
    (tmp_path / "pets/cat").mkdir(parents=True)
    (tmp_path / "pets/cat/1.txt").write_text("meow")
    spec = Spec()
    spec.importer("Data", "s3://zoo/pets")
    spec.task("look", 'cat "$1/cat/1.txt"', "{{$.inputs.artifacts['pets'].path}}", artifacts={"pets": "Data.artifact"})
    outcome = simulate(spec, put={"s3://zoo/pets": tmp_path / "pets"})
    assert simulate.log(outcome, "look") == "meow"
    assert states(simulate(spec)) == {"Data": "ran", "look": "cached"}
    assert [one["kind"] for one in simulate.executions("Data")] == ["system.ImporterExecution"] * 2


def test_an_importer_takes_its_place_from_a_parameter(simulate):
    spec = Spec(place="minio://b/first")
    spec.importer("Data", "")
    importer = spec.executors["exec-Data"]["importer"]
    importer["artifactUri"] = {"runtimeParameter": "uri"}
    spec.components["comp-Data"]["inputDefinitions"] = {"parameters": {"uri": {"parameterType": "STRING"}}}
    spec.tasks["Data"]["inputs"]["parameters"]["uri"] = {"componentInputParameter": "place"}
    outcome = simulate(spec, place="minio://b/second")
    assert [node.reason for node in outcome.result.nodes] == ["minio://b/second"]
    assert simulate(spec, place="").error["message"].startswith("empty artifact URI")


def test_a_task_that_runs_whatever_came_before_is_told_how_it_ended(simulate):
    spec = Spec()
    spec.task("breaks", "exit 1")
    spec.task(
        "finally",
        'echo "$1"',
        "{{$.inputs.parameters['status']}}",
        parameters={"status": ("breaks.x", "STRUCT")},
        triggerPolicy={"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
        dependentTasks=["breaks"],
    )
    spec.tasks["finally"]["inputs"]["parameters"]["status"] = {"taskFinalStatus": {"producerTask": "breaks"}}
    outcome = simulate(spec)
    assert outcome.result.status == "failed"
    assert states(outcome) == {"breaks": "failed", "finally": "ran"}
    assert simulate.json(outcome, "finally")["state"] == "FAILED"


def test_tasks_of_graduates_own_names_give_its_statuses(simulate):
    for judge, status in (("DataGuard", "data_refused"), ("Preflight", "sick"), ("Gate", "refused")):
        spec = Spec()
        spec.task(judge, 'echo 0 > "$1"', NUMBER, gives={"passed": "NUMBER_INTEGER"})
        verdict = {"passed": (f"{judge}.passed", "NUMBER_INTEGER")}
        spec.dag(f"condition-{judge}", condition=PASSED, parameters=verdict).task("Pusher", "true")
        assert simulate(spec).result.status == status
    spec = Spec()
    spec.task("Pusher", "true")
    assert simulate(spec).result.status == "pushed"
