"""YAML to values with lines: types, duplicate keys, tags, aliases, syntax."""

import math

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config.source import parse


def error_of(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text, "a.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("+.5E3", 500.0),
        ("1.", 1.0),
        ("1_000", 1000),
        ("010", 10),
        ("0o17", 15),
        ("0x1f", 31),
        ("no", "no"),
        ("off", "off"),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ("", None),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("!!str 5", "5"),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("e3", "e3"),
        ("-", "-"),
    ],
)
def test_a_scalar_has_the_type_of_the_core_schema_of_yaml_1_2(text, value):
    found = parse(f"- {text}" if text != "-" else "- '-'", "a.yaml").values[0]
    assert (found, type(found)) == (value, type(value))


def test_every_key_and_entry_knows_its_line():
    source = parse("a:\n  b: [1,\n    2]\nc: {d: 3}\n", "a.yaml")
    places = {
        path: source.place(path) for path in [("a",), ("a", "b"), ("a", "b", 1), ("c", "d"), ("nowhere",), ("a", "x")]
    }
    assert places == {
        ("a",): "a.yaml:1",
        ("a", "b"): "a.yaml:2",
        ("a", "b", 1): "a.yaml:3",
        ("c", "d"): "a.yaml:4",
        ("nowhere",): "a.yaml",
        ("a", "x"): "a.yaml:1",
    }


def test_keys_are_text_whatever_they_look_like():
    assert parse("{0: a, true: b, ~: c}", "a.yaml").values == {"0": "a", "true": "b", "~": "c"}


def test_a_duplicate_key_is_an_error_with_both_lines():
    assert str(error_of("a:\n  b: 1\n  c: 2\n  b: 3\n")) == "a.yaml:4: a.b is given twice, in lines 2 and 4"


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!mine", "!!binary", "!!set"]
)
def test_a_tag_that_yamls_core_does_not_have_is_an_error_with_its_line(tag):
    error = error_of(f"a: 1\nb: {tag} x")
    assert error.where == "a.yaml:2"
    assert tag in error.message


def test_merged_mappings_give_what_is_not_given_here():
    text = "base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nboth: {<<: [*base, {c: 4}]}"
    values = parse(text, "a.yaml").values
    assert values["more"] == {"a": 1, "b": 3}
    assert values["both"] == {"a": 1, "b": 2, "c": 4}


def test_an_alias_that_contains_itself_is_an_error():
    assert "contains itself" in str(error_of("a: &a [*a]"))


def test_aliases_of_aliases_do_not_fill_the_memory():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "values" in str(error_of("\n".join(lines)))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: c: d", 2, "mapping values"),
        ("a: 1\nb: [1", 3, "expected"),
        ("a: 1\n\tb: 2", 2, "tab"),
        ("a: 1\nb: 'x", 2, "end of stream"),
        ("a: *nowhere", 1, "undefined alias"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a: 1\n? [b]\n: 2", 2, "key"),
        ("a: !!int x", 1, "type"),
        ("a: \x00", 1, "not allowed"),
        ("a: " + "[" * 50_000, 1, "nest"),
    ],
)
def test_what_is_not_yaml_is_said_with_its_line(text, line, words):
    error = error_of(text)
    assert words in error.message
    assert error.where.startswith("a.yaml:")
    assert (
        abs(int(error.where.removeprefix("a.yaml:")) - line) <= 1
    )  # libyaml names the line of the token before or after


def test_a_tab_is_named_as_the_cause():
    assert "spaces" in error_of("a:\n\tb: 2").hint
