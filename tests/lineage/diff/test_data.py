"""Rows of two manifests: what came, went, moved, has another class or another name."""

from graduate.pipeline.lineage.diff.data import LISTED, Row, of_rows
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME


def row(path, content, split="train"):
    return Row(path, content, split, path.partition("/")[0])


def test_the_same_rows_in_another_order_are_the_same():
    rows = [row("cat/1", "aa"), row("dog/2", "bb", "test")]
    found = of_rows(rows, rows[::-1])
    assert found.state == SAME
    assert found.splits == {"test": True, "train": True}


def test_each_row_counts_as_what_happened_to_it():
    before = [row("cat/kept", "k"), row("cat/gone", "g"), row("cat/1", "a"), row("cat/old", "n"), row("cat/over", "o1")]
    after = [row("cat/kept", "k"), row("dog/1", "a"), row("cat/new", "n"), row("cat/over", "o2"), row("dog/more", "m")]
    found = of_rows(before, after)
    numbers = {name: getattr(found, name).number for name in ("added", "removed", "changed", "relabelled", "renamed")}
    assert numbers == {"added": 1, "removed": 1, "changed": 1, "relabelled": 1, "renamed": 1}
    assert found.added.rows[0]["path"] == "dog/more"
    assert found.removed.rows[0]["path"] == "cat/gone"
    assert found.changed.rows[0]["b"]["path"] == "cat/over"
    assert (found.relabelled.rows[0]["a"]["class"], found.relabelled.rows[0]["b"]["class"]) == ("cat", "dog")
    assert found.renamed.rows[0]["b"]["path"] == "cat/new"
    assert found.counts == {"train": {"cat": (5, 3), "dog": (0, 2)}}
    assert found.state == DIFFERS


def test_a_row_in_another_split_is_moved_and_both_splits_differ():
    found = of_rows(
        [row("cat/1", "a"), row("cat/2", "b", "eval")], [row("cat/1", "a", "test"), row("cat/2", "b", "eval")]
    )
    assert found.moved.number == 1
    assert (found.added.number, found.removed.number) == (0, 0)
    assert found.splits == {"eval": True, "test": False, "train": False}


def test_duplicates_are_paired_with_what_is_most_alike():
    twice = [row("cat/1", "a"), row("dog/1", "a")]
    found = of_rows(twice, [row("dog/1", "a"), row("cat/2", "a")])
    assert found.renamed.number == 1
    assert found.relabelled.number == 0


def test_numbers_are_of_all_rows_and_names_of_the_first():
    found = of_rows([], [row(f"cat/{at:04}", f"{at}") for at in range(LISTED + 5)])
    assert found.added.number == LISTED + 5
    assert [one["path"] for one in found.added.rows[:2]] == ["cat/0000", "cat/0001"]
    assert len(found.added.rows) == LISTED


def test_a_renamed_row_changes_no_split():
    found = of_rows([row("cat/1", "a")], [row("cat/2", "a")])
    assert found.state == DIFFERS
    assert found.splits == {"train": True}
