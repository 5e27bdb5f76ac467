"""A pushed model served and asked, and many inputs predicted into one file, killed and gone on with."""

import json
import os
import signal
import time
import urllib.request

import pyarrow.parquet
import pytest

pytestmark = pytest.mark.slow

COPIES = 3000  # inputs of the long run: a dozen chunks


def asked(url, body=None):
    with urllib.request.urlopen(url, body and json.dumps(body).encode(), timeout=60) as answer:
        return answer.read()


@pytest.fixture
def many(pushed, tmp_path):
    """A folder with many names of the project's images."""
    images = sorted((pushed.folder / "images").glob("*/*.png"))
    for number in range(COPIES):
        os.link(images[number % len(images)], tmp_path / f"{number:05d}.png")
    return tmp_path


def test_what_is_served_is_what_predict_answers_until_ctrl_c(pushed):
    import base64

    path = pushed.folder / "images" / "top" / "000.png"
    process = pushed.start("serve", "tiny", "--port", "0", "--no-browser")
    url = process.stdout.readline().strip()
    assert b"drop" in asked(url)
    image = {"b64": base64.b64encode(path.read_bytes()).decode()}
    [row] = json.loads(asked(f"{url}v1/models/tiny:predict", {"instances": [{"image": image}]}))["predictions"]
    told = json.loads(pushed.graduate("predict", "tiny", str(path), "--json").out)
    assert row["label"] == told["label"] == "top"
    assert dict(zip(row["classes"], row["probabilities"], strict=True)) == pytest.approx(
        told["probabilities"], abs=1e-6
    )
    [version] = json.loads(asked(f"{url}v1/models/tiny"))["model_version_status"]
    assert version["version"] == str(told["version"])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert err.splitlines()[-1] == "ended"
    assert "Traceback" not in err


def test_a_folder_goes_into_one_file_with_what_predict_answers_and_bad_inputs_are_in_it(pushed, tmp_path):
    os.link(pushed.folder / "images" / "left" / "001.png", tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    os.link(pushed.folder / "images" / "top" / "001.png", tmp_path / "c.png")
    out = tmp_path / "out.jsonl"
    done = pushed.graduate("predict", "tiny", str(tmp_path), "-o", str(out), "--json")
    assert done.code == 1
    assert (done.result["inputs"], done.result["errors"]) == (3, 1)
    good, bad, other = map(json.loads, out.read_text().splitlines())
    assert (good["label"], other["label"]) == ("left", "top")
    assert "PNG" in bad["error"]
    told = [json.loads(line) for line in pushed.graduate("predict", "tiny", str(tmp_path), "--json").out.splitlines()]
    for one, wanted in zip((good, other), told, strict=True):
        assert (one["input"], one["version"]) == (wanted["input"], wanted["version"])
        assert one["probabilities"] == pytest.approx(wanted["probabilities"], abs=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "c.png", "out.jsonl"]


def test_after_a_kill_and_after_ctrl_c_the_same_command_goes_on_and_predicts_nothing_twice(pushed, many):
    out, parts = many / "out.parquet", many / ".out.parquet.parts"
    words = ("predict", "tiny", str(many), "-o", str(out))

    def there():
        return {path.name: path.stat().st_mtime_ns for path in parts.glob("[0-9]*.parquet")}

    def stop_at(count, how):
        process = pushed.start(*words)
        while len(there()) < count:
            assert process.poll() is None, process.communicate()
            time.sleep(0.002)
        before = there()
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
        assert not out.exists()
        return process.returncode, err, before

    code, _, first = stop_at(2, signal.SIGKILL)
    assert code == -signal.SIGKILL
    code, err, second = stop_at(5, signal.SIGINT)
    assert code == 130
    assert "going on" in err
    assert "the same command goes on" in err
    assert first.items() <= second.items()
    kept = there()
    assert len(kept) < COPIES // 256
    for name in kept:  # what is in a part that stays comes out: so it was not predicted again
        table = pyarrow.parquet.read_table(parts / name)
        at = table.column_names.index("label")
        pyarrow.parquet.write_table(table.set_column(at, "label", [["kept"] * len(table)]), parts / name)
    done = pushed.graduate(*words)
    assert done.code == 0, done.err
    table = pyarrow.parquet.read_table(out)
    assert table["input"].to_pylist() == [str(many / f"{number:05d}.png") for number in range(COPIES)]
    assert table["error"].null_count == COPIES
    assert table["label"].to_pylist().count("kept") == 256 * len(kept)
    assert not parts.exists()
    again = pushed.graduate(*words)
    assert again.code == 0
    assert "nothing to do" in again.err
