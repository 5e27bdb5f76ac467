"""`graduate ui` in a real browser: looked at as people do, on a store that is honest and on one that is not."""

import sys
from pathlib import Path
from urllib.parse import quote

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.lineage import story as telling
from tests.lineage.ui import hostile
from tests.lineage.ui import many as large
from tests.lineage.ui.serving import served

MANY = 3_334  # runs, three executions each


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    return telling.write(tmp_path_factory.mktemp("ui") / "work")


@pytest.fixture(scope="module")
def client(story):
    with served(story.store) as found:
        yield found


@pytest.fixture
def go(browser):
    kept = []

    def opened_at(url, **how):
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **how})
        page.problems, page.elsewhere = [], []
        origin = url[: url.index("/", 8)]
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
        page.on("request", lambda one: None if one.url.startswith(origin) else page.elsewhere.append(one.url))
        page.goto(url)
        kept.append(page)
        return page

    yield opened_at
    for page in kept:
        assert page.elsewhere == []
        page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_the_screen_and_breaks_no_rule(go, client, story, width, scheme):
    pages = ["/", f"/run/{story.runs['more_data']}", f"/run/{story.runs['first']}?graph=artifacts", "/artifact/1"]
    pages += ["/execution/1", f"/compare?run={story.runs['faster']}", "/search?q=digits", "/search?what=executions"]
    for path in pages:
        page = go(client.url + path, viewport={"width": width, "height": 844}, color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
        assert page.problems == [], path
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor")
            == {
                "light": "rgb(255, 255, 255)",
                "dark": "rgb(23, 24, 27)",
            }[scheme]
        )


def test_from_the_list_to_a_run_to_an_artifact(go, client, story):
    page = go(client.url + "/")
    page.click(f"text={story.runs['more_data']}")
    assert "refused" in page.text_content("h1")
    page.click(".node:has(.label:text-is('Evaluator'))")
    assert page.locator(".panel h2").text_content() == "Evaluator"
    page.wait_for_selector(".panel dt:text-is('obeys')")  # asked of the server
    page.click("text=Open its page")
    assert page.url.startswith(client.url + "/execution/")
    page.click("a:text-is('ModelEvaluation')")
    assert "ModelEvaluation" in page.text_content("h1")
    assert page.problems == []


def test_a_click_on_a_runs_dag_lights_up_both_ways(go, client, story):
    page = go(f"{client.url}/run/{story.runs['first']}")
    page.click(".node:has(.label:text-is('Trainer'))")
    lit = page.eval_on_selector_all(".node.lit .label", "all => all.map(one => one.textContent)")
    assert {"ExampleGen", "Transform", "Trainer", "Gate", "Pusher"} <= set(lit)
    assert "LastGraduate" not in lit


def test_two_runs_are_chosen_and_stand_side_by_side(go, client, story):
    page = go(client.url + "/")
    for name in ("first", "faster"):
        page.check(f"input[value='{story.runs[name]}']")
    page.click("text=Compare two")
    assert page.locator(".sides section").count() == 2
    assert page.locator("tr", has_text="training.learning_rate").inner_text().split() == [
        "training.learning_rate",
        "0.001",
        "0.003",
    ]


def test_the_keyboard_alone_filters_and_searches(go, client, story):
    page = go(client.url + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.focus("input[name=q] >> nth=1")
    page.keyboard.type(story.runs["sick"][-4:])
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    assert page.locator("input[name=run]").count() == 1
    page.focus("header input[name=q]")
    page.keyboard.type("Pusher")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=Pusher")
    assert page.locator("a:text-is('Pusher')").count() >= 3


def test_a_report_lives_in_a_frame_that_reaches_nothing(go, tmp_path):
    with served(hostile.write(tmp_path)) as client:
        number = len(hostile.ATTEMPTS) + 1
        page = go(f"{client.url}/artifact/{number}")
        frame = page.frame_locator("iframe.report")
        page.locator("iframe.report").scroll_into_view_if_needed()
        assert frame.locator("#here").text_content() == "a report"
        frame.locator("#here[data-fetch=refused]").wait_for()
        assert page.title() == f"graduate.Findings {number} · Graduate"
        assert next(one for one in page.frames if one != page.main_frame).title() == "kept out"
        alone = go(f"{client.url}/file/{number}/report.html")
        assert "<script>" in alone.locator("pre").text_content()  # by itself it is text


def test_a_hostile_store_stays_text_on_every_page(go, tmp_path):
    with served(hostile.write(tmp_path)) as client:
        paths = ["/", "/search?what=artifacts", "/search?what=executions", "/execution/1", "/artifact/2", "/artifact/7"]
        paths += [f"/run/{quote(attempt + ' run', safe='')}" for attempt in hostile.ATTEMPTS[:3]]
        for path in paths:
            page = go(client.url + path)
            if page.locator(".node").count():
                page.locator(".node").first.press("Enter")
                page.wait_for_timeout(50)
            page.mouse.move(300, 300)
            assert page.evaluate("window.hurt") is None, path
            assert page.locator("h1").is_visible(), path
            assert page.locator("img, main script:not([type='application/json'])").count() == 0, path
            ours = [one for one in page.problems if "http://127.0.0.1:1/" not in one]  # what the report tried
            assert ours == [], path


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    with served(large.write(tmp_path_factory.mktemp("many"), MANY)) as found:
        yield found


def test_a_large_store_is_paged_and_searched_by_the_server(go, many):
    page = go(many.url + "/")
    assert page.locator("input[name=run]").count() == 50
    assert page.locator("input[name=run]").first.get_attribute("value") == f"many-{MANY - 1:05}"
    page.click("text=Older »")
    assert page.locator("input[name=run]").first.get_attribute("value") == f"many-{MANY - 51:05}"
    page.goto(many.url + "/search?what=executions")
    assert f"{3 * MANY:,}" in page.text_content("h1")
    page.fill("main input[name=q]", "Trainer")
    page.click("text=Filter")
    assert page.locator("tbody tr").count() == 50
    assert set(page.locator("tbody td[data-name=node]").all_inner_texts()) == {"Trainer"}
    page.goto(many.url + "/search?q=/data/many/3210")
    assert page.locator("a:text-is('Examples')").count() == 1
    assert page.problems == []
