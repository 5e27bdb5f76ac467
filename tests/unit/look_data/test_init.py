"""`graduate init` and `graduate data`: a config that is valid and says why; never half a file; nothing overwritten."""

import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from graduate.pipeline.cli.main import main
from graduate.pipeline.config import load
from graduate.pipeline.look import config_text, propose, shares
from graduate.pipeline.look.looking import look

sys.path.insert(0, str(Path(__file__).parent))
import made_data


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


MAKE = {
    "pets": lambda: made_data.images(Path("pets"), {"cat": 40, "dog": 30}),
    "places": lambda: made_data.texts(Path("places"), 30),
    "birds": lambda: made_data.recordings(Path("birds"), 20),
    "flowers.csv": lambda: made_data.flowers(Path("flowers.csv")),
    "notes.csv": lambda: made_data.notes(Path("notes.csv")),
}


@pytest.mark.parametrize("name", MAKE)
def test_the_config_is_valid_and_every_value_has_its_reason(here, capsys, name):
    MAKE[name]()
    assert main(["init", name]) == 0
    text = Path("pipeline.yaml").read_text()
    config = load("pipeline.yaml")
    assert config.name == name.partition(".")[0]
    assert len(config.evaluation.bounds) == 1
    assert main(["config", "resolve", "pipeline.yaml"]) == 0
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith("#") and not line.endswith(":"):
            assert "  # " in line or lines[number - 1].lstrip().startswith("#"), line
    assert all(len(line) <= 120 for line in lines)
    assert "next: graduate run pipeline.yaml" in capsys.readouterr().err


