"""What remedies say, and what they do to a training."""

from pathlib import Path

import numpy as np
import pytest

from graduate import remedies, rules
from graduate.findings import Evidence, Finding, Severity
from graduate.remedies import NotApplicable
from graduate.trace import RunFacts, Variable
from graduate.trace.memory import made

NAMED = """
clip-gradients lower-learning-rate raise-learning-rate warm-up skip-batch reinitialise-layers leaky-relu
batch-normalisation layer-normalisation dropout weight-decay lower-weight-decay early-stopping class-weights
scale-inputs scale-targets larger-batch smaller-batch fix-output-activation fix-loss fix-labels check-labels
split-before-duplicating shuffle-rows same-preprocessing unfreeze-layers apply-gradients guard-operation clean-inputs
more-capacity longer-training more-data prefetch-input compile-step training-flag change-optimizer better-initialiser
skip-connection
"""
NAMED = tuple(NAMED.split())


def finding(fault="exploding-gradient", step=20, layers=("dense",), named=NAMED):
    evidence = (Evidence("loss", 3.0, 1.0, "a test"),)
    return Finding(fault, Severity.ERROR, (step, step + 9), layers, evidence, "It is sick.", tuple(named))


def trace(ratio=0.05, batch=32, rate=0.1, **known):
    steps = 40
    variables = (
        Variable("dense/kernel", "dense", (8, 16), "relu", "GlorotUniform"),
        Variable("dense/bias", "dense", (16,), "relu", "Zeros"),
        Variable("out/kernel", "out", (16, 3), None, "GlorotUniform"),
    )
    facts = RunFacts(variables, "sparse_categorical_crossentropy", None, {"name": "sgd", "learning_rate": rate}, batch)
    norm = np.linspace(1, 2, steps)[:, None] * [1.0, 0.1, 1.0]
    told = {
        "program": {"kind": "fit", "epochs": 4, "steps_per_epoch": 10, "batch_size": batch},
        "labels.train": {"kind": "class_index", "rows": 320, "least": 0, "largest": 2, "distinct": 3, "shape": [],
                         "counts": {"0": 300, "1": 10, "2": 10}, "mean": 0.1, "std": 0.3},
        "inputs.train": {"shape": [8], "least": 0.0, "largest": 255.0, "integers": True, "mean": 90.0, "std": 60.0},
        **known,
    }  # fmt: skip
    return made(
        facts=facts,
        series={"loss": np.linspace(2, 1, steps), "learning_rate": np.full(steps, rate)},
        tables={"gradient_norm": norm, "update_norm": ratio * np.ones((steps, 3)), "weight_norm": np.ones((steps, 3))},
        known=told,
    )


class Treated:
    """Remembers what a remedy did to it."""

    def __init__(self, trace, **options):
        self.trace, self.step, self.steps, self.history = trace, 40, 100, []
        self.learning_rate, self.clip_norm, self.batch_size = 0.1, None, 32
        self.options = {"l2": 0.0, "class_weights": "none", "optimizer": {"name": "sgd"}, "steps": 100, **options}
        self.rebuilt = self.back = self.stopped = None
        self.skipped, self.changed = [], {}

    def roll_back(self, step):
        self.back = step
        return step

    def skip(self, first, count):
        self.skipped.append((first, count))

    def set(self, **options):
        self.changed |= options

    def rebuild(self, **hyperparameters):
        self.rebuilt = hyperparameters

    def stop(self, reason):
        self.stopped = reason


def test_there_are_exactly_the_remedies_that_rules_may_name():
    assert sorted(NAMED) == list(remedies.remedy_ids())
    for rule in rules.all_rules():
        assert set(rule.remedies) <= set(NAMED), rule.fault
        assert rule.remedies, f"{rule.fault} has no remedy"


@pytest.mark.parametrize("name", NAMED)
def test_a_remedy_has_a_scope_a_source_and_an_apply_where_the_training_can_do_it(name):
    remedy = remedies.load(name)
    assert remedy.id == name
    assert remedy.doc.startswith(f"{name}: ")
    assert remedy.source
    assert (remedy.apply is None) == (remedy.scope == "advice")


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("known", [trace(), made(), made(series={"loss": [1.0, 2.0]})], ids=["rich", "empty", "loss"])
def test_advice_is_one_sentence_with_code_whatever_the_trace_knows(name, known):
    remedy = remedies.load(name)
    for layers in ((), ("dense",), ("dense", "out"), ("gone",) * 5):
        one = finding(layers=layers)
        assert isinstance(remedy.fits(one, known), bool)
        text = remedy.advise(one, known)
        assert text[0].isupper()
        assert text.endswith(".")
        assert "\n" not in text
        assert "None" not in text
        assert " nan" not in text


def test_advice_comes_in_the_findings_order_and_leaves_out_what_does_not_fit():
    one = finding(named=("batch-normalisation", "lower-learning-rate", "no-such-remedy", "clip-gradients"))
    said = remedies.advice(one, trace(batch=2))
    assert [text.split(" ", 2)[0] for text in said] == ["Lower", "Clip"], "a batch of 2 is too small to normalise by"


def test_the_rate_is_lowered_so_that_the_first_updates_are_a_hundredth_of_the_weights():
    training = Treated(trace(ratio=5.0))
    remedies.load("lower-learning-rate").apply(training, finding())
    assert training.learning_rate == pytest.approx(0.1 * 0.01 / 5.0)
    assert "0.0002" in remedies.advice(finding(named=("lower-learning-rate",)), trace(ratio=5.0))[0]


