"""What is seen of folders of images, texts and recordings."""

import shutil
import sys
from pathlib import Path

import pytest

from graduate.pipeline.look import groups, near
from graduate.pipeline.look.looking import look

sys.path.insert(0, str(Path(__file__).parent))
import made_data


def named(found):
    return {one.what: one for one in found.findings}


def test_healthy_images_have_nothing_odd(tmp_path):
    found = look(str(made_data.images(tmp_path / "pets", {"cat": 40, "dog": 30})))
    assert found.findings == []
    assert found.classes == {"cat": 40, "dog": 30}
    assert found.measured["sizes"] == [[24, 24, 70]]
    assert found.measured["coloured"] == 1.0


def test_grey_images_are_told_from_coloured_ones(tmp_path):
    found = look(str(made_data.images(tmp_path / "pets", {"cat": 30, "dog": 30}, grey=True)))
    assert found.measured["coloured"] == 0
    assert found.measured["modes"] == {"L": 60}


def test_duplicates_label_noise_bad_files_and_outliers_of_images(tmp_path):
    from PIL import Image

    folder = made_data.images(tmp_path / "pets", {"cat": 40, "dog": 30})
    shutil.copy(folder / "cat/000.png", folder / "cat/again.png")
    shutil.copy(folder / "cat/001.png", folder / "dog/wrong.png")
    Image.open(folder / "cat/002.png").resize((48, 48)).save(folder / "cat/larger.png")
    Image.new("RGB", (400, 300), (20, 30, 40)).save(folder / "dog/flat.png")
    (folder / "dog/empty.png").touch()
    (folder / "dog/cut.png").write_bytes((folder / "dog/000.png").read_bytes()[:120])
    (folder / "dog/text.png").write_text("no image")
    (folder / "dog/thumbs.db").write_text("")
    found = look(str(folder))
    odd = named(found)
    assert odd["duplicates"].count == 2
    assert odd["label-noise"].paths == ("cat/001.png", "dog/wrong.png")
    assert [pair[:2] for pair in found.near] == [("cat/002.png", "cat/larger.png")]
    assert set(found.bad) == {"dog/empty.png", "dog/cut.png", "dog/text.png"}
    assert odd["doubtful-files"].severity == "refused"
    assert set(found.outliers) == {"dog/flat.png"}
    assert "thumbs.db" in odd["not-read"].text


def test_what_is_said_bad_of_an_image_is_what_ingestion_says(tmp_path):
    from graduate.pipeline.data import seen_image

    folder = made_data.images(tmp_path / "pets", {"cat": 4, "dog": 4})
    (folder / "dog/empty.png").touch()
    (folder / "dog/text.png").write_text("no image")
    found = look(str(folder))
    for path, reason in found.bad.items():
        assert seen_image._not_an_image((folder / path).read_bytes()) == reason


def test_classes_with_one_row_and_imbalance(tmp_path):
    found = look(str(made_data.images(tmp_path / "pets", {"cat": 60, "dog": 6, "emu": 1})))
    odd = named(found)
    assert odd["single-example"].paths == ("emu",)
    assert odd["small-class"].paths == ("dog",)
    assert odd["imbalance"].severity == "warning"


def test_content_in_two_ready_made_splits_is_what_a_run_refuses(tmp_path):
    for split in ("train", "eval", "test"):
        made_data.images(tmp_path / "pets" / split, {f"cat{split}"[:3]: 5, "dog": 5}, (8, 8 + len(split)))
    shutil.copy(tmp_path / "pets/train/dog/000.png", tmp_path / "pets/test/dog/again.png")
    assert named(look(str(tmp_path / "pets")))["split-leak"].severity == "refused"


def test_texts_have_lengths_a_vocabulary_near_duplicates_and_bad_files(tmp_path):
    folder = made_data.texts(tmp_path / "places", 30)
    long = " ".join((folder / f"sea/{number:03d}.txt").read_text() for number in range(6)) + "the very end of it"
    (folder / "sea/long.txt").write_text(long)
    (folder / "sea/longer.txt").write_text(long.replace("very", "other"))
    (folder / "wood/blank.txt").write_text(" \n\t")
    (folder / "wood/latin.txt").write_bytes("Bäume".encode("latin-1"))
    found = look(str(folder))
    assert found.measured["vocabulary_twice"] >= 20
    assert 20 <= found.measured["tokens"]["median"] <= 25
    assert [pair[:2] for pair in found.near] == [("sea/long.txt", "sea/longer.txt")]
    assert "white space" in found.bad["wood/blank.txt"]
    assert "not UTF-8" in found.bad["wood/latin.txt"]


