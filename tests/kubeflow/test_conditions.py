"""When a box with a condition runs, by Kubeflow's evaluator of CEL; and that the one of a simulation agrees."""

import pytest

from graduate.pipeline.simulate import expression
from tests.kubeflow import specs


def conditions(name):
    """{box: (its condition, the parameter that it asks for)} of an example."""
    found = {}
    for task, told in specs.tasks_of(specs.documents(specs.example(name))[0]).items():
        if condition := (told.get("triggerPolicy") or {}).get("condition"):
            (asked,) = (one for one in told["inputs"]["parameters"] if one in condition)
            found[task] = (condition, asked)
    return found


@pytest.mark.parametrize("name", specs.NAMES)
def test_a_box_runs_if_its_judge_let_pass_and_only_then(kubeflow, name):
    found = conditions(name)
    assert set(found) >= {"condition-DataGuard", "condition-GradientDiagnostics", "condition-Gate"}
    asked = list(found.values())
    assert kubeflow.conditions(*((text, {key: 1}) for text, key in asked)) == [True] * len(asked)
    assert kubeflow.conditions(*((text, {key: 0}) for text, key in asked)) == [False] * len(asked)
    for told in kubeflow.conditions(*((text, {}) for text, _ in asked)):
        assert "no such key" in told, "a judge that said nothing is no judge that let pass"


def test_a_condition_that_cannot_be_read_is_refused(kubeflow):
    assert "Syntax error" in kubeflow.condition("int(inputs.parameter_values['passed'] == 1", passed=1)
    assert "undeclared reference" in kubeflow.condition("outputs_of_judge == 1", passed=1)


VALUES = {"passed": 1, "failed": 0, "share": 0.5, "word": "yes", "list": [1, 2], "told": {"a": {"b": 2}}, "sure": True}
EXPRESSIONS = [
    "int(inputs.parameter_values['passed']) == 1",
    "inputs.parameter_values['passed'] == 1.0",
    "inputs.parameter_values['share'] > 0.25 && inputs.parameter_values['share'] <= 0.5",
    "inputs.parameter_values['word'] == 'yes' || inputs.parameter_values['failed'] == 1.0",
    "!(inputs.parameter_values['sure'])",
    "inputs.parameter_values['list'][1] == 2.0",
    "inputs.parameter_values['told']['a']['b'] == 2.0",
    "inputs.parameter_values['told'].a.b == 3.0",
    "'passed' in inputs.parameter_values",
    "'absent' in inputs.parameter_values",
    "string(inputs.parameter_values['word']) == 'no'",
    "inputs.parameter_values['absent'] == 1.0",
    "inputs.parameter_values['absent'] == 1.0 || inputs.parameter_values['sure']",
    "int(inputs.parameter_values['word']) == 1",
    "inputs.parameter_values['share'] + 0.5 == 1.0",
    "inputs.parameter_values['passed'] + 1 == 2.0",
    "inputs.parameter_values['passed']",
    "inputs.parameter_values['sure'] ? false : true",
    "size(inputs.parameter_values['list']) == 2",
    "has(inputs.parameter_values.absent)",
]


OLDER = ["inputs.parameter_values['passed'] == 1", "inputs.parameter_values['word'] == 1"]


@pytest.mark.parametrize("text", OLDER)
def test_whole_numbers_are_compared_after_int_since_older_evaluators_refuse_them_otherwise(kubeflow, text):
    assert "no such overload" in kubeflow.condition(text, **VALUES)
    inside = text.split(" == ")[0]
    assert kubeflow.condition(f"int({inside.replace('word', 'passed')}) == 1", **VALUES) is True


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_a_simulation_evaluates_as_kubeflow_does(kubeflow, text):
    theirs = kubeflow.condition(text, **VALUES)
    names = {"inputs": {"parameter_values": {key: _as_double(value) for key, value in VALUES.items()}}}
    try:
        ours = expression.condition(text, names)
    except expression.ExpressionError:
        ours = "refused"
    assert ours == (theirs if isinstance(theirs, bool) else "refused"), theirs


def _as_double(value):
    """Numbers as they lie in protocol buffers' values."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