def test_the_rate_is_raised_so_that_the_updates_are_a_hundredth_of_the_weights():
    training = Treated(trace(ratio=1e-6))
    remedies.load("raise-learning-rate").apply(training, finding("learning-rate-too-low"))
    assert training.learning_rate == pytest.approx(0.1 * 0.01 / 1e-6)
    assert training.back == 0, "what was lost with steps too small is not made up in the rest of the run"
    assert not remedies.load("raise-learning-rate").fits(finding(), trace(ratio=0.5)), "they are large already"


def test_a_warm_up_at_the_beginning_does_not_make_the_updates_look_small():
    warm = trace(ratio=0.05)
    rates = np.full(40, 0.1)
    rates[:20] = 0.1 * np.arange(1, 21) / 20
    ratios = np.tile((0.05 * rates / 0.1)[:, None], (1, 3))
    other = made(
        facts=warm.facts,
        series={"loss": np.ones(40), "learning_rate": rates},
        tables={"update_norm": ratios, "weight_norm": np.ones((40, 3))},
    )
    factor = remedies.load("raise-learning-rate")
    one, two = (Treated(known) for known in (warm, other))
    factor.apply(one, finding())
    factor.apply(two, finding())
    assert one.learning_rate == pytest.approx(two.learning_rate, rel=1e-4)


def test_gradients_are_clipped_at_the_ninetieth_percentile_of_the_healthy_steps():
    training = Treated(trace())
    remedies.load("clip-gradients").apply(training, finding(step=20))
    norms = trace().series("gradient_global_norm")[:19]
    assert training.clip_norm == pytest.approx(np.percentile(norms, 90), rel=0.05)
    again = Treated(trace())
    again.clip_norm = 0.5
    remedies.load("clip-gradients").apply(again, finding(step=20))
    assert again.clip_norm == 0.25


def test_class_weights_are_those_that_make_classes_count_alike():
    text = remedies.advice(finding(named=("class-weights",)), trace())[0]
    assert "class_weight={1: 10.7, 2: 10.7, 0: 0.356}" in text
    training = Treated(trace())
    remedies.load("class-weights").apply(training, finding())
    assert training.changed == {"class_weights": "balanced"}
    with pytest.raises(NotApplicable):
        remedies.load("class-weights").apply(Treated(trace(), class_weights={"1": 2.0}), finding())


def test_early_stopping_goes_back_to_before_the_best_evaluation():
    training = Treated(trace())
    training.history = [{"step": 10 * i, "eval_loss": loss} for i, loss in enumerate([3.0, 2.0, 1.0, 1.5, 2.5], 1)]
    remedies.load("early-stopping").apply(training, finding())
    assert training.back == 29
    assert training.changed["early_stopping"]["patience"] == 5
    with pytest.raises(NotApplicable):
        remedies.load("early-stopping").apply(Treated(trace()), finding())


def test_a_penalty_that_is_the_loops_own_is_lowered_where_the_network_has_none():
    class Plain(Treated):
        def rebuild(self, **hyperparameters):
            if hyperparameters:
                raise NotApplicable("nothing would change")
            self.rebuilt = {}

    training = Plain(trace(), l2=1.0)
    remedies.load("lower-weight-decay").apply(training, finding())
    assert (training.changed["l2"], training.rebuilt) == (0.01, {})
    with pytest.raises(NotApplicable):
        remedies.load("lower-weight-decay").apply(Plain(trace()), finding())


def test_scaling_is_a_division_for_pixels_and_a_layer_for_the_rest():
    one = finding(named=("scale-inputs",))
    assert "x_train / 255.0" in remedies.advice(one, trace())[0]
    other = {"shape": [8], "least": -4000.0, "largest": 12.5, "integers": False}
    assert "Normalization" in remedies.advice(one, trace(**{"inputs.train": other}))[0]
    tokens = {"shape": [8], "least": 0, "largest": 4000, "tokens": True}
    assert not remedies.advice(one, trace(**{"inputs.train": tokens}))


def test_the_loss_that_is_advised_is_that_of_the_labels():
    one = finding("wrong-loss", named=("fix-loss",))
    labels = trace().known["labels.train"]
    for kind, loss in (
        ("class_index", "sparse_categorical_crossentropy"),
        ("binary", "binary_crossentropy"),
        ("multi_hot", "binary_crossentropy"),
        ("one_hot", "categorical_crossentropy"),
        ("real", "mean_squared_error"),
    ):
        said = remedies.advice(one, trace(**{"labels.train": {**labels, "kind": kind, "shape": [3]}}))[0]
        assert f'"{loss}"' in said


def test_what_a_remedy_did_is_told_as_data():
    for name in NAMED:
        if (apply := remedies.load(name).apply) is not None:
            training = Treated(trace())
            training.history = [{"step": 10, "eval_loss": 1.0}]
            assert apply(training, finding()), name


def test_the_page_lists_every_remedy_under_its_scope():
    page = (Path(__file__).parents[3] / "docs" / "cure.md").read_text(encoding="utf-8")
    for scope in ("live", "rebuild", "advice"):
        row = next(line for line in page.splitlines() if line.startswith(f"| `{scope}` |"))
        listed = row.split("|")[3].strip().split(", ")
        assert listed == [name for name in remedies.remedy_ids() if remedies.load(name).scope == scope]
