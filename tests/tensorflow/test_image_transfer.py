"""A network from a user's Keras file: cut, frozen, with a new head; what does not fit is said, nobody calls it sick."""

from __future__ import annotations

import hashlib

import keras
import numpy as np
import pytest

from graduate.errors import UsageError, UserError
from graduate.pipeline.config import load
from graduate.pipeline.tasks.image_transfer import transfer

SHAPE = (8, 8, 1)
TEXT = """\
name: a
data: {images: pictures}
transform: {size: [8, 8], channels: 1}
model: {build: transfer, hyperparameters: {file: base.keras}}
training: {steps: 100}
evaluation: {bounds: {accuracy: {at_least: 0.9}}}
"""


def stripes(count: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy images, each with one bright row of pixels: which one is the class."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    images = random.normal(0, 0.3, (count, *SHAPE)).astype(np.float32)
    images[np.arange(count), labels] += 1
    return images, labels.astype(np.int32)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A file with a network that tells four kinds of stripes apart."""
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input(SHAPE),
        keras.layers.Conv2D(8, 3, padding="same", name="seen"),
        keras.layers.BatchNormalization(name="level"),
        keras.layers.Activation("relu", name="rectified"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(16, activation="relu", name="understood"),
        keras.layers.Dense(4, name="logits"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(*stripes(512, 4, 0), epochs=8, verbose=0)
    path = tmp_path_factory.mktemp("base") / "base.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def any_size(tmp_path_factory):
    given = keras.Input((None, None, 1))
    seen = keras.layers.Conv2D(5, 3, name="seen")(given)
    pooled = keras.layers.GlobalAveragePooling2D(name="pooled")(seen)
    path = tmp_path_factory.mktemp("any") / "any.keras"
    keras.Model(given, keras.layers.Dense(2, name="answer")(pooled)).save(path)
    return path


def trainable(model: keras.Model) -> dict[str, bool]:
    return {layer.name: layer.trainable for layer in model.layers if layer.weights}


def test_it_is_cut_before_its_last_layer_and_frozen(base):
    model = transfer(SHAPE, 3, file=str(base))
    assert trainable(model) == {"seen": False, "level": False, "understood": False, "logits": True}
    assert model.output_shape == (None, 3)
    kept = keras.models.load_model(base)
    images, _ = stripes(4, 4, 1)
    inside = keras.Model(model.input, model.get_layer("understood").output)(images, training=True)
    wanted = keras.Model(kept.inputs, kept.get_layer("understood").output)(images, training=False)
    np.testing.assert_allclose(inside, wanted, atol=1e-6)  # frozen statistics are not those of a batch


@pytest.mark.parametrize(
    ("freeze", "wanted"),
    [
        (False, [True, True, True, True]),
        (1, [False, True, True, True]),
        (0, [True] * 4),
        (2, [False, False, True, True]),
    ],
)
def test_so_many_layers_are_frozen(base, freeze, wanted):
    assert list(trainable(transfer(SHAPE, 3, file=str(base), freeze=freeze)).values()) == wanted


def test_a_layer_in_the_middle_is_averaged_over_its_places_and_followed_by_a_head(base):
    model = transfer(SHAPE, 3, file=str(base), cut="rectified", units=[7], dropout=0.1)
    names = [layer.name for layer in model.layers][1:]
    assert names == ["seen", "level", "rectified", "head_pooling", "head_0", "head_dropout", "logits"]
    assert transfer(SHAPE, 3, file=str(base), cut=-1).layers[-1].name == "head_logits"


def test_a_network_for_any_size_takes_this_one_with_its_weights(any_size):
    model = transfer((9, 7, 1), 3, file=str(any_size), cut="seen")
    assert model.input_shape == (None, 9, 7, 1)
    wanted = keras.models.load_model(any_size).get_layer("seen").get_weights()
    for one, other in zip(model.get_layer("seen").get_weights(), wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("shape", "cut", "said"),
    [
        ((9, 8, 1), -2, "takes 8×8×1, and transform gives 9×8×1"),
        (SHAPE, "see", "has no layer see"),
        (SHAPE, 9, "has no layer 9"),
    ],
)
def test_what_does_not_fit_is_said(base, shape, cut, said):
    with pytest.raises(UserError, match="base") as caught:
        transfer(shape, 3, file=str(base), cut=cut)
    assert said in caught.value.render()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "transform.size=[16, 8]",
            "base.keras takes 8×8×1, and transform gives 16×8×1\n\nhint: transform: {size: [8, 8]",
        ),
        ("transform.channels=3", "and transform gives 8×8×3"),
        ("model.hyperparameters.cut=understod", "the file has no layer understod\n\nhint: did you mean understood?"),
        ("model.hyperparameters.cut=-8", "the file has 7 layers, and none at -8"),
        ("model.hyperparameters.cut=1.5", "cut takes a layer's name, or its place such as -2, not 1.5"),
        ("model.hyperparameters.freeze=-1", "freeze takes true, false, or how many layers, not -1"),
        ("model.hyperparameters.file=none.keras", "none.keras does not exist"),
        ("model.hyperparameters.file=a.yaml", "a.yaml is no Keras file"),
        ("model.hyperparameters={cut: -2}", "the builder transfer needs a file"),
    ],
)
def test_before_anything_starts_the_file_is_read_and_compared(base, tmp_path, monkeypatch, override, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(TEXT)
    (tmp_path / "base.keras").write_bytes(base.read_bytes())
    assert load("a.yaml").model.build == "transfer"
    with pytest.raises(UsageError) as caught:
        load("a.yaml", [override])
    text = caught.value.render()
    assert text.count("error:") == 1
    assert said in text


def test_another_content_of_the_file_trains_again(tmp_path, base):
    from graduate.pipeline.obeys import node_obeys
    from graduate.pipeline.obeys.code import CodeDigests

    (tmp_path / "a.yaml").write_text(TEXT)
    (tmp_path / "base.keras").write_bytes(base.read_bytes())
    obeyed = node_obeys(load(tmp_path / "a.yaml"), CodeDigests(), {})
    wanted = hashlib.sha256(base.read_bytes()).hexdigest()[:16]
    assert {node: keys["file:base.keras"] for node, keys in obeyed.items() if "file:base.keras" in keys} == {
        "Preflight": wanted,
        "Trainer": wanted,
    }


def test_neither_preflight_nor_the_rules_call_frozen_layers_a_fault(base, tmp_path):
    from graduate.diagnose import diagnose
    from graduate.preflight import preflight
    from graduate.recorder import Recorder
    from graduate.training import Rows, Supervisor, TrainingOptions, train

    options = TrainingOptions.from_dict({"steps": 150, "batch_size": 32, "learning_rate": 0.003, "strategy": "cpu"})
    rows, held_out = (Rows(*stripes(count, 3, seed)) for count, seed in ((512, 5), (128, 6)))
    recorder = Recorder(tmp_path / "trace", label_counts=dict(enumerate(map(int, np.bincount(rows.labels)))))

    def build() -> keras.Model:
        return transfer(SHAPE, 3, file=str(base))

    result = train(build, rows, held_out, options, classes=["a", "b", "c"], callbacks=[recorder, Supervisor(recorder)])
    assert result.metrics["eval_accuracy"] > 0.9
    found = diagnose(recorder.trace())
    assert [one.fault for one in found.findings if one.severity > 1] == []
    checked = preflight(
        build(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        rows.inputs[:256],
        rows.labels[:256],
        optimizer=keras.optimizers.Adam(0.003),
        rate=0.003,
        seconds=2.0,
        seed=0,
    )
    assert all(check.passed for check in checked.checks), [check.sentence for check in checked.checks]
