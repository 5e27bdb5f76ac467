"""What the pages of a small history tell."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from graduate.pipeline import record
from tests.lineage.ui import hostile
from tests.lineage.ui.serving import served
from tests.lineage.writing import opened


def words(markup: str) -> str:
    """What somebody reads."""
    return " ".join(html.unescape(re.sub(r"<script.*?</script>|<[^>]+>", " ", markup, flags=re.DOTALL)).split())


def ids(markup: str) -> list[str]:
    return re.findall(r'name="run" value="([^"]+)"', markup)


def test_runs_are_listed_with_the_latest_first_and_what_became_of_them(client, story):
    page = client.get("/").text
    names = {run_id: name for name, run_id in story.runs.items()}
    assert [names[one] for one in ids(page)] == ["pets", "failed", "sick", "more_data", "faster", "first"]
    said = words(page)
    assert "✓ pushed" in said
    assert "! sick" in said
    assert "training.learning_rate 0.001 → 0.003" in said
    assert "accuracy 0.9667" in said
    assert f"digits:{story.versions['rollback']}" in said
    assert "rolled back" in said


def test_runs_are_filtered_by_the_server(client, story):
    assert ids(client.get("/?status=sick").text) == [story.runs["sick"]]
    assert ids(client.get("/?pipeline=pets").text) == [story.runs["pets"]]
    assert ids(client.get(f"/?q={story.runs['first'][-6:]}").text) == [story.runs["first"]]
    assert "No run fits" in client.get("/?status=running").text


def test_runs_are_paged(client, story, monkeypatch):
    monkeypatch.setattr("graduate.pipeline.lineage.ui.runs_page.AT_ONCE", 4)
    first = client.get("/").text
    older = html.unescape(re.search(r'href="([^"]+)">Older', first)[1])
    second = client.get(older).text
    assert len(ids(first)) == 4
    assert len(ids(second)) == 2
    assert not set(ids(first)) & set(ids(second))
    assert "Older" not in second
    filtered = client.get("/?pipeline=digits").text
    assert len(ids(filtered)) == 4
    assert "pipeline=digits" in html.unescape(re.search(r'href="([^"]+)">Older', filtered)[1])


def test_a_run_tells_verdicts_states_config_and_artifacts(client, story):
    page = client.get(f"/run/{story.runs['more_data']}").text
    said = words(page)
    assert "✕ refused" in said
    assert "accuracy on label=1 is 0.7 (10 rows), below the bound of at least 0.85." in said
    assert "training.learning_rate" in said
    for node in ("ExampleGen", "Trainer", "Gate"):
        assert f'aria-label="{node}, ' in page
    assert 'sandbox="allow-scripts"' in page
    assert re.search(r'<a href="/artifact/\d+">ModelEvaluation</a>', page)


def test_a_runs_artifacts_are_drawn_when_asked_for(client, story):
    path = f"/run/{story.runs['first']}"
    assert 'data-key="a' not in client.get(path).text
    assert 'data-key="a' in client.get(f"{path}?graph=artifacts").text


def test_a_run_in_progress_is_seen_on_the_next_load(own_story):
    with served(own_story.store) as client:
        record.start_run(opened(own_story.store), "digits-20260201-000000-beef", "digits", {}, "f")
        page = client.get("/").text
        assert ids(page)[0] == "digits-20260201-000000-beef"
        assert "▶ running" in words(page)
        assert "so far" in words(page)
        assert client.get("/run/digits-20260201-000000-beef").status == 200


def test_a_run_that_was_killed_is_not_told_as_running(own_story):
    from graduate.pipeline.lineage import stores
    from graduate.pipeline.lineage.ui.killed import FolderRecords

    record.start_run(opened(own_story.store), "digits-20260201-000000-beef", "digits", {}, "f")
    for held, status in ((True, "running"), (False, "interrupted")):
        with FolderRecords(stores.open_store(str(own_story.store)), lambda held=held: held) as records:
            assert records.run("digits-20260201-000000-beef").status == status
            assert records.run(own_story.runs["first"]).status == "pushed"


def test_an_artifact_tells_where_it_came_from_and_what_came_of_it(client, story, records):
    first = next(one for one in records.artifacts(kinds=("Model",)) if one.uri.endswith("digits/Trainer/model/1"))
    page = client.get(f"/artifact/{first.id}").text
    assert '<a href="/execution/' in page
    assert "PushedModel" in page
    assert "ExampleGen" in page
    up = client.get(f"/artifact/{first.id}?way=up").text
    assert 'aria-label="Pusher' not in up
    assert 'aria-label="ExampleGen' in up
    near = client.get(f"/artifact/{first.id}?way=up&depth=1").text
    assert 'aria-label="ExampleGen' not in near
    assert "further away" in words(near)
    assert "saved_model.pb" in page


def test_an_artifact_whose_files_are_gone_is_marked_and_its_lineage_answers(own_story):
    import shutil

    with served(own_story.store) as client:
        shutil.rmtree(own_story.root / "artifacts")
        page = words(client.get("/artifact/1").text)
        assert "Its files are gone" in page
        assert "StatisticsGen" in page


def test_an_execution_tells_what_it_took_and_gave(client, records):
    trainer = next(e for e in records.executions(range(1, 60), only=()) if e.node == "Trainer")
    said = words(client.get(f"/execution/{trainer.id}").text)
    assert "transform_graph TransformGraph" in said
    assert "model_run ModelRun" in said
    assert "obeys" in said


def test_two_runs_side_by_side_name_the_setting_that_differs(client, story):
    page = client.get(f"/compare?run={story.runs['faster']}&run={story.runs['first']}").text
    said = words(page)
    assert "training.learning_rate 0.001 0.003" in said
    assert "A " + story.runs["first"] in said
    assert "accuracy 0.95 0.9667" in said


def test_one_run_is_compared_with_the_one_before_it(client, story):
    said = words(client.get(f"/compare?run={story.runs['faster']}").text)
    assert "training.learning_rate 0.001 0.003" in said


def test_two_runs_can_be_chosen_where_none_is_given(client, story):
    assert client.get("/compare").text.count(story.runs["sick"]) >= 2
    assert client.get("/compare?run=none-such&run=nor-this").status == 200


def test_search_looks_through_everything(client, story):
    said = words(client.get("/search?q=Trainer").text)
    assert "Trainer" in said
    page = client.get(f"/search?q={story.runs['sick']}").text
    assert f"/run/{story.runs['sick']}" in page
    assert 'href="/artifact/1"' in client.get("/search?q=1").text
    assert "/artifact/" not in client.get("/search?q=nothing-of-the-kind").text


def test_artifacts_are_paged_by_the_store(client, records, monkeypatch):
    monkeypatch.setattr("graduate.pipeline.lineage.ui.search_page.AT_ONCE", 10)
    seen, path = [], "/search?what=artifacts"
    while path:
        page = client.get(path).text
        found = [int(one) for one in re.findall(r'<td data-name="artifact"><a href="/artifact/(\d+)"', page)]
        assert len(found) <= 10
        seen += found
        older = re.search(r'href="([^"]+)">Older', page)
        path = html.unescape(older[1]) if older else None
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == records.store.count("artifacts")


def test_executions_are_filtered_by_state_and_type(client):
    states = words(client.get("/search?what=executions&state=failed").text)
    assert "✕ failed" in states
    assert "✓ ran" not in states


def test_a_panel_gets_every_property(client):
    told = json.loads(client.get("/node/artifact/1").body)
    assert told["title"] == "Examples"
    assert ["span", "0"] in told["rows"]
    assert client.get("/node/artifact/99999").status == 404
    assert client.get("/node/nothing/1").status == 404


@pytest.mark.parametrize("path", ["/run/none", "/artifact/x", "/artifact/99999999999999999999", "/execution/0", "/a/b"])
def test_what_is_not_there_is_a_page_of_its_own(client, path):
    answer = client.get(path)
    assert answer.status == 404
    assert "Not here" in answer.text


def test_an_empty_store_says_how_to_fill_it(tmp_path):
    opened(tmp_path / "metadata.sqlite").get_artifact_types()
    with served(tmp_path / "metadata.sqlite") as client:
        said = words(client.get("/").text)
        assert "holds no runs yet" in said
        assert "graduate run CONFIG" in said
        for path in ("/search?q=x", "/search?what=artifacts", "/compare"):
            assert client.get(path).status == 200


OURS = {
    *("html", "head", "meta", "title", "link", "style", "body", "a", "header", "nav", "form", "label", "input", "main"),
    *("footer", "script", "h1", "h2", "p", "span", "i", "small", "strong", "code", "div", "ul", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre", "select", "option", "button", "time"),
    *("figure", "figcaption", "output", "aside", "svg", "g", "defs", "marker", "path", "rect", "circle", "text"),
    *("section", "iframe"),
}


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.scripts: set[tuple[str, str]] = set()
        self.ended = ""

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}
        if tag == "script":
            self.scripts |= {(name, value or "") for name, value in attrs} or {("", "")}

    def handle_endtag(self, tag):
        self.ended = tag

    def handle_comment(self, data):
        self.names.add("a comment")


def test_nothing_in_a_hostile_store_becomes_markup(attacked):
    paths = ["/", "/search?q=<script>", "/search?what=artifacts", "/search?what=executions", "/execution/1", "/compare"]
    paths += [f"/artifact/{at}" for at in range(1, len(hostile.ATTEMPTS) + 1)]
    paths += [f"/run/{quote(attempt + ' run', safe='')}" for attempt in hostile.ATTEMPTS]
    for path in paths:
        answer = attacked.get(quote(path, safe="/?=%&"))
        assert answer.status == 200, path
        tags = Tags()
        tags.feed(answer.text)
        assert tags.names <= OURS, path
        assert tags.ended == "html", path  # nothing swallowed the rest
        for name, value in tags.attributes:
            assert not name.startswith("on"), path
            assert name != "style", path
            assert name not in ("href", "src", "action") or value[:1] in "/#", path
            assert not value.startswith("//"), path
        assert tags.scripts <= {("src", "/static/ui.js"), ("type", "application/json")}, path
        for drawn in re.findall(r'<script type="application/json">(.*?)</script>', answer.text, re.DOTALL):
            json.loads(drawn)


def test_a_hostile_host_name_or_path_is_not_repeated_as_markup(attacked):
    answer = attacked.get("/%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status == 404
    assert "<script>alert" not in answer.text
