"""The report in a real browser: no error, no network, no sideways scrolling, keyboard alone, quick with 200 layers."""

import sys
from pathlib import Path

import pytest

from graduate.page import report

sys.path.insert(0, str(Path(__file__).parents[1] / "unit/page"))
from report_cases import view


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "small.html"
    report.write(path, [view()])
    return path


@pytest.fixture
def opened(browser):
    pages = []

    def go(path, **how):
        page = browser.new_page(**how)
        page.problems, page.asked = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield go
    for page in pages:
        page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_and_asks_for_nothing(opened, small, width, scheme):
    page = opened(small, viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.problems == []
    assert page.asked == [small.as_uri()]
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert (ink, paper) == {
        "light": ("rgb(28, 32, 36)", "rgb(255, 255, 255)"),
        "dark": ("rgb(237, 238, 240)", "rgb(23, 24, 27)"),
    }[scheme]


def test_the_map_is_read_with_the_keyboard_alone(opened, small):
    page = opened(small)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            break
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert "block_1 (layer 2 of 12), step 1: gradient norm ≈" in page.text_content("output")
    page.keyboard.press("End")
    assert "step 400: gradient norm exactly 0" in page.text_content("output")
    page.keyboard.press("ArrowDown")
    assert "NaN or infinite" in page.text_content("output")


def test_another_map_is_chosen_with_the_keyboard(opened, small):
    page = opened(small)
    page.focus("select")
    page.keyboard.press("ArrowDown")
    page.focus(".frame canvas")
    assert "update ratio" in page.text_content("output")


def test_a_mark_on_the_loss_leads_to_its_finding(opened, small):
    page = opened(small)
    page.click(".badge.error")
    assert page.url.endswith("#finding-1")
    assert page.evaluate("document.querySelector('#finding-1').textContent").count("vanishing-gradient")


def test_the_colours_of_a_cell_follow_its_value(opened, small):
    page = opened(small)
    colours = page.evaluate(
        """() => { const c = document.querySelector('.frame canvas'), p = c.getContext('2d');
        const at = (layer) => [...p.getImageData(c.width - 2, Math.round((layer + .5) * c.height / 12), 1, 1).data];
        return [at(1), at(2), at(11)]; }"""
    )
    assert colours[0][:3] == [150, 150, 155]
    assert colours[1][:3] == [220, 30, 60]
    assert colours[2][:3] not in ([150, 150, 155], [220, 30, 60])


def test_two_hundred_layers_and_a_hundred_thousand_steps_move_without_stutter(opened, tmp_path):
    path = tmp_path / "large.html"
    report.write(path, [view(layers=200, steps=100_000)])
    page = opened(path, viewport={"width": 1280, "height": 900})
    drawn = page.evaluate(
        """async () => { const c = document.querySelector('.frame canvas'), box = c.getBoundingClientRect();
        const kind = CanvasRenderingContext2D.prototype, draw = kind.drawImage, sizes = [];
        kind.drawImage = function (picture, ...rest) { sizes.push([picture.width, picture.height]);
          return draw.call(this, picture, ...rest); };
        for (let i = 0; i < 60; i += 1)
          c.dispatchEvent(new PointerEvent('pointermove', {clientX: box.left + i * 5, clientY: box.top + i * 3}));
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return sizes; }"""
    )
    assert drawn == [[600, 200]]  # one small picture for sixty moves of the pointer
    assert path.stat().st_size < 2_000_000
    assert page.problems == []
