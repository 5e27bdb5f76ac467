"""What is seen of the bytes of a text, and what is said of bytes that are none."""

from __future__ import annotations

import time

import pytest

from graduate.errors import DataError
from graduate.leakage import near_sketches
from graduate.pipeline.data import class_folder, kinds, seen_text
from graduate.pipeline.data.kinds import Seen


def seen(raw):
    [found] = kinds.seen_of("text", [raw])
    return found


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "it is empty (0 bytes)"),
        (b" \r\n\t", "it holds nothing but white space"),
        ("\u3000\u2003".encode(), "it holds nothing but white space"),
        ("\ufeff".encode(), "it holds nothing but white space"),
        (b"caf\xe9 noir", "it is not UTF-8 (byte 3 is 0xe9, in Latin-1 'é': save it as UTF-8)"),
        ("Grüße".encode("utf-16"), "it is not UTF-8 (byte 0 is 0xff, as UTF-16 begins: save it as UTF-8)"),
        (b"cut \xe4\xbb", "it is not UTF-8 (byte 4 is 0xe4, in Latin-1 'ä': save it as UTF-8)"),
        (b"a\x81", "it is not UTF-8 (byte 1 is 0x81)"),
        (b"a\0b", "it holds NUL bytes: it is no text"),
        (b"a " * (10 * 2**20), "it is larger than 16 MiB: one file is one text"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_bytes_that_are_no_text_are_said(raw, said):
    assert seen(raw) == said


def test_characters_and_words_are_counted_without_the_byte_order_mark():
    found = seen("\ufeffZwei Wörter\r\n今天".encode())
    assert isinstance(found, Seen)
    assert found.features == {"characters": 15, "words": 3}


def test_bad_texts_do_not_move_the_sketches_of_others():
    alone = [seen(raw).entry["shingles"] for raw in (b"one two three four", b"five six seven")]
    together = kinds.seen_of("text", [b"one two three four", b"", b"five six seven"])
    assert [one if isinstance(one, str) else one.entry["shingles"] for one in together] == [
        alone[0],
        "it is empty (0 bytes)",
        alone[1],
    ]


def test_case_space_and_signs_make_no_other_sketch():
    texts = b"It is so, yes", b"it IS\n so - YES!", b"it is not so"
    plain, same, other = (seen(raw).entry["shingles"] for raw in texts)
    assert plain == same != other
    assert near_sketches([plain], [same, other]) == [(0, 0, 1.0)]


def test_the_largest_text_takes_less_than_seconds():
    started = time.process_time()
    assert isinstance(seen(b"word and more " * (seen_text.MOST // 14)), Seen)
    assert time.process_time() - started < 5


def test_a_folder_of_thousands_of_classes_is_refused_before_anything_is_read(tmp_path):
    for number in range(2001):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "one.txt").write_text("a text")
    with pytest.raises(DataError, match="holds 2001 classes, and at most 2000 can be told apart"):
        class_folder.scan(str(tmp_path), kinds.TEXT)
