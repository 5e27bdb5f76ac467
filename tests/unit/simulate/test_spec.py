"""Specs that cannot be simulated, and parameters that a run cannot have, are told by what is wrong with them."""

from __future__ import annotations

import pytest
import yaml

import graduate
from graduate.errors import UsageError
from graduate.pipeline.simulate import spec as specs
from tests.unit.simulate.specs import Spec


@pytest.fixture
def spec():
    written = Spec(rate=0.5, steps=600, name="x", on=True)
    written.task("first", "true", outputs=["out"])
    written.task("second", "true", artifacts={"given": "first.out"})
    return written


@pytest.fixture
def refused(tmp_path):
    """The error of a spec, or of a file with some text."""

    def why(given: Spec | str) -> UsageError:
        path = tmp_path / "spec.yaml"
        if isinstance(given, str):
            path.write_text(given)
        else:
            given.write(path)
        with pytest.raises(UsageError) as error:
            specs.read(str(path))
        assert error.value.where.startswith(str(path))
        return error.value

    return why


def test_a_spec_tells_its_nodes_in_an_order_in_which_they_can_run(spec, tmp_path):
    spec.tasks["second"], spec.tasks["first"] = spec.tasks.pop("second"), spec.tasks.pop("first")
    spec.dag("inner", dependentTasks=["second"]).task("third", "true")
    read = specs.read(str(spec.write(tmp_path / "spec.yaml")))
    assert list(read.nodes()) == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no pipeline spec"),
        ("just text", "is no pipeline spec"),
        ("a: [1", "is damaged"),
        ("name: digits\ntask: image\ndata: {images: digits}\n", "is a config, not a compiled spec"),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", "is a manifest of Kubernetes"),
        ("pipelineSpec: {}\nruntimeConfig: {}\n", "is a pipeline job"),
        ("pipelineInfo: {name: x}\nschemaVersion: 2.1.0\n", "it has no root"),
        ("pipelineInfo: {name: x}\nroot: {}\nschemaVersion: 2.0.0\n", "has schema version 2.0.0"),
        ("pipelineInfo: {nam: x}\nroot: {}\nschemaVersion: 2.1.0\n", 'no field named "nam"'),
    ],
)
def test_what_is_no_spec_is_told(refused, text, why):
    assert why in refused(text).message


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        specs.read(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: s.executors.pop("exec-first"), "has the executor exec-first, which is not there"),
        (lambda s: s.components.pop("comp-first"), "task first has the component comp-first, which is not there"),
        (lambda s: s.tasks.pop("first"), "task second waits for first, which is not beside it"),
        (lambda s: s.tasks["first"].update(dependentTasks=["second"]), "wait for each other in a circle"),
        (lambda s: s.tasks["first"].update(parameterIterator={"itemInput": "x"}), "task first is a loop"),
        (lambda s: s.executors.update({"exec-first": {"resolver": {}}}), "is a resolver"),
        (lambda s: s.executors["exec-first"]["container"].update(command=[], args=[]), "has no command"),
        (lambda s: s.components["comp-first"].pop("executorLabel"), "component comp-first has nothing to run"),
    ],
)
def test_a_damaged_spec_is_told_by_what_is_missing(spec, refused, change, why):
    change(spec)
    assert why in refused(spec).message


def test_a_spec_of_another_graduate_is_refused(refused):
    error = refused(Spec(graduate_version="0.0.1"))
    assert error.message == f"was compiled by graduate 0.0.1; this is {graduate.__version__}"
    assert "graduate compile" in error.hint


def test_a_second_document_that_is_none_of_a_platform_is_refused(spec, refused):
    assert "no platform spec" in refused(yaml.safe_dump_all([spec.to_dict(), {"x": 1}])).message


def test_parameters_are_read_by_their_types_and_by_the_configs_names(tmp_path):
    spec = Spec(training_rate=0.5, steps=600, names=["a"], on=True)
    spec.task("first", "true")
    read = specs.read(str(spec.write(tmp_path / "spec.yaml")))
    given = {"training.rate": "1e-3", "names": '["b"]', "on": "false"}
    told = specs.runtime_parameters(read, given)
    assert told == {"training_rate": 0.001, "steps": 600.0, "names": ["b"], "on": False}


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"rat": "1"}, "--param rat: the pipeline has no such parameter", "did you mean rate?"),
        ({"zzz": "1"}, "--param zzz: the pipeline has no such parameter", "parameters: rate, steps"),
        ({"steps": "many"}, "--param steps=many", "the parameter is a NUMBER_INTEGER"),
    ],
)
def test_a_parameter_that_cannot_be_is_told(tmp_path, given, message, hint):
    spec = Spec(rate=0.5, steps=600, graduate_name="x")
    spec.task("first", "true")
    read = specs.read(str(spec.write(tmp_path / "spec.yaml")))
    with pytest.raises(UsageError) as error:
        specs.runtime_parameters(read, given)
    assert error.value.message.startswith(message)
    assert error.value.hint == hint


def test_a_parameter_without_a_default_has_to_be_given(tmp_path):
    spec = Spec(rate=0.5)
    spec.task("first", "true")
    spec.parameters["rate"] = {"parameterType": "NUMBER_DOUBLE"}
    read = specs.read(str(spec.write(tmp_path / "spec.yaml")))
    with pytest.raises(UsageError, match="the parameter rate has no default"):
        specs.runtime_parameters(read, {})
