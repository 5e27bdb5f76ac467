"""What is seen of tables: columns, the label, what is odd."""

import sys
from pathlib import Path

import pytest

from graduate.errors import DataError, UsageError
from graduate.pipeline.look.looking import look

sys.path.insert(0, str(Path(__file__).parent))
import made_data


def named(found):
    return {one.what: one for one in found.findings}


def test_columns_have_kinds_and_what_numbers_the_rows_is_left_out(tmp_path):
    found = look(str(made_data.flowers(tmp_path / "flowers.csv")))
    columns = found.measured["columns"]
    assert {name: one["kind"] for name, one in columns.items()} == {
        "id": "number", "length": "number", "width": "number", "soil": "category", "picked": "date",
        "species": "category",
    }  # fmt: skip
    assert columns["id"]["role"] == "ignore"
    assert found.measured["label"]["columns"] == ["species"]
    assert "last column" in found.measured["label"]["why"]
    assert named(found)["dates"].paths == ("picked",)


def rows(*columns):
    return [list(row) for row in zip(*columns, strict=True)]


NUMBERS = [((7 * at) % 31) / 4 for at in range(40)]


@pytest.mark.parametrize(
    ("name", "values", "target"),
    [
        ("y", [at % 2 for at in range(40)], "class"),
        ("target", ["yes" if at % 3 else "no" for at in range(40)], "class"),
        ("class", [at % 5 for at in range(40)], "class"),
        ("label", [at * at for at in range(40)], "number"),
        ("outcome", [at / 8 for at in range(40)], "number"),
    ],
)
def test_the_label_and_its_target_are_told_by_name_and_values(tmp_path, name, values, target):
    path = made_data.table(tmp_path / "t.csv", [name, "x"], rows(values, NUMBERS))
    label = look(str(path)).measured["label"]
    assert (label["columns"], label["target"]) == ([name], target)
    assert "name says so" in label["why"]


def test_several_labels_of_zero_and_one(tmp_path):
    a, b = [at % 2 for at in range(40)], [int(at % 3 > 0) for at in range(40)]
    path = made_data.table(tmp_path / "t.csv", ["x", "a", "b"], rows(NUMBERS, a, b))
    assert look(str(path), ["a", "b"]).measured["label"]["target"] == "labels"
    assert look(str(path), ["a", "b"]).measured["label_shares"] == {"a": 0.5, "b": 0.65}
    assert look(str(path), ["x", "a"]).measured["label"]["target"] == "number"


@pytest.mark.parametrize(
    ("last", "why"),
    [
        ([f"2024-01-{1 + at % 28:02d}" for at in range(40)], "is a date"),
        (["same"] * 40, "is 'same' in every row"),
        ([f"name {at}" for at in range(40)], "40 values in 40 rows"),
        (list(range(500, 540)), "looks like an id"),
        ([""] * 40, "is empty"),
    ],
)
def test_where_no_column_is_the_label_without_doubt_it_has_to_be_said(tmp_path, last, why):
    path = made_data.table(tmp_path / "t.csv", ["a", "b", "last"], rows([at % 2 for at in range(40)], NUMBERS, last))
    with pytest.raises(UsageError, match=why) as caught:
        look(str(path))
    assert "--label" in caught.value.hint
    assert look(str(path), ["a"]).measured["label"]["target"] == "class"


def test_two_names_that_both_say_label(tmp_path):
    path = made_data.table(tmp_path / "t.csv", ["x", "y", "target"], rows(NUMBERS, NUMBERS, NUMBERS))
    with pytest.raises(UsageError, match="y and target may each be the label"):
        look(str(path))


def test_a_label_that_is_not_there_or_says_nothing(tmp_path):
    path = made_data.flowers(tmp_path / "flowers.csv")
    with pytest.raises(UsageError, match="no column specis") as caught:
        look(str(path), ["specis"])
    assert caught.value.hint == "did you mean species?"
    constant = made_data.table(tmp_path / "c.csv", ["x", "y"], rows(NUMBERS, ["a"] * 40))
    with pytest.raises(DataError, match="'a' in every row"):
        look(str(constant), ["y"])


