"""What cheap models make of rows that they can or cannot learn from."""

from __future__ import annotations

import numpy as np
import pytest

from graduate.looks import baseline

RNG = np.random.default_rng(3)
X = RNG.normal(size=(800, 6))
LINEAR = (X @ RNG.normal(size=6) > 0).astype(int)


def test_a_linear_table_is_learnt_and_its_permuted_labels_are_not():
    facts = baseline.look(X[:600], LINEAR[:600], X[600:], LINEAR[600:])
    assert facts["metric"] == "accuracy"
    assert facts["score"] > 0.93
    assert facts["validation"] > 0.9
    assert facts["permuted"] < 0.6


def test_shuffled_labels_score_as_permuted_ones():
    facts = baseline.look(X, RNG.permutation(LINEAR))
    assert abs(facts["score"] - facts["permuted"]) < 0.06


def test_reals_are_judged_by_r2():
    facts = baseline.look(X, np.sin(2 * X[:, 0]) + 0.1 * X[:, 1])
    assert facts["metric"] == "r2"
    assert facts["score"] > 0.5
    assert facts["constant"] == 0
    assert facts["permuted"] < 0.1


def test_class_numbers_under_a_squared_error_are_amounts():
    y = RNG.integers(0, 9, 300)
    assert baseline.look(X[:300], y, objective={"loss": "mean_squared_error", "output_units": 1})["metric"] == "r2"


def test_a_nonlinear_table_is_seen_by_neighbours_or_random_features():
    y = (X[:, 0] > 0) ^ (X[:, 1] > 0)
    assert baseline.look(X, y.astype(int))["score"] > 0.65


def test_strokes_anywhere_in_an_image_are_seen_by_patches():
    images, y = 0.1 * RNG.random((500, 16, 16, 1)), RNG.integers(0, 2, 500)
    for image, label in zip(images, y, strict=True):
        row, column = RNG.integers(1, 9, 2)
        image[(slice(row, row + 6), column) if label else (row, slice(column, column + 6))] += 1
    assert baseline.look(images, y)["score"] > 0.95


def test_frequencies_of_a_series_are_seen():
    y = RNG.integers(0, 3, 400)
    series = np.sin(np.arange(60) * (0.2 + 0.2 * y[:, None]) + 6 * RNG.random((400, 1)))[..., None]
    assert baseline.look(series, y)["score"] > 0.95


def test_words_that_decide_are_seen_in_tokens_and_texts():
    tokens = RNG.integers(1, 60, (500, 12))
    y = (tokens < 12).sum(axis=1) > 2
    assert baseline.look(tokens, y.astype(int))["score"] > 0.85
    texts = np.array([f"a {'fine' if one else 'poor'} film {n}" for n, one in enumerate(y)])
    assert baseline.look(texts, y.astype(int))["score"] > 0.95


def test_labels_of_every_position_are_learnt_from_what_stands_around():
    tokens = RNG.integers(1, 20, (200, 10))
    facts = baseline.look(tokens, tokens % 3, kind="sequence")
    assert facts["score"] > facts["permuted"] + 0.3


def test_copies_of_rows_do_not_flatter_the_neighbours():
    rows = RNG.normal(size=(150, 6))
    y = RNG.integers(0, 2, 150)
    many = RNG.integers(0, 150, 900)
    assert baseline.look(rows[many], y[many])["score"] < 0.65


def test_a_feature_that_holds_the_label_is_named():
    leaky = np.column_stack([X, LINEAR + 0.01 * RNG.normal(size=800)])
    single = baseline.look(leaky, LINEAR)["single_feature"]
    assert single["index"] == 6
    assert single["explained"] > 0.99
    assert single["alike"] == 0
    assert baseline.look(X, LINEAR)["single_feature"] is None


def test_a_feature_that_is_filled_in_by_the_answer_is_told_from_a_threshold_on_an_honest_one():
    filled = np.column_stack([X, np.where(LINEAR, RNG.uniform(1, 50, 800), 0)])
    single = baseline.look(filled, LINEAR)["single_feature"]
    assert single["gives_away"]
    assert single["constant_within"] == 1
    honest = baseline.look(X, (X[:, 2] > 0).astype(int))["single_feature"]
    assert honest["index"] == 2
    assert not honest["gives_away"]


def test_a_rising_function_of_a_real_label_gives_it_away():
    y = X @ np.arange(6.0)
    assert baseline.look(np.column_stack([X, np.exp(y / 5)]), y)["single_feature"]["gives_away"]


def test_validation_rows_that_can_be_learnt_are_told_from_training_rows_that_cannot():
    facts = baseline.look(X[:500], RNG.permutation(LINEAR[:500]), X[500:], LINEAR[500:])
    assert facts["validation_own"] > 0.8
    assert facts["validation"] < 0.65


def test_a_pixel_that_holds_the_label_is_named():
    images, y = RNG.random((400, 12, 12, 1)), RNG.integers(0, 4, 400)
    images[:, 3, 5, 0] = y / 4
    assert baseline.look(images, y)["single_feature"]["index"] == 3 * 12 + 5


def test_the_same_rows_give_the_same_facts_and_global_chance_is_not_used():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    assert baseline.look(X, LINEAR) == baseline.look(X, LINEAR)
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (None, None),
        (X, None),
        (X[:5], LINEAR[:5]),
        (X, np.zeros(800, int)),
        (X, LINEAR[:700]),
        (X, np.full(800, np.nan)),
        (np.full((100, 3), np.nan), LINEAR[:100]),
        (np.zeros((100, 3)), LINEAR[:100]),
        ([[1, 2], [3]] * 50, LINEAR[:100]),
        (X * 1e38, LINEAR),
        (X, X),
        (X, np.arange(800)),
        ({"a": X, "b": np.array(["u", "v"])[LINEAR]}, LINEAR),
        (X[:, :1], LINEAR),
        (np.ones(800), LINEAR),
        (X, RNG.integers(0, 2, (800, 4))),
        (RNG.random((50, 3, 3)), RNG.random((50, 2, 2))),
    ],
)
def test_odd_rows_and_labels_are_survived(x, y):
    assert isinstance(baseline.look(x, y), dict)
