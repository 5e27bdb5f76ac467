"""`graduate serving`: what the store says, and what the folder says to it."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from graduate.errors import UsageError
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import serving, serving_disk, text_serving
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store


def of(told, pipeline):
    [found] = serving.serving(told.records, pipeline)
    return found


def test_a_rollback_tells_who_why_and_from_what(both):
    found = of(both, "digits")
    versions, runs = both.story.versions, both.story.runs
    assert found.version == versions["rollback"]
    assert (found.deed.kind, found.deed.who, found.deed.why) == ("rollback", "ada@host", "the camera was changed")
    assert (found.deed.was, found.deed.again) == (versions["faster"], versions["first"])
    assert found.run == runs["first"]
    assert found.metrics["accuracy"] == 0.95
    assert found.behind.data.rows == 60
    assert found.disk.state == "agrees"


def test_a_push_by_a_run_tells_the_run(both):
    found = of(both, "pets")
    assert (found.deed.kind, found.run, found.status) == ("run", both.story.runs["pets"], "pushed")
    assert found.behind.data.digest


def test_every_place_is_told(both):
    assert [one.pipeline for one in serving.serving(both.records)] == ["digits", "pets"]


def test_an_unknown_pipeline_is_answered_with_the_nearest(both):
    with pytest.raises(UsageError) as caught:
        serving.serving(both.records, "digts")
    assert "digits" in caught.value.hint


def version(place, number):
    (place / str(number)).mkdir(parents=True)
    (place / str(number) / "saved_model.pb").write_text("a graph")


def test_the_folder_may_say_something_else(tmp_path):
    place = tmp_path / "models" / "digits"
    assert serving_disk.look(str(place), 5).state == "absent"
    place.mkdir(parents=True)
    assert serving_disk.look(str(place), 5).state == "gone"
    version(place, 5)
    assert serving_disk.look(str(place), 5).state == "agrees"
    version(place, 7)
    told = serving_disk.look(str(place), 5)
    assert (told.state, told.version) == ("newer", 7)
    told = serving_disk.look(str(place), 9)
    assert (told.state, told.version) == ("older", 7)
    assert serving_disk.look("gs://bucket/models", 5).state == "elsewhere"


def test_what_a_simulation_pushed_lies_on_the_volume_of_a_claim(tmp_path):
    volumes = tmp_path / "volumes"
    version(volumes / "graduate-models" / "digits", 5)
    told = serving_disk.look("/models/digits", 5, str(volumes))
    assert (told.state, told.sentence.split(",")[0]) == ("agrees", str(volumes / "graduate-models" / "digits" / "5"))
    assert serving_disk.look("/models/pets", 5, str(volumes)).state == "absent"
    version(volumes / "models" / "digits", 6)  # two claims hold such a folder: neither is guessed
    told = serving_disk.look("/models/digits", 5, str(volumes))
    assert (told.state, "ask where that folder is mounted" in told.sentence) == ("absent", True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_said(tmp_path):
    place = tmp_path / "models" / "digits"
    version(place, 5)
    place.chmod(0)
    try:
        assert serving_disk.look(str(place), 5).state == "no_access"
    finally:
        place.chmod(0o755)


def test_the_command_says_where_the_folder_disagrees(own_story, capsys):
    place = own_story.root / "models" / "digits"
    version(place, 1_900_000_000)
    assert main(["serving", "digits", "--store", str(own_story.store)]) == 0
    out = capsys.readouterr().out
    assert "! version 1900000000 lies in" in out
    assert "ada@host" in out
    assert "the camera was" in out
    shutil.rmtree(place)
    assert main(["serving", "digits", "--store", str(own_story.store), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["on_disk"]["state"] == "absent"
    assert told["pushed_by"]["why"] == "the camera was changed"
    assert told["data"]["rows"] == 60


def test_files_of_artifacts_may_be_gone(own_story):
    shutil.rmtree(own_story.root / "artifacts")
    with Records(open_store(str(own_story.store))) as records:
        [found] = serving.serving(records, "digits")
    assert found.behind.data.rows == 60


def test_no_line_is_too_long(both):
    found = serving.serving(both.records)
    longest = max((line for line in text_serving.text(found).splitlines() if "/" not in line), key=len)
    assert len(longest) <= 100


def test_nothing_pushed_is_no_error(tmp_path, capsys):
    from graduate.pipeline import record
    from graduate.pipeline.workspace import Workspace

    record.open_store(Workspace(tmp_path / "work"), create=True)
    assert main(["serving", "--workdir", str(tmp_path / "work")]) == 0
    assert "No model has been pushed" in capsys.readouterr().out
