"""`--param`, in the types that a pipeline declares."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.deploy import parameters

DECLARED = {
    "training_learning_rate": "NUMBER_DOUBLE",
    "training_steps": "NUMBER_INTEGER",
    "data_uri": "STRING",
    "verbose": "BOOLEAN",
    "labels": "LIST",
    "more": "STRUCT",
    "graduate_version": "STRING",
}


@pytest.mark.parametrize(
    ("pair", "found"),
    [
        ("training.learning_rate=1e-3", {"training_learning_rate": 0.001}),
        ("training_learning_rate=1", {"training_learning_rate": 1.0}),
        ("training-steps=10", {"training_steps": 10}),
        ("data.uri=s3://b/k?a=b", {"data_uri": "s3://b/k?a=b"}),
        ("data.uri=", {"data_uri": ""}),
        ("verbose=True", {"verbose": True}),
        ('labels=["a"]', {"labels": ["a"]}),
        ('more={"a": 1}', {"more": {"a": 1}}),
    ],
)
def test_a_value_gets_its_type(pair, found):
    assert parameters.of([pair], DECLARED) == found
    assert [type(value) for value in parameters.of([pair], DECLARED).values()] == [type(one) for one in found.values()]


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("training.learning_rate=fast", "is no number"),
        ("training.learning_rate=nan", "is no number"),
        ("training.learning_rate=inf", "is no number"),
        ("training.steps=1e3", "is no whole number"),
        ("verbose=yes", "neither true nor false"),
        ("labels={}", "is no list of JSON"),
        ("more=[", "is no object of JSON"),
        ("graduate_version=9", "not for changing"),
        ("training.stepz=1", "no such parameter"),
        ("training.steps", "no KEY=VALUE"),
        ("=1", "no KEY=VALUE"),
    ],
)
def test_what_is_wrong_is_named(pair, said):
    with pytest.raises(UsageError) as raised:
        parameters.of([pair], DECLARED)
    assert said in raised.value.message


def test_the_last_of_two_counts():
    assert parameters.of(["training.steps=1", "training.steps=2"], DECLARED) == {"training_steps": 2}