def test_recordings_have_rates_lengths_and_bad_files(tmp_path):
    folder = made_data.recordings(tmp_path / "sounds", 12)
    made_data.recordings(tmp_path / "other", 1, rate=16_000, seconds=3.0)
    shutil.copy(tmp_path / "other/low/000.wav", folder / "low/slow.wav")
    (folder / "high/empty.wav").touch()
    (folder / "high/cut.wav").write_bytes(b"RIFF")
    found = look(str(folder))
    assert found.measured["rates"] == {"8000": 24, "16000": 1}
    assert set(found.bad) == {"high/empty.wav", "high/cut.wav"}
    assert set(found.outliers) == {"low/slow.wav"}
    assert "rates" in named(found)


def test_copies_of_recordings_are_near_duplicates(tmp_path):
    import soundfile

    folder = made_data.recordings(tmp_path / "sounds", 12)
    heard, rate = soundfile.read(folder / "low/004.wav")
    soundfile.write(folder / "low/softer.flac", 0.3 * heard, rate)
    soundfile.write(folder / "high/wrong.ogg", heard, rate)
    found = look(str(folder))
    odd = named(found)
    assert {pair[:2] for pair in found.near} >= {
        ("low/004.wav", "low/softer.flac"),
        ("high/wrong.ogg", "low/004.wav"),
    }
    assert {path for pair in found.near for path in pair[:2]} == {"low/004.wav", "low/softer.flac", "high/wrong.ogg"}
    assert odd["near-duplicates"].severity == "note"
    assert odd["near-label-noise"].severity == "warning"
    assert [pair[:2] for pair in found.near] == [tuple(pair[:2]) for pair in found.to_json()["near"]]


def test_copies_of_recordings_in_two_splits_are_a_leak(tmp_path):
    import soundfile

    for seed, split in enumerate(("train", "eval")):
        made_data.recordings(tmp_path / split, 6 + seed, seconds=0.2 + 0.1 * seed)
    heard, rate = soundfile.read(tmp_path / "train/low/002.wav")
    soundfile.write(tmp_path / "eval/low/again.flac", 0.5 * heard, rate)
    found = look(str(tmp_path))
    assert named(found)["near-split-leak"].paths == ("eval/low/again.flac", "train/low/002.wav")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 64])
def test_every_pair_within_a_set_is_compared_and_none_with_itself(count):
    values = [(at * 7) % 5 for at in range(count)]

    def between(first, second):
        return [(a, b, 1.0) for b, y in enumerate(second) for a, x in enumerate(first) if values[x] == values[y]]

    found = {pair[:2] for pair in near.within(count, between)}
    assert found == {(a, b) for b in range(count) for a in range(b) if values[a] == values[b]}


@pytest.mark.parametrize(
    ("names", "example", "sure"),
    [
        (["ill/patient-{g}_{i}.png", "well/patient-{g}_{i}.png"], "patient-1", True),
        (["ill/Spk_{g}-{i}.wav", "well/Spk_{g}-{i}.wav"], "Spk_1", True),
        (["one/{g}/{i}.txt", "two/{g}/{i}.txt"], "1", False),
        (["0/0_ann{l}_{i}.wav", "1/1_ann{l}_{i}.wav"], "anna", False),
    ],
)
def test_groups_are_found_in_file_names(names, example, sure):
    paths = [one.format(g=g, i=i, l="abcdefg"[g]) for one in names for g in range(7) for i in range(3)]
    found = groups.of_names(paths, {path: path[:1] for path in paths})
    assert found is not None
    assert (found.number, found.sure) == (7, sure)
    assert found.example.lower()[:-1] == example.lower()[:-1]


@pytest.mark.parametrize("name", ["cat/img_{i:03d}.png", "cat/{i:03d}.png", "cat/IMG-2024-{i}.jpg", "cat/{i}.txt"])
def test_numbers_of_files_are_no_groups(name):
    paths = [name.format(i=i) for i in range(60)]
    assert groups.of_names(paths, dict.fromkeys(paths, "cat")) is None
