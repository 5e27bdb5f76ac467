"""What the server refuses, and the headers of what it gives."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request

import pytest

from graduate.errors import UserError
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage.stores import sqlite
from graduate.pipeline.lineage.ui import server
from tests.lineage.ui.serving import served

PAGES = ("/", "/search?q=x", "/static/ui.css", "/static/ui.js", "/artifact/1", "/execution/1", "/nothing", "/compare")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_nothing_but_what_is_ours(client, path):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:8080"])
def test_this_machine_by_its_own_names_is_answered(client, host):
    assert client.get("/", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "a@127.0.0.1"],
)
def test_a_name_that_was_made_to_lead_here_is_refused(client, host):
    answer = client.get("/", Host=host)
    assert answer.status == 421
    assert b"digits" not in answer.body


def test_another_site_reads_nothing(client):
    assert client.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status == 403
    assert client.get("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"])
def test_nothing_can_be_written(client, method):
    answer = client.get("/", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_head_has_the_headers_of_the_page_and_no_page(client):
    head, page = client.get("/", "HEAD"), client.get("/")
    assert head.body == b""
    assert head.status == 200
    assert head.headers["Content-Length"] == str(len(page.body))


@pytest.mark.parametrize("path", ["//evil.example/", "http://evil.example/", "*", "/" + "x" * 70_000])
def test_what_is_no_path_is_refused(client, path):
    assert client.get(path).status in (400, 404, 414, 421)


def test_it_listens_on_loopback_alone_and_says_where(story):
    with served(story.store) as client:
        assert client.url == f"http://127.0.0.1:{client.port}"
    assert server.ADDRESS == "127.0.0.1"


def test_a_port_in_use_is_told_with_a_way_out(client, story):
    with pytest.raises(UserError, match=f"port {client.port} is in use") as told:
        server.Server(client.port, lambda: None, "x")
    assert "--port 0" in told.value.hint


def test_a_store_that_is_deleted_meanwhile_gives_a_page_that_says_so(own_story):
    with served(own_story.store) as client:
        assert client.get("/").status == 200
        own_story.store.unlink()
        answer = client.get("/")
        assert answer.status == 404
        assert "there is no metadata store here" in answer.text
        assert "Traceback" not in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_store_that_breaks_meanwhile_gives_a_page_that_says_so(own_story):
    with served(own_story.store) as client:
        own_story.store.write_bytes(b"SQLite format 3\0" + b"not one" * 1000)
        answer = client.get("/search?what=artifacts")
        assert answer.status in (404, 503)
        assert "Traceback" not in answer.text
        assert str(own_story.store) in answer.text


def test_a_store_that_is_locked_gives_a_page_that_says_so(own_story, monkeypatch):
    monkeypatch.setattr(sqlite, "PATIENCE", 0.05)
    with served(own_story.store) as client:
        holder = sqlite3.connect(own_story.store, isolation_level=None)
        holder.execute("PRAGMA locking_mode=EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        answer = client.get("/")
        holder.execute("ROLLBACK")
        holder.close()
        assert answer.status == 503
        assert "locked" in answer.text
        assert client.get("/").status == 200


def test_a_defect_of_ours_is_a_page_too(client, monkeypatch, capsys):
    monkeypatch.setattr("graduate.pipeline.lineage.ui.runs_page._filters", lambda *_: 1 / 0)
    answer = client.get("/")
    assert answer.status == 500
    assert "ZeroDivisionError" in answer.text
    assert "Traceback" not in answer.text
    assert "graduate ui did not expect this, at /: ZeroDivisionError" in capsys.readouterr().err


def test_the_verb_prints_its_address_and_ends_on_ctrl_c(story):
    command = [sys.executable, "-m", "graduate.pipeline.cli", "ui", "--store", str(story.store)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert b"<h1>Runs</h1>" in answer.read()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "ended"


def test_the_verb_refuses_what_is_no_port(story, capsys):
    assert main(["ui", "--store", str(story.store), "--port", "70000"]) == 2
    assert "70000" in capsys.readouterr().err


def test_the_verb_tells_of_a_store_that_is_not_there_before_it_serves(tmp_path, capsys):
    assert main(["ui", "--store", str(tmp_path / "none.sqlite")]) == 2
    assert "there is no metadata store here" in capsys.readouterr().err


def test_a_browser_opens_only_where_somebody_sits_before_a_screen(monkeypatch):
    from graduate.pipeline.cli import _common

    class Screen:
        def __init__(self, terminal):
            self.isatty = lambda: terminal

    for name in ("CI", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdout", Screen(True))
    monkeypatch.setattr(sys, "platform", "linux")
    assert not _common.has_browser()
    monkeypatch.setenv("DISPLAY", ":0")
    assert _common.has_browser()
    monkeypatch.setenv("CI", "true")
    assert not _common.has_browser()
    monkeypatch.delenv("CI")
    monkeypatch.setattr(sys, "stdout", Screen(False))
    assert not _common.has_browser()
    assert os.environ["DISPLAY"] == ":0"
