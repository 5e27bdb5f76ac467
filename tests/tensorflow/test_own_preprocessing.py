"""A user's function in Transform's graph: what it is given, what it may give back, and that serving has it too."""

from __future__ import annotations

import pytest
import tensorflow as tf

from graduate.errors import UserError
from graduate.pipeline.tasks import own_preprocessing


def named(folder, body: str) -> dict[str, str]:
    """A config whose function `clean` has this body."""
    file = folder / "my_preprocessing.py"
    file.write_text(f"import tensorflow as tf\n\ndef clean(batch):\n    {body}\n")
    return {"module": str(file), "function": "clean"}


def test_without_a_module_nothing_changes():
    batch = tf.zeros([2, 3])
    assert own_preprocessing.applied(batch, {"module": None, "function": None}) is batch


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return tf.cast(batch, tf.float32)", "clean gave float32 (2, 4, 4, 1), not uint8 (2, 4, 4, 1)"),
        ("return batch[:, :2]", "clean gave uint8 (2, 2, 4, 1), not uint8 (2, 4, 4, 1)"),
        ("return None", "clean gave NoneType, not a tensor"),
        ("return batch.mean()", "AttributeError"),
    ],
)
def test_what_is_no_batch_like_the_one_given_is_said(tmp_path, body, said):
    with pytest.raises(UserError, match="my_preprocessing") as caught:
        own_preprocessing.applied(tf.zeros([2, 4, 4, 1], tf.uint8), named(tmp_path, body))
    assert said in caught.value.render()


def test_columns_are_dense_and_keep_their_names(tmp_path):
    inputs = {
        "age": tf.constant([[3.0], [4.0]]),
        "town": tf.SparseTensor([[1, 0]], ["Ulm"], [2, 1]),
        "label": tf.constant(["a", "b"]),
    }
    body = "return {**batch, 'age': batch['age'] * 2, 'town': tf.strings.upper(batch['town'])}"
    given = own_preprocessing.of_columns(inputs, named(tmp_path, body), ("label",), -1)
    assert given["age"].numpy().tolist() == [6.0, 8.0]
    assert given["town"].numpy().tolist() == [b"", b"ULM"]
    assert given["label"] is inputs["label"]
    with pytest.raises(UserError, match="not the columns age, town"):
        own_preprocessing.of_columns(inputs, named(tmp_path, "return {'age': batch['age']}"), ("label",), -1)


def test_texts_are_cleaned_by_it_in_the_graph_that_is_served(tmp_path):
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    from graduate.pipeline.tasks import text

    spec = {name: tf.io.FixedLenFeature([], tf.string) for name in ("text", "label", "hash")}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    rows = [{"text": f"a1 b{n}", "label": "x", "hash": str(n)} for n in range(4)]
    config = {"length": 3, "vocabulary": 10, "min_count": 1, "lower": True, "unicode": "nfkd"}
    config |= named(tmp_path, "return tf.strings.regex_replace(batch, '[0-9]', '')")
    with tft_beam.Context(temp_dir=str(tmp_path / "temp"), force_tf_compat_v1=False):
        _, graph = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: text.preprocessing_fn(inputs, config)
        )
        graph | tft_beam.WriteTransformFn(str(tmp_path / "out"))
    output = tft.TFTransformOutput(str(tmp_path / "out"))
    assert sorted(output.vocabulary_by_name(text.TOKENS)) == [b"a", b"b"]
    one = {"text": ["A7 b99"], "label": ["x"], "hash": ["0"]}
    served = output.transform_features_layer()({name: tf.constant(value) for name, value in one.items()})["text"]
    assert sorted(served.numpy()[0].tolist()) == [text.PAD, text.FIRST, text.FIRST + 1]
