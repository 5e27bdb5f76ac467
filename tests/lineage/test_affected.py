"""`graduate affected`: which models contain some data, and what is said where that cannot be told."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from graduate.errors import UsageError
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import affected_text, manifests
from graduate.pipeline.lineage.affected import EVALUATED, TRAINED, affected
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.writing import CACHED, Writer, opened


def rows_of(story, number=1):
    text = (story.root / "artifacts/digits/ExampleGen/manifest" / str(number) / "manifest.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def a_row(story, split="train", version=1):
    """A row of that split, which both versions have under one path."""
    both = {row["path"] for row in rows_of(story, 1)} & {row["path"] for row in rows_of(story, 2)}
    return next(row for row in rows_of(story, version) if row["split"] == split and row["path"] in both)


def versions(answer, relation=TRAINED):
    return sorted(push.version for model in answer.models if model.relation == relation for push in model.pushed)


def trained(answer):
    return [model for model in answer.models if model.relation == TRAINED]


def test_a_file_is_found_by_its_path_in_every_version_and_model(records, story):
    answer = affected(records, a_row(story)["path"])
    assert answer.found.how == "file"
    assert len(answer.found.matches) == 2
    # pushed: first, faster, the rollback to first; only trained: refused, sick
    assert versions(answer) == sorted(story.versions[name] for name in ("first", "faster", "rollback"))
    assert [model.status for model in trained(answer) if not model.pushed] == ["sick", "refused"]
    serving = [push.version for model in answer.models for push in model.pushed if push.artifact.id in model.serving]
    assert serving == [story.versions["rollback"]]
    assert answer.models[0].serving
    assert not answer.partial
    assert not answer.gone


@pytest.mark.parametrize("length", [8, 13, 64])
def test_by_its_content_as_by_its_path(records, story, length):
    row = a_row(story)
    by_path, by_hash = affected(records, row["path"]), affected(records, row["hash"][:length].upper())
    assert by_hash.found.how == "content"
    assert by_hash.models == by_path.models


def test_a_row_outside_the_training_split_was_only_evaluated_on(records, story):
    answer = affected(records, a_row(story, "test")["path"])
    assert {model.relation for model in answer.models} == {EVALUATED}
    text = affected_text.text(answer)
    assert "No model contains it." in text
    assert "only evaluated on it, not trained:" in text


def test_a_file_that_was_deleted_is_gone_from_later_data(records, story):
    gone = next(row for row in rows_of(story, 1)[:2])
    answer = affected(records, gone["path"])
    [told] = answer.gone
    assert (told.pipeline, told.last.examples.id) == ("digits", answer.found.matches[0].version.examples.id)
    assert told.now.examples.id > told.last.examples.id
    assert "digits trains on it no longer" in affected_text.text(answer)
    assert all(model.status != "refused" for model in answer.models)


def test_a_file_that_came_later_is_in_later_models_alone(records, story):
    new = next(row for row in rows_of(story, 2) if row["path"].startswith("1/new-"))
    answer = affected(records, new["path"])
    assert {model.status for model in answer.models} == {"refused", "sick"}
    assert not answer.gone


def test_a_renamed_file_is_found_by_its_content(records, story):
    then, now = ({row["hash"]: row["path"] for row in rows_of(story, number)} for number in (1, 2))
    [(before, after)] = [(then[one], now[one]) for one in then.keys() & now.keys() if then[one] != now[one]]
    answer = affected(records, before)
    first, second = answer.found.matches
    assert (first.renamed, second.renamed) == (False, True)
    assert f"{before}, renamed to {after}" in affected_text.text(answer)
    assert affected(records, after).models == answer.models


@pytest.mark.parametrize("word", ["1/", "1/*", "?/digit-*1.png", "1/new-*"])
def test_folders_and_globs(records, story, word):
    import fnmatch

    folder = word.rstrip("/*")
    meant = [
        row
        for row in rows_of(story, 2)
        if (fnmatch.fnmatch(row["path"], word) if "*" in word else row["path"].startswith(f"{folder}/"))
    ]
    answer = affected(records, word)
    last = answer.found.matches[-1]
    assert {row.path for row in last.rows} >= {row["path"] for row in meant}
    assert {row["hash"] for row in meant} <= {row.hash for row in last.rows}


def test_an_absolute_path_below_the_data_folder(records, story):
    path = a_row(story)["path"]
    assert affected(records, f"/data/digits/{path}").models == affected(records, path).models


def test_a_file_that_is_here_is_found_by_what_it_holds(own_story, tmp_path):
    here = tmp_path / "unknown.png"
    content = next(row["path"] for row in rows_of(own_story) if row["split"] == "train")
    here.write_text(content)  # its hash is that of the story's row
    assert hashlib.sha256(content.encode()).hexdigest() in {row["hash"] for row in rows_of(own_story)}
    with Records(open_store(str(own_story.store))) as records:
        answer = affected(records, str(here))
    assert trained(answer)
    assert all(match.renamed for match in answer.found.matches)


def test_examples_by_number_by_uri_and_by_the_manifest_beside_them(records, story):
    first = affected(records, a_row(story)["path"]).found.matches[0].version
    by_number = affected(records, str(first.examples.id))
    assert by_number.found.how == "examples"
    assert versions(by_number) == sorted(story.versions[name] for name in ("first", "faster", "rollback"))
    for word in (f"artifact:{first.examples.id}", first.examples.uri, first.manifest.uri, str(first.manifest.id)):
        assert affected(records, word).models == by_number.models


def test_transformed_examples_lead_to_the_models_trained_on_them(records, story):
    rows = [one for one in records.artifacts(kinds=("Examples",)) if "Transform" in one.uri]
    assert versions(affected(records, str(rows[0].id))) == sorted(
        story.versions[name] for name in ("first", "faster", "rollback")
    )


def test_a_runs_data_also_where_it_came_from_the_cache(records, story):
    answer = affected(records, story.runs["faster"])
    assert answer.found.how == "run"
    assert versions(answer) == sorted(story.versions[name] for name in ("first", "faster", "rollback"))
    assert {model.status for model in affected(records, "digits:latest").models} == {"refused", "sick"}


def test_spans(records, writer):
    with pytest.raises(UsageError, match="no Examples have span 7") as caught:
        affected(records, "span:7")
    assert caught.value.hint == "spans here: 0"
    for span in (3, 4):
        examples = writer.artifact("Examples", f"/s/{span}", span=span)
        ids = writer.execution("p", f"p-{span}", "ExampleGen", {}, {"examples": [examples]})
        writer.execution(
            "p", f"p-{span}", "Trainer", {"examples": ids}, {"model": [writer.artifact("Model", f"/m{span}")]}
        )
    with read(writer) as foreign:
        answer = affected(foreign, "span:4")
    assert [model.model.uri for model in answer.models] == ["/m4"]
    assert not answer.partial


def test_nothing_passes_through_a_baseline_a_condition_or_a_verdict(writer):
    """One pipeline's model is only compared with, or only let through by, what another's data made."""
    bad = writer.execution("p", "p-1", "ExampleGen", {}, {"examples": [writer.artifact("Examples", "/bad", span=1)]})
    good = writer.execution("p", "p-2", "ExampleGen", {}, {"examples": [writer.artifact("Examples", "/good", span=2)]})
    old = writer.execution("p", "p-1", "Trainer", {"examples": bad}, {"model": [writer.artifact("Model", "/old")]})
    guard = writer.artifact("graduate.Verdict", "/v", passed=1)
    verdict = writer.execution("p", "p-1", "DataGuard", {"examples": bad}, {"verdict": [guard]})
    inputs = {"examples": good, "_DataGuard.verdict": verdict, "_Cond.examples": bad}
    new = writer.execution("p", "p-2", "Trainer", inputs, {"model": [writer.artifact("Model", "/new")]})
    inputs = {"examples": good, "model": new, "baseline": old}
    given = {"evaluation": [writer.artifact("ModelEvaluation", "/e")]}
    writer.execution("p", "p-2", "Evaluator", inputs, given)
    told = {"pushed": 1, "pushed_destination": "/models/p/2", "pushed_version": "2"}
    given = {"pushed_model": [writer.artifact("PushedModel", "/p2", **told)]}
    writer.execution("p", "p-2", "Pusher", {"model": new, "baseline": old}, given)
    with read(writer) as records:
        bad_ones, good_ones = affected(records, "span:1"), affected(records, "span:2")
    assert [(one.model.uri, one.pushed) for one in bad_ones.models] == [("/old", ())]
    assert [(one.model.uri, len(one.pushed)) for one in good_ones.models] == [("/new", 1)]


def test_a_warm_start_contains_what_its_base_was_trained_on(writer):
    data = writer.execution("p", "p-1", "ExampleGen", {}, {"examples": [writer.artifact("Examples", "/a", span=1)]})
    more = writer.execution("p", "p-2", "ExampleGen", {}, {"examples": [writer.artifact("Examples", "/b", span=2)]})
    base = writer.execution("p", "p-1", "Trainer", {"examples": data}, {"model": [writer.artifact("Model", "/base")]})
    inputs = {"examples": more, "base_model": base}
    writer.execution("p", "p-2", "Trainer", inputs, {"model": [writer.artifact("Model", "/tuned")]})
    with read(writer) as records:
        assert {one.model.uri for one in affected(records, "span:1").models} == {"/base", "/tuned"}
        assert {one.model.uri for one in affected(records, "span:2").models} == {"/tuned"}


def test_the_trainers_own_splits_decide_what_it_was_trained_on(writer, tmp_path):
    lines = {"train": "a.png", "holdout": "b.png", "fine": "c.png"}
    examples, _manifest = data(writer, tmp_path / "m", lines)
    arguments = {"train_args": json.dumps({"splits": ["train", "fine"]})}
    made = {"model": [writer.artifact("Model", "/m")]}
    writer.execution("p", "p-1", "Trainer", {"examples": [examples]}, made, arguments)
    with read(writer) as records:
        relations = {split: [one.relation for one in affected(records, path).models] for split, path in lines.items()}
    assert relations == {"train": [TRAINED], "holdout": [EVALUATED], "fine": [TRAINED]}


@pytest.fixture
def writer(tmp_path):
    return Writer(opened(tmp_path / "metadata.sqlite"), tmp_path)


def read(writer):
    return Records(open_store(str(writer.root / "metadata.sqlite")))


def data(writer, folder, lines, run="p-1"):
    folder.mkdir(parents=True)
    rows = [
        {"path": path, "hash": hashlib.sha256(path.encode()).hexdigest(), "split": split, "class": "x"}
        for split, path in lines.items()
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    examples = writer.artifact("Examples", f"{folder}-examples")
    beside = writer.artifact("graduate.Manifest", str(folder), rows=len(rows))
    return writer.execution("p", run, "ExampleGen", {}, {"examples": [examples], "manifest": [beside]})


@pytest.mark.parametrize("damage", ["gone", "short", "torn", "unreadable"])
def test_a_manifest_that_cannot_be_searched_is_said_and_ends_with_one(own_story, capsys, damage):
    path = a_row(own_story)["path"]
    folder = own_story.root / "artifacts/digits/ExampleGen/manifest/2"
    file = folder / "manifest.jsonl"
    if damage == "gone":
        shutil.rmtree(folder)
    elif damage == "short":
        file.write_text("".join(file.read_text().splitlines(keepends=True)[:-3]))
    elif damage == "torn":
        file.write_text(file.read_text().replace(f'"{path}"', f'"{path}', 1))
    else:
        file.unlink()
        file.mkdir()
    assert main(["affected", path, "--store", str(own_story.store), "--json"]) == 1
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert told["partial"]
    [unreadable] = told["unreadable"]
    assert unreadable["manifest"] == str(folder)
    assert printed.err.startswith("incomplete: the manifest of Examples")
    # what could be searched is answered; what may be affected besides is named
    assert {model["status"] for model in told["models"]} >= {"pushed"}
    certain = {model["model"] for model in told["models"] if model["relation"] == "trained_on"}
    both = certain | {model["model"] for model in unreadable["models"]}
    with Records(open_store(str(own_story.store))) as records:
        every = {
            one.id for one in records.artifacts(kinds=("Model",)) if "Trainer" in one.uri and "/digits/" in one.uri
        }
    assert both == every


def test_a_foreign_store_is_asked_by_span_number_or_fingerprint_not_by_file(writer, capsys):
    told = {"input_fingerprint": "split:single_split,num_files:1,total_bytes:9", "span": 2}
    ids = writer.execution("p", "p-1", "CsvExampleGen", {}, {"examples": [writer.artifact("Examples", "/x", **told)]})
    writer.execution("p", "p-1", "Trainer", {"examples": ids}, {"model": [writer.artifact("Model", "/m")]})
    store = ["--store", str(writer.root / "metadata.sqlite")]
    for word in (told["input_fingerprint"], "span:2", str(ids[0])):
        assert main(["affected", word, *store]) == 0
        assert "1 model contains it" in capsys.readouterr().out
    assert main(["affected", "7/a.png", *store]) == 1
    printed = capsys.readouterr()
    assert "No model contains it, as far as could be searched." in printed.out
    assert "single files cannot be found in data that was recorded without a manifest" in printed.err
    assert "1 model came of such data: Model" in printed.err


def test_in_a_store_of_both_models_of_unknown_data_are_named(own_story, capsys):
    writer = Writer(opened(own_story.store), own_story.root)
    plain = writer.execution("old", "old-1", "CsvExampleGen", {}, {"examples": [writer.artifact("Examples", "/x")]})
    writer.execution("old", "old-1", "Trainer", {"examples": plain}, {"model": [writer.artifact("Model", "/old")]})
    path = a_row(own_story)["path"]
    both = {"examples": plain}
    with Records(open_store(str(own_story.store))) as records:
        both["more"] = [affected(records, path).found.matches[0].version.examples.id]
    writer.execution("mix", "mix-1", "Trainer", both, {"model": [writer.artifact("Model", "/mixed")]})
    last = next(row for row in rows_of(own_story, 2) if row["path"].startswith("1/new-"))
    for asked, unknown in ((path, {"/old"}), (last["path"], {"/old", "/mixed"})):
        assert main(["affected", asked, "--store", str(own_story.store), "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
        assert {model["uri"] for model in told["without_manifest"]} == unknown
        assert not told["unreadable"]


def test_a_file_that_is_nowhere_is_said_with_the_nearest(story, capsys):
    path = a_row(story)["path"]
    assert main(["affected", path.replace("digit", "digt"), "--store", str(story.store)]) == 0
    printed = capsys.readouterr()
    assert "is in none of the 3 manifests that could be searched." in printed.out
    assert "No model contains it." in printed.out
    assert printed.err.startswith("did you mean ")


@pytest.mark.parametrize("word", ["artifact:99999", "99999", "15"])
def test_what_is_no_data_is_an_error(story, capsys, word):
    assert main(["affected", word, "--store", str(story.store)]) == 2
    assert "7/digit-0301.png" in capsys.readouterr().err


def test_a_beginning_of_several_contents_is_an_error(writer, tmp_path):
    two = {"00000000a": "x", "00000000b": "y"}
    folder = tmp_path / "m"
    data(writer, folder, {"train": "x", "eval": "y"})
    lines = [json.dumps({"path": path, "hash": start.ljust(64, "0"), "split": "train"}) for start, path in two.items()]
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    with read(writer) as records:
        with pytest.raises(UsageError, match="00000000 is the beginning of 2 contents"):
            affected(records, "00000000")
        assert len(affected(records, "00000000a").found.matches) == 1


def test_nothing_is_cut_at_a_hundred(writer, tmp_path):
    for number in range(110):
        ids = data(writer, tmp_path / str(number), {"train": "same.png", "eval": f"{number}.png"}, f"p-{number}")
        made = {"model": [writer.artifact("Model", f"/m/{number}")]}
        writer.execution("p", f"p-{number}", "Trainer", {"examples": ids[:1]}, made)
        writer.execution(
            "p",
            f"q-{number}",
            "Trainer",
            {"examples": ids[:1]},
            {"model": writer.store.get_artifacts_by_uri(f"/m/{number}")},
            state=CACHED,
        )
    with read(writer) as records:
        answer = affected(records, "same.png")
        assert len(answer.found.matches) == len(answer.models) == 110
        assert {model.run for model in answer.models} == {f"p-{number}" for number in range(110)}
        assert len(affected(records, "7.png").models) == 1


HOSTILE = 'a "b"\\/é\u2028\x1b[31m.png'


@pytest.mark.parametrize("ascii_only", [True, False])
def test_names_that_json_escapes(tmp_path, ascii_only):
    row = {"path": f"ü/{HOSTILE}", "hash": "ab" * 32, "split": "train", "class": None}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row, ensure_ascii=ascii_only) + "\n", encoding="utf-8")
    for path in (row["path"], "ü", "ü/", "ü/*.png", "*é*"):
        [found] = manifests.search(tmp_path, manifests.by_path(path), 1)
        assert (found.path, found.label) == (row["path"], None)
    for path in ("u/", "ü/*.jpg", "b"):
        assert manifests.search(tmp_path, manifests.by_path(path), 1) == []


def test_rows_of_a_file_of_records_and_many_contents(tmp_path, monkeypatch):
    rows = [{"path": f"a.tfrecord#{at:06}", "hash": f"{at:064x}", "split": "train"} for at in range(3000)]
    text = "".join(json.dumps(row) + "\n" for row in rows) + json.dumps(
        {**rows[0], "path": "a.tfrecord2", "hash": "f" * 64}
    )
    (tmp_path / "manifest.jsonl").write_text(text)
    for block in (manifests._BLOCK, 1000, 7):  # lines that lie across blocks, and are longer than one
        monkeypatch.setattr(manifests, "_BLOCK", block)
        assert len(manifests.search(tmp_path, manifests.by_path("a.tfrecord"), 3001)) == 3000
        wanted = manifests.by_hashes({row["hash"] for row in rows[100:200]} | {"e" * 64})
        assert [row.path for row in manifests.search(tmp_path, wanted, 3001)] == [row["path"] for row in rows[100:200]]
        [last] = manifests.search(tmp_path, manifests.by_hashes({"f" * 64}), 3001)
        assert last.path == "a.tfrecord2"
        with pytest.raises(manifests.Unreadable, match=r"has 3,001 of 3,002 rows"):
            manifests.search(tmp_path, manifests.by_path("a.tfrecord"), 3002)
