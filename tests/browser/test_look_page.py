"""The page of a look in a real browser: it fits every screen, and needs nothing but itself."""

import sys
from pathlib import Path

import pytest

from graduate.pipeline.look import page
from graduate.pipeline.look.looking import look

sys.path.insert(0, str(Path(__file__).parents[1] / "unit/look_data"))
import made_data

MAKE = {
    "pets": lambda folder: made_data.images(folder / "pets", {"cat": 30, "a-class-with-a-long-name" * 3: 20}),
    "places": lambda folder: made_data.texts(folder / "places", 12),
    "birds": lambda folder: made_data.recordings(folder / "birds", 8),
    "flowers": lambda folder: made_data.flowers(folder / "flowers.csv"),
}


@pytest.mark.parametrize("name", MAKE)
def test_it_fits_the_screen_and_asks_for_nothing(browser, tmp_path, name):
    page.write(tmp_path / "look.html", look(str(MAKE[name](tmp_path))))
    for width in (1280, 390):
        opened = browser.new_page(viewport={"width": width, "height": 900})
        problems, asked = [], []
        opened.on("pageerror", lambda error, seen=problems: seen.append(str(error)))
        opened.on("console", lambda message, seen=problems: seen.append(message.text))
        opened.on("request", lambda request, seen=asked: seen.append(request.url))
        opened.goto((tmp_path / "look.html").as_uri())
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        assert opened.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
        assert problems == []
        assert [url for url in asked if not url.startswith("data:")] == [(tmp_path / "look.html").as_uri()]
        opened.close()
