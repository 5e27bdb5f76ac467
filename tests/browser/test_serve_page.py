"""The page of `graduate serve` in a real browser: files dropped, a text written, columns filled in."""

import contextlib
import sys
import threading
from pathlib import Path

import pytest

from graduate.pipeline.data.demo import png
from graduate.pipeline.model_ids import resolve
from graduate.pipeline.serve.rest import Rest
from graduate.pipeline.serve.servable import Servable
from graduate.pipeline.serve.server import Server
from graduate.pipeline.serve.versions import Versions
from graduate.pipeline.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.browser import tried_models


@pytest.fixture(scope="module")
def urls(tmp_path_factory, browser):
    folder = tmp_path_factory.mktemp("tried")
    with contextlib.ExitStack() as stack:
        found = {}
        for make in (tried_models.image, tried_models.text, tried_models.table):
            place = make(folder)
            server = stack.enter_context(Server(0))
            model = resolve(str(place), Workspace(folder))
            server.api = Rest(Versions(Servable(model), None, Servable))
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            stack.callback(server.shutdown)
            found[make.__name__] = server.url
        yield found


@pytest.fixture
def go(browser):
    kept = []

    def opened_at(url, **how):
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **how})
        page.problems, page.elsewhere = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda one: page.problems.append(one.text) if one.type == "error" else None)
        page.on(
            "request", lambda one: None if one.url.startswith((url, f"blob:{url}")) else page.elsewhere.append(one.url)
        )
        page.goto(url)
        kept.append(page)
        return page

    yield opened_at
    for page in kept:
        assert page.elsewhere == []
        page.close()


def file(name, level):
    return {"name": name, "mimeType": "image/png", "buffer": png(bytes([level] * 64), width=8, height=8)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("task", ["image", "text", "table"])
def test_every_page_fits_the_screen_and_breaks_no_rule(go, urls, task, width, scheme):
    page = go(urls[task], viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.click("summary")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.problems == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(23, 24, 27)"}[scheme]


def test_chosen_images_are_answered_one_by_one_and_a_bad_one_says_why(go, urls):
    page = go(urls["image"])
    bad = {"name": "bad.png", "mimeType": "image/png", "buffer": b"abc"}
    page.set_input_files("#files", [file("night.png", 20), bad, file("day.png", 240)])
    page.wait_for_selector("#answers li:nth-child(3)")
    day, broken, night = page.locator("#answers li").all()  # the latest first
    assert day.locator(".label").text_content() == "bright"
    assert night.locator(".label").text_content() == "dark"
    assert [one.text_content() for one in day.locator(".bars > *").all()] == [
        "bright",
        "",
        "0.9412",
        "dark",
        "",
        "0.0588",
    ]
    assert day.locator("img").evaluate("image => image.naturalWidth") == 8
    assert broken.locator("[role=alert]").text_content() == "it is not a PNG, JPEG, BMP or GIF image"
    assert page.text_content("#version") == "1"


def test_a_dropped_image_is_answered(go, urls):
    page = go(urls["image"])
    content = list(file("x.png", 200)["buffer"])
    given = page.evaluate_handle(
        """content => { const given = new DataTransfer();
        given.items.add(new File([new Uint8Array(content)], "dropped.png")); return given; }""",
        content,
    )
    page.dispatch_event("#drop", "dragenter", {"dataTransfer": given})
    assert "over" in page.get_attribute("#drop", "class")
    page.dispatch_event("#drop", "drop", {"dataTransfer": given})
    page.wait_for_selector("#answers .label")
    assert "dropped.png" in page.text_content("#answers")
    assert page.problems == []


def test_a_written_text_is_answered_and_names_are_text_and_not_markup(go, urls):
    page = go(urls["text"])
    page.fill("#text", "<i>x</i>")
    page.click("text=Predict")
    page.wait_for_selector("#answers .label")
    assert page.text_content("#answers .label") == "<b>short</b>"
    assert page.text_content("#answers .name") == "<i>x</i>"
    assert page.locator("#answers b, #answers i:not(.bar i)").count() == 0
    page.set_input_files("#files", {"name": "a.txt", "mimeType": "text/plain", "buffer": "ä".encode() * 40})
    page.wait_for_selector("#answers li:nth-child(2)")
    assert page.locator("#answers .label").first.text_content() == "long"


def test_columns_are_filled_in_and_empty_ones_are_missing(go, urls):
    page = go(urls["table"])
    page.click("text=Predict")
    page.wait_for_selector("#answers .label")
    values = page.locator("#answers li").first.locator(".label")
    assert values.all_text_contents() == ["-1", "0", "0"]
    page.get_by_label("age").fill("41.5")
    page.get_by_label("home town").fill('Os"lo')
    page.get_by_label("since").fill("1970-01-31 10:00")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answers li:nth-child(2)")
    assert page.locator("#answers li").first.locator(".label").all_text_contents() == ["41.5", "5", "30"]
    page.get_by_label("age").fill("old")
    page.keyboard.press("Enter")
    page.wait_for_selector("input[aria-invalid=true]")
    assert "marked field" in page.text_content("#busy")
    assert page.locator("#answers li").count() == 2
    assert page.problems == []


def test_a_request_is_written_by_hand(go, urls):
    page = go(urls["table"])
    page.click("summary")
    page.fill("#request", '{"inputs": {"age": [NaN, 2], "home_town": ["", "ab"], "since": [0, 864000]}}')
    page.click("text=Send")
    page.wait_for_selector("#reply:not([hidden])")
    assert '"outputs"' in page.text_content("#reply")
    page.fill("#request", '{"inputs": {"age": [1]}}')
    page.click("text=Send")
    page.wait_for_selector("#reply:has-text('missing named input: home_town, since')")
