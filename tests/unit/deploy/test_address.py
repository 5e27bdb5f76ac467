"""Addresses as people write them."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.deploy import address


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("kf.example.org/pipeline/", "https://kf.example.org/pipeline"),
        ("http://kf.example.org", "http://kf.example.org"),
        ("https://kf.example.org/pipeline/#/runs", "https://kf.example.org/pipeline"),
        (" https://kf.example.org?ns=me ", "https://kf.example.org"),
    ],
)
def test_an_address_in_its_plain_form(given, found):
    assert address.of(given) == found


@pytest.mark.parametrize("given", ["", "ftp://x", "http://", "http://x:port", "http://u:p@x", "http://[::1"])
def test_what_is_none(given, monkeypatch):
    monkeypatch.delenv(address.HOST, raising=False)
    with pytest.raises(UsageError):
        address.of(given)


@pytest.mark.parametrize(
    ("host", "is_open"),
    [("http://kf.example.org", True), ("https://kf.example.org", False), ("http://[::1]:80", False)],
)
def test_what_can_be_read_on_its_way(host, is_open):
    assert address.is_open(host) is is_open


def test_pages_may_be_elsewhere(monkeypatch):
    monkeypatch.delenv(address.PAGES, raising=False)
    assert address.run_page("http://api:8888", "r 1") == "http://api:8888/#/runs/details/r%201"
    monkeypatch.setenv(address.PAGES, "https://ui.example.org/")
    assert address.schedule_page("http://api:8888", "s") == "https://ui.example.org/#/recurringrun/details/s"
