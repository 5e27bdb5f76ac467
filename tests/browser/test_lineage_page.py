"""The page of a graph in a real browser: a click or a key lights up what is upstream and downstream."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from graduate.pipeline.lineage import page as pages
from graduate.pipeline.lineage import stores, walk, words
from graduate.pipeline.lineage.records import Records
from tests.lineage import story as telling
from tests.lineage.ui import hostile


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("page")
    story = telling.write(root / "work")
    with Records(stores.open_store(str(story.store))) as records:
        subject = words.resolve(records, "digits:serving")
        graph = walk.around(records, artifacts=[subject.artifact.id])
        pages.write(records, subject, graph, root / "page.html")
    return root / "page.html"


@pytest.fixture
def opened(browser):
    kept = []

    def go(file, **how):
        page = browser.new_page(**how)
        page.problems, page.asked = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(file.as_uri())
        kept.append(page)
        return page

    yield go
    for page in kept:
        page.close()


def lit(page):
    return set(page.eval_on_selector_all(".node.lit", "all => all.map(one => one.querySelector('.label').textContent)"))


def node(page, label):
    return page.locator(".node", has=page.locator(f".label:text-is('{label}')")).first


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_and_asks_for_nothing(opened, written, width, scheme):
    page = opened(written, viewport={"width": width, "height": 844}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.problems == []
    assert page.asked == [written.as_uri()]
    assert (
        page.evaluate("getComputedStyle(document.body).backgroundColor")
        == {
            "light": "rgb(255, 255, 255)",
            "dark": "rgb(23, 24, 27)",
        }[scheme]
    )
    box = page.locator(".node.start").bounding_box()
    assert 0 <= box["x"] <= width - box["width"]  # what the page is about is in sight
    assert box["width"] > 80


def test_a_click_lights_up_what_it_came_from_and_what_came_of_it(opened, written):
    page = opened(written, viewport={"width": 1280, "height": 900})
    page.click("[data-do=fit]")
    node(page, "Trainer").click()
    found = lit(page)
    assert {"Trainer", "Transform", "ExampleGen", "Gate", "Pusher", "PushedModel"} <= found
    assert "LastGraduate" not in found  # beside it, neither up nor down
    assert page.locator(".panel h2").text_content() == "Trainer"
    panel = page.locator(".panel").text_content()
    assert "upstream" in panel
    assert "obeys" in panel
    node(page, "LastGraduate").click(force=True)
    assert "Transform" not in lit(page)
    page.keyboard.press("Escape")
    assert page.locator(".picture.chosen").count() == 0
    assert page.locator(".panel").is_hidden()


def test_it_is_read_with_the_keyboard_alone(opened, written):
    page = opened(written)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('node')"):
            break
    else:
        raise AssertionError("no node can be reached")
    assert page.evaluate("document.activeElement.classList.contains('start')")
    page.keyboard.press("ArrowUp")
    assert (
        page.locator(".panel h2").text_content() == "Pusher" or "Rollback" in page.locator(".panel h2").text_content()
    )
    seen = {page.locator(".panel h2").text_content()}
    for _ in range(40):
        page.keyboard.press("ArrowUp")
        seen.add(page.locator(".panel h2").text_content())
    assert "ExampleGen" in seen
    first = page.evaluate("document.activeElement.dataset.key")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.key") != first
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert page.locator(".node[tabindex='0']").count() == 1
    before = page.get_attribute(".picture", "viewBox")
    page.keyboard.press("+")
    assert page.get_attribute(".picture", "viewBox") != before


def test_a_node_that_is_chosen_is_brought_into_sight(opened, written):
    page = opened(written, viewport={"width": 390, "height": 844})
    page.fill("input[type=search]", "ExampleGen")
    page.keyboard.press("Enter")
    box, canvas = node(page, "ExampleGen").bounding_box(), page.locator(".canvas").bounding_box()
    assert canvas["x"] <= box["x"] + box["width"] / 2 <= canvas["x"] + canvas["width"]
    assert canvas["y"] <= box["y"] <= canvas["y"] + canvas["height"]


def test_search_finds_names_uris_and_values(opened, written):
    page = opened(written)
    page.fill("input[type=search]", "transform_graph/")  # part of a URI
    assert "found" in page.locator(".found").text_content()
    assert page.locator(".node.hit").count() >= 1
    page.keyboard.press("Enter")
    assert page.locator(".panel h2").text_content() == "TransformGraph"
    page.fill("input[type=search]", "no such thing")
    assert page.locator(".found").text_content() == "nothing found"
    page.keyboard.press("Escape")
    assert page.locator(".picture.sought").count() == 0


def test_zoom_and_pan_move_the_picture(opened, written):
    page = opened(written, viewport={"width": 1280, "height": 900})
    box = page.locator(".picture").bounding_box()
    start = page.get_attribute(".picture", "viewBox").split()
    x, y = box["x"] + 15, box["y"] + 15
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y + 60, steps=4)
    page.mouse.up()
    moved = page.get_attribute(".picture", "viewBox").split()
    assert float(moved[0]) < float(start[0])
    assert moved[2] == start[2]
    assert page.locator(".picture.chosen").count() == 0  # a drag chooses nothing
    page.click("[data-do=in]")
    assert float(page.get_attribute(".picture", "viewBox").split()[2]) < float(moved[2])


def test_on_paper_it_is_the_whole_picture_in_light_with_its_words(opened, written):
    page = opened(written, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.get_attribute(".picture", "viewBox") == page.get_attribute(".picture", "data-box")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".tools").is_hidden()
    assert page.locator("details.words table").is_visible()


def test_a_hostile_store_stays_text(opened, tmp_path):
    with Records(stores.open_store(str(hostile.write(tmp_path)))) as records:
        graph = walk.around(records, executions=[1])
        pages.write(records, words.Subject(hostile.SCRIPT), graph, tmp_path / "page.html")
    page = opened(tmp_path / "page.html", viewport={"width": 1280, "height": 900})
    page.click("[data-do=fit]")
    for key in page.eval_on_selector_all(".node", "all => all.map(one => one.dataset.key)"):
        page.locator(f'.node[data-key="{key}"]').press("Enter")
    assert page.evaluate("window.hurt") is None
    assert page.locator("main img, .panel a, .panel script").count() == 0
    assert page.locator("h1").text_content() == f"Lineage of {hostile.SCRIPT}"
    assert page.problems == []
    assert page.asked == [(tmp_path / "page.html").as_uri()]
