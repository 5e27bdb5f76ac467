"""`--set`: values, groups, list entries, and what is refused."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config import load

TEXT = """\
name: pets
data: {images: pictures}
training: {steps: 100, augment: [{shift: 1}]}
evaluation:
  bounds: {accuracy: {at_least: 0.9}}
  slices: [{by: label, accuracy: {at_least: 0.5}}]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    return path


def error_of(file, *overrides) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(file, overrides)
    return caught.value


def test_a_value_is_yaml(file):
    config = load(
        file, ["training.learning_rate=1e-2", "training.xla=true", "transform.size=[4, 5]", "schema=", "name=dogs"]
    )
    assert (config.training.learning_rate, config.training.xla, config.transform.size) == (0.01, True, (4, 5))
    assert (config.schema_, config.name) == (None, "dogs")


def test_a_group_that_is_not_in_the_file_is_made(file):
    assert load(file, ["training.early_stopping.patience=2"]).training.early_stopping.patience == 2


def test_a_list_entry_is_named_by_its_index(file):
    config = load(file, ["evaluation.slices.0.min_examples=5", "training.augment.0.shift=2"])
    assert config.evaluation.slices[0].min_examples == 5
    assert config.training.augment == [{"shift": 2}]


def test_the_last_of_two_overrides_wins(file):
    assert load(file, ["training.steps=1", "training.steps=2"]).training.steps == 2


def test_a_number_is_text_where_only_text_fits(file):
    assert load(file, ["data.images=2024"]).data.images == "2024"


def test_a_value_may_contain_an_equals_sign(file):
    assert load(file, ["data.images=a=b"]).data.images == "a=b"


def test_an_error_is_placed_at_the_override_and_not_at_the_line_it_replaced(file):
    assert error_of(file, "training.steps=x").where == "--set training.steps"
    assert error_of(file, "training={steps: x}").where == "--set training"


def test_an_unknown_key_gets_the_nearest_one(file):
    error = error_of(file, "training.batchsize=3")
    assert str(error) == "--set training.batchsize: unknown key training.batchsize"
    assert error.hint == "did you mean batch_size?"


@pytest.mark.parametrize("override", ["training.steps", "", "=3", "training.=3", ".training=3", "a..b=3"])
def test_what_is_not_key_equals_value_is_an_error(file, override):
    assert "--set takes KEY=VALUE" in str(error_of(file, override))


def test_a_key_under_a_plain_value_is_an_error_that_says_how(file):
    error = error_of(file, "training.steps.x=3")
    assert str(error) == "--set training.steps.x: training.steps is 100, which has no keys"
    assert "training.steps={x: 3}" in error.hint


@pytest.mark.parametrize("index", ["1", "-1", "first"])
def test_an_entry_that_a_list_does_not_have_is_an_error(file, index):
    assert f"{index} is not one of them" in str(error_of(file, f"evaluation.slices.{index}.min_examples=3"))


def test_a_value_that_is_not_yaml_is_an_error(file):
    assert "is not a YAML value" in str(error_of(file, "data.images=[1"))


def test_a_value_with_a_tag_is_refused(file):
    assert "tag" in str(error_of(file, "data.images=!!python/name:os.system x"))


def test_overrides_alone_can_make_an_empty_file_a_config(tmp_path):
    (tmp_path / "a.yaml").write_text("")
    overrides = ["name=a", "data.images=p", "training.steps=1", "evaluation.bounds.loss.at_most=1"]
    assert load(tmp_path / "a.yaml", overrides).evaluation.bounds["loss"].at_most == 1
