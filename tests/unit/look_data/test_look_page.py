"""The page of a look: everything of the data is escaped, nothing is asked from elsewhere."""

import re
import sys
from pathlib import Path

import pytest

from graduate.pipeline.look import page
from graduate.pipeline.look.looking import look

sys.path.insert(0, str(Path(__file__).parent))
import made_data

EVIL = "<script>alert(1)<"


def test_images_lie_in_the_page_with_near_duplicates_and_outliers(tmp_path):
    from PIL import Image

    folder = made_data.images(tmp_path / "pets", {"cat": 20, "dog": 20})
    Image.open(folder / "cat/002.png").resize((48, 48)).save(folder / "cat" / f"{EVIL}img src=x>.png".replace("/", ""))
    Image.new("RGB", (400, 300), (20, 30, 40)).save(folder / "dog/flat.png")
    text = page.render(look(str(folder)))
    assert text.count("data:image/png;base64,") >= 12
    assert "Nearly the same" in text
    assert "Unlike the others" in text
    assert "<script" not in text
    assert "<img src=x" not in text


def test_texts_and_their_class_names_are_escaped(tmp_path):
    folder = made_data.texts(tmp_path / "places", 12)
    (folder / "sea").rename(folder / "<b>sea")
    (folder / "wood/evil.txt").write_text(f"{EVIL}/script> of the wood and of the trees in it")
    text = page.render(look(str(folder)))
    assert "<script" not in text
    assert "<b>sea" not in text
    assert "&lt;b&gt;sea" in text


def test_recordings_are_drawn(tmp_path):
    text = page.render(look(str(made_data.recordings(tmp_path / "sounds", 6))))
    assert text.count('role="img"') >= 12


def test_tables_have_their_columns_and_cells_escaped(tmp_path):
    rows = [[f"{EVIL}{at % 3}", at / 7, "ab"[at % 2]] for at in range(40)]
    text = page.render(look(str(made_data.table(tmp_path / "t.csv", [f"{EVIL}name", "x", "label"], rows))))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("make", [lambda path: made_data.texts(path, 8), lambda path: made_data.recordings(path, 4)])
def test_nothing_is_asked_from_elsewhere(tmp_path, make):
    text = page.render(look(str(make(tmp_path / "data"))))
    assert re.findall(r'(?:src|href)="(?!data:|#)', text) == []
    assert "http" not in text.replace("http-equiv", "")
