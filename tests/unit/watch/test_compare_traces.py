"""Where two trainings parted, on traces made here."""

import numpy as np
import pytest

from graduate.compare import compare
from graduate.errors import UserError
from graduate.trace import RunFacts, Variable
from graduate.trace.memory import made

STEPS, VARIABLES = 30, 4


def columns():
    rng = np.random.default_rng(5)
    tables = {name: rng.uniform(1, 2, (STEPS, VARIABLES)) for name in ("gradient_norm", "update_norm", "weight_norm")}
    return {"loss": rng.uniform(1, 2, STEPS)}, tables


def build(series, tables, *, optimizer=None, known=None, first=1, prefix="layer"):
    variables = tuple(Variable(f"{prefix}_{at}/kernel", f"{prefix}_{at}", (4, 4)) for at in range(VARIABLES))
    facts = RunFacts(variables, optimizer=optimizer or {"name": "adam", "learning_rate": 0.1})
    return made(facts=facts, steps=np.arange(first, first + STEPS), series=series, tables=tables, known=known)


def changed(name, row, at=slice(None), factor=1.01):
    series, tables = columns()
    (series if name in series else tables)[name][row:, *([at] if name in tables else [])] *= factor
    return build(series, tables)


@pytest.mark.parametrize(
    ("name", "at", "layer", "word"),
    [
        ("loss", None, None, "other rows"),
        ("gradient_norm", 2, "layer_2", "other gradients"),
        ("update_norm", 1, "layer_1", "another optimizer"),
        ("weight_norm", 3, "layer_3", "changed the weights"),
    ],
)
def test_the_first_difference_is_named_with_step_column_and_layer(name, at, layer, word):
    parted = compare(build(*columns()), changed(name, 11, at)).parted
    assert (parted.step, parted.column, parted.layer) == (12, name, layer)
    assert word in parted.meaning
    assert parted.values[1] == pytest.approx(parted.values[0] * 1.01)


def test_what_a_step_computes_first_explains_what_follows():
    series, tables = columns()
    tables["weight_norm"][5:] += 1
    tables["gradient_norm"][5:, 1:] += 1
    parted = compare(build(*columns()), build(series, tables)).parted
    assert (parted.step, parted.column, parted.layer) == (6, "gradient_norm", "layer_1")
    assert parted.differing == ("gradient_norm", "weight_norm")
    assert parted.layers == ("layer_0", "layer_1", "layer_2", "layer_3")


def test_within_the_tolerance_they_never_part():
    told = compare(build(*columns()), changed("loss", 0, factor=1 + 5e-5))
    assert told.parted is None
    assert told.steps == STEPS
    assert compare(build(*columns()), changed("loss", 0, factor=1 + 5e-5), 1e-6).parted.step == 1


def test_nan_in_both_is_the_same_and_in_one_is_not():
    series, tables = columns()
    series["loss"][9:] = np.nan
    one, other = build(series, tables), build(*columns())
    assert compare(one, one).parted is None
    assert compare(one, other).parted.step == 10


def test_names_that_keras_counted_on_are_paired_by_place():
    assert compare(build(*columns()), build(*columns(), prefix="other")).parted is None


def test_steps_that_only_one_has_are_left_out():
    assert compare(build(*columns()), build(*columns(), first=11)).steps == STEPS - 10
    assert compare(build(*columns()), build(*columns(), first=500)).why_not


def test_other_models_are_compared_by_their_loss():
    series, _ = columns()
    small = made(facts=RunFacts((Variable("a/kernel", "a", (2, 2)),)), series=series)
    told = compare(build(*columns()), small)
    assert "models differ" in told.why_not
    assert told.parted is None


def test_facts_that_differ_are_listed_key_by_key():
    one = build(*columns(), known={"program": {"batch_size": 8, "ended": "finished"}, "labels.train": {"rows": 9}})
    other = build(
        *columns(),
        optimizer={"name": "sgd", "learning_rate": 0.1},
        known={"program": {"batch_size": 16, "ended": "failed"}, "labels.train": {"rows": 9}},
    )
    assert compare(one, other).facts == {"optimizer.name": ("adam", "sgd"), "program.batch_size": (8, 16)}


def test_a_negative_tolerance_is_refused():
    with pytest.raises(UserError):
        compare(build(*columns()), build(*columns()), -1)
