"""Two runs at the same time: in one work folder, and from two work folders to one place."""

from __future__ import annotations

import pytest

from tests.e2e.project import Done, until

pytestmark = pytest.mark.slow


def finished(process) -> Done:
    """What a started command came to."""
    out, err = process.communicate(timeout=180)
    return Done(process.returncode, out, err, 0.0)


def test_a_second_run_in_the_work_folder_waits_or_says_who_holds_it(project):
    first = project.stop_in("Transform")
    refused = project.graduate("run", "tiny.yaml", "--no-wait")
    assert (refused.code, refused.out) == (2, "")
    said = [line for line in refused.err.splitlines() if line]
    assert len(said) == 2
    assert f"{project.workspace.root}: is in use by process {first.pid}" in said[0]
    assert "graduate run tiny.yaml" in said[0]
    assert "--workdir" in said[1]

    second = project.start("run", "tiny.yaml", "--json", "--until", "Schema")
    assert f"process {first.pid}" in until(second, "waiting")
    first.kill()
    done = finished(second)
    assert (done.code, done.result["status"]) == (0, "stopped"), done.err
    assert done.ran == set()
    assert [run.status for run in project.runs()] == ["stopped", "interrupted"]


def test_the_verbs_that_only_read_wait_for_no_run(project, pushed):
    project.stop_in("StatisticsGen")
    assert project.graduate("models").code == 0
    assert project.graduate("show", "tiny.yaml").code == 0
    assert project.graduate("doctor").code == 0


def test_two_runs_of_two_work_folders_that_push_to_one_place_give_two_versions(project):
    project.write_config(push={"to": str(project.folder / "models")})
    started = [project.start("run", "tiny.yaml", "--json", "--workdir", name) for name in ("one", "two")]
    one, two = map(finished, started)
    assert (one.code, two.code) == (0, 0), one.err + two.err
    versions = sorted(str(path.parent) for path in (project.folder / "models").glob("*/saved_model.pb"))
    assert sorted([one.result["pushed_to"], two.result["pushed_to"]]) == versions
    assert len(versions) == 2
