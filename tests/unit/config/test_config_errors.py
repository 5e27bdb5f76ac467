"""What a user is told about a config that is wrong: place, key, sentence, hint."""

import pickle
import textwrap

import pytest

from graduate.errors import USAGE, UsageError
from graduate.pipeline.config import load

GOOD = """\
name: pets
data: {images: pictures}
training:
  steps: 100
evaluation:
  bounds: {accuracy: {at_least: 0.9}}
"""


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Write a config and give the text of its error."""
    monkeypatch.chdir(tmp_path)

    def refused(text: str, *overrides: str) -> str:
        (tmp_path / "a.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
        with pytest.raises(UsageError) as caught:
            load("a.yaml", overrides)
        assert caught.value.exit_code == USAGE
        return caught.value.render()

    return refused


def test_a_good_config_has_every_default(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    config = load(tmp_path / "a.yaml")
    assert (config.training.batch_size, config.push.keep, config.transform.size) == (64, 5, (32, 32))
    assert config.base_dir == tmp_path.resolve()


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_right_one(refused):
    text = refused(GOOD.replace("steps: 100", "steps: 100\n  batchsize: 3"))
    assert text == "error: a.yaml:5: unknown key training.batchsize\n\nhint: did you mean batch_size?"


def test_an_unknown_key_that_another_group_has_leads_there(refused):
    assert refused(GOOD + "batch_size: 3\n").endswith("hint: did you mean training.batch_size?")


def test_an_unknown_key_that_is_like_no_other_gets_the_list(refused):
    assert "hint: data takes images, texts, " in refused(GOOD.replace("images: pictures", "images: p, qqqqqq: 1"))


def test_a_mistyped_group_is_not_reported_as_missing_too(refused):
    text = refused(GOOD.replace("training:", "trainig:"))
    assert text == "error: a.yaml:3: unknown key trainig\n\nhint: did you mean training?"


def test_an_unknown_metric_is_an_unknown_key(refused):
    assert refused(GOOD.replace("accuracy", "acuracy")).splitlines() == [
        "error: a.yaml:6: unknown key evaluation.bounds.acuracy",
        "",
        "hint: did you mean accuracy?",
    ]


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("training.steps=many", 'training.steps has to be a whole number, not "many"'),
        ("training.steps=6.5", "training.steps has to be a whole number, not 6.5"),
        ("training.steps=true", "training.steps has to be a whole number, not true"),
        ("training.steps=0", "training.steps has to be at least 1, not 0"),
        ("training.seed='3'", 'training.seed has to be a whole number, not "3"'),
        ("training.xla=3", "training.xla has to be true or false, not 3"),
        ("training.l2=.nan", "training.l2 has to be a finite number, not NaN"),
        ("training.label_smoothing=1", "training.label_smoothing has to be less than 1, not 1"),
        ("training.augment={shift: 1}", "training.augment has to be a list, not a mapping"),
        ("training=600", "training has to be a mapping, not 600"),
        ("training=", "training has no value; expected a mapping"),
        ("transform.size=[8]", "transform.size has to be two whole numbers, height and width"),
        ("transform.size=[8, 8, 8]", "transform.size has to be two whole numbers, height and width"),
        ("transform.size=8", "transform.size has to be a list, not 8"),
        ("transform.channels=2", "transform.channels has to be 1 or 3, not 2"),
        ("name=Big Cats", 'name cannot be "Big Cats"'),
    ],
)
def test_a_wrong_value_is_one_sentence_with_key_expectation_and_value(refused, override, sentence):
    first = refused(GOOD, override).splitlines()[0]
    assert first == f"error: --set {override.partition('=')[0]}: {sentence}"


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            "training.optimizer=sdg",
            "training.optimizer has to be adam, adamw, sgd, rmsprop, adagrad or lion, or a mapping",
        ),
        (
            "training.optimizer={name: sdg}",
            "training.optimizer.name has to be adam, adamw, sgd, rmsprop, adagrad or lion",
        ),
        ("training.optimizer={name: sgd, momentun: 1}", "unknown key training.optimizer.momentun"),
        ("training.learning_rate=fast", 'training.learning_rate has to be a number, not "fast"'),
        ("training.learning_rate=-1", "training.learning_rate has to be greater than 0, not -1"),
        ("training.learning_rate={schedule: cosine}", "training.learning_rate.peak is missing"),
        ("training.learning_rate={peek: 0.1}", "unknown key training.learning_rate.peek"),
        ("training.class_weights=balance", "training.class_weights has to be none or balanced, or a mapping"),
        ("training.class_weights={cat: heavy}", 'training.class_weights.cat has to be a number, not "heavy"'),
    ],
)
def test_where_a_key_takes_two_forms_the_error_is_about_the_form_that_was_meant(refused, override, sentence):
    text = refused(GOOD, override)
    assert sentence in text.splitlines()[0]
    assert text.count("error:") == 1


def test_all_errors_are_listed_in_the_order_of_the_file_a_line_each(refused):
    text = refused("nam: x\ndata: {image: p}\ntraining: {steps: x}\nevaluation: {bounds: {accuracy: {at_lest: 1}}}\n")
    assert text.splitlines() == [
        "error: a.yaml:1: unknown key nam; did you mean name?",
        "error: a.yaml:2: unknown key data.image; did you mean images?",
        'error: a.yaml:3: training.steps has to be a whole number, not "x"',
        "error: a.yaml:4: unknown key evaluation.bounds.accuracy.at_lest; did you mean at_least?",
    ]


def test_more_than_ten_errors_are_counted(refused):
    lines = refused(GOOD + "".join(f"x{n}: 1\n" for n in range(14))).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "… and 4 more"


def test_a_missing_key_comes_with_an_example(refused):
    text = refused("data: {images: p}\ntraining: {steps: 1}\nevaluation: {bounds: {loss: {at_most: 1}}}\n")
    assert text == "error: a.yaml: name is missing\n\nhint: for example name: digits"


def test_missing_evaluation_comes_with_an_example_of_a_bound(refused):
    text = refused("name: a\ndata: {images: p}\ntraining: {steps: 1}\n")
    assert text.endswith("hint: for example evaluation: {bounds: {accuracy: {at_least: 0.9}}}")


def test_yes_and_off_are_booleans_where_a_boolean_is_expected_and_text_elsewhere(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD.replace("steps: 100", "steps: 100\n  xla: yes").replace("pictures", "off"))
    config = load(tmp_path / "a.yaml", ["serving.check=off"])
    assert (config.training.xla, config.serving.check, config.data.images) == (True, False, "off")


def test_an_error_survives_pickling(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD + "x: 1\ny: 2\n")
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "a.yaml")
    assert pickle.loads(pickle.dumps(caught.value)).render() == caught.value.render()


# --- files


def test_a_missing_file_leads_to_one_with_a_similar_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets.yaml").write_text(GOOD)
    with pytest.raises(UsageError) as caught:
        load("pet.yaml")
    assert caught.value.render() == "error: pet.yaml: no such file\n\nhint: did you mean pets.yaml?"


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(UsageError, match="no such file") as caught:
        load(tmp_path / "nowhere" / "a.yaml")
    assert "does not exist either" in caught.value.hint


def test_a_folder_leads_to_the_config_in_it(tmp_path):
    (tmp_path / "pets.yaml").write_text(GOOD)
    with pytest.raises(UsageError, match="a folder") as caught:
        load(tmp_path)
    assert caught.value.hint == f"did you mean {tmp_path / 'pets.yaml'}?"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"# only a comment\n", "the file is empty"),
        (b"- a\n- b\n", "a mapping of keys to values"),
        (b"just text", "a mapping of keys to values"),
        (b"name: a\nb: \xff\xfe", ":2: not UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n\x00", "not UTF-8 text"),
    ],
)
def test_a_file_that_is_no_config_is_one_sentence(tmp_path, content, words):
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(tmp_path / "a.yaml")
    assert words in str(caught.value)


def test_a_byte_order_mark_is_no_error(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load(tmp_path / "a.yaml").name == "pets"
