"""Only files below an artifact's folder, only by themselves, only in a sandbox."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from graduate.pipeline.lineage.records import Artifact
from graduate.pipeline.lineage.ui import artifact_files, artifact_page
from graduate.pipeline.lineage.ui.response import SANDBOX


def artifact(uri, kind="Model", **properties):
    return Artifact(1, kind, str(uri), "", "live", 0, properties, kind)


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "artifacts" / "model"
    (found / "inner").mkdir(parents=True)
    (found / "a.txt").write_text("a")
    (found / "inner" / "b.json").write_text("{}")
    (found / ".hidden").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    (found / "out.txt").symlink_to(tmp_path / "secret.txt")
    (found / "outside").symlink_to(tmp_path)
    (found / "inner" / "round").symlink_to(found)
    os.mkfifo(found / "pipe")
    return found


def test_files_are_listed_in_order_and_links_are_named_not_followed(folder):
    found, more = artifact_files.listed(folder)
    assert not more
    assert [(one.path, one.size) for one in found] == [
        ("a.txt", 1),
        ("inner/b.json", 2),
        ("inner/round", None),
        ("out.txt", None),
        ("outside", None),
    ]


def test_a_folder_of_many_files_is_cut_and_says_so(folder):
    found, more = artifact_files.listed(folder, most=2)
    assert len(found) == 2
    assert more


def test_a_file_below_the_folder_is_read(folder):
    assert artifact_files.read(folder, "a.txt") == b"a"
    assert artifact_files.read(folder, "inner/b.json") == b"{}"


@pytest.mark.parametrize(
    "path",
    ["../../secret.txt", "inner/../../../secret.txt", "..", "", "/etc/passwd", "//etc/passwd", "inner//b.json",
     "./a.txt", "a.txt/", "a.txt\0", ".hidden", "out.txt", "outside/secret.txt", "inner/round/a.txt", "inner", "pipe",
     "none.txt", "a.txt/b"],
)  # fmt: skip
def test_what_leads_elsewhere_or_is_no_file_is_not_read(folder, path):
    assert artifact_files.read(folder, path) is None


def test_a_file_that_is_too_large_is_not_read(folder):
    assert artifact_files.read(folder, "a.txt", most=0) is None


@pytest.mark.parametrize(
    "uri",
    ["/", "/etc", "/etc/ssl", "/proc/self", "/tmp", str(Path.home()), str(Path.home().parent), "relative/path", "",
     "gs://bucket/model", "javascript:alert(1)", "/none/such/folder"],
)  # fmt: skip
def test_a_folder_of_the_system_a_home_and_what_is_none_are_shown_nothing_of(uri):
    assert artifact_files.folder_of(artifact(uri)) is None


def test_a_folder_that_leads_to_one_of_the_system_is_none(tmp_path):
    (tmp_path / "model").symlink_to("/etc")
    assert artifact_files.folder_of(artifact(tmp_path / "model")) is None


def test_keys_are_never_shown(tmp_path):
    (tmp_path / ".ssh").mkdir()
    assert artifact_files.folder_of(artifact(tmp_path / ".ssh")) is None


def test_a_work_folder_whose_name_is_hidden_is_shown(tmp_path):
    (tmp_path / ".graduate" / "model").mkdir(parents=True)
    assert artifact_files.folder_of(artifact(tmp_path / ".graduate" / "model")) is not None


def test_a_pushed_models_files_are_where_it_was_pushed_to(folder):
    pushed = artifact("/none/such", "PushedModel", pushed=1, pushed_destination=str(folder))
    assert artifact_files.folder_of(pushed) == folder.resolve()


def test_a_page_is_drawn_in_a_frame_alone_and_sandboxed(folder):
    (folder / "report.html").write_text("<script>1</script>")
    framed = artifact_page.file(artifact(folder), "report.html", framed=True)
    assert framed.kind == "text/html; charset=utf-8"
    assert framed.policy == SANDBOX
    assert framed.policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in framed.policy
    alone = artifact_page.file(artifact(folder), "report.html", framed=False)
    assert alone.kind == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.txt", "text/plain"), ("a.svg", "application/octet-stream"), ("a.js", "application/octet-stream"),
     ("a.png", "image/png"), ("a.xhtml", "application/octet-stream"), ("a.pb", "application/octet-stream"),
     ("a", "application/octet-stream")],
)  # fmt: skip
def test_what_a_browser_might_run_is_only_handed_over(folder, name, kind):
    (folder / name).write_text("<script>1</script>")
    answer = artifact_page.file(artifact(folder), name, framed=True)
    assert answer.kind.partition(";")[0] == kind
    assert ("attachment" in dict(answer.more).get("Content-Disposition", "")) == (kind == "application/octet-stream")
    assert answer.policy == SANDBOX


def test_over_the_wire_neither_dots_nor_their_codes_lead_out(client, story):
    number = 1
    for path in ("../1", "%2e%2e/%2e%2e/metadata.sqlite", "..%2f..%2fmetadata.sqlite", "%00", "Split-train/../../x"):
        assert client.get(f"/file/{number}/{path}").status == 404
    answer = client.get(f"/file/{number}/Split-train/data.gz")
    assert answer.status == 200
    assert answer.body == b"rows"
