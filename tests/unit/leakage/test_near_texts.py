"""Texts that share most of their words."""

import numpy as np

from graduate.leakage import minhash, near_sketches, near_texts, sketches

WORDS = [f"word{number}" for number in range(400)]


def text(seed, words=80):
    return " ".join(np.random.default_rng(seed).choice(WORDS, words))


def test_a_text_with_a_word_changed_is_near_and_names_its_twin():
    texts = [text(seed) for seed in range(40)]
    changed = [one.replace(one.split()[40], "another", 1).upper() + "!" for one in texts]
    found = near_texts(minhash(texts), minhash(changed))
    assert [(first, second) for first, second, _ in found] == [(at, at) for at in range(40)]
    assert all(share >= 0.8 for _, _, share in found)


def test_texts_over_the_same_words_are_not_near():
    assert near_texts(minhash([text(s) for s in range(40)]), minhash([text(s) for s in range(40, 80)])) == []


def test_texts_without_a_word_are_like_none():
    empty = minhash(["", "…"])
    assert near_texts(empty, empty) == []


def test_the_share_of_equal_places_estimates_the_similarity():
    words = [f"{number} a b" for number in range(300)]
    one, other = (minhash([" ".join(part)], places=512)[0] for part in (words[:200], words[100:]))
    assert abs(float((one == other).mean()) - 1 / 3) < 0.08


def test_sketches_find_the_same_twins_and_texts_that_are_equal_but_for_case():
    texts = [text(seed) for seed in range(40)]
    changed = [one.replace(one.split()[40], "another", 1) for one in texts]
    found = near_sketches(sketches(texts), sketches([*changed, texts[3].upper(), "…", text(99)]))
    assert [(first, second) for first, second, _ in found] == [*((at, at) for at in range(40)), (3, 40)]


def test_of_texts_with_one_sketch_each_of_the_second_is_found():
    one, other = sketches(["a b c d", "e f g h"])
    assert near_sketches([None, one, one], [other, one, None, one]) == [(1, 1, 1.0), (1, 3, 1.0)]
    assert near_sketches([None], [one]) == near_sketches([one], [None]) == []


def test_scripts_without_spaces_are_compared_by_character():
    given = "今天天气很好我们一起去公园散步然后回家吃晚饭看一部电影"
    [(_, _, share)] = near_texts(minhash([given]), minhash([given[:-1] + "戏"]))
    assert share > 0.8
