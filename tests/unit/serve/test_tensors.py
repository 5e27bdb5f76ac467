"""JSON to arrays and back, by the table of TensorFlow Serving's REST documentation."""

import json

import numpy as np
import pytest

from graduate.pipeline.serve import tensors
from graduate.pipeline.serve.servable import Spec
from graduate.pipeline.serve.tensors import Malformed

ONE = {"image": Spec("string", (None,))}
TABLE = {"age": Spec("float32", (None,)), "city": Spec("string", (None,)), "day": Spec("int64", (None,))}


def arrays(body, specs):
    return tensors.arrays(tensors.read(body.encode()), specs)


@pytest.mark.parametrize(
    "body",
    [
        '{"instances": ["a", {"b64": "Yg=="}]}',
        '{"instances": [{"image": "a"}, {"image": {"b64": "Yg"}}]}',
        '{"inputs": ["a", {"b64": "Yg=="}]}',
        '{"inputs": {"image": ["a", {"b64": "Yg==\\n"}]}}',
        '{"signature_name": "serving_default", "instances": ["a", "b"]}',
    ],
)
def test_one_input_comes_as_values_or_by_its_name_in_rows_or_columns(body):
    assert arrays(body, ONE)["image"].tolist() == [b"a", b"b"]


def test_several_inputs_come_by_their_names_and_numbers_may_be_nan_and_infinity():
    rows = '{"instances": [{"age": NaN, "city": "Köln", "day": -5}, {"day": 7, "age": -Infinity, "city": ""}]}'
    columns = '{"inputs": {"age": [NaN, -Infinity], "city": ["Köln", ""], "day": [-5, 7]}}'
    for body in (rows, columns):
        found = arrays(body, TABLE)
        assert np.isnan(found["age"][0])
        assert found["age"][1] == -np.inf
        assert found["age"].dtype == np.float32
        assert found["city"].tolist() == ["Köln".encode(), b""]
        assert found["day"].tolist() == [-5, 7]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "JSON Parse error"),
        ('{"instances": [1', "JSON Parse error: .* at offset: 16"),
        ("[" * 100_000, "JSON Parse error"),
        ("[]", "must be a JSON object, but it is list"),
        ("{}", "one is missing"),
        ('{"inputs": [], "instances": []}', "may not both be given"),
        ('{"signature_name": 5, "instances": ["a"]}', "must be a string value"),
        ('{"instances": []}', "at least one"),
        ('{"instances": "a"}', "must be a list"),
        ('{"instances": [{"imge": "a"}]}', "missing named input: image"),
        ('{"instances": [{"image": "a", "x": 1}]}', "no input x; its inputs are image"),
        ('{"instances": [{"image": "a"}, "b"]}', "number 1: Expecting object but got string"),
        ('{"instances": ["a", {"image": "b"}]}', "number 1: Expecting value/list but got object"),
        ('{"instances": [["a"], ["b"]]}', r"Expecting shape \[-1\] but got \[2, 1\]"),
        ('{"instances": [["a"], ["b", "c"]]}', r"Expecting shape \[1\] but got \[2\]"),
        ('{"instances": [{"b64": "a!"}]}', "unable to base64 decode"),
        ('{"instances": [{"b64": "Yg==", "x": 1}]}', "missing named input: image"),
        ('{"instances": ' + "[" * 400 + "]" * 400 + "}", "nested deeper than 254"),
        ('{"instances": [3]}', "JSON Value: 3 is not of expected type: string"),
        ('{"instances": ["\\ud800"]}', "not valid Unicode"),
    ],
)
def test_what_is_malformed_is_said(body, said):
    with pytest.raises(Malformed, match=said):
        arrays(body, ONE)


@pytest.mark.parametrize(
    ("name", "cell", "said"),
    [
        ("age", '"4"', "not of expected type: float32"),
        ("age", "true", "not of expected type: float32"),
        ("age", "null", "a missing number is NaN"),
        ("age", "1e39", "without loss of precision"),
        ("age", "16777217", "without loss of precision"),
        pytest.param("age", "9" * 400, "without loss of precision", id="400 digits"),
        ("day", "1.5", "not of expected type: int64"),
        ("day", "9223372036854775808", "not of expected type: int64"),
        ("city", "4", "not of expected type: string"),
    ],
)
def test_a_cell_of_another_type_is_refused_with_the_name_of_its_input(name, cell, said):
    cells = {"age": "1", "city": '"x"', "day": "1"} | {name: cell}
    row = ", ".join(f'"{key}": {value}' for key, value in cells.items())
    with pytest.raises(Malformed, match=f"{name}: .*{said}"):
        arrays(f'{{"instances": [{{{row}}}]}}', TABLE)


def test_whole_numbers_that_a_float_holds_are_taken():
    row = '{"instances": [{"age": 16777216, "city": "x", "day": -9223372036854775808}]}'
    found = arrays(row, TABLE)
    assert found["age"].tolist() == [16777216.0]
    assert found["day"].tolist() == [-(2**63)]


def test_an_answer_is_named_only_where_there_are_several_outputs():
    values = {"values": np.array([[0.1, np.nan], [np.inf, -np.inf]], np.float32)}
    assert tensors.encoded(tensors.answer("instances", values)) == (
        b'{"predictions": [[0.1, NaN], [Infinity, -Infinity]]}'
    )
    assert tensors.encoded(tensors.answer("inputs", values)) == b'{"outputs": [[0.1, NaN], [Infinity, -Infinity]]}'
    both = values | {"label": np.array([b"a", "ü".encode()], object)}
    rows = tensors.answer("instances", both)["predictions"]
    assert [row["label"] for row in rows] == ["a", "ü"]
    assert tensors.answer("inputs", both)["outputs"]["label"] == ["a", "ü"]


def test_floats_are_the_shortest_decimals_that_are_the_same_float32():
    given = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    told = json.loads(tensors.encoded(tensors.answer("instances", {"x": given})))["predictions"]
    assert np.array(told, np.float32).tolist() == given.tolist()
    assert max(map(len, map(repr, told))) < 16


def test_bytes_go_out_in_base64_where_the_outputs_name_says_so_and_as_they_are_elsewhere():
    raw = np.array([b"\xff\x00"], object)
    assert tensors.answer("instances", {"thumb_bytes": raw}) == {"predictions": [{"b64": "/wA="}]}
    assert tensors.encoded(tensors.answer("instances", {"thumb": raw})) == b'{"predictions": ["\xff\\u0000"]}'


def test_outputs_with_other_numbers_of_rows_go_out_in_columns_alone():
    outputs = {"a": np.zeros(2), "b": np.zeros(3)}
    with pytest.raises(Malformed, match="inputs"):
        tensors.answer("instances", outputs)
    assert tensors.answer("inputs", outputs) == {"outputs": {"a": [0, 0], "b": [0, 0, 0]}}
