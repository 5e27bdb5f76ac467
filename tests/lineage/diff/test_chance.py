"""Whether a difference in accuracy is more than chance, held against values computed elsewhere by hand."""

import pytest

from graduate.pipeline.lineage.diff import chance
from graduate.pipeline.lineage.diff.chance import Right


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [(0, 0, 1.0), (0, 1, 1.0), (0, 5, 2 / 32), (0, 6, 2 / 64), (1, 9, 2 * 11 / 1024), (5, 5, 1.0)],
)
def test_mcnemars_exact_test(only_a, only_b, p):
    assert chance.mcnemar(only_a, only_b) == pytest.approx(p)
    assert chance.mcnemar(only_b, only_a) == pytest.approx(p)


def test_the_two_proportion_z_test():
    # 60 of 100 against 40 of 100: z = 0.2 / sqrt(0.25 * 0.02) = 2.828, p = 0.00468
    assert chance.two_proportions(60, 100, 40, 100) == pytest.approx(0.00468, abs=1e-5)
    assert chance.two_proportions(10, 10, 20, 20) == 1.0


def test_one_row_more_is_chance_whatever_test_is_asked():
    found = chance.read(Right(176, 181), Right(177, 181), same_rows=True)
    assert (found.answer, found.rows, found.test) == ("chance", 1, chance.MCNEMAR)


def test_many_rows_more_are_beyond_chance():
    found = chance.read(Right(120, 181), Right(177, 181), same_rows=True)
    assert (found.answer, found.rows, found.test) == ("beyond_chance", 57, chance.Z_TEST)


def test_between_the_two_nothing_is_said_of_the_same_rows():
    assert chance.read(Right(170, 181), Right(177, 181), same_rows=True).answer == "unclear"
    assert chance.read(Right(170, 181), Right(177, 181), same_rows=False).answer == "chance"


def test_classes_that_went_up_and_down_make_the_least_number_of_changed_rows_larger():
    """Six ahead is 0.03 if no row was lost; with five lost elsewhere, which the classes tell, it is chance."""
    alone = chance.read(Right(90, 100), Right(96, 100), same_rows=True)
    known = chance.read(Right(90, 100, {"a": 50, "b": 40}), Right(96, 100, {"a": 45, "b": 51}), same_rows=True)
    assert alone.answer == "unclear"
    assert known.answer == "chance"
    assert known.p == pytest.approx(chance.mcnemar(5, 11))


def test_an_accuracy_that_is_no_share_of_rows_is_not_judged():
    assert chance.of_accuracy(0.9667, 6) is None
    assert chance.of_accuracy(5 / 6, 6) == Right(5, 6)
    assert chance.read(None, Right(1, 2), same_rows=True) is None
    assert chance.read(Right(0, 0), Right(0, 0), same_rows=True) is None
