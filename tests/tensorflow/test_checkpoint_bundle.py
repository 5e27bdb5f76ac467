"""Variables read without TensorFlow are those that TensorFlow wrote."""

import numpy as np
import pytest
import tensorflow as tf

from graduate.pipeline.lineage.diff.bundle import Bundle, Unreadable
from graduate.pipeline.lineage.diff.weights import of_folders

VALUES = {
    "f4": np.linspace(-1, 1, 24, dtype="f4").reshape(2, 3, 4),
    "f8": np.array([1e-300, np.inf, -0.0]),
    "i8": np.array(2**40),
    "u1": np.arange(256, dtype="u1"),
    "flag": np.array([True, False]),
    "half": np.array([1.5, -2.0], "f2"),
    "empty": np.zeros((0, 3), "f4"),
}


class Holder(tf.Module):
    """Several types, a long name with its likeness beside it (keys are stored by what they share), and a string."""

    def __init__(self, values, many=0):
        super().__init__()
        self.kept = [tf.Variable(value, name=f"kept/{name}") for name, value in values.items()]
        self.bfloat = tf.Variable(tf.constant([1.0, -3.5], tf.bfloat16), name="bfloat")
        self.words = tf.Variable(["a", "bc"], name="words")
        self.many = [tf.Variable(float(at), name=f"many/{at}") for at in range(many)]


def saved(folder, values, **more):
    tf.saved_model.save(Holder(values, **more), str(folder))
    return folder / "variables"


def test_every_type_is_read_as_it_was_written(tmp_path):
    bundle = Bundle(saved(tmp_path / "model", VALUES))
    found = bundle.variables()
    for name, value in VALUES.items():
        read = bundle.read(found[f"kept/{name}"])
        assert read.dtype == value.dtype
        np.testing.assert_array_equal(read, value)
    np.testing.assert_array_equal(bundle.read(found["bfloat"]), [1.0, -3.5])
    assert "words" not in found  # text is no weight


def test_thousands_of_variables_fill_several_blocks(tmp_path):
    bundle = Bundle(saved(tmp_path / "model", {}, many=3000))
    found = bundle.variables()
    assert len(found) == 3001
    assert all(bundle.read(found[f"many/{at}"]) == at for at in range(3000))


def test_the_same_weights_are_the_same_in_an_object_of_another_shape(tmp_path):
    one = saved(tmp_path / "one", VALUES)
    other = Holder(VALUES)
    other.note = tf.Module()  # another graph of objects, the same variables
    tf.saved_model.save(other, str(tmp_path / "other"))
    found = of_folders(one, tmp_path / "other" / "variables")
    assert found.state == "same"
    assert (one / "variables.data-00000-of-00001").read_bytes() != (
        tmp_path / "other" / "variables" / "variables.data-00000-of-00001"
    ).read_bytes()


def test_a_change_of_one_bit_is_found_and_measured(tmp_path):
    changed = {
        **VALUES,
        "f4": np.nextafter(VALUES["f4"], np.where(np.arange(24) == 7, 9, VALUES["f4"].ravel()).reshape(2, 3, 4)),
    }
    found = of_folders(saved(tmp_path / "one", VALUES), saved(tmp_path / "other", changed))
    assert found.state == "differs"
    [change] = found.variables
    assert change.name == "kept/f4"
    assert change.largest == np.abs(changed["f4"].astype("f8") - VALUES["f4"].astype("f8")).max() > 0


def test_other_shapes_and_variables_are_told(tmp_path):
    other = {**VALUES, "f4": VALUES["f4"].reshape(6, 4)}
    other.pop("i8")
    found = of_folders(saved(tmp_path / "one", VALUES), saved(tmp_path / "other", other))
    shapes = {change.name: (change.a, change.b) for change in found.variables}
    assert shapes["kept/f4"] == ((2, 3, 4), (6, 4))
    assert shapes["kept/i8"] == ((), None)


@pytest.mark.parametrize("cut", [0, 20, 200])
def test_damaged_files_are_said_to_be_unreadable(tmp_path, cut):
    folder = saved(tmp_path / "model", VALUES)
    index = folder / "variables.index"
    index.write_bytes(index.read_bytes()[:cut])
    with pytest.raises(Unreadable):
        Bundle(folder)
    assert of_folders(folder, saved(tmp_path / "other", VALUES)).state == "differs"


def test_data_that_is_cut_off_is_said(tmp_path):
    folder, other = saved(tmp_path / "model", VALUES), saved(tmp_path / "other", {**VALUES, "i8": np.array(1)})
    data = folder / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:10])
    found = of_folders(folder, other)
    assert found.state == "differs"
    assert found.why
