"""`graduate doctor` on this machine, and on work folders that are not well."""

import json
import os
import sqlite3

import pytest

from graduate.pipeline import doctor
from graduate.pipeline.cli.main import main
from graduate.pipeline.workspace import Workspace


def finding(workspace: Workspace, name: str) -> doctor.Finding:
    return next(found for found in doctor.examine(workspace) if found.name == name)


def store(path, version: int, runs: int) -> None:
    """The tables of ML Metadata that doctor looks at."""
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE MLMDEnv (schema_version); CREATE TABLE Type (id, name); CREATE TABLE Context (id, type_id, name);"
        "CREATE TABLE ContextProperty (context_id, name); INSERT INTO Type VALUES (1, 'pipeline_run');"
    )
    connection.execute("INSERT INTO MLMDEnv VALUES (?)", [version])
    for number in range(runs):
        connection.execute("INSERT INTO Context VALUES (?, 1, ?)", [number, f"digits-{number}"])
        connection.execute("INSERT INTO ContextProperty VALUES (?, 'graduate_status')", [number])
    connection.commit()
    connection.close()


def test_this_machine_can_run_a_pipeline(tmp_path, capsys):
    assert main(["doctor", "--workdir", str(tmp_path / "new")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 13
    assert all(line.split()[0] in ("ok", "note") for line in lines)
    assert not (tmp_path / "new").exists()


def test_json_is_one_line(tmp_path, capsys):
    main(["doctor", "--workdir", str(tmp_path), "--json"])
    value = json.loads(capsys.readouterr().out)
    assert value["ready"] is True
    assert {"name", "state", "text", "remedy"} == set(value["findings"][0])


def test_a_damaged_store_would_stop_a_run(tmp_path, capsys):
    (tmp_path / "metadata.sqlite").write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    assert main(["doctor", "--workdir", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "is damaged" in captured.out
    assert "aside" in captured.out
    assert captured.err == "error: a run would stop here: store\n"


@pytest.mark.parametrize(("version", "state"), [(10, doctor.OK), (9, doctor.FAIL), (11, doctor.FAIL)])
def test_the_stores_version_decides_whether_it_can_be_used(tmp_path, version, state):
    store(tmp_path / "metadata.sqlite", version, 2)
    found = finding(Workspace(tmp_path), "store")
    assert found.state == state
    if state == doctor.OK:
        assert found.text == "2 runs, the last digits-1; schema version 10"
    if version == 9:
        assert f"graduate doctor --upgrade-store {tmp_path}/metadata.sqlite" in found.remedy


def test_a_store_of_the_first_version_is_not_taken_for_an_empty_one(tmp_path):
    with sqlite3.connect(tmp_path / "metadata.sqlite") as connection:
        connection.execute("CREATE TABLE Type (id)")
        connection.execute("CREATE TABLE EventPath (event_id)")
    found = finding(Workspace(tmp_path), "store")
    assert (found.state, found.text) == (doctor.FAIL, "0 runs; schema version 0")


def test_an_empty_store_is_no_trouble(tmp_path):
    (tmp_path / "metadata.sqlite").touch()
    assert finding(Workspace(tmp_path), "store").state == doctor.OK


def test_a_store_that_a_run_writes_to_is_no_trouble(tmp_path):
    store(tmp_path / "metadata.sqlite", 10, 1)
    writer = sqlite3.connect(tmp_path / "metadata.sqlite")
    writer.execute("BEGIN EXCLUSIVE")
    assert "writing" in finding(Workspace(tmp_path), "store").text
    writer.close()


def test_a_work_folder_that_is_a_file_would_stop_a_run(tmp_path):
    (tmp_path / "a").touch()
    assert finding(Workspace(tmp_path / "a"), "work folder").state == doctor.FAIL


def test_a_work_folder_that_cannot_be_written_would_stop_a_run(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # permissions do not bind root, whom tests may run as
    found = finding(Workspace(tmp_path / "a" / "b"), "work folder")
    assert (found.state, found.text) == (doctor.FAIL, f"{tmp_path} cannot be written")


def test_another_version_of_a_library_is_noted_and_a_missing_one_stops(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "_pins", lambda: {"tfx": "0.0.1"})
    assert finding(Workspace(tmp_path), "libraries").text == "tfx 1.16.0, not 0.0.1"
    monkeypatch.setattr(doctor, "_pins", lambda: {"no-such-library": "1"})
    found = finding(Workspace(tmp_path), "libraries")
    assert (found.state, found.text) == (doctor.FAIL, "missing: no-such-library")
