"""What a simulation works out, and what Kubeflow's own Go code works out of the same."""

from __future__ import annotations

from tests.unit.simulate.specs import Spec


def test_the_cache_knows_a_task_by_the_fingerprint_that_kubeflow_gives_it(kubeflow, simulate):
    spec = Spec(rate=0.001, steps=600, word="<a & b>", many=[1, 0.5, "x"], on=False)
    spec.task("make", "true", outputs=["out"])
    kinds = {"rate": "NUMBER_DOUBLE", "steps": "NUMBER_INTEGER", "word": "STRING", "many": "LIST", "on": "BOOLEAN"}
    spec.task(
        "look",
        'echo "$1"; printf x > "$2"',
        "{{$}}",
        "{{$.outputs.parameters['said'].output_file}}",
        parameters={name: (name, kind) for name, kind in kinds.items()},
        artifacts={"given": "make.out"},
        outputs=["out", "other"],
        gives={"said": "STRING"},
    )
    told = simulate.json(simulate(spec), "look")
    (execution,) = simulate.executions("look")
    container = spec.executors["exec-look"]["container"]
    theirs = kubeflow.cache_key(container, told["inputs"], told["outputs"])
    assert execution["properties"]["cache_fingerprint"] == theirs
