"""Networks for tables: shapes, what an embedding sees, and that they come back from a file."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from graduate.pipeline.tasks import table_models
from graduate.pipeline.tasks.table_options import HYPERPARAMETERS

SIZES = [0, 4, 0, 2]  # two numbers, two categories


def rows(count=6):
    random = np.random.default_rng(0)
    columns = [random.normal(size=count) if not size else random.integers(0, size, count) for size in SIZES]
    return np.stack(columns, 1).astype(np.float32)


def test_every_builder_has_its_hyperparameters_written_down():
    assert set(table_models.BUILDERS) == set(HYPERPARAMETERS)


@pytest.mark.parametrize("build", table_models.BUILDERS)
@pytest.mark.parametrize("sizes", [SIZES, [0, 0], [3, 3]], ids=["both", "numbers", "categories"])
def test_a_network_gives_a_row_of_outputs_and_comes_back_from_a_file(build, sizes, tmp_path):
    model = table_models.BUILDERS[build]((len(sizes),), 3, sizes=sizes, **HYPERPARAMETERS[build])
    given = rows()[:, : len(sizes)] if sizes != [3, 3] else np.array([[0, 2], [1, 1]], np.float32)
    out = np.asarray(model(given))
    assert out.shape == (len(given), 3)
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(keras.saving.load_model(tmp_path / "model.keras")(given)), out, atol=1e-6)


def test_numbers_come_first_and_categories_as_one_of_many():
    found = np.asarray(table_models.Columns(SIZES, one_hot=True)(np.array([[0.5, 3, -1.0, 0]], np.float32)))
    assert found.tolist() == [[0.5, -1.0, 0, 0, 0, 1, 1, 0]]


def test_linear_begins_at_the_constant_answer():
    keras.utils.set_random_seed(0)
    model = table_models.linear((4,), 1, sizes=SIZES)
    assert np.abs(np.asarray(model(rows()))).max() < 0.1
