"""Parameter values as Go's programs have them."""

from __future__ import annotations

import pytest

from graduate.errors import UserError
from graduate.pipeline.simulate import values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.001, "0.001"),
        (1e-7, "0.0000001"),
        (1e21, "1000000000000000000000"),
        (True, "true"),
        ("as it is", "as it is"),
        ([1.0, "a", False], '[1,"a",false]'),
        ({"b": 1.5, "a": None}, '{"a":null,"b":1.5}'),
        ({"sign": "<&>"}, '{"sign":"\\u003c\\u0026\\u003e"}'),
    ],
)
def test_a_value_as_text(value, text):
    assert values.text(value) == text


def test_whole_doubles_have_no_point_in_json():
    assert values.dumps(values.doubles({"steps": 600, "rate": 0.5, "deep": [1, {"x": 2}]})) == (
        '{"steps":600,"rate":0.5,"deep":[1,{"x":2}]}'
    )


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("12\n", "NUMBER_INTEGER", 12.0),
        ("1e-3", "NUMBER_DOUBLE", 0.001),
        ("True", "BOOLEAN", True),
        (" false ", "BOOLEAN", False),
        ("[1, 2]", "LIST", [1.0, 2.0]),
        ('{"a": 1}', "STRUCT", {"a": 1.0}),
        ("line\n", "STRING", "line\n"),
    ],
)
def test_a_parameters_file_is_read_by_its_type(text, kind, value):
    assert values.parsed(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1.5", "NUMBER_INTEGER"), ("one", "NUMBER_DOUBLE"), ("yes", "BOOLEAN"), ("{}", "LIST"), ("[]", "STRUCT")],
)
def test_a_file_of_another_type_is_refused(text, kind):
    with pytest.raises(ValueError, match=r".+"):
        values.parsed(text, kind)


def test_an_input_is_checked_against_its_type():
    assert values.conformed("n", 3.0, "STRING") == "3"
    assert values.conformed("n", 3.0, "NUMBER_INTEGER") == 3.0
    with pytest.raises(UserError, match="expect BOOLEAN, got number"):
        values.conformed("n", 3.0, "BOOLEAN")
    with pytest.raises(UserError, match="expect NUMBER_DOUBLE, got bool"):
        values.conformed("n", True, "NUMBER_DOUBLE")
