"""What the words after MODEL are read as."""

from __future__ import annotations

import base64
import io
import json
import sys
from types import SimpleNamespace

import pytest

from graduate.pipeline.raw_inputs import RawInput, read


def in_base64(raw: bytes) -> dict:
    return {"b64": base64.b64encode(raw).decode()}


def lines(*rows) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)


def test_a_file_is_read_whatever_its_ending(tmp_path):
    (tmp_path / "a b.bin").write_bytes(b"raw")
    name = str(tmp_path / "a b.bin")
    assert list(read([name])) == [RawInput(name, b"raw")]


def test_a_folder_is_every_image_below_it_sorted(tmp_path):
    for name in ("b.png", "a/z.JPG", "a/notes.txt", ".hidden.png", ".cache/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert [one.raw for one in read([str(tmp_path)])] == [b"b.png", b"a/z.JPG"]


def test_a_folder_without_images_says_so(tmp_path):
    (one,) = read([str(tmp_path)])
    assert "holds no images" in one.problem


def test_a_missing_file_is_named_and_the_next_one_read(tmp_path):
    (tmp_path / "b.png").write_bytes(b"raw")
    missing, there = read([str(tmp_path / "a.png"), str(tmp_path / "b.png")])
    assert missing == RawInput(str(tmp_path / "a.png"), b"", "there is no such file")
    assert there.raw == b"raw"


def test_json_lines_hold_bytes_or_paths_relative_to_their_file(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "é.png").write_bytes(b"two")
    rows = tmp_path / "rows.jsonl"
    rows.write_text(lines({"image": in_base64(b"one")}, "", {"path": "images/é.png"}), encoding="utf-8")
    assert list(read([str(rows)])) == [RawInput(f"{rows}:1", b"one"), RawInput("images/é.png", b"two")]


def test_the_key_of_bytes_is_the_models_raw_feature(tmp_path):
    (tmp_path / "rows.jsonl").write_text(lines({"text": in_base64(b"one")}))
    assert [one.raw for one in read([str(tmp_path / "rows.jsonl")], "text")] == [b"one"]


def test_a_text_stands_in_json_as_it_is(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(lines({"text": "naïve 今天"}, {"text": in_base64(b"one")}, {"text": 3}, {"text": "\ud83d"}))
    plain, encoded, number, half = read([str(rows)], "text")
    assert (plain.raw.decode(), encoded.raw) == ("naïve 今天", b"one")
    assert number.problem == 'text is not "…"'
    assert half.problem == "text holds half of a surrogate pair"


def test_a_dash_is_json_lines_on_standard_input(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"two")
    text = lines({"image": in_base64(b"one")}, {"path": "a.png"}).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    monkeypatch.chdir(tmp_path)
    assert list(read(["-"])) == [RawInput("stdin:1", b"one"), RawInput("a.png", b"two")]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "it is not a line of JSON"),
        ("[1]", 'a line is {"image": {"b64": "…"}} or {"path": "…"}'),
        ('{"picture": 1}', "a line is"),
        ('{"path": 1}', "a line is"),
        ('{"image": "aGk="}', 'image is not {"b64": "…"}'),
        ('{"image": {"b64": "not base64!"}}', "image.b64 is not base64"),
        ('{"path": "nowhere.png"}', "there is no such file"),
        ('{"path": "a\\u0000b"}', "it cannot be read"),
        ("[" * 100_000, "it is not a line of JSON"),
    ],
)
def test_a_bad_line_says_what_is_wrong_and_the_next_one_is_read(tmp_path, row, problem):
    (tmp_path / "rows.jsonl").write_text(lines(row, {"image": in_base64(b"good")}))
    bad, good = read([str(tmp_path / "rows.jsonl")])
    assert problem in bad.problem
    assert good == RawInput(f"{tmp_path / 'rows.jsonl'}:2", b"good")
