"""What DataGuard says of texts: nearly the same ones in two splits, and lengths that tell the class."""

from __future__ import annotations

import numpy as np

from graduate.components import data_leakage
from graduate.pipeline.data import kinds

WORDS = [f"word{number}" for number in range(300)]


def row(path, text, split, label="a"):
    [seen] = kinds.seen_of("text", [text.encode()])
    return {"path": path, "hash": path, "split": split, "class": label, **seen.entry}


def texts(count, seed=0, words=60):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, words)) for _ in range(count)]


def test_a_text_of_test_that_is_one_of_train_but_for_a_word_is_named():
    train = [row(f"a/{at}.txt", text, "train") for at, text in enumerate(texts(20))]
    [twin] = texts(1)
    test = [row("b/1.txt", f"{twin} more".upper(), "test"), row("b/2.txt", texts(1, seed=9)[0], "test")]
    [check] = data_leakage.near_duplicates([*train, *test])
    assert not check.passed
    assert "1 of 2 texts outside of train" in check.sentence
    assert "b/1.txt (test) and a/0.txt" in check.sentence
    assert "image" not in check.sentence


def test_other_texts_are_said_to_be_other():
    rows = [row(f"{at}.txt", text, "train" if at < 20 else "test") for at, text in enumerate(texts(30))]
    [check] = data_leakage.near_duplicates(rows)
    assert (check.passed, check.sentence) == (True, "No text outside of train is nearly one of train.")


def test_a_length_that_tells_the_class_is_named_as_what_it_is():
    rows = [
        row(f"{at}.txt", texts(1, seed=at, words=20 if at % 2 else 50)[0], "train", "ab"[at % 2]) for at in range(80)
    ]
    found = [check for check in data_leakage.single_feature(rows) if not check.passed]
    assert "The number of words" in {check.sentence.split(" alone")[0] for check in found}
    assert all("image" not in check.sentence for check in found)


def test_lengths_that_tell_nothing_are_said_so():
    rows = [row(f"{at}.txt", text, "train", "ab"[at % 2]) for at, text in enumerate(texts(80))]
    [check] = data_leakage.single_feature(rows)
    assert (check.passed, check.sentence) == (True, "No length of a text alone tells its class.")
