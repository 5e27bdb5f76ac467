"""One form for each character: what the graph gives is what Python's `unicodedata` gives."""

from __future__ import annotations

import random
import unicodedata

import pytest
import tensorflow as tf

from graduate.pipeline.tasks import text, text_unicode

EVERYTHING = [code for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
MARKS = [code for code in EVERYTHING if unicodedata.combining(chr(code))]
CHANGED = [code for code in EVERYTHING if unicodedata.normalize("NFKD", chr(code)) != chr(code)]


def normalised(texts, form):
    return [one.decode() for one in text_unicode.normalised(tf.constant(texts), form).numpy()]


@pytest.mark.parametrize("form", list(text_unicode.FORMS))
def test_every_character_has_the_decomposition_of_unicode(form):
    lines = [f"a{chr(code)}b" for code in EVERYTHING]
    assert normalised(lines, form) == [unicodedata.normalize(form.upper(), line) for line in lines]


@pytest.mark.parametrize("form", list(text_unicode.FORMS))
def test_marks_stand_in_their_order_wherever_they_stood(form):
    draws = random.Random(1)
    kinds = ([*MARKS], [*CHANGED], [*range(32, 256)], [*range(0xAC00, 0xD7A4)])
    lines = ["".join(chr(draws.choice(draws.choice(kinds))) for _ in range(draws.randrange(25))) for _ in range(2000)]
    assert normalised(lines, form) == [unicodedata.normalize(form.upper(), line) for line in lines]


def test_marks_at_the_beginning_of_a_row_stay_out_of_the_row_before():
    lines = ["a\u0301", "\u0323\u0301", "\u0301\u0323", ""]
    assert normalised(lines, "nfd") == ["a\u0301", "\u0323\u0301", "\u0323\u0301", ""]


def test_none_leaves_everything_as_it_is():
    assert normalised(["\u00e9 e\u0301 \uff76"], "none") == ["\u00e9 e\u0301 \uff76"]


def test_no_rows_are_no_rows():
    assert normalised(tf.constant([], tf.string), "nfkd") == []


SAME = {
    "composed and decomposed": ("été", "e\u0301te\u0301"),
    "korean syllables and their letters": ("한국", unicodedata.normalize("NFD", "한국")),
    "two orders of marks": ("ệ", "e\u0302\u0323"),
    "half and full width": ("ｶﾞｽ ＡＢＣ１", "ガス abc1"),
    "ligatures": ("ﬁn", "fin"),
    "an arabic letter by its place": ("ﻻ", "لا"),
    "letters that are a sign": ("℡ ㎏", "tel kg"),
    "a mathematical letter": ("𝐆𝐫𝐚𝐝", "grad"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=list(SAME))
def test_what_looks_the_same_is_the_same_tokens(one, other):
    found = text.split(text.one_form(text.clean(tf.constant([one, other]), True), "nfkd", True)).to_list()
    assert found[0] == found[1]
    assert found[0]


def test_nfd_tells_width_apart_and_not_composition():
    found = text.split(text.one_form(tf.constant(["ＡＢ é", "AB e\u0301"]), "nfd", False)).to_list()
    assert found[0][0] != found[1][0]
    assert found[0][1] == found[1][1]
