"""The vocabulary of texts is tensorflow_transform's own, learned in less time."""

from __future__ import annotations

import random
from collections import Counter

import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam

from graduate.pipeline.tasks import text_vocabulary
from graduate.pipeline.transform import _no_deep_copy

SPEC = {"text": tf.io.FixedLenFeature([], tf.string)}


def learned(texts, folder, how):
    """What an analysis of a column leaves: the file of the vocabulary, and the numbers of the tokens."""

    def preprocess(inputs):
        tokens = tf.strings.split(inputs["text"])
        numbers = tft.apply_vocabulary(tokens.flat_values, how(tokens.flat_values), default_value=-1)
        return {"numbers": tokens.with_flat_values(numbers).to_tensor(-2, shape=[None, 12])}

    metadata = tft.DatasetMetadata.from_feature_spec(SPEC)
    with _no_deep_copy(), tft_beam.Context(temp_dir=str(folder), desired_batch_size=7):
        (rows, _), function = ([{"text": text} for text in texts], metadata) | tft_beam.AnalyzeAndTransformDataset(
            preprocess
        )
        _ = function | tft_beam.WriteTransformFn(str(folder / "out"))
    output = tft.TFTransformOutput(str(folder / "out"))
    numbers = sorted(tuple(row["numbers"].tolist()) for row in rows)
    return output.vocabulary_by_name("tokens"), numbers


def texts(number):
    """Of few words, so that many are as frequent as others."""
    draws = random.Random(number)
    words = ["a", "b", "Z", "é", "ë", "中", "🙂", "…", "don't", "x" * 40, *(f"w{at}" for at in range(30))]
    return [" ".join(draws.choices(words, k=draws.randrange(12))) for _ in range(number)]


@pytest.mark.parametrize(("most", "at_least"), [(1000, 1), (10, 1), (1000, 4), (5, 4)])
def test_the_file_and_the_numbers_are_those_of_tensorflow_transform(most, at_least, tmp_path):
    given = texts(60)

    def theirs(tokens):
        return tft.vocabulary(tokens, top_k=most, frequency_threshold=at_least, vocab_filename="tokens")

    def ours(tokens):
        return text_vocabulary.learned(tokens, most, at_least, "tokens")

    found = learned(given, tmp_path / "ours", ours)
    assert found == learned(given, tmp_path / "theirs", theirs)
    assert 4 < len(found[0]) <= most


def test_where_no_token_is_frequent_enough_all_are_unknown(tmp_path):
    vocabulary, numbers = learned(
        ["a b", "c"], tmp_path, lambda tokens: text_vocabulary.learned(tokens, 10, 5, "tokens")
    )
    assert vocabulary == [b" "]
    assert {number for row in numbers for number in row} == {-1, -2}


def test_counts_of_parts_are_counts_of_all():
    combine = text_vocabulary._Counts()
    whole = Counter(" ".join(texts(50)).encode().split())
    parts = [Counter(text.encode().split()) for text in texts(50)]
    assert combine.extract_output(combine.merge_accumulators(parts)) == whole
    assert combine.merge_accumulators([]) == combine.create_accumulator() == Counter()
