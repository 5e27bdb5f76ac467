"""`graduate serve` on small real models: TensorFlow Serving's REST API, versions that take over, what is refused."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from google.protobuf import json_format
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from graduate.errors import UserError
from graduate.pipeline.model_ids import resolve
from graduate.pipeline.predict import ServedModel
from graduate.pipeline.serve import server as serving
from graduate.pipeline.serve.rest import Rest
from graduate.pipeline.serve.servable import Servable
from graduate.pipeline.serve.versions import Versions, watched
from graduate.pipeline.workspace import Workspace

from .tiny_models import save_model

CLASSES = ("cat", "dog", "fox", "owl")


def picture(number: int) -> bytes:
    """What the tiny model takes for an image of class `number`."""
    return (np.eye(4, dtype=np.float32)[number] * 4).tobytes()


def b64(raw: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(raw).decode()}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    return {
        name: save_model(folder / name, CLASSES, shift=shift) + "/Format-Serving"
        for name, shift in (("first", 0), ("second", 1))
    }


def asking(versions):
    """Asks the API as a test does: the path below the models, and a body."""
    api = Rest(versions)

    def asked(path, body=None, method=None):
        method = method or ("GET" if body is None else "POST")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        reply = api.reply(method, "/v1/models/" + path, raw)
        return reply.status, json.loads(reply.body)

    return asked


def loaded(place):
    model = resolve(str(place), Workspace(place.parent))
    return Versions(Servable(model), watched(str(place), model), Servable)


@pytest.fixture(scope="module")
def place(tmp_path_factory, exported):
    """Versions that nobody changes."""
    folder = tmp_path_factory.mktemp("place") / "tiny"
    shutil.copytree(exported["first"], folder / "7")
    return folder


@pytest.fixture(scope="module")
def versions(place):
    return loaded(place)


@pytest.fixture
def ask(versions):
    return asking(versions)


@pytest.fixture
def own_place(tmp_path, exported):
    """Versions of one test."""
    shutil.copytree(exported["first"], tmp_path / "tiny" / "7")
    return tmp_path / "tiny"


def test_rows_and_columns_are_answered_as_predict_answers(ask, place):
    raws = [picture(number) for number in (2, 0, 3)]
    wanted = ServedModel(resolve(str(place), Workspace(place.parent))).answers(raws)
    code, rows = ask("tiny:predict", {"instances": [{"image": b64(raw)} for raw in raws]})
    assert code == 200
    for row, answer in zip(rows["predictions"], wanted, strict=True):
        assert row["label"] == answer.label
        assert dict(zip(row["classes"], np.float32(row["probabilities"]), strict=True)) == answer.probabilities
    code, columns = ask("tiny/versions/7:predict", {"inputs": {"image": [b64(raw) for raw in raws]}})
    assert code == 200
    assert columns["outputs"] == {
        name: [row[name] for row in rows["predictions"]] for name in ("classes", "label", "probabilities")
    }


def test_another_signature_is_asked_by_its_name(ask):
    assert ask("tiny:predict", {"signature_name": "evaluate", "instances": []})[0] == 400
    code, told = ask("tiny:predict", {"signature_name": "nothing", "instances": ["a"]})
    assert code == 400
    assert "serving_default" in told["error"]


def test_not_a_number_goes_out_bare(ask, versions):
    body = json.dumps({"instances": [b64(np.full(4, np.nan, np.float32).tobytes())]}).encode()
    reply = Rest(versions).reply("POST", "/v1/models/tiny:predict", body)
    assert reply.status == 200
    assert b"[NaN, NaN, NaN, NaN]" in reply.body


def test_a_bad_image_among_good_ones_fails_the_request_and_is_named(ask):
    images = [b64(picture(0)), b64(b"ab"), b64(picture(1))]
    assert ask("tiny:predict", {"instances": images}) == (
        400,
        {"error": "instance 1: it is not a PNG, JPEG, BMP or GIF image"},
    )


@pytest.mark.parametrize(
    ("path", "body", "code", "said"),
    [
        ("half:predict", {"instances": [1]}, 404, "Servable not found for request: Latest(half)"),
        ("tiny/versions/8:predict", {"instances": ["a"]}, 404, "Servable not found for request: Specific(tiny, 8)"),
        ("tiny/versions/8/metadata", None, 404, "Servable not found for request: Specific(tiny, 8)"),
        ("half", None, 404, "Could not find any versions of model half"),
        ("tiny/versions/8", None, 404, "Could not find version 8 of model tiny"),
        ("tiny/labels/stable", None, 400, "Unrecognized servable version label: stable"),
        ("tiny:predict", None, 400, "Malformed request: GET /v1/models/tiny:predict"),
        ("tiny", {}, 400, "Malformed request: POST /v1/models/tiny"),
        ("tiny/versions/x", None, 400, "Malformed request: GET"),
        ("tiny:classify", {"examples": []}, 400, "tensorflow/serving/classify"),
        ("tiny:predict", b'{"instances": [', 400, "JSON Parse error"),
        ("tiny:predict", {"instances": [{"picture": "a"}]}, 400, "missing named input: image"),
    ],
)
def test_what_is_wrong_has_the_status_and_the_body_of_tensorflow_serving(ask, path, body, code, said):
    status, told = ask(path, body)
    assert status == code
    assert list(told) == ["error"]
    assert said in told["error"]


def test_status_and_metadata_are_the_json_of_tensorflow_servings_messages(ask, place):
    code, told = ask("tiny")
    assert code == 200
    status = json_format.ParseDict(told, get_model_status_pb2.GetModelStatusResponse())
    [only] = status.model_version_status
    assert (only.version, only.state, only.status.error_code) == (7, 30, 0)  # AVAILABLE, OK
    code, told = ask("tiny/metadata")
    assert code == 200
    assert told["model_spec"] == {"name": "tiny", "signature_name": "", "version": "7"}
    found = json_format.ParseDict(told["metadata"]["signature_def"], get_model_metadata_pb2.SignatureDefMap())
    saved = saved_model_pb2.SavedModel.FromString((place / "7" / "saved_model.pb").read_bytes())
    assert dict(found.signature_def) == dict(saved.meta_graphs[0].signature_def)


def labels(ask):
    code, told = ask("tiny:predict", {"instances": [b64(picture(0))]})
    assert code == 200
    return told["predictions"][0]["label"]


def states(ask):
    return {one["version"]: one["state"] for one in ask("tiny")[1]["model_version_status"]}


def test_a_newer_version_takes_over_and_who_began_with_the_old_one_ends_with_it(own_place, exported):
    versions = loaded(own_place)
    ask = asking(versions)
    assert labels(ask) == "cat"
    assert not versions.look()
    before = versions.get()
    shutil.copytree(exported["second"], own_place / "9")
    assert versions.look()
    assert labels(ask) == "dog"
    assert before.ask({"image": [picture(0)]})["label"].tolist() == [b"cat"]
    assert states(ask) == {"9": "AVAILABLE", "7": "END"}
    assert ask("tiny/versions/7:predict", {"instances": [b64(picture(0))]})[0] == 404


def test_a_version_that_cannot_be_loaded_changes_nothing_and_is_not_tried_at_every_look(own_place, capsys):
    versions = loaded(own_place)
    ask = asking(versions)
    shutil.copytree(own_place / "7", own_place / "8")
    (own_place / "8" / "saved_model.pb").write_bytes(b"no graph")
    assert not versions.look()
    assert not versions.look()
    assert labels(ask) == "cat"
    assert states(ask) == {"8": "END", "7": "AVAILABLE"}
    assert "cannot be loaded" in ask("tiny/versions/8")[1]["model_version_status"][0]["status"]["error_message"]
    assert capsys.readouterr().err.count("version 7 goes on serving") == 1


def test_versions_are_watched_while_requests_come(own_place, exported, monkeypatch):
    versions = loaded(own_place)
    monkeypatch.setattr("graduate.pipeline.serve.versions.POLL", 0.02)
    api, stop = Rest(versions), threading.Event()
    body = json.dumps({"instances": [b64(picture(0))]}).encode()

    def one(_):
        reply = api.reply("POST", "/v1/models/tiny:predict", body)
        return reply.status, json.loads(reply.body)["predictions"][0]["label"]

    thread = versions.watch(stop)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(one, range(40))) == {(200, "cat")}
        shutil.copytree(exported["second"], own_place / ".aside")
        (own_place / ".aside").rename(own_place / "8")
        seen = set()
        while (200, "dog") not in seen:
            seen |= set(threads.map(one, range(20)))
        assert seen <= {(200, "cat"), (200, "dog")}
    stop.set()
    thread.join(5)


@pytest.mark.parametrize(
    ("word", "follows"),
    [("{place}", True), ("{place}/7", False), ("tiny", True), ("tiny:serving", True), ("tiny:7", False)],
)
def test_a_word_for_whatever_serves_is_watched_and_one_version_is_not(place, tmp_path, word, follows):
    shutil.copytree(place, tmp_path / "work" / "models" / "tiny")
    word = word.format(place=place)
    model = resolve(word, Workspace(tmp_path / "work"))
    assert (watched(word, model) == model.folder.parent) == follows


@pytest.fixture
def served(versions):
    with serving.Server(0) as server:
        server.api = Rest(versions)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def sent(server, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        given = {"Content-Length": str(len(body))} if body is not None else {}
        for name, value in (given | headers).items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


PREDICT = "/v1/models/tiny:predict"
BODY = json.dumps({"instances": [b64(picture(1))]}).encode()


def test_the_page_and_its_files_may_load_nothing_but_what_is_ours(served):
    for path in ("/", "/static/serve.css", "/static/serve.js", "/static/icon.svg", "/v1/models/tiny", "/nothing"):
        code, body, headers = sent(served, "GET", path)
        assert code == (404 if path == "/nothing" else 200)
        assert body
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_request_over_the_wire_with_and_without_another_content_type(served):
    code, body, headers = sent(served, "POST", PREDICT, BODY, Content_Type="application/x-www-form-urlencoded")
    assert (code, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body)["predictions"][0]["label"] == "dog"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "a@127.0.0.1"])
def test_a_name_that_was_made_to_lead_here_is_refused(served, host):
    assert sent(served, "POST", PREDICT, BODY, Host=host)[0] == 421
    assert sent(served, "GET", "/", Host=host)[0] == 421


def test_another_site_may_not_ask(served):
    assert sent(served, "POST", PREDICT, BODY, Origin="http://evil.example")[0] == 403
    assert sent(served, "POST", PREDICT, BODY, Sec_Fetch_Site="cross-site")[0] == 403
    assert sent(served, "POST", PREDICT, BODY, Origin=served.url.rstrip("/"))[0] == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(served, method):
    code, _, headers = sent(served, method, PREDICT, b"")
    assert code == 405
    assert headers["Allow"] == "GET, POST"


def test_a_body_without_a_length_and_one_that_is_too_large_are_refused_with_a_reason(served, monkeypatch):
    assert sent(served, "POST", PREDICT)[0] == 411
    assert sent(served, "POST", PREDICT, Transfer_Encoding="chunked")[0] == 411
    monkeypatch.setattr(serving, "LIMIT", len(BODY) - 1)
    code, body, _ = sent(served, "POST", PREDICT, BODY)
    assert code == 413
    assert f"{len(BODY)} bytes" in json.loads(body)["error"]
    code, _, _ = sent(served, "POST", PREDICT, Content_Length=str(1 << 40), Expect="100-continue")
    assert code == 413
    monkeypatch.undo()
    assert sent(served, "POST", PREDICT, BODY)[0] == 200


def test_a_defect_of_ours_is_an_answer_too(served, monkeypatch, capsys):
    monkeypatch.setattr("graduate.pipeline.serve.tensors.answer", lambda *_: 1 / 0)
    code, body, _ = sent(served, "POST", PREDICT, BODY)
    assert code == 500
    assert "ZeroDivisionError" in json.loads(body)["error"]
    assert "graduate serve did not expect this" in capsys.readouterr().err


def test_a_port_in_use_is_told_with_a_way_out(served):
    port = served.server_address[1]
    with pytest.raises(UserError, match=f"port {port} is in use") as told:
        serving.Server(port)
    assert "--port 0" in told.value.hint


def test_a_model_that_cannot_be_loaded_is_told(own_place):
    (own_place / "7" / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(UserError, match="cannot be loaded"):
        loaded(own_place)
