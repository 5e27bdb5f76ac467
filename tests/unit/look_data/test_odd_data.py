"""What a look says of data that is odd in ways that people's data are."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from graduate.errors import DataError
from graduate.pipeline.look import propose, spellings
from graduate.pipeline.look.config_text import Group, text
from graduate.pipeline.look.looking import look

sys.path.insert(0, str(Path(__file__).parent))
import made_data

KEYS = {"epochs": r"epochs: (\d+)", "early_stopping": r"patience: (\d+)"}  # of the group `training`


def named(found):
    return {one.what: one for one in found.findings}


@pytest.mark.parametrize(
    ("names", "several"),
    [
        (["cat", "Cat", "dog"], [["cat", "Cat"]]),
        (["cat", "cat ", " CAT"], [["cat", "cat ", " CAT"]]),
        (["ice cream", "ice_cream", "ice-cream", "icecream"], [["ice cream", "ice_cream", "ice-cream"]]),
        (["caf\u00e9", "cafe\u0301", "cafe"], [["caf\u00e9", "cafe\u0301"]]),
        (["stra\u00dfe", "STRASSE"], [["stra\u00dfe", "STRASSE"]]),
        (["A", "a", "B", "b"], []),
        (["-1", "1", "0"], []),
        (["1", "1.0", "+1"], []),
        (["", " ", "_"], []),
        ([], []),
    ],
)
def test_spellings_of_one_name(names, several):
    assert spellings.several(names) == several


def test_classes_of_two_spellings_are_told(tmp_path):
    folder = made_data.images(tmp_path / "pets", {"cat": 12, "Cat ": 12, "dog": 12})
    found = named(look(str(folder)))["spellings"]
    assert found.severity == "warning"
    assert "'Cat ', 'cat'" in found.text


def test_spellings_of_a_label_and_of_a_feature_are_told(tmp_path):
    towns = ["Oslo", "oslo", "Rome"]
    rows = [[at % 17, towns[at % 3], ["yes", "YES", "no", "no"][at % 4]] for at in range(60)]
    odd = [one for one in look(str(made_data.table(tmp_path / "t.csv", ["n", "town", "bought"], rows))).findings]
    label, feature = sorted((one for one in odd if one.what == "spellings"), key=lambda one: one.severity, reverse=True)
    assert (label.severity, feature.severity) == ("warning", "note")
    assert "'YES', 'yes'" in label.text
    assert feature.text.startswith("town ")


def test_a_label_that_is_almost_unique_is_told(tmp_path):
    rows = [[at % 17, f"name {at // 3}"] for at in range(90)]
    found = named(look(str(made_data.table(tmp_path / "t.csv", ["n", "label"], rows))))["many-classes"]
    assert found.text == "30 classes, 3.0 rows each: is it an id?"


def test_a_folder_of_which_nothing_can_be_used_is_refused(tmp_path):
    folder = made_data.recordings(tmp_path / "sounds", 3)
    for path in folder.glob("*/*.wav"):
        path.write_bytes(b"")
    with pytest.raises(DataError) as error:
        look(str(folder))
    assert error.value.message == "none of 6 recordings can be used: high/000.wav: it is empty (0 bytes)"


def test_a_folder_with_one_class_that_can_be_used_is_refused(tmp_path):
    folder = made_data.recordings(tmp_path / "sounds", 3)
    for path in folder.glob("low/*.wav"):
        path.write_text("no sound")
    with pytest.raises(DataError) as error:
        look(str(folder))
    assert error.value.message.startswith("of 6 recordings only 3 can be used, all of class high: low/000.wav: ")


def test_a_class_of_which_nothing_can_be_used_is_told(tmp_path):
    folder = made_data.images(tmp_path / "pets", {"cat": 12, "dog": 12, "emu": 2})
    for path in folder.glob("emu/*"):
        path.write_bytes(b"")
    lost = named(look(str(folder)))["lost-class"]
    assert lost.paths == ("emu",)


@pytest.mark.parametrize("rows", [10, 50, 400, 5_000, 100_000])
def test_early_stopping_waits_some_steps_however_few_rows_an_epoch_has(rows):
    import math

    batch = propose.batch_size(rows)
    group = propose.training(Group(), rows, batch=batch, steps=600, rate=0.01, most_epochs=60, why="")
    said = {line.partition(":")[0].strip(): line for line in text([], group).splitlines()}
    epochs, patience = (int(re.search(pattern, said[name])[1]) for name, pattern in KEYS.items())
    assert 3 <= patience <= max(5, epochs)
    assert patience * math.ceil(rows / batch) >= min(150, epochs * math.ceil(rows / batch))


def test_what_systems_leave_in_folders_is_passed_over(tmp_path):
    folder = made_data.images(tmp_path / "pets", {"cat": 12, "dog": 12})
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "._000.png"):
        (folder / "cat" / name).write_bytes(b"\0\5\x16\7")
    for hidden in (".ipynb_checkpoints", "cat/.ipynb_checkpoints"):
        (folder / hidden).mkdir()
        shutil.copy(folder / "dog/000.png", folder / hidden / "000.png")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX/._cat").write_bytes(b"\0\5\x16\7")
    found = look(str(folder))
    assert found.classes == {"cat": 12, "dog": 12}
    assert found.bad == {}
    assert set(named(found)) == {"not-read", "few-rows"}


def test_a_folder_below_a_class_folder_belongs_to_the_class(tmp_path):
    folder = made_data.images(tmp_path / "pets", {"cat": 12, "dog": 12})
    (folder / "cat/more").mkdir()
    for number in range(5):
        (folder / f"cat/{number:03d}.png").rename(folder / f"cat/more/{number:03d}.png")
    assert look(str(folder)).classes == {"cat": 12, "dog": 12}