def test_what_a_run_would_stop_at_and_what_is_of_no_use(tmp_path):
    cells = {
        "x": [*NUMBERS[:37], "inf", "oops", "?"],
        "empty": [""] * 40,
        "constant": ["k"] * 40,
        "money": [f"{at},5" for at in range(40)],
        "when": [f"{1 + at % 28}.1.2024" for at in range(40)],
        "path": [f"{at % 3}" for at in range(40)],
        "patient_id": [f"p{at % 8}" for at in range(40)],
        "leak": ["sick" if at % 2 else "well" for at in range(40)],
        "label": [*(at % 2 for at in range(39)), ""],
    }
    found = look(str(made_data.table(tmp_path / "t.csv", list(cells), rows(*cells.values()))))
    columns, odd = found.measured["columns"], named(found)
    assert {name: one["role"] for name, one in columns.items()} == {
        "x": "feature", "empty": "ignore", "constant": "ignore", "money": "ignore", "when": "ignore", "path": "ignore",
        "patient_id": "group", "leak": "feature", "label": "label"
    }  # fmt: skip
    assert odd["doubtful-cells"].count == 2
    assert odd["label-missing"].count == 1
    assert found.measured["bad_cells"] == 3
    assert "decimal comma" in columns["money"]["why"]


def test_a_column_that_gives_the_label_away(tmp_path):
    values = [at % 2 for at in range(80)]
    leak = ["sick" if value else "well" for value in values]
    noise = [(at * 37) % 11 for at in range(80)]
    found = look(str(made_data.table(tmp_path / "t.csv", ["noise", "leak", "label"], rows(noise, leak, values))))
    assert named(found)["gives-the-label-away"].paths == ("leak",)


def test_the_same_row_under_two_labels(tmp_path):
    made = [[at, at * 3 % 7, at % 2] for at in range(40)] + [[5, 1, 0], [6, 4, 0]]
    found = look(str(made_data.table(tmp_path / "t.csv", ["a", "b", "label"], made)))
    assert named(found)["duplicates"].count == 2
    assert named(found)["label-noise"].count == 1


def test_lines_of_json_may_lack_columns(tmp_path):
    import json

    lines = [{"a": at, "label": at % 2} | ({"b": at * 2} if at > 20 else {}) for at in range(40)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, lines)))
    columns = look(str(tmp_path / "t.jsonl")).measured["columns"]
    assert columns["b"]["missing"] == 21


def test_of_many_rows_an_even_share_is_looked_at(tmp_path, monkeypatch):
    from graduate.pipeline.look import table

    monkeypatch.setattr(table, "_CELLS", 100)
    monkeypatch.setattr(table, "_FEWEST", 50)
    path = made_data.table(tmp_path / "t.csv", ["x", "label"], [[at / 7, at // 500] for at in range(1000)])
    found = look(str(path))
    assert found.rows == 1000
    assert 25 <= found.measured["looked_at"] <= 51
    assert set(found.classes) == {"0", "1"}
    assert abs(found.classes["0"] - found.classes["1"]) <= 1
    assert "sampled" in named(found)


def test_a_table_of_texts_is_a_task_of_texts(tmp_path):
    made = []
    for number, file in enumerate(sorted(made_data.texts(tmp_path / "places", 40).glob("*/*.txt"))):
        made.append([f"doc{number}", file.read_text().strip() + f" {number}", file.parent.name])
    made.append(["doc x", "", "sea"])
    made.append(["doc y", made[0][1], "wood"])
    found = look(str(made_data.table(tmp_path / "places.csv", ["nr", "body", "label"], made)))
    assert (found.task, found.source, found.measured["text"]) == ("text", "texts", "body")
    assert found.classes == {"sea": 41, "wood": 41}
    assert found.bad == {"places.csv#000080": "it is empty (0 bytes)"}
    assert named(found)["label-noise"].count == 1


def test_with_other_columns_a_text_is_one_that_is_left_out(tmp_path):
    made = [[f"a long text of many words, the {at}th of its kind", at % 7, at % 2] for at in range(80)]
    found = look(str(made_data.table(tmp_path / "t.csv", ["text", "x", "label"], made)))
    assert found.task == "table"
    assert found.measured["columns"]["text"]["role"] == "ignore"


def test_the_one_column_that_can_be_a_label_is_it(tmp_path):
    made = [[at, "ab"[at % 2], f"a text of some words, number {at}"] for at in range(60)]
    label = look(str(made_data.table(tmp_path / "t.csv", ["id", "topic", "content"], made))).measured["label"]
    assert label["columns"] == ["topic"]
    assert "only column" in label["why"]
