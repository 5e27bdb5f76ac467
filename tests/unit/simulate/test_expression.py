"""Conditions as Kubeflow's evaluator has them."""

from __future__ import annotations

import re

import pytest

from graduate.pipeline.simulate.expression import ExpressionError, condition, evaluate

NAMES = {
    "inputs": {
        "parameter_values": {
            "passed": 1.0,
            "side": "heads",
            "rate": 0.5,
            "on": True,
            "list": [1.0, 2.0],
            "dict": {"a": [3.0]},
            "text": '{"k": [1, "b"]}',
        },
        "artifacts": {"verdict": {"artifacts": [{"metadata": {"passed": 1.0}}]}},
    },
    "outputs": {},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("int(inputs.parameter_values['passed']) == 1", True),
        ("inputs.parameter_values['passed'] == 1", True),
        ("inputs.parameter_values['passed'] == 0", False),
        ("inputs.parameter_values['side'] == 'heads'", True),
        ('inputs.parameter_values["side"] != "heads"', False),
        ("inputs.parameter_values['side'] == 'heads' && inputs.parameter_values['rate'] > 0.25", True),
        ("!(inputs.parameter_values['side'] == 'heads') || inputs.parameter_values['on'] == true", True),
        ("inputs.parameter_values['on']", True),
        ("2.0 in inputs.parameter_values['list']", True),
        ("'z' in inputs.parameter_values['dict']", False),
        ("inputs.parameter_values.dict.a[0] <= 3", True),
        ("inputs.artifacts['verdict'].artifacts[0].metadata['passed'] == 1.0", True),
        ("has(inputs.parameter_values.nothing)", False),
        ("size(inputs.parameter_values['list']) == 2 ? false : true", False),
        ("parseJson(inputs.parameter_values['text']).k[1] == 'b'", True),
        ("'a' < 'b' && 'it\\'s' == \"it's\"", True),
        ("(1 + 2) * 3 == 9 && -1 < 0 && 7 % 4 == 3 && 7 / 2 == 3", True),
        ("[1, 2] == [1, 2]", True),
        ("'1' == 1", False),
        ("true == 1", False),
    ],
)
def test_a_condition_has_the_value_that_it_has_on_a_cluster(expression, value):
    assert condition(expression, NAMES) is value


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("inputs.parameter_values['nothing'] == 1", "no such key: nothing"),
        ("input.parameter_values['passed'] == 1", "undeclared reference to 'input'"),
        ("inputs.parameter_values['side'] > 1", "not compared"),
        ("inputs.parameter_values['side']", "neither true nor false"),
        ("inputs.parameter_values['passed'] == ", "unexpected its end"),
        ("inputs.parameter_values['passed'] === 1", "cannot be read"),
        ("matches('a', 'b')", "unexpected ,"),
        ("upper('a') == 'A'", "no function 'upper'"),
        ("1 + 1.0 == 2", "two types"),
        ("int('one') == 1", "no whole number"),
        ("1 / 0 == 1", "division by zero"),
        ("inputs.parameter_values['list'][2] == 1", "out of bounds"),
    ],
)
def test_what_has_no_value_is_told(expression, why):
    with pytest.raises(ExpressionError, match=re.escape(why)):
        condition(expression, NAMES)


def test_an_error_is_forgiven_where_the_other_side_decides():
    assert condition("inputs.parameter_values['nothing'] == 1 || true", NAMES) is True
    assert condition("inputs.parameter_values['nothing'] == 1 && false", NAMES) is False
    with pytest.raises(ExpressionError):
        condition("inputs.parameter_values['nothing'] == 1 || false", NAMES)


def test_a_selector_takes_a_part_of_a_value():
    assert evaluate('parseJson(string_value)["k"]', {"string_value": '{"k": "v"}'}) == "v"
