"""`graduate gc`: what goes, what stays, and that nothing is lost however it ends."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

from graduate.pipeline import record, sweep
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import gc, gc_folders, tree, tree_text, words
from graduate.pipeline.lineage.affected import affected
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from graduate.pipeline.supervise import lock
from graduate.pipeline.workspace import Workspace
from tests.lineage.gc_work import artifact_of, files_of, planned, read, states, yes
from tests.lineage.writing import RUNNING, Writer


def test_without_yes_nothing_changes(work, capsys):
    before, store = files_of(work.root), work.store.read_bytes()
    assert main(["gc", "--keep-runs", "1", "--workdir", str(work.root)]) == 0
    printed = capsys.readouterr().out
    assert "can be deleted:" in printed
    assert "Nothing was deleted: --yes deletes it." in printed
    assert (files_of(work.root), work.store.read_bytes()) == (before, store)


def test_what_a_pushed_model_on_disk_came_from_stays(work):
    assert yes(work, "--keep-runs", "1") == 0
    for name in ("first", "rollback", "pets"):
        with read(work) as records:
            subject = words.resolve(records, str(work.versions[name]))
            told = tree.lineage(records, subject, downstream=False)
            assert len(told.graph.executions) > 8
            assert [one.id for one in told.graph.artifacts.values() if not one.present or one.state != "live"] == []
    findings = artifact_of(work, "first", "graduate.Findings")  # nobody's input
    assert (findings.folder / "report.html").is_file()


def test_of_a_removed_version_the_model_goes_and_what_was_said_of_it_stays(work, capsys):
    model = artifact_of(work, "faster", "Model")
    assert yes(work, "--keep-runs", "1") == 0
    assert f"{work.runs['faster']} is older than the last that finished; digits:" in capsys.readouterr().out
    assert not model.folder.exists()
    assert states(work)[model.id] == "deleted"
    for kind in ("graduate.Findings", "ModelEvaluation", "graduate.Manifest", "ModelBlessing"):
        kept = artifact_of(work, "faster", kind)
        assert kept.present, kind
        assert kept.state == "live", kind
    verdicts = [path for path in work.root.glob("artifacts/digits/*/verdict/2/verdict.json")]
    assert {path.parts[-4] for path in verdicts} >= {"GradientDiagnostics", "Evaluator", "Gate"}


def test_lineage_answers_after_it(work):
    model = artifact_of(work, "faster", "Model")
    manifest = artifact_of(work, "faster", "graduate.Manifest").folder / "manifest.jsonl"
    path = json.loads(manifest.read_text().splitlines()[9])["path"]
    with read(work) as records:
        before = [one.model.id for one in affected(records, path).models]
    assert yes(work, "--keep-runs", "1") == 0
    with read(work) as records:
        text = tree_text.text(tree.lineage(records, words.resolve(records, str(work.versions["faster"]))))
        assert f"model: Model {model.id} · deleted · gone" in text
        assert [one.model.id for one in affected(records, path).models] == before


def test_the_last_runs_keep_their_cache(work):
    """The refused run is the last but two of digits: with three to keep all that it took and gave stays."""
    refused = artifact_of(work, "more_data", "Model")
    plan = planned(work, keep=3)
    assert refused.folder not in {one.path for one in plan.candidates}
    assert refused.folder in {one.path for one in planned(work, keep=1).candidates}
    assert yes(work, "--keep-runs", "3") == 0
    with read(work) as records:
        for run in plan.runs:
            for one in records.outputs_of(records.executions_of(records.run(run))):
                assert one.present or "models" in one.uri, (run, one)
                assert one.state == "live"


def test_unfinished_runs_since_the_oldest_kept_one_stay(work):
    with read(work) as records:
        runs = records.runs()
        assert [run.status for run in gc.kept_runs(runs, 1, False) if run.pipeline == "digits"] == ["failed", "sick"]
        assert len(gc.kept_runs(runs, 9, False)) == len(runs)


def test_a_run_in_progress_keeps_what_it_holds(work):
    writer = Writer(record.open_store(Workspace(work.root)), work.root)
    stuck = writer.artifact("Model", str(writer.folder("digits", "Trainer", "model")))
    (Path(stuck.uri) / "weights").write_text("some")
    record.start_run(writer.store, "digits-20260101-000000-aaaa", "digits", {}, "f")
    context = writer.store.get_context_by_type_and_name("pipeline_run", "digits-20260101-000000-aaaa")
    context.custom_properties["graduate_started"].string_value = "2020-01-01T00:00:00+00:00"
    writer.store.put_contexts([context])
    writer.execution("digits", "digits-20260101-000000-aaaa", "Trainer", {}, {"model": [stuck]}, state=RUNNING)
    orphan = work.root / "artifacts" / "digits" / "Trainer" / "model" / "99"
    orphan.mkdir()
    (orphan / "part").write_text("x")
    calm, busy = ({one.path for one in planned(work, running=running).candidates} for running in (False, True))
    assert {Path(stuck.uri), orphan} <= calm
    assert not {Path(stuck.uri), orphan} & busy


def test_yes_is_refused_while_somebody_holds_the_work_folder(work, capsys):
    before = files_of(work.root)
    with lock.hold(Workspace(work.root), "graduate run x.yaml"):
        assert yes(work, "--keep-runs", "1") == 2
        assert "is in use by process" in capsys.readouterr().err
        assert main(["gc", "--keep-runs", "1", "--workdir", str(work.root)]) == 0
        assert "what it may need is left out" in capsys.readouterr().err
    assert files_of(work.root) == before


def test_folders_that_no_artifact_names_go_and_links_stay(work, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    node = work.root / "artifacts" / "digits" / "Trainer"
    for folder in (
        node / "model" / "99",
        work.root / "artifacts" / "old_pipeline" / "Trainer",
        node / ".system/executor_execution/7",
    ):
        folder.mkdir(parents=True)
        (folder / "data").write_text("12345")
    (node / ".system/stateful_working_dir").mkdir()
    (node / "model" / "link").symlink_to(outside)
    (work.root / "artifacts" / "linked").symlink_to(outside)
    (node / "model" / "99" / "link").symlink_to(outside)
    found = {
        one.path.relative_to(work.root / "artifacts"): one for one in planned(work).candidates if one.kind == "orphan"
    }
    assert set(map(str, found)) == {
        "digits/Trainer/model/99",
        "old_pipeline",
        "digits/Trainer/.system/executor_execution/7",
    }
    assert found[Path("old_pipeline")].bytes == 5
    assert yes(work) == 0
    assert not (node / "model" / "99").exists()
    assert (node / ".system/stateful_working_dir").is_dir()
    assert (outside / "precious").read_text() == "x"
    assert (node / "model" / "link").is_symlink()


def test_an_artifact_behind_a_link_is_left_alone(work, tmp_path):
    model = artifact_of(work, "faster", "Model").folder
    outside = tmp_path / "outside"
    shutil.move(model, outside)
    model.symlink_to(outside)
    assert yes(work, "--keep-runs", "1") == 0
    assert (outside / "Format-Serving" / "saved_model.pb").is_file()
    above = artifact_of(work, "faster", "ModelRun").folder.parent
    plan = planned(work)
    shutil.move(above, tmp_path / "moved")  # between the plan and its doing a folder above becomes a link
    above.symlink_to(tmp_path / "moved")
    swept = sweep.sweep(record.open_store(Workspace(work.root)), plan)
    assert all("no longer lies plainly" in why for _, why in swept.failed)
    assert (tmp_path / "moved").is_dir()


def test_a_uri_that_leaves_the_work_folder_or_names_models_is_left_alone(work, tmp_path):
    writer = Writer(record.open_store(Workspace(work.root)), work.root)
    outside = tmp_path / "elsewhere" / "model"
    below = work.root / "models" / "digits" / "1"
    odd = (
        f"{work.root}/artifacts/../models/digits/1",
        str(outside),
        f"{work.root}/artifacts",
        str(work.root),
        "s3://bucket/m",
        "",
    )
    for folder in (outside, below):
        folder.mkdir(parents=True)
        (folder / "weights").write_text("x")
    for uri in odd:
        writer.execution("old", "old-1", "Trainer", {}, {"model": [writer.artifact("Model", uri)]})
    for number in (2, 3):
        writer.execution("old", f"old-{number}", "Trainer", {}, {"model": [writer.artifact("Model", "/nowhere")]})
    before = files_of(work.root / "models")
    assert yes(work, "--keep-runs", "1") == 0
    assert files_of(work.root / "models") == before
    assert (outside / "weights").is_file()
    assert work.store.is_file()


def test_a_folder_that_a_needed_artifact_shares_stays(work):
    kept = artifact_of(work, "first", "Model").folder
    writer = Writer(record.open_store(Workspace(work.root)), work.root)
    for uri in (kept, kept / "Format-Serving", kept.parent):
        writer.execution("digits", work.runs["faster"], "Other", {}, {"model": [writer.artifact("Model", str(uri))]})
    assert yes(work, "--keep-runs", "1") == 0
    assert (kept / "Format-Serving" / "saved_model.pb").is_file()


def test_a_work_folder_that_was_copied_loses_nothing(work, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(work.root, copy)
    with Records(open_store(str(copy / "metadata.sqlite"))) as records:
        plan = gc.plan(records, copy, 1)
    assert plan.candidates == []
    assert plan.elsewhere > 30


def test_a_work_folder_behind_a_link_is_the_same(work, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(work.root)
    with read(work) as records:
        there, here = (gc.plan(records, root, 1) for root in (link, work.root))
    assert there.candidates == here.candidates


def test_logs_checkpoints_and_hash_caches(work):
    root = work.root
    for name in ("first", "faster", "more_data", "failed"):
        log = Workspace(root).log("digits", work.runs[name])
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("said")
    (root / "logs" / "digits" / "digits-20200101-000000-ffff.log").write_text("said")
    for name in ("ended", "goes_on", ".deleting-x-1"):
        (root / "checkpoints" / "digits" / name).mkdir(parents=True)
        (root / "checkpoints" / "digits" / name / "7.npz").write_text("weights")
    (root / "checkpoints" / "digits" / "empty").mkdir()
    writer = Writer(record.open_store(Workspace(root)), root)
    told = {"custom_config": json.dumps({"fingerprint": "ended"})}
    writer.execution("digits", work.runs["first"], "Trainer", {}, {}, told)
    caches = root / "cache" / "hashes"
    caches.mkdir(parents=True)
    names = {place: hashlib.sha256(place.encode()).hexdigest()[:16] for place in ("/data/digits", "/data", "/data/old")}
    for name in names.values():
        (caches / f"{name}.json").write_text("{}")
    plan = planned(work)
    gone = {str(one.path.relative_to(root)) for one in plan.candidates if one.kind in ("log", "checkpoint", "cache")}
    assert gone == {
        f"logs/digits/{work.runs['faster']}.log",
        f"logs/digits/{work.runs['more_data']}.log",
        "logs/digits/digits-20200101-000000-ffff.log",
        "checkpoints/digits/ended",
        "checkpoints/digits/empty",
        "checkpoints/digits/.deleting-x-1",
        f"cache/hashes/{names['/data/old']}.json",
    }
    assert plan.unfinished == (1, len("weights"))
    assert yes(work, "--keep-runs", "1") == 0
    assert (root / "checkpoints" / "digits" / "goes_on" / "7.npz").is_file()
    assert not (root / "checkpoints" / "digits" / "ended").exists()
    assert planned(work).candidates == []


def test_a_file_with_another_name_elsewhere_frees_nothing(work, tmp_path):
    model = artifact_of(work, "faster", "Model").folder
    weights = next(model.rglob("variables.data*"))
    before = gc_folders.size(model)
    os.link(weights, tmp_path / "other name")
    assert gc_folders.size(model) == before - weights.stat().st_size
    os.unlink(tmp_path / "other name")
    os.link(weights, model / "same folder")
    assert gc_folders.size(model) == before


def test_only_a_work_folders_own_store(work, tmp_path, capsys):
    assert main(["gc", "--store", str(work.store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["workdir"] == str(work.root)
    assert main(["gc", "--store", f"sqlite://{work.store}"]) == 0
    other = tmp_path / "other.sqlite"
    shutil.copy(work.store, other)
    for url in (str(other), "mysql://root@127.0.0.1:3306/mlmd", "grpc://127.0.0.1:8080"):
        assert main(["gc", "--store", url, "--yes"]) == 2
        assert "gc deletes files of a work folder" in capsys.readouterr().err
    assert main(["gc", "--keep-runs", "0", "--workdir", str(work.root)]) == 2
    assert main(["gc", "--yes", "--workdir", str(tmp_path / "nothing")]) == 2
    assert not (tmp_path / "nothing").exists()


def test_many_are_folded(work, capsys):
    for number in range(60):
        folder = work.root / "artifacts" / "old" / str(number)
        folder.mkdir(parents=True)
        (folder / "x").write_text("x" * number)
    (work.root / "artifacts" / "old" / "named").mkdir()
    writer = Writer(record.open_store(Workspace(work.root)), work.root)
    made = writer.artifact("Model", str(work.root / "artifacts" / "old" / "named"))
    writer.execution("digits", work.runs["faster"], "Trainer", {}, {"model": [made]})
    at = ["gc", "--keep-runs", "9", "--workdir", str(work.root)]
    assert main(at) == 0
    printed = capsys.readouterr().out
    assert "… and 20 smaller ones, 190 B; --all shows them" in printed
    assert main([*at, "--all"]) == 0
    assert "smaller ones" not in capsys.readouterr().out