def test_nothing_is_overwritten_unless_that_is_said(here, capsys):
    MAKE["flowers.csv"]()
    Path("pipeline.yaml").write_text("mine")
    assert main(["init", "flowers.csv"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert Path("pipeline.yaml").read_text() == "mine"
    assert main(["init", "flowers.csv", "--force"]) == 0
    assert load("pipeline.yaml").task == "table"


def test_where_the_data_are_of_no_use_no_file_is_left(here):
    Path("empty").mkdir()
    assert main(["init", "empty"]) == 5
    assert main(["init", "nowhere"]) == 2
    assert os.listdir(".") == ["empty"]


def test_paths_are_relative_to_the_config(here):
    MAKE["pets"]()
    assert main(["init", "pets", "-o", "configs/my pets.yaml"]) == 0
    config = load("configs/my pets.yaml")
    assert config.data.images == "../pets"
    assert config.input_path(config.data.images) == here / "pets"


def test_a_folder_named_like_a_demo_data_set_is_that_folder(here):
    made_data.images(Path("digits"), {"0": 30, "1": 30})
    assert main(["init", "digits"]) == 0
    assert load("pipeline.yaml").data.images == "./digits"


def test_a_config_for_bad_files_leaves_them_out(here):
    folder = MAKE["pets"]()
    (folder / "cat/empty.png").touch()
    assert main(["init", "pets"]) == 0
    assert load("pipeline.yaml").data.bad_rows == "skip"


def test_columns_of_no_use_are_left_out_and_groups_kept_together(here):
    rows = [[f"user{at % 9}", at, (at * 7 % 13) / 3, "ab"[at % 2]] for at in range(90)]
    made_data.table(Path("visits.csv"), ["user_id", "nr", "x", "label"], rows)
    assert main(["init", "visits.csv"]) == 0
    data = load("pipeline.yaml").data
    assert data.columns == {"user_id": "ignore", "nr": "ignore"}
    assert data.group_by == "user_id"


def test_names_from_the_data_cannot_write_lines_of_the_config(here):
    header = ["a\nname: evil", "b: {c: d}", "yes", "# e", "label\ntask: image"]
    rows = [[at, f"v{at % 3}", "k", at / 3, "xy"[at % 2]] for at in range(60)]
    made_data.table(Path("odd.csv"), header, rows)
    assert main(["init", "odd.csv"]) == 0
    config = load("pipeline.yaml")
    assert (config.name, config.task) == ("odd", "table")
    assert config.data.label == "label\ntask: image"
    assert config.data.columns["yes"] == "ignore"


def test_bounds_lie_halfway_between_the_baseline_and_one(here):
    made_data.images(Path("pets"), {"cat": 60, "dog": 20})
    main(["init", "pets"])
    assert load("pipeline.yaml").evaluation.bounds["accuracy"].at_least == 0.87
    assert load("pipeline.yaml").training.class_weights == "balanced"


def test_where_one_class_is_nearly_everything_recall_is_bounded(here):
    made_data.images(Path("pets"), {"cat": 90, "dog": 10})
    main(["init", "pets"])
    assert set(load("pipeline.yaml").evaluation.bounds) == {"recall"}


def test_splits_that_are_there_are_kept_and_eval_grades_where_there_is_no_test(here):
    for split, count in (("train", 20), ("eval", 6)):
        made_data.images(Path("pets") / split, {"cat": count, "dog": count}, (8, 8 + count))
    assert main(["init", "pets"]) == 0
    config = load("pipeline.yaml")
    assert config.data.split is None
    assert config.evaluation.split == "eval"


def test_shares_leave_rows_of_each_class_in_each_split_where_that_can_be(here):
    found = look(str(made_data.images(here / "pets", {"cat": 150, "dog": 90})))
    chosen = shares.of_files(found)
    counts = shares._assigned(found, chosen.shares, None)
    assert min(counts[split][name] for split in chosen.shares for name in found.classes) >= 8
    assert chosen.train == counts["train"].total()


def test_files_land_in_the_splits_that_the_reason_names(here):
    """The pipeline's own assignment."""
    from graduate.pipeline.data import class_folder, hashes, kinds, splits

    found = look(str(made_data.images(here / "pets", {"cat": 50, "dog": 40})))
    chosen = shares.of_files(found)
    listing = class_folder.scan(str(here / "pets"), kinds.IMAGE)
    assigned = splits.assign(listing.files, hashes.of_files(listing, None), chosen.shares, None)
    assert chosen.why.startswith(", ".join(str(assigned.count(split)) for split in chosen.shares) + " rows")


def test_patients_in_file_names_stay_in_one_split(here):
    folder = made_data.images(here / "scans", {"ill": 60, "well": 60})
    for number, file in enumerate(sorted(folder.glob("*/*.png"))):
        file.rename(file.with_name(f"patient-{number % 24}_{file.name}"))
    assert main(["init", "scans"]) == 0
    assert load("pipeline.yaml").data.group_by


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/x/My Pets", "my_pets"),
        ("/x/9lives", "data_9lives"),
        ("/pets/train", "pets"),
        ("/x/ÄÖ", "x"),
        ("/a/b.csv", "b"),
    ],
)
def test_a_pipelines_name_follows_from_the_data(path, name):
    assert propose.pipeline_name(path) == name


@pytest.mark.parametrize("value", ["yes", "1", "a: b", "# x", "'", '"', "null", "a\nb", "ü", [1, 2], {"a": "no"}, "~"])
def test_a_value_is_read_as_it_was_meant(value):
    group = config_text.Group()
    group.put("key", value, "why # : not\nname: evil")
    group.group("more").put("key", value)
    assert yaml.safe_load(config_text.text(["head\nkey: x"], group)) == {"key": value, "more": {"key": value}}


def test_data_as_json_is_one_line(here, capsys):
    MAKE["pets"]()
    assert main(["data", "pets", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["task"], told["rows"], told["classes"]) == ("image", 70, {"cat": 40, "dog": 30})
    assert not any(name.startswith("_") for name in told["measured"])


def test_looking_needs_neither_tensorflow_nor_tfx(here):
    import subprocess

    for make in MAKE.values():
        make()
    program = (
        "import sys; from graduate.pipeline.cli.main import main; codes = [main(['init', one, '-o', one + '.yaml']) "
        "for one in sys.argv[1:]]; heavy = {'tensorflow', 'tfx', 'apache_beam', 'keras', 'pandas'} & set(sys.modules); "
        "print('\\n', codes, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", program, *MAKE], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == " [0, 0, 0, 0, 0] set()", done.stderr
