"""Texts of many scripts to tokens, and through Transform's graph to numbers: the same in training and in serving."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from graduate.pipeline.tasks import text

SENTENCES = {
    "english": ("Don’t panic: it's well-known.", ["don't", "panic", ":", "it's", "well-known", "."]),
    "russian": ("Съешь ЖЕ ещё!", ["съешь", "же", "ещё", "!"]),
    "greek": ("ΟΔΥΣΣΕΥΣ, γειά σου", ["οδυσσευς", ",", "γειά", "σου"]),
    "arabic": ("مرحبا، كيف حالك؟", ["مرحبا", "،", "كيف", "حالك", "؟"]),
    "persian": ("می\u200cخواهم بروم", ["می\u200cخواهم", "بروم"]),
    "hebrew": ("שלום \u202bעולם\u202c!", ["שלום", "עולם", "!"]),
    "hindi": ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया", "।"]),
    "tamil": ("வணக்கம் உலகம்", ["வணக்கம்", "உலகம்"]),
    "chinese": ("今天很好，ok吗", ["今", "天", "很", "好", "，", "ok", "吗"]),
    "japanese": ("東京タワーは高い。", ["東", "京", "タ", "ワ", "ー", "は", "高", "い", "。"]),
    "thai": ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
    "khmer": ("តី", ["តី"]),
    "korean": ("안녕하세요 세계!", ["안녕하세요", "세계", "!"]),
    "vietnamese": ("Xin chào thế giới", ["xin", "chào", "thế", "giới"]),
    "amharic": ("ሰላም ዓለም", ["ሰላም", "ዓለም"]),
}
OTHERS = {
    "emoji": ("ok👍🏽 👨\u200d👩\u200d👧❤️🇩🇪🇫🇷1️⃣", ["ok", "👍🏽", "👨\u200d👩\u200d👧", "❤️", "🇩🇪", "🇫🇷", "1️⃣"]),
    "emoticons": ("well... :-) !?", ["well", "...", ":-)", "!?"]),
    "numbers": ("3,5% of 10€", ["3", ",", "5", "%", "of", "10", "€"]),
    "hyphens and quotes": ("-a- 'b' c--d e-f's", ["-", "a", "-", "'", "b", "'", "c", "--", "d", "e-f's"]),
    "spaces": ("a\u00a0b\u3000c\u200bd\u2028e\u0085f\vg\r\nh\ti\rj\0k", list("abcdefghijk")),
    "unseen": ("\ufeff\ufeffco\u00adop \u200efoo\u2060bar", ["coop", "foobar"]),
    "entities": ("&amp; &#39;", ["&", "amp", ";", "&#", "39", ";"]),
    "decomposed is another word than composed": ("e\u0301t été", ["e\u0301t", "été"]),
    "a mark alone": ("\u0301 a", ["\u0301", "a"]),
    "empty": ("", []),
    "white space": (" \t\n\u3000\u200b", []),
}


def tokens(*texts, lower=True):
    found = text.split(text.clean(tf.constant(list(texts)), lower)).to_list()
    return [[token.decode() for token in row] for row in found]


@pytest.mark.parametrize(("given", "wanted"), [*SENTENCES.values(), *OTHERS.values()], ids=[*SENTENCES, *OTHERS])
def test_a_sentence_is_split_as_its_script_is_written(given, wanted):
    assert tokens(given) == [wanted]


def test_rows_of_a_batch_do_not_mix():
    together = [given for given, _ in SENTENCES.values()]
    assert tokens(*together) == [wanted for _, wanted in SENTENCES.values()]


def test_capital_letters_stay_where_they_are_wanted():
    assert tokens("Ein Test Я", lower=False) == [["Ein", "Test", "Я"]]


def test_bytes_that_are_no_utf_8_become_one_sign_each():
    assert tokens(b"caf\xe9 ol\xff\xfe!") == [["caf", "�", "ol", "�", "�", "!"]]


TRAIN = ["b b b a a", "c a b", "d", "日本"]
CONFIG = {"length": 4, "vocabulary": 3, "min_count": 2, "lower": True, "unicode": "nfkd"}


@pytest.fixture(scope="module")
def transformed(tmp_path_factory):
    """A graph that learned from TRAIN, as f(texts) -> numbers."""
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    spec = {name: tf.io.FixedLenFeature([], tf.string) for name in ("text", "label", "hash")}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    rows = [{"text": one.encode(), "label": b"x", "hash": str(i).encode()} for i, one in enumerate(TRAIN)]
    folder = str(tmp_path_factory.mktemp("graph"))
    with tft_beam.Context(temp_dir=str(tmp_path_factory.mktemp("temp")), force_tf_compat_v1=False):
        (_, graph) = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: text.preprocessing_fn(inputs, CONFIG)
        )
        graph | tft_beam.WriteTransformFn(folder)
    layer = tft.TFTransformOutput(folder).transform_features_layer()

    def numbers(texts):
        count = len(texts)
        given = {"text": tf.constant(texts), "label": tf.fill([count], "x"), "hash": tf.fill([count], "")}
        return layer(given)["text"].numpy()

    return numbers


def test_the_most_frequent_words_are_numbered_and_the_rest_is_unknown(transformed):
    np.testing.assert_array_equal(transformed(["b a c d"]), [[2, 3, text.UNKNOWN, text.UNKNOWN]])


def test_texts_are_cut_and_padded_to_one_length(transformed):
    np.testing.assert_array_equal(transformed(["a", "b a b a b a"]), [[3, 0, 0, 0], [2, 3, 2, 3]])


@pytest.mark.parametrize("nothing", ["", " \n\u3000", "\ufeff"])
def test_a_text_without_a_token_is_padding_alone(transformed, nothing):
    np.testing.assert_array_equal(transformed([nothing]), [[text.PAD] * 4])


def test_a_text_of_words_that_nobody_knows_is_unknown_not_empty(transformed):
    np.testing.assert_array_equal(transformed(["xyzzy Ω"]), [[text.UNKNOWN, text.UNKNOWN, 0, 0]])


def test_a_row_does_not_depend_on_the_rows_beside_it(transformed):
    texts = ["a b", "", "c c c c c c", "b 日本"]
    np.testing.assert_array_equal(transformed(texts), np.concatenate([transformed([one]) for one in texts]))
